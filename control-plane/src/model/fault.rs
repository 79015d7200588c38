//! What can be wrong with what somebody asks, each with a stable code and a sentence in each language.

use super::language::Sentence;

/// One field of a request's body that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// Where: a JSON pointer (RFC 6901).
    pub pointer: String,
    /// What, for programs.
    pub code: &'static str,
    /// What, for people.
    pub said: Sentence,
}

impl FieldFault {
    /// A fault of the field at `pointer`.
    #[must_use]
    pub fn new(pointer: impl Into<String>, code: &'static str, said: Sentence) -> Self {
        Self { pointer: pointer.into(), code, said }
    }
}

/// What stands against doing what is asked now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// The hostname is claimed.
    HostTaken,
    /// The hostname was given up lately by somebody else.
    HostQuarantined,
    /// Another tenant of the application is bound to the account.
    AccountTaken,
    /// The tenant is bound to another account.
    BoundElsewhere,
    /// The tenant is closed.
    TenantClosed,
    /// The tenant isn't suspended.
    NotSuspended,
    /// The tenant has as many domains as it may have.
    TooManyDomains,
    /// The name is taken.
    NameTaken,
}

impl Conflict {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::HostTaken => "host-taken",
            Self::HostQuarantined => "host-quarantined",
            Self::AccountTaken => "account-taken",
            Self::BoundElsewhere => "tenant-already-bound",
            Self::TenantClosed => "tenant-closed",
            Self::NotSuspended => "tenant-not-suspended",
            Self::TooManyDomains => "too-many-domains",
            Self::NameTaken => "name-taken",
        }
    }

    /// What, for people.
    #[must_use]
    pub fn said(&self) -> Sentence {
        match self {
            Self::HostTaken => Sentence::fixed("This hostname is taken.", "Ce nom est déjà pris."),
            Self::HostQuarantined => Sentence::fixed(
                "This hostname was given up lately and can't be taken yet.",
                "Ce nom a été libéré récemment et ne peut pas encore être repris.",
            ),
            Self::AccountTaken => Sentence::fixed(
                "Another tenant of this application is bound to this account.",
                "Un autre espace de cette application est lié à ce compte.",
            ),
            Self::BoundElsewhere => Sentence::fixed(
                "The tenant is bound to another account, for good.",
                "L’espace est lié à un autre compte, définitivement.",
            ),
            Self::TenantClosed => Sentence::fixed("The tenant is closed.", "L’espace est fermé."),
            Self::NotSuspended => Sentence::fixed("The tenant is not suspended.", "L’espace n’est pas suspendu."),
            Self::TooManyDomains => Sentence::fixed(
                "The tenant has as many domains as it may have.",
                "L’espace a atteint son nombre de domaines.",
            ),
            Self::NameTaken => Sentence::fixed("This name is taken.", "Ce nom est déjà pris."),
        }
    }
}

/// What is not for who asks to do, though its token has the scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forbidden {
    /// An operator suspended the tenant: a partner doesn't resume it.
    SuspendedByOperator,
}

impl Forbidden {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::SuspendedByOperator => "suspended-by-operator",
        }
    }

    /// What, for people.
    #[must_use]
    pub fn said(self) -> Sentence {
        match self {
            Self::SuspendedByOperator => Sentence::fixed(
                "An operator suspended this tenant: only an operator can resume it.",
                "Un opérateur a suspendu cet espace : seul un opérateur peut le rétablir.",
            ),
        }
    }
}
