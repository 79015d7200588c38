//! The identities of what only the control plane knows. What the edge knows too is in [`marque_config::id`].

use marque_config::Id;
use marque_config::id::Kind;
pub use marque_config::{LicenceId, MessageId};

/// Marks the identity of a person.
pub enum UserKind {}
impl Kind for UserKind {
    const PREFIX: &'static str = "usr";
}
/// The identity of a person.
pub type UserId = Id<UserKind>;

/// Marks the identity of a person's membership in a partner.
pub enum MemberKind {}
impl Kind for MemberKind {
    const PREFIX: &'static str = "pmb";
}
/// The identity of a person's membership in a partner.
pub type MemberId = Id<MemberKind>;

/// Marks the identity of a person's place in a tenant.
pub enum TenantUserKind {}
impl Kind for TenantUserKind {
    const PREFIX: &'static str = "tus";
}
/// The identity of a person's place in a tenant.
pub type TenantUserId = Id<TenantUserKind>;

/// Marks the identity of an invitation.
pub enum InvitationKind {}
impl Kind for InvitationKind {
    const PREFIX: &'static str = "ivt";
}
/// The identity of an invitation.
pub type InvitationId = Id<InvitationKind>;

/// Marks the identity of a person's session.
pub enum SessionKind {}
impl Kind for SessionKind {
    const PREFIX: &'static str = "ses";
}
/// The identity of a person's session.
pub type SessionId = Id<SessionKind>;

/// Marks the identity of an account manager.
pub enum AccountManagerKind {}
impl Kind for AccountManagerKind {
    const PREFIX: &'static str = "amg";
}
/// The identity of an account manager.
pub type AccountManagerId = Id<AccountManagerKind>;

/// Marks the identity of a client: a company.
pub enum ClientKind {}
impl Kind for ClientKind {
    const PREFIX: &'static str = "cli";
}
/// The identity of a client: a company.
pub type ClientId = Id<ClientKind>;

/// Marks the identity of a product.
pub enum ProductKind {}
impl Kind for ProductKind {
    const PREFIX: &'static str = "prd";
}
/// The identity of a product.
pub type ProductId = Id<ProductKind>;

/// Marks the identity of a plan.
pub enum PlanKind {}
impl Kind for PlanKind {
    const PREFIX: &'static str = "pln";
}
/// The identity of a plan.
pub type PlanId = Id<PlanKind>;

/// Marks the identity of a component.
pub enum ComponentKind {}
impl Kind for ComponentKind {
    const PREFIX: &'static str = "cmp";
}
/// The identity of a component.
pub type ComponentId = Id<ComponentKind>;

/// Marks the identity of a price list.
pub enum PriceListKind {}
impl Kind for PriceListKind {
    const PREFIX: &'static str = "prl";
}
/// The identity of a price list.
pub type PriceListId = Id<PriceListKind>;

/// Marks the identity of a version of a price list.
pub enum PriceVersionKind {}
impl Kind for PriceVersionKind {
    const PREFIX: &'static str = "plv";
}
/// The identity of a version of a price list.
pub type PriceVersionId = Id<PriceVersionKind>;

/// Marks the identity of a promo code.
pub enum PromoKind {}
impl Kind for PromoKind {
    const PREFIX: &'static str = "prm";
}
/// The identity of a promo code.
pub type PromoId = Id<PromoKind>;

/// Marks the identity of one use of a promo code.
pub enum RedemptionKind {}
impl Kind for RedemptionKind {
    const PREFIX: &'static str = "rdm";
}
/// The identity of one use of a promo code.
pub type RedemptionId = Id<RedemptionKind>;

/// Marks the identity of an order or a trial.
pub enum OrderKind {}
impl Kind for OrderKind {
    const PREFIX: &'static str = "ord";
}
/// The identity of an order or a trial.
pub type OrderId = Id<OrderKind>;

/// Marks the identity of a subscription.
pub enum SubscriptionKind {}
impl Kind for SubscriptionKind {
    const PREFIX: &'static str = "sub";
}
/// The identity of a subscription.
pub type SubscriptionId = Id<SubscriptionKind>;

/// Marks the identity of an activation.
pub enum ActivationKind {}
impl Kind for ActivationKind {
    const PREFIX: &'static str = "act";
}
/// The identity of an activation.
pub type ActivationId = Id<ActivationKind>;

