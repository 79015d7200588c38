//! The first use of a licence: a login that was let in is kept for the control plane before its answer is passed on.

use std::future::Future;
use std::pin::Pin;

use pingora::http::ResponseHeader;

use super::{Shared, Visit};
use crate::lockdown::{self, Permit};

/// What is waited for before an answer is passed on.
type Keeping<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Keeps that a login was let in, where the tenant has licences that nobody has used.
pub(super) async fn of_login(shared: &Shared, permit: &Permit) {
    let tenant = &permit.route().tenant;
    // Whoever comes in by an entry is none of the client's people.
    if permit.entry().is_none() && !tenant.licence_use.unused.is_empty() {
        shared.outbox.first_use(tenant.id, &tenant.licence_use.unused).await;
    }
}

/// The same of a request that is no login and may let somebody in all the same: what is to be waited for, if anything.
pub(super) fn of_answer<'a>(shared: &'a Shared, visit: &'a Visit, head: &ResponseHeader) -> Option<Keeping<'a>> {
    let permit = visit.permit.as_ref().filter(|permit| !permit.route().tenant.licence_use.unused.is_empty())?;
    lockdown::lets_in(permit, &head.headers).then(|| -> Keeping<'a> { Box::pin(of_login(shared, permit)) })
}
