//! What an error of the engine means to the visitor: one refusal, with its page.

use pingora::proxy::FailToProxy;
use pingora::{Error, ErrorSource, ErrorType};

use super::answer;
use super::visit::Visit;
use super::visitor::Visitor;
use crate::refusal::{Fault, Refusal};
use crate::upstream::is_shortage;

/// Answers a request that failed, if anybody is there and nothing was answered yet.
pub(super) async fn answer<V: Visitor>(visitor: &mut V, error: &Error, visit: &mut Visit) -> FailToProxy {
    let fault = visit.connection.as_ref().and_then(|connection| connection.fault());
    let fault = visit.patience.as_ref().filter(|it| it.is_over()).map(|_| Refusal::UpstreamSlow).or(fault);
    let refusal = visit.refusal.or(fault).or_else(|| meaning(error));
    visit.refusal = refusal;
    let has_begun = visitor.answered().is_some();
    let status = match refusal {
        Some(refusal) if !has_begun => {
            // The connection is closed in any case: a client that has gone needs no answer.
            let _ = answer::refuse(visitor, visit, refusal).await;
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
        ErrorSource::Internal | ErrorSource::Unset => Some(Refusal::Internal),
    }
}

/// Whether a connection failed for the place doesn't listen, or not in TLS: others should go elsewhere for a while. What
/// failed here (no port left, no descriptor), or in the protocol that was spoken, says nothing of the place.
pub(crate) fn is_fault_of_target(error: &Error) -> bool {
    match error.etype() {
        ErrorType::ConnectTimedout
        | ErrorType::ConnectRefused
        | ErrorType::ConnectNoRoute
        | ErrorType::TLSHandshakeFailure
        | ErrorType::TLSHandshakeTimedout
        | ErrorType::InvalidCert
        | ErrorType::ConnectionClosed => true,
        // The system's word for whatever else: most are the other side's, but not these.
        ErrorType::ConnectError => !is_local(error),
        _ => false,
    }
}

fn is_local(error: &Error) -> bool {
    let mut source = error.cause.as_deref().map(|cause| cause as &(dyn std::error::Error + 'static));
    while let Some(cause) = source {
        if cause.downcast_ref().is_some_and(is_shortage) {
            return true;
        }
        source = cause.source();
    }
    false
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

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// C7: what failed here, or in the protocol that was spoken, makes no place rest.
    #[test]
    fn only_a_place_that_does_not_listen_is_at_fault() {
        let because = |kind: ErrorType, code: i32| Error::because(kind, "x", io::Error::from_raw_os_error(code));
        for kind in [ErrorType::ConnectTimedout, ErrorType::ConnectRefused, ErrorType::TLSHandshakeFailure] {
            assert!(is_fault_of_target(&because(kind, 111)));
        }
        assert!(is_fault_of_target(&because(ErrorType::ConnectError, 104)));
        for code in [1, 11, 12, 13, 23, 24, 99, 105] {
            assert!(!is_fault_of_target(&because(ErrorType::ConnectError, code)), "{code}");
        }
        for kind in [
            ErrorType::BindError,
            ErrorType::SocketError,
            ErrorType::InternalError,
            ErrorType::H2Error,
            ErrorType::H2Downgrade,
            ErrorType::InvalidH2,
            ErrorType::HandshakeError,
        ] {
            assert!(!is_fault_of_target(&because(kind, 99)));
        }
    }
}
