//! A person's session: for whom it acts, and how long it lasts.

use std::collections::BTreeSet;

use marque_config::{PartnerId, TenantId};
use serde::{Deserialize, Serialize};

use super::ids::{SessionId, UserId};
use super::person::TenantRole;
use super::principal::Principal;
use super::right::{self, Right};
use super::scope::Scope;
use super::tenant::TenantKind;

/// The longest that a session lasts.
pub const LASTS_MS: i64 = 12 * 3_600_000;
/// The longest that it lasts unused.
pub const IDLE_MS: i64 = 30 * 60_000;
/// How long the code of a second factor is awaited.
pub const AWAITED_MS: i64 = 10 * 60_000;

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its identity; the cookie is another thing.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// On whose behalf.
    pub principal: Principal,
    /// How far it came.
    pub stage: Stage,
    /// From where it was begun.
    pub ip: Option<String>,
    /// When it was begun, milliseconds since 1970, UTC.
    pub created_ms: i64,
    /// When it was seen last, to the minute.
    pub seen_ms: i64,
    /// When it ends, whatever is done with it.
    pub expires_ms: i64,
}

/// How far a session came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The password was right; a code is awaited.
    SecondFactor,
    /// The person is in.
    Open,
}

/// A membership of a person: what they may act for, and what they may do there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// For whom.
    pub principal: Principal,
    /// What it is called.
    pub company: String,
    /// The rights in a partner.
    pub rights: BTreeSet<Right>,
    /// The level in a tenant.
    pub role: Option<TenantRole>,
}

/// A tenant that a person belongs to: one of their companies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// The tenant.
    pub tenant: TenantId,
    /// Whose client it is.
    pub partner: PartnerId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub kind: TenantKind,
    /// Its current status.
    pub state: marque_config::tenant::TenantState,
    /// What the person is there.
    pub role: TenantRole,
    /// When that ends by itself.
    pub until_ms: Option<i64>,
    /// A name at which it is served.
    pub host: Option<String>,
}

impl Session {
    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self, now_ms: i64) -> bool {
        now_ms >= self.expires_ms || now_ms - self.seen_ms >= IDLE_MS
    }
}

impl Membership {
    /// What it lets do at the API.
    #[must_use]
    pub fn scopes(&self) -> BTreeSet<Scope> {
        match self.principal {
            Principal::Operator => Scope::all().filter(|scope| *scope != Scope::EdgeSync).collect(),
            Principal::Partner(_) => right::scopes(&self.rights),
            Principal::Tenant(_) => self.role.map(|role| role.scopes().iter().copied().collect()).unwrap_or_default(),
            // No person acts for these.
            Principal::Edge | Principal::Application(_) => BTreeSet::new(),
        }
    }
}

/// What a partner's member is in the partner's own tenants.
#[must_use]
pub fn role_in_own(rights: &BTreeSet<Right>) -> TenantRole {
    if rights.contains(&Right::SettingsManage) { TenantRole::Administrator } else { TenantRole::Manager }
}
