//! On whose behalf a token acts, and how far that reaches.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use marque_config::{ApplicationId, PartnerId, TenantId};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::actor::Actor;
use super::ids::UserId;
use super::scope::{Scope, ScopePattern};

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
    /// A client, by one of its tenants: that tenant, and no price.
    Tenant(TenantId),
}

/// Why a text names no principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a principal is operator, edge, partner:ptr_…, application:app_… or tenant:ten_…")]
pub struct PrincipalError;

impl Principal {
    /// Whether who acts on this behalf may have the scope at all.
    #[must_use]
    pub fn may_hold(self, scope: Scope) -> bool {
        match self {
            Self::Operator => true,
            Self::Edge => scope == Scope::EdgeSync,
            Self::Partner(_) => !KEPT_FROM_PARTNERS.contains(&scope),
            Self::Tenant(_) => FOR_TENANTS.contains(&scope),
            Self::Application(_) => FOR_APPLICATIONS.contains(&scope),
        }
    }

    /// Every scope that such a token is given for `--all`. An operator may follow the feed but does not need to: what is
    /// in it is for proxies.
    #[must_use]
    pub fn everything(self) -> BTreeSet<Scope> {
        let for_it = |scope: &Scope| self.may_hold(*scope) && (self == Self::Edge || *scope != Scope::EdgeSync);
        Scope::all().filter(for_it).collect()
    }

    /// The scopes that patterns name. A star stands for what the principal may have; what is named alone stays, to be
    /// refused by name where it isn't allowed.
    #[must_use]
    pub fn matching(self, patterns: &[ScopePattern]) -> BTreeSet<Scope> {
        let allowed = self.everything();
        let named = |scope: &Scope| {
            patterns.iter().any(|pattern| pattern.matches(*scope) && (pattern.is_exact() || allowed.contains(scope)))
        };
        Scope::all().filter(named).collect()
    }
}

/// What is the vendor's alone, or the application's.
const KEPT_FROM_PARTNERS: [Scope; 9] = [
    Scope::ApplicationsRead,
    Scope::ApplicationsWrite,
    Scope::TenantsBind,
    Scope::CatalogWrite,
    Scope::PricesWrite,
    Scope::PromosWrite,
    Scope::BalanceWrite,
    Scope::LedgerAdjust,
    Scope::EdgeSync,
];

/// What a client's own people may do: nothing that shows a price, or another tenant.
const FOR_TENANTS: [Scope; 12] = [
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
];

const FOR_APPLICATIONS: [Scope; 11] = [
    Scope::TenantsRead,
    Scope::TenantsBind,
    Scope::DomainsRead,
    Scope::WhiteLabelRead,
    Scope::LicencesRead,
    Scope::ActivationsRead,
    Scope::ActivationsWrite,
    // Who has access to a space that it serves, and that support came in: never who is to.
    Scope::CollaboratorsRead,
    Scope::ConsentsRead,
    Scope::ConsentsWrite,
    Scope::SupportWrite,
];

impl fmt::Display for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => formatter.write_str("operator"),
            Self::Edge => formatter.write_str("edge"),
            Self::Partner(id) => write!(formatter, "partner:{id}"),
            Self::Application(id) => write!(formatter, "application:{id}"),
            Self::Tenant(id) => write!(formatter, "tenant:{id}"),
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
            Some(("tenant", id)) => id.parse().map(Self::Tenant).map_err(|_| PrincipalError),
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
/// doesn't exist for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    principal: Principal,
    actor: Actor,
    /// The tenants that a token was limited to.
    tenants: Option<BTreeSet<TenantId>>,
    /// The person, where a person asks.
    user: Option<UserId>,
    /// The scopes of the caller; none where nothing limits them.
    held: Option<BTreeSet<Scope>>,
}

/// What limits a reach, as statements bind it: a row of a tenant is within when each part that is there covers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The partner whose tenants they are.
    pub partner: Option<String>,
    /// The application that serves them.
    pub application: Option<String>,
    /// The tenants themselves.
    pub tenants: Option<Vec<String>>,
}

/// Nothing has this id: what is limited to it is empty.
const NOBODY: &str = "none";

impl Reach {
    /// The reach of somebody whose scopes were looked at. Only who has done that asks for it.
    pub(crate) fn of(principal: Principal, actor: Actor) -> Self {
        Self { principal, actor, tenants: None, user: None, held: None }
    }

    /// The same, limited to these tenants.
    #[must_use]
    pub fn limited_to(self, tenants: Option<BTreeSet<TenantId>>) -> Self {
        Self { tenants, ..self }
    }

    /// The same, asked by this person.
    #[must_use]
    pub fn of_person(self, user: Option<UserId>) -> Self {
        Self { user, ..self }
    }

    /// The same, of somebody who has these scopes and gives on no others.
    #[must_use]
    pub fn holding(self, scopes: &BTreeSet<Scope>) -> Self {
        Self { held: Some(scopes.clone()), ..self }
    }

