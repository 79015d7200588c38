//! What an API token may do.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// One thing that a token may do: `resource:verb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// `partners:read`
    PartnersRead,
    /// `partners:write`
    PartnersWrite,
    /// `members:read`
    MembersRead,
    /// `members:write`
    MembersWrite,
    /// `users:read`
    UsersRead,
    /// `users:write`
    UsersWrite,
    /// `clients:read`
    ClientsRead,
    /// `clients:write`
    ClientsWrite,
    /// `applications:read`
    ApplicationsRead,
    /// `applications:write`
    ApplicationsWrite,
    /// `tenants:read`
    TenantsRead,
    /// `tenants:write`
    TenantsWrite,
    /// `domains:read`
    DomainsRead,
    /// `domains:write`
    DomainsWrite,
    /// `white_label:read`
    WhiteLabelRead,
    /// `white_label:write`
    WhiteLabelWrite,
    /// `retail:read`
    RetailRead,
    /// `retail:write`
    RetailWrite,
    /// `catalog:read`
    CatalogRead,
    /// `catalog:write`
    CatalogWrite,
    /// `prices:read`
    PricesRead,
    /// `prices:write`
    PricesWrite,
    /// `promos:read`
    PromosRead,
    /// `promos:write`
    PromosWrite,
    /// `orders:read`
    OrdersRead,
    /// `orders:write`
    OrdersWrite,
    /// `licences:read`
    LicencesRead,
    /// `licences:write`
    LicencesWrite,
    /// `activations:read`
    ActivationsRead,
    /// `activations:write`
    ActivationsWrite,
    /// `collaborators:read`
    CollaboratorsRead,
    /// `collaborators:write`
    CollaboratorsWrite,
    /// `consents:read`
    ConsentsRead,
    /// `consents:write`
    ConsentsWrite,
    /// `balance:read`
    BalanceRead,
    /// `balance:write`
    BalanceWrite,
    /// `support:read`
    SupportRead,
    /// `support:write`
    SupportWrite,
    /// `search:read`
    SearchRead,
    /// `audit:read`
    AuditRead,
    /// `webhooks:read`
    WebhooksRead,
    /// `webhooks:write`
    WebhooksWrite,
    /// `tokens:read`
    TokensRead,
    /// `tokens:write`
    TokensWrite,
    /// `tenants:bind`: says which account of the application a tenant is.
    TenantsBind,
    /// `orders:void`: takes back an order whose licence isn't activated.
    OrdersVoid,
    /// `licences:activate_oem`: activates a licence in the client's stead, as an OEM does.
    LicencesActivateOem,
    /// `ledger:adjust`: writes to a partner's account by hand; takes two operators.
    LedgerAdjust,
    /// `edge:sync`: follows the feed, with everything that is sealed in it.
    EdgeSync,
}

const ALL: [(Scope, &str); 49] = [
    (Scope::PartnersRead, "partners:read"),
    (Scope::PartnersWrite, "partners:write"),
    (Scope::MembersRead, "members:read"),
    (Scope::MembersWrite, "members:write"),
    (Scope::UsersRead, "users:read"),
    (Scope::UsersWrite, "users:write"),
    (Scope::ClientsRead, "clients:read"),
    (Scope::ClientsWrite, "clients:write"),
    (Scope::ApplicationsRead, "applications:read"),
    (Scope::ApplicationsWrite, "applications:write"),
    (Scope::TenantsRead, "tenants:read"),
    (Scope::TenantsWrite, "tenants:write"),
    (Scope::DomainsRead, "domains:read"),
    (Scope::DomainsWrite, "domains:write"),
    (Scope::WhiteLabelRead, "white_label:read"),
    (Scope::WhiteLabelWrite, "white_label:write"),
    (Scope::RetailRead, "retail:read"),
    (Scope::RetailWrite, "retail:write"),
    (Scope::CatalogRead, "catalog:read"),
    (Scope::CatalogWrite, "catalog:write"),
    (Scope::PricesRead, "prices:read"),
    (Scope::PricesWrite, "prices:write"),
    (Scope::PromosRead, "promos:read"),
    (Scope::PromosWrite, "promos:write"),
    (Scope::OrdersRead, "orders:read"),
    (Scope::OrdersWrite, "orders:write"),
    (Scope::LicencesRead, "licences:read"),
    (Scope::LicencesWrite, "licences:write"),
    (Scope::ActivationsRead, "activations:read"),
    (Scope::ActivationsWrite, "activations:write"),
    (Scope::CollaboratorsRead, "collaborators:read"),
    (Scope::CollaboratorsWrite, "collaborators:write"),
    (Scope::ConsentsRead, "consents:read"),
    (Scope::ConsentsWrite, "consents:write"),
    (Scope::BalanceRead, "balance:read"),
    (Scope::BalanceWrite, "balance:write"),
    (Scope::SupportRead, "support:read"),
    (Scope::SupportWrite, "support:write"),
    (Scope::SearchRead, "search:read"),
    (Scope::AuditRead, "audit:read"),
    (Scope::WebhooksRead, "webhooks:read"),
    (Scope::WebhooksWrite, "webhooks:write"),
    (Scope::TokensRead, "tokens:read"),
    (Scope::TokensWrite, "tokens:write"),
    (Scope::TenantsBind, "tenants:bind"),
    (Scope::OrdersVoid, "orders:void"),
    (Scope::LicencesActivateOem, "licences:activate_oem"),
    (Scope::LedgerAdjust, "ledger:adjust"),
    (Scope::EdgeSync, "edge:sync"),
];