/// Marks the identity of a collaborator's assignment to a tenant.
pub enum AssignmentKind {}
impl Kind for AssignmentKind {
    const PREFIX: &'static str = "asg";
}
/// The identity of a collaborator's assignment to a tenant.
pub type AssignmentId = Id<AssignmentKind>;

/// Marks the identity of a client's consent.
pub enum ConsentKind {}
impl Kind for ConsentKind {
    const PREFIX: &'static str = "cns";
}
/// The identity of a client's consent.
pub type ConsentId = Id<ConsentKind>;

/// Marks the identity of a collaborator's coming in under a consent.
pub enum ConsentSessionKind {}
impl Kind for ConsentSessionKind {
    const PREFIX: &'static str = "css";
}
/// The identity of a collaborator's coming in under a consent.
pub type ConsentSessionId = Id<ConsentSessionKind>;

/// Marks the identity of a transaction of the ledger.
pub enum LedgerTxKind {}
impl Kind for LedgerTxKind {
    const PREFIX: &'static str = "ltx";
}
/// The identity of a transaction of the ledger.
pub type LedgerTxId = Id<LedgerTxKind>;

/// Marks the identity of an answer to a support message.
pub enum ReplyKind {}
impl Kind for ReplyKind {
    const PREFIX: &'static str = "rpl";
}
/// The identity of an answer to a support message.
pub type ReplyId = Id<ReplyKind>;

/// Marks the identity of a mail to be sent.
pub enum MailKind {}
impl Kind for MailKind {
    const PREFIX: &'static str = "mal";
}
/// The identity of a mail to be sent.
pub type MailId = Id<MailKind>;

/// Marks the identity of a partner's own offer.
pub enum RetailOfferKind {}
impl Kind for RetailOfferKind {
    const PREFIX: &'static str = "rto";
}
/// The identity of a partner's own offer.
pub type RetailOfferId = Id<RetailOfferKind>;

/// Marks the identity of a partner's means of payment.
pub enum PaymentMethodKind {}
impl Kind for PaymentMethodKind {
    const PREFIX: &'static str = "pmt";
}
/// The identity of a partner's means of payment.
pub type PaymentMethodId = Id<PaymentMethodKind>;

/// Marks the identity of an event of the audit trail.
pub enum AuditKind {}
impl Kind for AuditKind {
    const PREFIX: &'static str = "aud";
}
/// The identity of an event of the audit trail.
pub type AuditId = Id<AuditKind>;

/// Marks the identity of an event that others are told of.
pub enum EventKind {}
impl Kind for EventKind {
    const PREFIX: &'static str = "evt";
}
/// The identity of an event that others are told of.
pub type EventId = Id<EventKind>;

/// Marks the identity of a webhook's endpoint.
pub enum EndpointKind {}
impl Kind for EndpointKind {
    const PREFIX: &'static str = "whk";
}
/// The identity of a webhook's endpoint.
pub type EndpointId = Id<EndpointKind>;

/// Marks the identity of an event's delivery to an endpoint.
pub enum DeliveryKind {}
impl Kind for DeliveryKind {
    const PREFIX: &'static str = "dlv";
}
/// The identity of an event's delivery to an endpoint.
pub type DeliveryId = Id<DeliveryKind>;

/// Marks the identity of what a partner has in one currency.
pub enum WalletKind {}
impl Kind for WalletKind {
    const PREFIX: &'static str = "wal";
}
/// The identity of what a partner has in one currency.
pub type WalletId = Id<WalletKind>;

/// Marks the identity of a partner's payment.
pub enum PaymentKind {}
impl Kind for PaymentKind {
    const PREFIX: &'static str = "pay";
}
/// The identity of a partner's payment.
pub type PaymentId = Id<PaymentKind>;

/// Marks the identity of a correction of the ledger.
pub enum AdjustmentKind {}
impl Kind for AdjustmentKind {
    const PREFIX: &'static str = "adj";
}
/// The identity of a correction of the ledger.
pub type AdjustmentId = Id<AdjustmentKind>;

/// Marks the identity of a guide, a video, or what helps to sell.
pub enum HelpLinkKind {}
impl Kind for HelpLinkKind {
    const PREFIX: &'static str = "hlp";
}
/// The identity of a guide, a video, or what helps to sell.
pub type HelpLinkId = Id<HelpLinkKind>;
