//! 4. Where a request leads: the authority and the SNI must be one name, and that name must be known.

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
