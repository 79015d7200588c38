//! An invitation: one link, one person, one place, for seven days.

use std::fmt;
use std::str::FromStr;

use marque_config::{PartnerId, TenantId};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::ToSchema;

use crate::kernel::email::{Email, kept_one};
use crate::kernel::ids::{InvitationId, MemberId, TenantUserId, UserId};
use crate::kernel::resource::Resource;
use crate::kernel::time::ms;

/// How long a link may be followed.
pub const LASTS_MS: i64 = 7 * 86_400_000;

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Invitation {
    /// Its identity: `ivt_…`.
    #[schema(value_type = String)]
    pub id: InvitationId,
    /// Who is invited: `usr_…`.
    #[schema(value_type = String)]
    pub user: UserId,
    /// Their mail address.
    #[serde(deserialize_with = "kept_one")]
    #[schema(value_type = String, format = "email")]
    pub email: Email,
    /// What it leads to: a membership `pmb_…`, a place in a tenant `tus_…`, or the vendor's staff `usr_…`.
    #[schema(value_type = String)]
    pub place: Place,
    /// The partner, where it is a partner's.
    #[schema(value_type = Option<String>)]
    pub partner: Option<PartnerId>,
    /// The tenant, where it is a tenant's.
    #[schema(value_type = Option<String>)]
    pub tenant: Option<TenantId>,
    /// Its current status.
    pub state: InvitationState,
    /// When it was made.
    #[serde(rename = "created_at", with = "ms")]
    #[schema(value_type = String, format = DateTime)]
    pub created_ms: i64,
    /// When it was sent last.
    #[serde(rename = "sent_at", with = "ms")]
    #[schema(value_type = String, format = DateTime)]
    pub sent_ms: i64,
    /// When its link ends.
    #[serde(rename = "expires_at", with = "ms")]
    #[schema(value_type = String, format = DateTime)]
    pub expires_ms: i64,
}

impl Resource for Invitation {}

/// The current status of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvitationState {
    /// The link was sent.
    Sent,
    /// The link was followed.
    Accepted,
    /// Who invited changed their mind.
    Withdrawn,
}

/// What an invitation leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The vendor's staff.
    Operator(UserId),
    /// A partner.
    Member(MemberId),
    /// A tenant.
    Tenant(TenantUserId),
}

/// Why a text is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a place is usr_…, pmb_… or tus_…")]
pub struct PlaceError;

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator(id) => id.fmt(formatter),
            Self::Member(id) => id.fmt(formatter),
            Self::Tenant(id) => id.fmt(formatter),
        }
    }
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let operator = text.parse().map(Self::Operator);
        let place = operator.or_else(|_| text.parse().map(Self::Member)).or_else(|_| text.parse().map(Self::Tenant));
        place.map_err(|_| PlaceError)
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_its_text() {
        let user = Place::Operator(UserId::new(1, &[0; 10]));
        let member = Place::Member(MemberId::new(1, &[0; 10]));
        let tenant = Place::Tenant(TenantUserId::new(1, &[0; 10]));
        for place in [user, member, tenant] {
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        assert_eq!("ptr_x".parse::<Place>(), Err(PlaceError));
    }
}
