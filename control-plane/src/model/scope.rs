//! What an API token may do.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// One thing that a token may do: `resource:verb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// `applications:read`
    ApplicationsRead,
    /// `applications:write`
    ApplicationsWrite,
    /// `partners:read`
    PartnersRead,
    /// `partners:write`
    PartnersWrite,
    /// `tenants:read`
    TenantsRead,
    /// `tenants:write`
    TenantsWrite,
    /// `tenants:bind`: says which account of the application a tenant is.
    TenantsBind,
    /// `domains:read`
    DomainsRead,
    /// `domains:write`
    DomainsWrite,
    /// `tokens:read`
    TokensRead,
    /// `tokens:write`
    TokensWrite,
    /// `edge:sync`: follows the feed, with everything that is sealed in it.
    EdgeSync,
}

const ALL: [(Scope, &str); 12] = [
    (Scope::ApplicationsRead, "applications:read"),
    (Scope::ApplicationsWrite, "applications:write"),
    (Scope::PartnersRead, "partners:read"),
    (Scope::PartnersWrite, "partners:write"),
    (Scope::TenantsRead, "tenants:read"),
    (Scope::TenantsWrite, "tenants:write"),
    (Scope::TenantsBind, "tenants:bind"),
    (Scope::DomainsRead, "domains:read"),
    (Scope::DomainsWrite, "domains:write"),
    (Scope::TokensRead, "tokens:read"),
    (Scope::TokensWrite, "tokens:write"),
    (Scope::EdgeSync, "edge:sync"),
];

/// Why a text is no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a scope is one of applications, partners, tenants, domains, tokens with :read or :write, tenants:bind, edge:sync"
)]
pub struct ScopeError;

impl Scope {
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
        let every: BTreeSet<Scope> = ALL.iter().map(|(scope, _)| *scope).collect();
        assert_eq!(every.len(), ALL.len());
        assert_eq!(split(&joined(&every)), Ok(every));
        assert_eq!(split("tenants:read tenants:*"), Err(ScopeError));
    }
}
