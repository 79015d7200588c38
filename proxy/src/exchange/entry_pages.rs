//! The pages by which a partner's people come in and leave: shown to whoever looks, and acted on by POST alone.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, HOST, LOCATION, ORIGIN, REFERRER_POLICY, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use marque_config::entry::{Entry, TICKET_FIELD};
use tokio::time::timeout;

use super::{Connection, Shared, Visitor, login, write};
use crate::directory::Route;
use crate::entry::{self, EntryPage, Words};
use crate::lockdown;
use crate::refusal::{Page, Refusal, Wants};

/// How long the feed may take to tell of what was just opened. Other proxies are told at the same time.
const TOLD: Duration = Duration::from_secs(2);

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Answers a request for one of the pages.
///
/// # Errors
/// The refusal that the visitor gets.
pub(super) async fn answer<V: Visitor>(
    shared: &Shared,
    visitor: &mut V,
    connection: &Connection,
    (page, route): (EntryPage, Arc<Route>),
) -> Result<(), Refusal> {
    lockdown::account_of(&route)?;
    let method = visitor.asked().method.clone();
    let (status, fields, body) = if method == Method::GET || method == Method::HEAD {
        let Page { status, headers, body } = shown(visitor, page, &route)?;
        (status, headers, body)
    } else if method == Method::POST {
        let cookie = match page {
            EntryPage::Enter => enter(shared, visitor, connection, &route).await?,
            EntryPage::Leave => leave(shared, visitor, &route).await?,
        };
        (StatusCode::SEE_OTHER, led_on(cookie), Bytes::new())
    } else {
        return Err(Refusal::MethodRefused);
    };
    // A client that has gone needs no answer.
    let _ = write(visitor, status, fields, body).await;
    Ok(())
}

/// What is shown to who only looks: nothing is redeemed, and nothing ends.
fn shown<V: Visitor>(visitor: &V, page: EntryPage, route: &Route) -> Result<Page, Refusal> {
    let asked = visitor.asked();
    let shown = route.shown();
    let french = Wants::read(&asked.headers).is_french(shown.look.language);
    match page {
        EntryPage::Leave => Ok(Words::leave(french).page(shown, None)),
        EntryPage::Enter => {
            let ticket = ticket_in(asked.uri.query().unwrap_or_default().as_bytes()).ok_or(Refusal::TicketRefused)?;
            Ok(Words::enter(french).page(shown, Some(&ticket)))
        }
    }
}

/// Redeems the ticket of a form, and gives the line that sets its session's cookie.
async fn enter<V: Visitor>(
    shared: &Shared,
    visitor: &mut V,
    connection: &Connection,
    route: &Route,
) -> Result<HeaderValue, Refusal> {
    if is_of_another_site(&visitor.asked().headers) {
        return Err(Refusal::TicketRefused);
    }
    let body = login::read_body(shared, visitor, connection).await.map_err(unreadable)?;
    let ticket = ticket_in(&body).ok_or(Refusal::TicketRefused)?;
    let redeemed = shared.tickets.redeem(route.tenant.id, &ticket).await?;
    until_told(shared, &redeemed.entry).await;
    tracing::info!(
        tenant.id = %route.tenant.id,
        entry.id = %redeemed.entry.id,
        host = connection.sni.as_str(),
        "somebody came in by a ticket"
    );
    let secrets = shared.secrets();
    entry::set(&redeemed.entry, (&secrets, &*shared.random), shared.clock.now_ms()).ok_or(Refusal::NoReplica)
}

/// Waits until the feed has told of an entry here. It is in no replica before, and so lets nobody in; when that takes long,
/// the visitor is sent on all the same, and comes in once it has.
async fn until_told(shared: &Shared, entry: &Entry) {
    let mut changes = shared.directory.entries();
    let told = async {
        while shared.directory.entry(entry.id).is_none() {
            if changes.changed().await.is_err() {
                return;
            }
        }
    };
    if timeout(TOLD, told).await.is_err() {
        tracing::warn!(entry.id = %entry.id, "the feed is slow to tell of an entry that was opened");
    }
}

