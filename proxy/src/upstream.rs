//! 6. From a permit to a peer, and the head that the application may trust.
//!
//! Nothing is chosen without a permit. Addresses come from the operator's list; a name in it is resolved beside the
//! requests, not by each.

mod binding;
pub(crate) mod health;
mod link;
mod links;
mod pool;
mod roots;
mod target;

use std::collections::HashMap;
use std::sync::Arc;

use marque_config::ApplicationId;
use marque_config::application::{Application, UpstreamProtocol};
use marque_config::settings::UpstreamSettings;
use parking_lot::RwLock;
use pingora::upstreams::peer::HttpPeer;

use crate::directory::Directory;
use crate::lockdown::Permit;
use crate::refusal::Refusal;
pub(crate) use binding::Binding;
pub(crate) use link::{Link, Part, Turn};
pub(crate) use links::Links;
use pool::Pool;
pub use roots::RootsError;
pub(crate) use roots::check as check_roots;
pub(crate) use target::{PeerOptions, Target, is_shortage};

/// All applications' places.
#[derive(Debug)]
pub(crate) struct Upstreams {
    options: PeerOptions,
    pools: RwLock<HashMap<ApplicationId, Arc<Pool>>>,
}

/// A place as its policy says that it's spoken to.
fn spoken_to_in(protocol: UpstreamProtocol, peer: HttpPeer) -> HttpPeer {
    match protocol {
        UpstreamProtocol::Http1 => peer,
        UpstreamProtocol::Http2 => target::in_http2(peer),
    }
}

/// A place as this request reaches it.
fn addressed(permit: &Permit, binding: Option<Binding>, peer: Arc<HttpPeer>) -> Arc<HttpPeer> {
    let protocol = permit.route().application.policy.upstream_protocol;
    if protocol == UpstreamProtocol::Http1 && binding.is_none() {
        return peer;
    }
    let mut peer = spoken_to_in(protocol, HttpPeer::clone(&peer));
    if let Some(binding) = binding {
        // Connections are shared among peers of one group only.
        peer.group_key = binding.number();
    }
    Arc::new(peer)
}

/// Where one request goes.
#[derive(Debug)]
pub(crate) struct Choice {
    /// The place.
    pub(crate) target: Arc<Target>,
    /// How it's reached.
    pub(crate) peer: Arc<HttpPeer>,
}

impl Upstreams {
    /// Nothing is known yet.
    ///
    /// # Errors
    /// When the certificates to trust can't be read.
    pub(crate) fn new(settings: UpstreamSettings) -> Result<Self, RootsError> {
        let roots = roots::read(settings.root_file.as_deref())?;
        Ok(Self { options: PeerOptions { settings, roots }, pools: RwLock::default() })
    }

    /// Chooses where a permitted request goes. A place whose name can't be resolved is passed over, and doesn't rest: the
    /// name service failed, or something here did.
    ///
    /// # Errors
    /// [`Refusal::UpstreamDown`] when no place's name can be resolved.
    pub(crate) async fn choose(&self, permit: &Permit, binding: Option<Binding>) -> Result<Choice, Refusal> {
        let pool = self.pool(&permit.route().application);
        for target in pool.in_turn(binding.map(Binding::number)) {
            if let Some(peer) = target.peer(&self.options).await {
                let peer = addressed(permit, binding, peer);
                return Ok(Choice { target: Arc::clone(target), peer });
            }
        }
        Err(Refusal::UpstreamDown)
    }

    /// A place as the engine reaches it. What a visitor waits for is looked at on the visitor's side; this is for what
    /// that misses.
    pub(crate) fn for_engine(&self, permit: &Permit, peer: &HttpPeer) -> Box<HttpPeer> {
        let deadlines = &permit.route().application.policy.deadlines;
        let longest = deadlines.answer.max(deadlines.stream_idle).max(self.options.settings.read_deadline);
        let mut peer = Box::new(peer.clone());
        peer.options.read_timeout = Some(longest.duration());
        peer
    }

    /// The pool of this very version of an application.
    fn pool(&self, application: &Arc<Application>) -> Arc<Pool> {
        if let Some(pool) = self.pools.read().get(&application.id).filter(|pool| pool.is_of(application)) {
            return Arc::clone(pool);
        }
        let mut pools = self.pools.write();
        let before = pools.get(&application.id).map(|pool| &**pool);
        let pool = Arc::new(Pool::new(Arc::clone(application), before));
        pools.insert(application.id, Arc::clone(&pool));
        pool
    }

    /// Forgets applications that are no more.
    fn keep_only(&self, directory: &Directory) {
        let living: Vec<_> = directory.applications().iter().map(|application| application.id).collect();
        self.pools.write().retain(|id, _| living.contains(id));
    }
}
