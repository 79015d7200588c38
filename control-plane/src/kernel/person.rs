//! People, and the places that they have: with the vendor, in a partner, in a tenant.

use std::collections::BTreeSet;

use marque_config::{PartnerId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::email::{Email, kept_one};
use super::ids::{MemberId, TenantUserId, UserId};
use super::language::Language;
use super::resource::Resource;
use super::right::Right;
use super::scope::Scope;
use super::time::{ms, optional_ms};

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct User {
    /// Their identity: `usr_…`.
    #[schema(value_type = String)]
    pub id: UserId,
    /// Their mail address.
    #[serde(deserialize_with = "kept_one")]
    #[schema(value_type = String, format = "email")]
    pub email: Email,
    /// Their name.
    pub name: String,
    /// The language that they are written in.
    pub language: Language,
    /// Their current status.
    pub state: UserState,
    /// Whether a second factor is asked for.
    pub second_factor: bool,
    /// When they were first named.
    #[serde(rename = "created_at", with = "ms")]
    #[schema(value_type = String, format = DateTime)]
    pub created_ms: i64,
}

impl Resource for User {}

/// The current status of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserState {
    /// Has accepted no invitation yet.
    Invited,
    /// May come in.
    Active,
    /// May not come in, until an operator unlocks them.
    Locked,
    /// Is gone for good.
    Deactivated,
}

/// The current status of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceState {
    /// The invitation isn't accepted yet.
    Invited,
    /// It is theirs.
    Active,
    /// It was theirs.
    Removed,
}

/// A person's membership in a partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Member {
    /// Its identity: `pmb_…`.
    #[schema(value_type = String)]
    pub id: MemberId,
    /// The partner.
    #[schema(value_type = String)]
    pub partner: PartnerId,
    /// The person: `usr_…`.
    #[schema(value_type = String)]
    pub user: UserId,
    /// Their mail address.
    #[serde(deserialize_with = "kept_one")]
    #[schema(value_type = String, format = "email")]
    pub email: Email,
    /// Their name; until they accept, as who invited them says.
    pub name: String,
    /// What they may do.
    pub rights: BTreeSet<Right>,
    /// Its current status.
    pub state: PlaceState,
    /// When they were invited first.
    #[serde(rename = "created_at", with = "ms")]
    #[schema(value_type = String, format = DateTime)]
    pub created_ms: i64,
}

impl Resource for Member {}

/// A person's place in a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TenantUser {
    /// Its identity: `tus_…`.
    #[schema(value_type = String)]
    pub id: TenantUserId,
    /// The tenant.
    #[schema(value_type = String)]
    pub tenant: TenantId,
    /// The person: `usr_…`.
    #[schema(value_type = String)]
    pub user: UserId,
    /// Their mail address.
    #[serde(deserialize_with = "kept_one")]
    #[schema(value_type = String, format = "email")]
    pub email: Email,
    /// Their name; until they accept, as who invited them says.
    pub name: String,
    /// What they are there.
    pub role: TenantRole,
    /// One of the client's own people, or of the partner's who set it up.
    pub side: Side,
    /// Its current status.
    pub state: PlaceState,
    /// When it ends by itself.
    #[serde(rename = "until", default, with = "optional_ms", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until_ms: Option<i64>,
    /// When it began.
    #[serde(rename = "created_at", with = "ms")]
    #[schema(value_type = String, format = DateTime)]
    pub created_ms: i64,
}

impl Resource for TenantUser {}

/// One of the vendor's staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Operator {
    /// The person: `usr_…`.
    #[serde(rename = "id")]
    #[schema(value_type = String)]
    pub user: UserId,
    /// Their mail address.
    #[serde(deserialize_with = "kept_one")]
    #[schema(value_type = String, format = "email")]
    pub email: Email,
    /// Their name; until they accept, as who invited them says.
    pub name: String,
    /// Its current status.
    pub state: PlaceState,
    /// When they were invited first.
    #[serde(rename = "created_at", with = "ms")]
    #[schema(value_type = String, format = DateTime)]
    pub created_ms: i64,
}

impl Resource for Operator {}

/// The three levels of an application's users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TenantRole {
    /// Decides for the client: its people, its consents.
    Administrator,
    /// Runs it day by day.
    Manager,
    /// Works with it.
    Employee,
}

/// On which side somebody of a tenant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// One of the client's own people.
    Client,
    /// One of the partner's, who sets the tenant up until it is handed over.
    Setup,
}

impl TenantRole {
    /// What it lets do at the API, of that tenant.
    #[must_use]
    pub fn scopes(self) -> &'static [Scope] {
        match self {
            Self::Administrator => &[
                Scope::TenantsRead,
                Scope::DomainsRead,
                Scope::WhiteLabelRead,
                Scope::UsersRead,
                Scope::UsersWrite,
                Scope::LicencesRead,
                Scope::CollaboratorsRead,
                Scope::ConsentsRead,
                Scope::ConsentsWrite,
                Scope::SupportRead,
                Scope::SupportWrite,
                Scope::AuditRead,
            ],
            Self::Manager => &[
                Scope::TenantsRead,
                Scope::DomainsRead,
                Scope::WhiteLabelRead,
                Scope::UsersRead,
                Scope::LicencesRead,
                Scope::CollaboratorsRead,
                Scope::ConsentsRead,
                Scope::SupportRead,
                Scope::SupportWrite,
            ],
            Self::Employee => &[Scope::TenantsRead, Scope::SupportWrite],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::principal::Principal;

    #[test]
    fn a_lower_level_may_do_part_of_what_a_higher_one_may() {
        let all = [TenantRole::Administrator, TenantRole::Manager, TenantRole::Employee];
        for pair in all.windows(2) {
            let [higher, lower] = pair else { continue };
            assert!(lower.scopes().iter().all(|scope| higher.scopes().contains(scope)), "{lower:?}");
        }
        let tenant = Principal::Tenant(TenantId::new(1, &[0; 10]));
        assert!(all[0].scopes().iter().all(|scope| tenant.may_hold(*scope)));
    }
}