    /// The person, where a person asks.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        self.user
    }

    /// Whether the caller has a scope, and so may give it on.
    #[must_use]
    pub fn holds(&self, scope: Scope) -> bool {
        self.principal.may_hold(scope) && self.held.as_ref().is_none_or(|held| held.contains(&scope))
    }

    /// Whose idempotency keys these are: a person's own, or the principal's.
    #[must_use]
    pub fn asker(&self) -> String {
        match self.user {
            Some(user) => format!("{}/{user}", self.principal),
            None => self.principal.to_string(),
        }
    }

    /// The tenants that the caller is limited to, beside what the principal says.
    #[must_use]
    pub fn tenants(&self) -> Option<&BTreeSet<TenantId>> {
        self.tenants.as_ref()
    }

    /// Who has access to the machine itself.
    #[must_use]
    pub fn command(name: &str) -> Self {
        Self::of(Principal::Operator, Actor::command(name))
    }

    /// A task of the control plane itself.
    #[must_use]
    pub fn system(task: &str) -> Self {
        Self::of(Principal::Operator, Actor::system(task))
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

    /// Whether the caller is of the vendor's staff.
    #[must_use]
    pub fn is_operator(&self) -> bool {
        self.principal == Principal::Operator
    }

    /// The partner that limits what belongs to no tenant, as statements bind it. Whoever is limited to tenants has none
    /// of it.
    #[must_use]
    pub fn partner(&self) -> Option<String> {
        match self.principal {
            _ if self.tenants.is_some() => Some(NOBODY.into()),
            Principal::Partner(id) => Some(id.to_string()),
            Principal::Edge | Principal::Tenant(_) => Some(NOBODY.into()),
            Principal::Operator | Principal::Application(_) => None,
        }
    }

    /// The application that limits what belongs to no tenant, as statements bind it.
    #[must_use]
    pub fn application(&self) -> Option<String> {
        match self.principal {
            Principal::Application(id) => Some(id.to_string()),
            Principal::Edge | Principal::Tenant(_) => Some(NOBODY.into()),
            Principal::Operator | Principal::Partner(_) => None,
        }
    }

    /// What limits the tenants within reach, and what belongs to them.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let of = |principal| match principal {
            Principal::Operator => (None, None, None),
            Principal::Edge => (None, None, Some(vec![NOBODY.into()])),
            Principal::Partner(id) => (Some(id.to_string()), None, None),
            Principal::Application(id) => (None, Some(id.to_string()), None),
            Principal::Tenant(id) => (None, None, Some(vec![id.to_string()])),
        };
        let (partner, application, tenants) = of(self.principal);
        let listed = |ids: &BTreeSet<TenantId>| ids.iter().map(ToString::to_string).collect();
        Limits { partner, application, tenants: self.tenants.as_ref().map(listed).or(tenants) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_survives_its_text() {
        let partner = PartnerId::new(1, &[0; 10]);
        let application = ApplicationId::new(1, &[0; 10]);
        let tenant = TenantId::new(1, &[0; 10]);
        for principal in [
            Principal::Operator,
            Principal::Edge,
            Principal::Partner(partner),
            Principal::Application(application),
            Principal::Tenant(tenant),
        ] {
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

    #[test]
    fn a_star_gives_what_the_principal_may_have_and_a_name_is_kept_to_be_refused() {
        let partner = Principal::Partner(PartnerId::new(1, &[0; 10]));
        let of = |principal: Principal, texts: &[&str]| {
            let patterns: Vec<ScopePattern> = texts.iter().map(|text| text.parse().unwrap()).collect();
            principal.matching(&patterns)
        };
        assert_eq!(of(partner, &["tenants:*"]), [Scope::TenantsRead, Scope::TenantsWrite].into());
        assert_eq!(of(partner, &["tenants:bind"]), [Scope::TenantsBind].into());
        assert_eq!(of(partner, &["edge:*"]), [].into());
        assert_eq!(Principal::Edge.everything(), [Scope::EdgeSync].into());
        let operator = Principal::Operator.everything();
        assert_eq!(operator.len(), Scope::all().count() - 1);
        assert!(!operator.contains(&Scope::EdgeSync));
        assert!(partner.everything().iter().all(|scope| partner.may_hold(*scope)));
    }

    #[test]
    fn who_is_limited_to_tenants_has_nothing_else() {
        let (one, partner) = (TenantId::new(1, &[0; 10]), PartnerId::new(1, &[0; 10]));
        let token = Reach::of(Principal::Partner(partner), Actor::system("test")).limited_to(Some([one].into()));
        assert_eq!(token.partner(), Some("none".into()));
        assert_eq!(token.limits().partner, Some(partner.to_string()));
        assert_eq!(token.limits().tenants, Some(vec![one.to_string()]));
        let client = Reach::of(Principal::Tenant(one), Actor::system("test"));
        assert_eq!((client.partner(), client.application()), (Some("none".into()), Some("none".into())));
        assert_eq!(client.limits().tenants, Some(vec![one.to_string()]));
    }
}
