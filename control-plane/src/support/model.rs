//! Support messages: from a client to its partner, and no further unless the partner says so.

use std::collections::BTreeSet;

use marque_config::{PartnerId, TenantId};
use serde::{Deserialize, Serialize};

use crate::kernel::email::{self, Email};
use crate::kernel::ids::{MessageId, ReplyId};
use crate::kernel::language::Language;
use crate::kernel::resource::Resource;
use crate::kernel::time::ms;

/// A message of a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportMessage {
    /// Its identity.
    pub id: MessageId,
    /// From which space.
    pub tenant: TenantId,
    /// The space's name.
    pub tenant_name: String,
    /// To which partner.
    pub partner: PartnerId,
    /// How it came.
    pub channel: Channel,
    /// Who wrote it.
    pub sender: String,
    /// Where answers go.
    #[serde(default, deserialize_with = "email::kept")]
    pub email: Option<Email>,
    /// In which language.
    pub language: Language,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub body: String,
    /// Its current status.
    pub state: MessageState,
    /// Where it was mailed.
    pub routed_to: Option<String>,
    /// Where the sender was.
    pub ip: Option<String>,
    /// What of it the partner showed to the vendor; none until it did.
    pub shared: Option<BTreeSet<MessagePart>>,
    /// When it came, milliseconds since 1970, UTC.
    pub received_ms: i64,
    /// When something was last done about it.
    pub changed_ms: i64,
}

impl Resource for SupportMessage {}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = SupportReply)]
pub struct Reply {
    /// Its identity.
    #[schema(value_type = String)]
    pub id: ReplyId,
    /// Whose.
    pub side: ReplySide,
    /// Who.
    pub author: String,
    /// What it says.
    #[serde(rename = "text")]
    pub body: String,
    /// When.
    #[serde(rename = "at", with = "ms")]
    #[schema(value_type = String, format = DateTime)]
    pub at_ms: i64,
}

/// How a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// From within the application.
    Application,
    /// By the contact form of the edge's own pages.
    Edge,
    /// Through the portal or its API.
    Portal,
}

/// The current status of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// In the partner's inbox; it named no address to mail it to, or no server took the mail.
    Received,
    /// In the partner's inbox, and mailed.
    Routed,
    /// The partner has seen it.
    Acknowledged,
    /// The partner has answered.
    Answered,
    /// The partner has asked the vendor.
    Escalated,
    /// The vendor is done with it, the partner not yet.
    VendorClosed,
    /// Done.
    Closed,
}

/// A part of a message, which a partner shows to the vendor or keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessagePart {
    /// Which space, and its name.
    Tenant,
    /// Who wrote it, and their address.
    Sender,
    /// What it is about.
    Subject,
    /// What it says.
    Text,
    /// What was answered.
    Replies,
    /// What goes along with it.
    Attachments,
}

/// Whose an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplySide {
    /// The partner's, to the client.
    Partner,
    /// The vendor's, to the partner.
    Vendor,
}

/// What can be done about a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The partner says that it has seen it.
    Acknowledge,
    /// The partner answers.
    Answer,
    /// The partner asks the vendor.
    Escalate,
    /// The vendor is done.
    CloseByVendor,
    /// The partner is done.
    Close,
    /// A server took the mail after all.
    Arrive,
    /// No server took the mail.
    Bounce,
}

impl MessageState {
    /// Its status after a step; none when the step isn't possible.
    #[must_use]
    pub fn after(self, step: Step) -> Option<Self> {
        use MessageState::{Acknowledged, Answered, Closed, Escalated, Received, Routed, VendorClosed};
        match (self, step) {
            (Received, Step::Arrive) => Some(Routed),
            (Routed, Step::Bounce) => Some(Received),
            (Received | Routed, Step::Acknowledge) => Some(Acknowledged),
            (Received | Routed | Acknowledged | Answered | VendorClosed, Step::Answer) => Some(Answered),
            // The vendor is still asked.
            (Escalated, Step::Answer) => Some(Escalated),
            (Received | Routed | Acknowledged | Answered, Step::Escalate) => Some(Escalated),
            (Escalated, Step::CloseByVendor) => Some(VendorClosed),
            (Received | Routed | Acknowledged | Answered | Escalated | VendorClosed, Step::Close) => Some(Closed),
            (Acknowledged | Answered | Escalated | VendorClosed | Closed, Step::Acknowledge)
            | (Escalated | VendorClosed | Closed, Step::Escalate)
            | (Received | Routed | Acknowledged | Answered | VendorClosed | Closed, Step::CloseByVendor)
            | (Closed, Step::Answer | Step::Close)
            | (Routed | Acknowledged | Answered | Escalated | VendorClosed | Closed, Step::Arrive)
            | (Received | Acknowledged | Answered | Escalated | VendorClosed | Closed, Step::Bounce) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendor_is_asked_once_and_nothing_happens_after_the_end() {
        let steps = [Step::Acknowledge, Step::Answer, Step::Escalate, Step::CloseByVendor, Step::Close];
        assert!(steps.iter().all(|step| MessageState::Closed.after(*step).is_none()));
        for state in [MessageState::Received, MessageState::Routed] {
            assert_eq!(state.after(Step::CloseByVendor), None);
            assert_eq!(state.after(Step::Escalate), Some(MessageState::Escalated));
        }
        assert_eq!(MessageState::VendorClosed.after(Step::Escalate), None);
        assert_eq!(MessageState::VendorClosed.after(Step::Answer), Some(MessageState::Answered));
    }
}
