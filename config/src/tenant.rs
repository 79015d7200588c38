//! One client's space, as reached through its hostnames.

use serde::{Deserialize, Serialize};

use crate::{Account, ApplicationId, Hostname, PartnerId, TenantId};

/// A tenant as the edge needs to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// Its identity.
    pub id: TenantId,
    /// The application that serves it.
    pub application: ApplicationId,
    /// Whose brand its pages carry.
    pub partner: PartnerId,
    /// What the application calls its account; none until it is bound.
    pub account: Option<Account>,
    /// Whether it may be reached.
    pub state: TenantState,
}

/// Whether a tenant may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenantState {
    /// No account is bound yet: 503.
    Provisioning,
    /// Served.
    Active,
    /// Stopped by an operator or a partner: 403 in the partner's brand.
    Suspended,
    /// Given up: its names are unknown.
    Closed,
}

/// A name that leads to a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The name.
    pub host: Hostname,
    /// Where it leads.
    pub tenant: TenantId,
    /// Who owns it.
    pub kind: AddressKind,
    /// Whether `Strict-Transport-Security` is sent.
    pub hsts: bool,
}

/// Who owns a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressKind {
    /// `NAME.p.BASE`, ours.
    Platform,
    /// A name that a reseller brought.
    Custom,
}
