//! Mail: what it is about, and what its words need to know.

use marque_config::PartnerId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kernel::email::Email;
use crate::kernel::language::Language;

/// A mail to be sent, in the brand of a partner or of the vendor.
#[derive(Debug, Clone, PartialEq)]
pub struct Mail {
    /// The only recipient.
    pub to: Email,
    /// What it is about.
    pub kind: MailKind,
    /// In which language.
    pub language: Language,
    /// In whose brand; none for the vendor's own.
    pub partner: Option<PartnerId>,
    /// What the words are filled with: an object, with what [`MailKind`] names. A value that may be absent is left out.
    pub values: Value,
}

/// What a mail is about. Each names its values: texts, unless they end in `_ms` (milliseconds since 1970, UTC) or are
/// said to be an amount (`{"amount": 1234, "currency": "EUR"}`). A `path` begins with `/` and leads into the portal, whose
/// origin is put before it; a secret that goes with the mail is put behind it, after a `#`, where no server logs it.
///
/// What goes to a client's people never holds a price (S1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailKind {
    /// Somebody is invited, or is to choose a password: `name`, `company` (what they join), `path`, `until_ms`.
    Invitation,
    /// Somebody forgot a password: `name`, `path`, `until_ms`.
    PasswordReset,
    /// A partner may begin: `name`, `company` (the partner), `path`; perhaps `manager` (the account manager).
    PartnerApproved,
    /// A client's space is theirs from now on: `name`, `company` (the space); perhaps `address` (its URL).
    Handover,
    /// How to activate what was ordered: `name`, `company` (the client), `product`, `serial`, `path`; perhaps `order` (its
    /// number), `until_ms` (by when).
    ActivationInstructions,
    /// Support asks to be let in: `company` (the space), `collaborator` (a name), `reason`, `path`; perhaps `until_ms`.
    ConsentRequested,
    /// Support may come in: `name`, `company` (the space); perhaps `until_ms`.
    ConsentGranted,
    /// An accountant follows the space, and can be blocked: `company` (the space), `collaborator` (a name), `firm`, `path`.
    AccountantAssigned,
    /// Somebody asks for help: `message` (its id), `company` (the space), `sender`, `subject`, `text`; perhaps `reply_to` (an
    /// address), `path`, `enclosed` (the names of files that go along) or `kept` (of those that are too large for that).
    SupportMessage,
    /// Help is answered: `message` (its id), `subject`, `text`, `name`.
    SupportReply,
    /// A trial ends soon: `company` (the client), `product`, `serial`, `until_ms`, `path`.
    TrialExpiring,
    /// A subscription ends soon: `company` (the client), `product`, `until_ms`, `path`.
    SubscriptionExpiring,
    /// A period couldn't be charged, and the grace runs: `company` (the client), `product`, `until_ms` (its end), `path`.
    SubscriptionPastDue,
    /// The grace is over, and a licence suspended: `company` (the client), `product`, `until_ms` (when it ends for good),
    /// `path`.
    SubscriptionSuspended,
    /// A partner's balance is low: `company` (the partner), `balance` (an amount), `path`.
    BalanceLow,
    /// A space has no licence, for the credit didn't suffice: `company` (the space), `plan`, `path`.
    LicenceNeeded,
    /// No server took a mail to one of the partner's clients: `address`, `about` (its subject), `path`.
    ClientMailFailed,
    /// Another partner asked for one's client: `company` (the client); perhaps `until_ms`.
    ClientClaimed,
}

impl MailKind {
    /// Every kind.
    pub const ALL: [Self; 18] = [
        Self::Invitation,
        Self::PasswordReset,
        Self::PartnerApproved,
        Self::Handover,
        Self::ActivationInstructions,
        Self::ConsentRequested,
        Self::ConsentGranted,
        Self::AccountantAssigned,
        Self::SupportMessage,
        Self::SupportReply,
        Self::TrialExpiring,
        Self::SubscriptionExpiring,
        Self::SubscriptionPastDue,
        Self::SubscriptionSuspended,
        Self::BalanceLow,
        Self::LicenceNeeded,
        Self::ClientMailFailed,
        Self::ClientClaimed,
    ];

    /// Whether the partner is told when no server takes it: what is for its clients' people, or invites somebody.
    #[must_use]
    pub fn is_missed(self) -> bool {
        self.is_for_clients() || self == Self::Invitation
    }

    /// Whether it only ever goes to a client's people: it says who answers for billing and support, and never a price.
    #[must_use]
    pub fn is_for_clients(self) -> bool {
        matches!(
            self,
            Self::Handover
                | Self::ActivationInstructions
                | Self::ConsentRequested
                | Self::AccountantAssigned
                | Self::SupportReply
        )
    }
}

/// The current status of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailState {
    /// It will be tried, perhaps again.
    Waiting,
    /// A server took it.
    Sent,
    /// No server took it, and none is asked any more.
    Failed,
}
