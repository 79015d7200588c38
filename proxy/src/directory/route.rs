//! 4. Where a request leads: the authority and the SNI must be one name, and that name must be known.

use std::borrow::Cow;
use std::sync::Arc;

use marque_config::Hostname;
use marque_config::application::Application;
use marque_config::brand::{Partner, WhiteLabel};
use marque_config::entry::Entry;
use marque_config::tenant::{Address, Tenant};

use super::{RouteWatch, Unrouted};
use crate::refusal::{Refusal, Shown};

/// Everything that a known name leads to, as it was at one moment.
#[derive(Debug, Clone)]
pub struct Route {
    /// The name.
    pub address: Arc<Address>,
    /// Whose space it leads to.
    pub tenant: Arc<Tenant>,
    /// The application that serves it.
    pub application: Arc<Application>,
    /// Who sells it.
    pub partner: Arc<Partner>,
    /// The tenant's white label, where it has one of its own.
    pub label: Option<Arc<WhiteLabel>>,
    /// The name that visitors are sent to from this one (S1.8). None where this is it, or every name is served.
    pub primary: Option<Arc<Address>>,
    /// The entry by which somebody asks who is none of the client's people; none for everybody else.
    pub entry: Option<Arc<Entry>>,
}

impl Route {
    /// In whose brand the edge's own pages are: the tenant's own, else the partner's.
    #[must_use]
    pub fn shown(&self) -> Shown<'_> {
        let own =
            self.label.as_deref().and_then(|label| Some(Shown { brand: label.brand.as_ref()?, look: &label.look }));
        own.unwrap_or(Shown { brand: &self.partner.brand, look: &self.partner.look })
    }

    /// The same, asked by an entry.
    #[must_use]
    pub fn entered_by(&self, entry: Arc<Entry>) -> Self {
        Self { entry: Some(entry), ..self.clone() }
    }

    /// Whether a host that the application's answers name is the one that the visitor asked, or the application's
    /// own: one of the policy's, or where it listens.
    #[must_use]
    pub fn is_own_host(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        let policy = &self.application.policy;
        let named = [&self.address.host].into_iter().chain(&policy.own_hosts).map(Hostname::as_str);
        named.chain(policy.upstreams.iter().map(|it| &*it.host)).any(|own| own.eq_ignore_ascii_case(host))
    }

    /// The authority that the visitor sees: the host, with its port when it isn't the usual one.
    #[must_use]
    pub fn public_authority(&self) -> Cow<'_, str> {
        self.authority_of(&self.address.host)
    }

    /// The authority by which visitors come to one of the tenant's names.
    #[must_use]
    pub fn authority_of<'a>(&self, host: &'a Hostname) -> Cow<'a, str> {
        match self.application.policy.public_https_port {
            443 => Cow::Borrowed(host.as_str()),
            port => Cow::Owned(format!("{host}:{port}")),
        }
    }
}

/// Finds the route of a request, where `route` is the one of the handshake's name. The names are compared one by one, not
/// by what a certificate covers: browsers share connections between names of one certificate, and 421 makes them open
/// another (RFC 9110 section 15.5.20).
///
/// # Errors
/// [`Refusal::NoReplica`], [`Refusal::Misdirected`], [`Refusal::UnknownHost`] or [`Refusal::NotUnderstood`].
pub fn resolve(route: &RouteWatch, sni: &Hostname, authority: &Hostname) -> Result<Arc<Route>, Refusal> {
    let route = route.route();
    if sni != authority && !matches!(route, Err(Unrouted::NoReplica)) {
        return Err(Refusal::Misdirected);
    }
    route.map_err(Refusal::from)
}

impl From<Unrouted> for Refusal {
    fn from(unrouted: Unrouted) -> Self {
        match unrouted {
            Unrouted::NoReplica => Self::NoReplica,
            Unrouted::Unknown => Self::UnknownHost,
            Unrouted::Closed => Self::NotUnderstood,
            #[cfg(feature = "rehearsal")]
            Unrouted::Locked => Self::Suspended,
        }
    }
}

#[cfg(test)]
mod tests {
    use marque_config::feed::Record;

    use super::*;
    use crate::directory::Directory;
    use crate::lockdown::fixture::route;
    use crate::test_support::snapshot;

    fn directory() -> Directory {
        let (directory, route) = (Directory::default(), route("{}"));
        let records = [
            Record::Application(Box::new((*route.application).clone())),
            Record::Partner((*route.partner).clone()),
            Record::Tenant((*route.tenant).clone()),
            Record::Address((*route.address).clone()),
        ];
        directory.apply(snapshot(1, records.into()));
        directory
    }

    fn ask(directory: &Directory, sni: &str, authority: &str) -> Result<String, Refusal> {
        let sni = sni.parse().unwrap();
        let route = resolve(&directory.watch(&sni), &sni, &authority.parse().unwrap());
        route.map(|it| it.tenant.id.to_string())
    }

    #[test]
    fn a_request_is_routed_only_by_a_name_that_is_known_and_asked_twice() {
        let known = directory();
        assert!(ask(&known, "a.p.example.com", "a.p.example.com").is_ok());
        assert_eq!(ask(&known, "b.p.example.com", "a.p.example.com"), Err(Refusal::Misdirected));
        assert_eq!(ask(&known, "a.p.example.com", "b.p.example.com"), Err(Refusal::Misdirected));
        assert_eq!(ask(&known, "b.p.example.com", "b.p.example.com"), Err(Refusal::UnknownHost));
        assert_eq!(ask(&Directory::default(), "a.p.example.com", "b.p.example.com"), Err(Refusal::NoReplica));
    }

    #[test]
    fn an_own_host_is_the_address_the_applications_or_where_it_listens() {
        let route =
            route(r#"{"own_hosts": ["app.example"], "upstreams": ["http://127.0.0.1:9000", "http://[::1]:1"]}"#);
        for host in ["a.p.example.com", "APP.example", "app.example.", "127.0.0.1", "::1"] {
            assert!(route.is_own_host(host), "{host}");
        }
        for host in ["b.p.example.com", "x.app.example", "app.example..", "", "127.0.0.2"] {
            assert!(!route.is_own_host(host), "{host}");
        }
    }
}
