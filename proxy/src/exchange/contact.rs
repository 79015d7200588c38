//! The contact form: its page, and what is sent with it, by the edge's own form or by the application's.

use bytes::Bytes;
use futures_util::{Stream, stream};
use http::Method;
use marque_config::application::{ContactFields, ContactForm};
use tokio::time::timeout;

use super::visit::Visit;
use super::visitor::Visitor;
use super::{Connection, Shared, answer, write};
use crate::directory::Route;
use crate::hosted::contact::{self, FieldNames, Typed, Unread, Writer};
use crate::refusal::{Page, Refusal};

/// Answers a request for the edge's own form, or with it.
///
/// # Errors
/// [`Refusal::PageMethodRefused`], or why the form can't be shown or taken.
pub(super) async fn answer<V: Visitor>(
    shared: &Shared,
    visitor: &mut V,
    visit: &mut Visit,
    (connection, route): (&Connection, &Route),
) -> Result<(), Refusal> {
    let page = match visitor.asked().method {
        Method::GET | Method::HEAD => {
            let secrets = shared.secrets();
            let ip = connection.peer.ip();
            let fields = &visitor.asked().headers;
            shared.contact.empty(Writer { route, form: None, fields, ip, secrets: &secrets })?
        }
        Method::POST => taken(shared, visitor, (connection, route), None).await?,
        _ => return Err(Refusal::PageMethodRefused),
    };
    finish(visitor, visit, page).await
}

/// Answers what is sent by the application's own form.
///
/// # Errors
/// Why it can't be taken.
pub(super) async fn answer_form<V: Visitor>(
    shared: &Shared,
    visitor: &mut V,
    visit: &mut Visit,
    (connection, route, form): (&Connection, &Route, &ContactForm),
) -> Result<(), Refusal> {
    let page = taken(shared, visitor, (connection, route), Some(form)).await?;
    finish(visitor, visit, page).await
}

async fn taken<V: Visitor>(
    shared: &Shared,
    visitor: &mut V,
    (connection, route): (&Connection, &Route),
    form: Option<&ContactForm>,
) -> Result<Page, Refusal> {
    let ip = connection.peer.ip();
    let _coming = shared.contact.come_in(ip)?;
    let names = form.map_or(FieldNames::OWN, |form| names(&form.fields));
    let typed = match timeout(shared.contact.deadline(), read(visitor, &names)).await {
        Ok(typed) => typed,
        Err(_) => return Err(Refusal::TooSlow),
    };
    // A stream that was found wrong is cut, whatever its body said so far.
    if let Some(fault) = connection.fault() {
        return Err(fault);
    }
    if !visitor.is_body_done() {
        visitor.close_after();
    }
    let secrets = shared.secrets();
    let writer = Writer { route, form, fields: &visitor.asked().headers, ip, secrets: &secrets };
    shared.contact.take(writer, typed).await
}

async fn read<V: Visitor>(visitor: &mut V, names: &FieldNames<'_>) -> (Typed, Option<Unread>) {
    if answer::go_on(visitor).await.is_err() {
        return (Typed::default(), Some(Unread::Malformed));
    }
    let fields = visitor.asked().headers.clone();
    contact::read(&fields, names, pieces(visitor)).await
}

/// A request's body as a stream.
fn pieces<V: Visitor>(visitor: &mut V) -> impl Stream<Item = pingora::Result<Bytes>> + Send + '_ {
    stream::try_unfold(visitor, |visitor| async move { Ok(visitor.read().await?.map(|piece| (piece, visitor))) })
}

fn names(fields: &ContactFields) -> FieldNames<'_> {
    let ContactFields { name, email, subject, text } = fields;
    FieldNames { name: name.as_deref(), email, subject: subject.as_deref(), text, token: None, trap: None }
}

async fn finish<V: Visitor>(visitor: &mut V, visit: &mut Visit, page: Page) -> Result<(), Refusal> {
    visit.answered_here = Some("contact");
    // A client that has gone needs no answer.
    let _ = write(visitor, page.status, page.headers, page.body).await;
    Ok(())
}
