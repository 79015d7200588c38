//! An invitation: one link, one person, one place, for seven days.

use std::fmt;
use std::str::FromStr;

use marque_config::{PartnerId, TenantId};
use serde::{Deserialize, Serialize};

use crate::kernel::email::Email;
use crate::kernel::ids::{InvitationId, MemberId, TenantUserId, UserId};

/// How long a link may be followed.
pub const LASTS_MS: i64 = 7 * 86_400_000;

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its identity.
    pub id: InvitationId,
    /// Who is invited.
    pub user: UserId,
    /// Their address.
    pub email: Email,
    /// What it leads to.
    pub place: Place,
    /// Whose it is: the partner's, or with a tenant its partner's.
    pub partner: Option<PartnerId>,
    /// Whose it is.
    pub tenant: Option<TenantId>,
    /// Its current status.
    pub state: InvitationState,
    /// When it was made, milliseconds since 1970, UTC.
    pub created_ms: i64,
    /// When it was sent last.
    pub sent_ms: i64,
    /// When its link ends.
    pub expires_ms: i64,
}

/// The current status of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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
