//! What can be done, once: the API, and later pages and commands, call these. Each takes how far the rights of the
//! caller reach; what lies outside doesn't exist. A change happens in the [`crate::database::Write`] that it is given,
//! with its audit row and what the edge must know.

use crate::database::StoreError;
use crate::kernel::fault::{Conflict, FieldFault, Forbidden};

/// Why an operation wasn't done.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is no such thing within the reach of the caller.
    #[error("not found")]
    NotFound,
    /// Fields of what was given are wrong.
    #[error("{}", listed(.0))]
    Fields(Vec<FieldFault>),
    /// Something stands against it.
    #[error("{}", .0.said().english)]
    Conflict(Conflict),
    /// It is not for the caller to do, though the scope is right.
    #[error("{}", .0.said().english)]
    Forbidden(Forbidden),
    /// The store didn't do its part.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl Refused {
    /// Points at the fields of something that lies within what was given.
    #[must_use]
    pub fn under(self, prefix: &str) -> Self {
        let Self::Fields(faults) = self else { return self };
        let within = |fault: FieldFault| FieldFault { pointer: format!("{prefix}{}", fault.pointer), ..fault };
        Self::Fields(faults.into_iter().map(within).collect())
    }
}

impl From<FieldFault> for Refused {
    fn from(fault: FieldFault) -> Self {
        Self::Fields(vec![fault])
    }
}

impl From<Forbidden> for Refused {
    fn from(forbidden: Forbidden) -> Self {
        Self::Forbidden(forbidden)
    }
}

impl From<Conflict> for Refused {
    fn from(conflict: Conflict) -> Self {
        Self::Conflict(conflict)
    }
}

fn listed(faults: &[FieldFault]) -> String {
    let one = |fault: &FieldFault| format!("{}: {}", fault.pointer, fault.said.english);
    faults.iter().map(one).collect::<Vec<_>>().join(" ")
}