/// Why a text is no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a scope is RESOURCE:read or RESOURCE:write, as the API's description lists them, or one of the special ones")]
pub struct ScopeError;

/// Scopes by their halves: `partners:*` is all of a resource, `*:read` one verb of all, `partners:read` that one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopePattern {
    resource: Option<String>,
    verb: Option<String>,
}

impl ScopePattern {
    /// Whether a scope is one of them.
    #[must_use]
    pub fn matches(&self, scope: Scope) -> bool {
        let (resource, verb) = scope.as_str().split_once(':').unwrap_or_default();
        let fits = |half: &Option<String>, text: &str| half.as_ref().is_none_or(|half| half == text);
        fits(&self.resource, resource) && fits(&self.verb, verb)
    }

    /// Whether it is one scope alone.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.resource.is_some() && self.verb.is_some()
    }
}

impl FromStr for ScopePattern {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let (resource, verb) = text.split_once(':').ok_or(ScopeError)?;
        let half = |text: &str| Some(text.to_owned()).filter(|text| text != "*");
        let pattern = Self { resource: half(resource), verb: half(verb) };
        // `*:*` is `--all`, which says so.
        let some = pattern.resource.is_some() || pattern.verb.is_some();
        if some && Scope::all().any(|scope| pattern.matches(scope)) { Ok(pattern) } else { Err(ScopeError) }
    }
}

impl Scope {
    /// Every scope.
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.iter().map(|(scope, _)| *scope)
    }

    /// The scope as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        ALL.iter().find(|(scope, _)| *scope == self).map_or("", |(_, name)| name)
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        ALL.iter().find(|(_, name)| *name == text).map(|(scope, _)| *scope).ok_or(ScopeError)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// Writes scopes as the database keeps them.
#[must_use]
pub fn joined(scopes: &BTreeSet<Scope>) -> String {
    scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
}

/// Reads scopes as the database keeps them.
///
/// # Errors
/// [`ScopeError`] for the first that is none.
pub fn split(text: &str) -> Result<BTreeSet<Scope>, ScopeError> {
    text.split_whitespace().map(str::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_survives_its_text() {
        let every: BTreeSet<Scope> = Scope::all().collect();
        assert_eq!(every.len(), ALL.len());
        assert_eq!(split(&joined(&every)), Ok(every));
        assert_eq!(split("tenants:read tenants:*"), Err(ScopeError));
    }

    #[test]
    fn a_pattern_names_all_of_a_resource_or_one_verb_of_all() {
        let named = |text: &str| {
            let pattern: ScopePattern = text.parse().unwrap();
            Scope::all().filter(|scope| pattern.matches(*scope)).map(Scope::as_str).collect::<Vec<_>>()
        };
        assert_eq!(named("tenants:*"), ["tenants:read", "tenants:write", "tenants:bind"]);
        assert_eq!(named("orders:void"), ["orders:void"]);
        assert_eq!(named("*:bind"), ["tenants:bind"]);
        assert!(named("*:read").len() > 20 && named("*:read").iter().all(|name| name.ends_with(":read")));
        for text in ["", "tenants", "tenants:", ":read", "*:*", "tenant:*", "*:reads", "ten*:read", "tenants:read:*"] {
            assert_eq!(text.parse::<ScopePattern>(), Err(ScopeError), "{text}");
        }
    }
}
