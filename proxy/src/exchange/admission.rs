//! Head, route, decision: whether a request may pass, or is answered here.

use std::borrow::Cow;
use std::sync::Arc;

use http::header::{CONTENT_TYPE, COOKIE, HOST};
use http::{HeaderValue, Method, Version};
use marque_config::Hostname;
use marque_config::application::{ContactForm, UpstreamProtocol};
use marque_config::tenant::TenantState;
use pingora::http::RequestHeader;

use super::visit::Visit;
use super::visitor::Visitor;
use super::{Connection, Shared, answer, contact, entry_pages, login};
use crate::contain::cookies;
use crate::directory::{Route, route};
use crate::entry;
use crate::head::{Framing, RequestHead, RequestTarget, judge_http2, judge_request_line, read_authority};
use crate::hosted::{self, HostedPage, WellKnown};
use crate::lockdown::{self, Decision, Permit};
use crate::refusal::{Fault, Refusal};
use crate::upstream::Binding;

/// What becomes of a request.
enum Fate {
    /// It goes to the application.
    Pass(Box<Permit>),
    /// It's a login: its body is read before the decision.
    Login,
    /// It asks for the answer to a challenge.
    Challenge(Arc<str>),
    /// It is sent to this address, at the primary name.
    Redirect(String),
    /// It asks for a page of the edge's own.
    Page(Arc<Route>, HostedPage),
    /// It sends a contact form of the application's.
    ContactForm(Arc<Route>, Box<ContactForm>),
}

/// A head's parts, as the stages want them.
struct ParsedHead<'a> {
    method: &'a Method,
    authority: Cow<'a, Hostname>,
    target: RequestTarget<'a>,
    fields: &'a http::HeaderMap,
    has_body: bool,
}

/// Decides a request. True when it was answered here; otherwise the context has its permit.
///
/// # Errors
/// The refusal that the visitor gets.
pub(super) async fn admit<V: Visitor>(shared: &Shared, visitor: &mut V, visit: &mut Visit) -> Result<bool, Refusal> {
    let connection = Arc::clone(visit.connection.as_ref().ok_or(Refusal::Undecided)?);
    visit.request_id = connection.next_request_id();
    visit.place = Some(shared.in_flight.enter(connection.peer.ip())?);
    let has_body = visitor.has_body();
    match decide(shared, visitor.asked(), &connection, has_body)? {
        Fate::Pass(permit) => {
            enter(shared, visitor, visit, &connection, *permit)?;
            Ok(false)
        }
        Fate::Challenge(text) => {
            visit.answered_here = Some("challenge");
            answer::challenge(visitor, &text).await;
            Ok(true)
        }
        Fate::Redirect(address) => {
            visit.answered_here = Some("redirected");
            answer::redirect(visitor, &address).await?;
            Ok(true)
        }
        Fate::Page(route, page) => {
            share_of_tenant(shared, visit, &route)?;
            // Apart: the future of every other request stays small.
            match page {
                HostedPage::Contact => {
                    Box::pin(contact::answer(shared, visitor, visit, (&connection, &route))).await?;
                }
                HostedPage::Entry(page) => {
                    visit.answered_here = Some("entry_page");
                    Box::pin(entry_pages::answer(shared, visitor, &connection, (page, route))).await?;
                }
            }
            Ok(true)
        }
        Fate::ContactForm(route, form) => {
            share_of_tenant(shared, visit, &route)?;
            Box::pin(contact::answer_form(shared, visitor, visit, (&connection, &route, &form))).await?;
            Ok(true)
        }
        Fate::Login => {
            let body = login::read_body(shared, visitor, &connection).await?;
            // The world may have changed while the body came.
            let permit = decide_login(shared, visitor.asked(), &connection, &body)?;
            enter(shared, visitor, visit, &connection, permit)?;
            login::exchange(shared, visitor, visit, body).await?;
            Ok(true)
        }
    }
}

fn decide(shared: &Shared, head: &RequestHeader, connection: &Connection, has_body: bool) -> Result<Fate, Refusal> {
    let parts = ParsedHead::read(shared, head, connection, has_body)?;
    let asked = parts.head();
    let well_known = hosted::well_known(parts.target.path);
    if let Some(WellKnown::Challenge(token)) = well_known {
        // Over TLS a name's challenge is told only where that very name was asked for in the handshake.
        if connection.sni != *asked.authority {
            return Err(Refusal::Misdirected);
        }
        let answer = shared.directory.challenge(asked.authority, token);
        return answer.map(Fate::Challenge).ok_or(Refusal::UnknownHost);
    }
    let route = route::resolve(&connection.route, &connection.sni, asked.authority)?;
    // What the edge answers itself it answers in whatever state a tenant is; but nobody is there once it is closed.
    if route.tenant.state != TenantState::Closed {
        if let Some(WellKnown::Page(page)) = well_known {
            return page.map(|page| Fate::Page(route, page)).ok_or(Refusal::UnknownPage);
        }
        if let Some(form) = lockdown::contact_form_of(&route, &asked)? {
            let form = Box::new(form.clone());
            return Ok(Fate::ContactForm(route, form));
        }
    }
    let route = entered(shared, route, asked.fields)?;
    Ok(match lockdown::decide(&route, &asked, shared.clock.now_ms())? {
        Decision::Permitted(permit) => Fate::Pass(Box::new(permit)),
        Decision::Login => Fate::Login,
        Decision::Redirect(address) => Fate::Redirect(address),
    })
}