/// Ends the session that a request carries, if it carries one, and gives the line that takes its cookie away. The control
/// plane hears of it by the outbox; here it has ended at once.
async fn leave<V: Visitor>(shared: &Shared, visitor: &V, route: &Route) -> Result<HeaderValue, Refusal> {
    let headers = &visitor.asked().headers;
    if is_of_another_site(headers) {
        return Err(Refusal::EntryEnded);
    }
    let secrets = shared.secrets();
    let known = (&*shared.directory, &*secrets, shared.clock.now_ms());
    if let Ok(Some(entry)) = entry::of_request(known, route, headers) {
        shared.outbox.entry_left(entry.id).await;
        shared.directory.forget_entry(entry.id);
        shared.metrics.entry("left");
    }
    Ok(entry::removal())
}

/// The ticket of a query or a form: there is one, and it could be one.
fn ticket_in(form: &[u8]) -> Option<String> {
    let mut tickets = form_urlencoded::parse(form).filter(|(name, _)| name == TICKET_FIELD);
    let (Some((_, ticket)), None) = (tickets.next(), tickets.next()) else { return None };
    Some(ticket.into_owned()).filter(|ticket| entry::is_ticket(ticket))
}

/// Whether a form was sent by another site's page: whose session it would begin isn't for that to say.
fn is_of_another_site(headers: &HeaderMap) -> bool {
    let site = headers.get(SEC_FETCH_SITE).map(HeaderValue::as_bytes);
    let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    let is_own = |origin: &str| {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        // On HTTP/2 the authority stands elsewhere; what browsers say of the site is enough there.
        host.is_none_or(|host| origin.strip_prefix("https://") == Some(host))
    };
    site.is_some_and(|site| site != b"same-origin" && site != b"none")
        || origin.is_some_and(|origin| origin != "null" && !is_own(origin))
}

/// A form that can't be read holds no ticket.
fn unreadable(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::LoginTooLarge | Refusal::LoginUnreadable => Refusal::TicketRefused,
        other => other,
    }
}

fn led_on(cookie: HeaderValue) -> Vec<(HeaderName, HeaderValue)> {
    vec![
        (LOCATION, HeaderValue::from_static("/")),
        (SET_COOKIE, cookie),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (CONTENT_LENGTH, HeaderValue::from(0)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lockdown::fixture::headers;

    #[test]
    fn a_ticket_is_one_and_could_be_one() {
        let ticket = "a".repeat(43);
        assert_eq!(ticket_in(format!("ticket={ticket}&x=y").as_bytes()), Some(ticket.clone()));
        for form in [
            String::new(),
            "ticket=".into(),
            format!("ticket={ticket}a"),
            format!("ticket={ticket}&ticket={ticket}"),
            format!("ticket={}%2f", "a".repeat(42)),
            format!("Ticket={ticket}"),
        ] {
            assert_eq!(ticket_in(form.as_bytes()), None, "{form}");
        }
    }

    #[test]
    fn another_sites_form_begins_no_session() {
        let of = |lines: &[(&str, &str)]| is_of_another_site(&headers(lines));
        let host = ("host", "a.example.com");
        assert!(!of(&[host]) && !of(&[host, ("origin", "https://a.example.com"), ("sec-fetch-site", "same-origin")]));
        assert!(!of(&[host, ("origin", "null"), ("sec-fetch-site", "same-origin")]), "without a referrer");
        assert!(of(&[host, ("sec-fetch-site", "cross-site")]) && of(&[host, ("sec-fetch-site", "same-site")]));
        assert!(of(&[host, ("origin", "https://b.example.com")]) && of(&[host, ("origin", "http://a.example.com")]));
    }
}
