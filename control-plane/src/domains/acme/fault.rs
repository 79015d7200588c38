//! What instant-acme's errors mean for an issuance: try the step again, come back later, begin anew, or give up.

use instant_acme::{Error, Problem};

use super::client::ClientError;
use super::failure::Failure;
use crate::database::StoreError;

/// Why a step was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It may work in a moment.
    #[error("a passing fault ({})", .failure.code())]
    Passing {
        /// What it looks like to people.
        failure: Failure,
        /// The cause.
        #[source]
        source: Error,
    },
    /// It takes no nonce of ours, which is no fault of anybody's (RFC 8555 section 6.5).
    #[error("the certificate authority takes no nonce of ours")]
    BadNonce,
    /// It may work later; the issuance stays as it is.
    #[error("not now ({})", .failure.code())]
    Later {
        /// What it looks like to people.
        failure: Failure,
        /// When, milliseconds since 1970, UTC, where that's known.
        until_ms: Option<i64>,
    },
    /// The certificate authority doesn't know our account.
    #[error("the certificate authority does not know our account")]
    AccountUnknown,
    /// It doesn't know the order.
    #[error("the certificate authority does not know the order")]
    OrderUnknown,
    /// This issuance won't come to anything.
    #[error("given up ({}): {detail}", .failure.code())]
    Final {
        /// What it looks like to people.
        failure: Failure,
        /// What was said about it.
        detail: String,
    },
    /// Somebody else is at this issuance, or the name was given up.
    #[error("the lease is lost")]
    LeaseLost,
    /// Something sealed or to be sealed is unusable.
    #[error("a secret cannot be used")]
    Secret(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl Fault {
    /// Gives up.
    #[must_use]
    pub fn last(failure: Failure, detail: impl Into<String>) -> Self {
        Self::Final { failure, detail: detail.into() }
    }

    /// What a problem document means.
    #[must_use]
    pub fn of_problem(problem: &Problem) -> Self {
        let kind = problem.r#type.as_deref().unwrap_or_default();
        if kind.ends_with(":accountDoesNotExist") {
            return Self::AccountUnknown;
        }
        if kind.ends_with(":badNonce") {
            return Self::BadNonce;
        }
        match Failure::of_problem(kind, problem.status) {
            failure @ Failure::CaError => Self::Passing { failure, source: Error::Api(problem.clone()) },
            failure => Self::last(failure, problem.detail.clone().unwrap_or_else(|| kind.to_owned())),
        }
    }

    /// As [`Fault::from`], for a request that reads an order: refused, it's taken for unknown.
    #[must_use]
    pub fn of_order(error: Error) -> Self {
        match Self::from(error) {
            Self::Final { failure: Failure::CaRefused | Failure::Unauthorized, .. } => Self::OrderUnknown,
            other => other,
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let passing = |failure, source| Self::Passing { failure, source };
        match error {
            Error::Api(problem) => Self::of_problem(&problem),
            Error::Other(ref source) => match source.downcast_ref::<ClientError>() {
                Some(ClientError::Quiet { until_ms, limited, .. }) => {
                    let failure = if *limited { Failure::RateLimited } else { Failure::CaError };
                    Self::Later { failure, until_ms: Some(*until_ms) }
                }
                Some(ClientError::Transport(_)) => passing(Failure::CaUnreachable, error),
                Some(ClientError::TooLong) | None => passing(Failure::CaError, error),
            },
            Error::Timeout(_) => Self::last(Failure::Timeout, error.to_string()),
            Error::Crypto | Error::KeyRejected => Self::Secret(Box::new(error)),
            // Answers that are not what the protocol says: a proxy's error page, a CA that is being restarted.
            other => passing(Failure::CaError, other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(kind: &str, status: u16) -> Fault {
        let json = format!(r#"{{"type":"urn:ietf:params:acme:error:{kind}","status":{status},"detail":"why"}}"#);
        Fault::from(Error::Api(serde_json::from_str(&json).unwrap()))
    }

    #[test]
    fn each_problem_has_its_consequence() {
        assert!(matches!(fault("accountDoesNotExist", 400), Fault::AccountUnknown));
        assert!(matches!(fault("badNonce", 400), Fault::BadNonce));
        assert!(matches!(fault("serverInternal", 500), Fault::Passing { .. }));
        assert!(matches!(fault("unheardOf", 502), Fault::Passing { .. }));
        assert!(matches!(fault("caa", 403), Fault::Final { failure: Failure::CaaForbids, .. }));
        assert!(matches!(fault("rateLimited", 429), Fault::Final { failure: Failure::RateLimited, .. }));
        assert!(matches!(fault("malformed", 400), Fault::Final { failure: Failure::CaRefused, .. }));
    }

    #[test]
    fn an_order_that_is_refused_is_unknown_and_one_that_is_not_answered_is_not() {
        let order = |error| Fault::of_order(error);
        let refused: Problem = serde_json::from_str(r#"{"type":"urn:ietf:params:acme:error:malformed"}"#).unwrap();
        assert!(matches!(order(Error::Api(refused)), Fault::OrderUnknown));
        assert!(matches!(order(Error::Str("odd")), Fault::Passing { .. }));
    }
}