fn decide_login(
    shared: &Shared,
    head: &RequestHeader,
    connection: &Connection,
    body: &[u8],
) -> Result<Permit, Refusal> {
    let parts = ParsedHead::read(shared, head, connection, true)?;
    let asked = parts.head();
    let route = route::resolve(&connection.route, &connection.sni, asked.authority)?;
    let route = entered(shared, route, asked.fields)?;
    let login = lockdown::login_of(&route, &asked).ok_or(Refusal::Undecided)?;
    lockdown::decide_login(&route, &asked, (login, body), shared.clock.now_ms())
}

/// The route of a request, with the entry by which it's asked, if there is one.
fn entered(shared: &Shared, route: Arc<Route>, fields: &http::HeaderMap) -> Result<Arc<Route>, Refusal> {
    if !fields.contains_key(COOKIE) {
        return Ok(route);
    }
    let secrets = shared.secrets();
    let known = (&*shared.directory, &*secrets, shared.clock.now_ms());
    Ok(match entry::of_request(known, &route, fields)? {
        None => route,
        Some(entry) => Arc::new(route.entered_by(entry)),
    })
}

/// Counts a request among what is in flight for its tenant, whoever answers it.
fn share_of_tenant(shared: &Shared, visit: &mut Visit, route: &Route) -> Result<(), Refusal> {
    let place = visit.place.as_mut().ok_or(Refusal::Undecided)?;
    shared.in_flight.admit(place, route.tenant.id)
}

/// Takes a permitted request in.
fn enter<V: Visitor>(
    shared: &Shared,
    visitor: &mut V,
    visit: &mut Visit,
    connection: &Arc<Connection>,
    permit: Permit,
) -> Result<(), Refusal> {
    share_of_tenant(shared, visit, permit.route())?;
    visit.open = Some(connection.admit(&permit.route().tenant, permit.licence().access()));
    visit.entered = permit.route().entry.clone().map(|entry| connection.enter(entry));
    // A change that came between the look-up and here was told to the connection before it knew of this request.
    if visitor.is_http2() && !is_so_still(shared, connection, &permit) {
        return Err(Refusal::NoReplica);
    }
    let has_body = visitor.has_body();
    let head = visitor.asked();
    visit.cookie = cookies::open(&permit, &shared.secrets(), &head.headers)?;
    visit.binding = Binding::of(connection, head.version, (&head.headers, permit.entry()));
    let speaks_http2 = permit.route().application.policy.upstream_protocol == UpstreamProtocol::Http2;
    let is_call = |media: &HeaderValue| media.as_bytes().starts_with(b"application/grpc");
    visit.is_grpc = speaks_http2 && head.headers.get(CONTENT_TYPE).is_some_and(is_call);
    // A call may stream both ways for as long as it likes, saying nothing in between.
    if visitor.is_http2() && has_body && !visit.is_grpc {
        visit.body = connection.watch_body();
    }
    visit.permit = Some(permit);
    Ok(())
}

fn is_so_still(shared: &Shared, connection: &Connection, permit: &Permit) -> bool {
    let (now, access) = (connection.route.route(), permit.licence().access());
    now.is_ok_and(|now| {
        Arc::ptr_eq(&now.tenant, &permit.route().tenant) && now.tenant.licence.access(shared.clock.now_ms()) >= access
    })
}

impl<'a> ParsedHead<'a> {
    /// Reads a head that the engine has parsed. An HTTP/1 head was judged before as bytes; an HTTP/2 head is now.
    fn read(
        shared: &Shared,
        head: &'a RequestHeader,
        connection: &'a Connection,
        has_body: bool,
    ) -> Result<Self, Refusal> {
        let raw = std::str::from_utf8(head.raw_path()).map_err(|_| Refusal::Malformed(Fault::Target))?;
        let (target, authority) = match head.version {
            Version::HTTP_2 => {
                let limits = &shared.settings.limits;
                let target = judge_request_line(head.method.as_str(), raw, limits.target_size.bytes())?;
                (target, http2_authority(head, limits.fields, connection)?)
            }
            _ => {
                let host = head.headers.get(HOST).ok_or(Refusal::Malformed(Fault::Host))?;
                (RequestTarget::parse(raw)?, read_authority(host.as_bytes(), &connection.sni)?)
            }
        };
        Ok(Self { method: &head.method, authority, target, fields: &head.headers, has_body })
    }

    fn head(&self) -> RequestHead<'_> {
        RequestHead {
            method: self.method,
            authority: &self.authority,
            target: &self.target,
            fields: self.fields,
            has_body: self.has_body,
        }
    }
}

/// Judges the rest of an HTTP/2 head. `Host`, where it stands beside `:authority`, is the same text (RFC 9113 section 8.3.1).
fn http2_authority<'a>(
    head: &'a RequestHeader,
    most_fields: usize,
    connection: &'a Connection,
) -> Result<Cow<'a, Hostname>, Refusal> {
    // The decoder takes any text for a scheme, none too.
    if head.uri.scheme_str().is_some_and(|scheme| scheme != "https" && scheme != "http") {
        return Err(Refusal::Malformed(Fault::Target));
    }
    let understood = judge_http2(&head.headers, most_fields)?;
    if understood.framing == Framing::Chunked {
        return Err(Refusal::Malformed(Fault::Framing));
    }
    let authority = head.uri.authority().map(|authority| authority.as_str().as_bytes());
    match (authority, understood.host) {
        (Some(authority), Some(host)) if authority != host => Err(Refusal::Malformed(Fault::Host)),
        (Some(name), _) | (None, Some(name)) => read_authority(name, &connection.sni),
        (None, None) => Err(Refusal::Malformed(Fault::Host)),
    }
}
