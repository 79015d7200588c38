//! 4. Where a request leads: the authority and the SNI must be one name, and that name must be known.

use std::borrow::Cow;
use std::sync::Arc;

use marque_config::Hostname;
use marque_config::application::Application;
use marque_config::brand::Partner;
use marque_config::tenant::{Address, Tenant};

use crate::refusal::Refusal;
use crate::replica::Directory;

/// Everything that a known name leads to, as it was at one moment.
#[derive(Debug, Clone)]
pub struct Route {
    /// The name.
    pub address: Arc<Address>,
    /// Whose space it leads to.
    pub tenant: Arc<Tenant>,
    /// The application that serves it.
    pub application: Arc<Application>,
    /// Whose brand the edge's own pages carry.
    pub partner: Arc<Partner>,
}

impl Route {
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
        match self.application.policy.public_https_port {
            443 => Cow::Borrowed(self.address.host.as_str()),
            port => Cow::Owned(format!("{}:{port}", self.address.host)),
        }
    }
}

/// Finds the route of a request. The names are compared one by one, not by what a certificate covers: browsers share
/// connections between names of one certificate, and 421 makes them open another (RFC 9110 section 15.5.20).
///
/// # Errors
/// [`Refusal::NoReplica`], [`Refusal::Misdirected`] or [`Refusal::UnknownHost`].
pub fn resolve(directory: &Directory, sni: &Hostname, authority: &Hostname) -> Result<Route, Refusal> {
    if !directory.applied().borrow().is_loaded {
        return Err(Refusal::NoReplica);
    }
    if sni != authority {
        return Err(Refusal::Misdirected);
    }
    directory.route(authority.as_str()).ok_or(Refusal::UnknownHost)
}
