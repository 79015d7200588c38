//! On whose behalf a token acts, and how far that reaches.

use std::fmt;
use std::str::FromStr;

use marque_config::{ApplicationId, PartnerId, TokenId};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::actor::Actor;
use super::scope::Scope;

/// On whose behalf a token acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Principal {
    /// The vendor's staff: everything.
    Operator,
    /// A proxy: the feed, and nothing else.
    Edge,
    /// A partner: its own tenants and their domains.
    Partner(PartnerId),
    /// An application: the tenants that it serves.
    Application(ApplicationId),
}

/// Why a text names no principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a principal is operator, edge, partner:ptr_… or application:app_…")]
pub struct PrincipalError;

impl Principal {
    /// Whether a token of this principal may carry the scope at all.
    #[must_use]
    pub fn may_hold(self, scope: Scope) -> bool {
        use Scope::{
            DomainsRead, DomainsWrite, EdgeSync, PartnersRead, PartnersWrite, TenantsBind, TenantsRead, TenantsWrite,
            TokensRead, TokensWrite,
        };
        match self {
            Self::Operator => true,
            Self::Edge => scope == EdgeSync,
            Self::Partner(_) => matches!(
                scope,
                PartnersRead
                    | PartnersWrite
                    | TenantsRead
                    | TenantsWrite
                    | DomainsRead
                    | DomainsWrite
                    | TokensRead
                    | TokensWrite
            ),
            Self::Application(_) => matches!(scope, TenantsRead | TenantsBind | DomainsRead),
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => formatter.write_str("operator"),
            Self::Edge => formatter.write_str("edge"),
            Self::Partner(id) => write!(formatter, "partner:{id}"),
            Self::Application(id) => write!(formatter, "application:{id}"),
        }
    }
}

impl FromStr for Principal {
    type Err = PrincipalError;

    fn from_str(text: &str) -> Result<Self, PrincipalError> {
        match text.split_once(':') {
            None if text == "operator" => Ok(Self::Operator),
            None if text == "edge" => Ok(Self::Edge),
            Some(("partner", id)) => id.parse().map(Self::Partner).map_err(|_| PrincipalError),
            Some(("application", id)) => id.parse().map(Self::Application).map_err(|_| PrincipalError),
            _ => Err(PrincipalError),
        }
    }
}

impl Serialize for Principal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Principal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// How far somebody's rights reach, once the scope was looked at. Every operation takes one: what is outside of it
/// doesn't exist for who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    principal: Principal,
    actor: Actor,
}

impl Reach {
    /// The reach of a token's holder. Only who has looked at the token's scopes asks for it.
    pub(crate) fn token(principal: Principal, token: TokenId) -> Self {
        Self { principal, actor: Actor::token(token) }
    }

    /// Who has access to the machine itself.
    #[must_use]
    pub fn command(name: &str) -> Self {
        Self { principal: Principal::Operator, actor: Actor::command(name) }
    }

    /// On whose behalf.
    #[must_use]
    pub fn principal(&self) -> Principal {
        self.principal
    }

    /// Who, for the audit trail.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The partner that limits the reach, as statements bind it.
    #[must_use]
    pub fn partner(&self) -> Option<String> {
        match self.principal {
            Principal::Partner(id) => Some(id.to_string()),
            // No partner has this id: what is limited to it is empty.
            Principal::Edge => Some("none".into()),
            Principal::Operator | Principal::Application(_) => None,
        }
    }

    /// The application that limits the reach, as statements bind it.
    #[must_use]
    pub fn application(&self) -> Option<String> {
        match self.principal {
            Principal::Application(id) => Some(id.to_string()),
            Principal::Edge => Some("none".into()),
            Principal::Operator | Principal::Partner(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_survives_its_text() {
        let partner = PartnerId::new(1, &[0; 10]);
        let application = ApplicationId::new(1, &[0; 10]);
        for principal in
            [Principal::Operator, Principal::Edge, Principal::Partner(partner), Principal::Application(application)]
        {
            assert_eq!(principal.to_string().parse(), Ok(principal));
        }
        for text in ["", "Operator", "partner", "partner:", "operator:1", &format!("partner:{application}")] {
            assert_eq!(text.parse::<Principal>(), Err(PrincipalError), "{text}");
        }
    }

    #[test]
    fn a_partner_never_binds_and_an_edge_only_follows() {
        let partner = Principal::Partner(PartnerId::new(1, &[0; 10]));
        assert!(!partner.may_hold(Scope::TenantsBind));
        assert!(!partner.may_hold(Scope::ApplicationsRead));
        assert!(!Principal::Edge.may_hold(Scope::TenantsRead));
        assert!(Principal::Edge.may_hold(Scope::EdgeSync));
    }
}
