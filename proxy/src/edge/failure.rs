//! What an error of the engine means to the visitor: one refusal, with its page.

use pingora::proxy::{FailToProxy, Session};
use pingora::{Error, ErrorSource, ErrorType};

use super::visit::Visit;
use super::{Shared, answer};
use crate::refusal::{Fault, Refusal};

/// Answers a request that failed, if anybody is there and nothing was answered yet.
pub(super) async fn answer(shared: &Shared, session: &mut Session, error: &Error, visit: &mut Visit) -> FailToProxy {
    let fault = visit.connection.as_ref().and_then(|connection| connection.fault());
    let refusal = visit.refusal.or(fault).or_else(|| meaning(error));
    visit.refusal = refusal;
    let has_begun = session.response_written().is_some_and(|head| !head.status.is_informational());
    let status = match refusal {
        Some(refusal) if !has_begun => {
            // The connection is closed in any case: a client that has gone needs no answer.
            let _ = answer::refuse(shared, session, visit, refusal).await;
            refusal.status().as_u16()
        }
        // An answer that can't be finished must look unfinished (RFC 9112 section 8): the connection is closed.
        _ => 0,
    };
    FailToProxy { error_code: status, can_reuse_downstream: false }
}

/// None when the client has gone.
fn meaning(error: &Error) -> Option<Refusal> {
    match error.esource() {
        ErrorSource::Downstream => match error.etype() {
            ErrorType::InvalidHTTPHeader | ErrorType::H1Error => Some(Refusal::Malformed(Fault::Field)),
            ErrorType::ReadTimedout => Some(Refusal::TooSlow),
            _ => None,
        },
        ErrorSource::Upstream => Some(upstream_meaning(error)),
        ErrorSource::Internal | ErrorSource::Unset => Some(Refusal::Undecided),
    }
}

/// What an error on the application's side means.
pub(crate) fn upstream_meaning(error: &Error) -> Refusal {
    match error.etype() {
        ErrorType::ReadTimedout | ErrorType::WriteTimedout => Refusal::UpstreamSlow,
        ErrorType::InvalidHTTPHeader | ErrorType::H1Error | ErrorType::H2Error | ErrorType::InvalidH2 => {
            Refusal::UpstreamMalformed
        }
        _ => Refusal::UpstreamDown,
    }
}
