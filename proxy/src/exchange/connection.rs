//! What is known of a connection while it lasts. The engine carries it from the stream to every request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use http::HeaderValue;
use marque_config::Hostname;
use marque_config::clock::Random;
use marque_config::entry::Entry;
use marque_config::tenant::{Access, Tenant};
use parking_lot::{Mutex, MutexGuard};
use pingora::http::ResponseHeader;
use pingora::protocols::Digest;
use pingora::protocols::raw_connect::ProxyDigest;
use tokio::sync::Notify;

use super::{BodyWatch, Patience};
use crate::directory::RouteWatch;
use crate::identity::{Identity, Issued};
use crate::lockdown::Permit;
use crate::refusal::Refusal;

/// How many requests a client may give up on one connection before it matters how many it didn't.
const MOST_GIVEN_UP: u64 = 100;

/// What the engine carries from the stream to every request.
pub(crate) type Carried = (Arc<Connection>, Arc<Patience>);

/// The facts of one connection.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The name of its handshake.
    pub(crate) sni: Hostname,
    /// The client.
    pub(crate) peer: SocketAddr,
    /// Where the name leads.
    pub(crate) route: RouteWatch,
    id: u64,
    requests: AtomicU64,
    most_requests: u64,
    is_spent: Notify,
    given_up: AtomicU64,
    is_abused: Notify,
    is_bound: AtomicBool,
    bindings: AtomicU64,
    open: AtomicUsize,
    admitted: Mutex<Option<Admitted>>,
    /// The entries by which requests are open, once for each.
    entries: Mutex<Vec<Arc<Entry>>>,
    has_entered: Notify,
    identity: Mutex<Option<Arc<Identity>>>,
    assertion: Mutex<Option<Arc<Issued>>>,
    bodies: Mutex<Vec<Arc<BodyWatch>>>,
    fault: Mutex<Option<Refusal>>,
}

/// For whom a connection's open requests were admitted.
#[derive(Debug, Clone)]
pub(crate) struct Admitted {
    /// The tenant as it was for the first of them.
    pub(crate) tenant: Arc<Tenant>,
    /// The most that any of them was allowed.
    pub(crate) access: Access,
}

/// A request that was admitted and goes on; dropped when it's over.
#[derive(Debug)]
pub(crate) struct OpenRequest(Arc<Connection>);

/// A request that is open by an entry; dropped when it's over.
#[derive(Debug)]
pub(crate) struct OpenEntry(Arc<Connection>, Arc<Entry>);

impl Connection {
    pub(crate) fn new(
        sni: Hostname,
        route: RouteWatch,
        peer: SocketAddr,
        most_requests: u32,
        random: &dyn Random,
    ) -> Arc<Self> {
        let mut id = [0; 8];
        random.fill(&mut id);
        Arc::new(Self {
            sni,
            peer,
            route,
            id: u64::from_be_bytes(id),
            requests: AtomicU64::new(0),
            most_requests: u64::from(most_requests),
            is_spent: Notify::new(),
            given_up: AtomicU64::new(0),
            is_abused: Notify::new(),
            is_bound: AtomicBool::new(false),
            bindings: AtomicU64::new(0),
            open: AtomicUsize::new(0),
            admitted: Mutex::new(None),
            entries: Mutex::new(Vec::new()),
            has_entered: Notify::new(),
            identity: Mutex::new(None),
            assertion: Mutex::new(None),
            bodies: Mutex::new(Vec::new()),
            fault: Mutex::new(None),
        })
    }

    /// The facts as the engine's digest carries them, with how long the application may take. Its one place for what
    /// isn't of the engine's own types is the digest of a forward proxy, which nothing here is.
    pub(crate) fn digest_with(self: &Arc<Self>, patience: &Arc<Patience>) -> Option<Arc<ProxyDigest>> {
        let response = Box::new(ResponseHeader::build_no_case(200, Some(0)).ok()?);
        let carried: Carried = (Arc::clone(self), Arc::clone(patience));
        Some(Arc::new(ProxyDigest::new(response, Some(Box::new(carried)))))
    }

    /// The facts of the connection that a request came by.
    pub(crate) fn of_digest(digest: Option<&Digest>) -> Option<Carried> {
        let data = digest?.proxy_digest.as_ref()?.user_data.as_ref()?;
        data.downcast_ref::<Carried>().cloned()
    }

    /// A name for the next request: the connection's number and the request's within it.
    pub(crate) fn next_request_id(&self) -> Option<HeaderValue> {
        let request = self.requests.fetch_add(1, Ordering::Relaxed);
        if request + 1 == self.most_requests {
            self.is_spent.notify_one();
        }
        HeaderValue::try_from(format!("{:016x}-{request}", self.id)).ok()
    }

    /// A number that no other connection has.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// A number for what one request alone is bound to; never 0.
    pub(crate) fn next_binding(&self) -> u64 {
        self.bindings.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Notes that the client logs in connections, not requests.
    pub(crate) fn bind(&self) {
        self.is_bound.store(true, Ordering::Relaxed);
    }

    /// Whether it does.
    pub(crate) fn is_bound(&self) -> bool {
        self.is_bound.load(Ordering::Relaxed)
    }

    /// Comes back when the connection has carried as many requests as one may.
    pub(crate) async fn spent(&self) {
        self.is_spent.notified().await;
    }

    /// Notes that the client gave a request up. People do that, but not with most of what they ask for: a client that
    /// asks only to give up makes us work for nothing (CVE-2023-44487, and its patient kin).
    pub(crate) fn give_up(&self) {
        let given_up = self.given_up.fetch_add(1, Ordering::Relaxed) + 1;
        if given_up >= MOST_GIVEN_UP && given_up * 2 > self.requests.load(Ordering::Relaxed) {
            self.is_abused.notify_one();
        }
    }

    /// Comes back when the client has given up too many of its requests.
    pub(crate) async fn abused(&self) {
        self.is_abused.notified().await;
    }

    /// Notes that a request of this tenant was admitted.
    pub(crate) fn admit(self: &Arc<Self>, tenant: &Arc<Tenant>, access: Access) -> OpenRequest {
        let is_first = self.open.fetch_add(1, Ordering::AcqRel) == 0;
        let mut admitted = self.admitted.lock();
        match &mut *admitted {
            Some(admitted) if !is_first => admitted.access = admitted.access.max(access),
            place => *place = Some(Admitted { tenant: Arc::clone(tenant), access }),
        }
        drop(admitted);
        OpenRequest(Arc::clone(self))
    }

    /// For whom the requests that go on were admitted; none when none does.
    pub(crate) fn admitted(&self) -> Option<Admitted> {
        if self.open.load(Ordering::Acquire) == 0 { None } else { self.admitted.lock().clone() }
    }

    /// Notes that a request was admitted by an entry.
    pub(crate) fn enter(self: &Arc<Self>, entry: Arc<Entry>) -> OpenEntry {
        self.entries.lock().push(Arc::clone(&entry));
        self.has_entered.notify_one();
        OpenEntry(Arc::clone(self), entry)
    }

    /// Comes back when a request has been admitted by an entry.
    pub(crate) async fn has_entered(&self) {
        self.has_entered.notified().await;
    }

    /// The entries by which requests are open.
    pub(crate) fn entries(&self) -> Vec<Arc<Entry>> {
        self.entries.lock().clone()
    }

    /// What the application is told of this connection, made when it first differs.
    pub(super) fn identity(&self, permit: &Permit) -> Arc<Identity> {
        let mut place = self.identity.lock();
        match &*place {
            Some(identity) if identity.is_of(permit) => Arc::clone(identity),
            _ => Arc::clone(place.insert(Arc::new(Identity::new(permit, self.peer.ip())))),
        }
    }

    /// The assertion of this connection's last request, to be used again or replaced.
    pub(super) fn assertion(&self) -> MutexGuard<'_, Option<Arc<Issued>>> {
        self.assertion.lock()
    }

    /// Begins to watch the pace of a request's body.
    pub(crate) fn watch_body(&self) -> Option<Arc<BodyWatch>> {
        let watch = Arc::new(BodyWatch::new()?);
        self.bodies.lock().push(Arc::clone(&watch));
        Some(watch)
    }

    /// Whether a body was received since the last look.
    pub(crate) fn has_bodies(&self) -> bool {
        !self.bodies.lock().is_empty()
    }

    /// The bodies that are being received.
    pub(crate) fn bodies(&self) -> Vec<Arc<BodyWatch>> {
        let mut bodies = self.bodies.lock();
        bodies.retain(|body| Arc::strong_count(body) > 1);
        bodies.clone()
    }

    /// Keeps why the stream failed: the engine only hears that it did.
    pub(crate) fn fail(&self, refusal: Refusal) {
        self.fault.lock().get_or_insert(refusal);
    }

    /// Why the stream failed, if it did.
    pub(crate) fn fault(&self) -> Option<Refusal> {
        *self.fault.lock()
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Drop for OpenEntry {
    fn drop(&mut self) {
        let mut entries = self.0.entries.lock();
        if let Some(index) = entries.iter().position(|entry| Arc::ptr_eq(entry, &self.1)) {
            entries.swap_remove(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::directory::Directory;
    use crate::test_support::Fixed;

    fn connection() -> Arc<Connection> {
        let sni: Hostname = "a.example.com".parse().unwrap();
        let route = Directory::default().watch(&sni);
        Connection::new(sni, route, ([192, 0, 2, 1], 1).into(), 10_000, &Fixed(1))
    }

    /// Whether a client is cut that gives up so many of so many requests.
    fn is_cut(given_up: usize, asked: usize) -> bool {
        let facts = connection();
        (0..asked).for_each(|_| drop(facts.next_request_id()));
        (0..given_up).for_each(|_| facts.give_up());
        facts.abused().now_or_never().is_some()
    }

    #[test]
    fn what_is_open_counts_by_the_most_that_any_of_it_was_allowed() {
        let facts = connection();
        let tenant = crate::lockdown::fixture::route("{}").tenant;
        let allowed = || facts.admitted().map(|it| it.access);
        let reads = facts.admit(&tenant, Access::ReadOnly);
        let writes = facts.admit(&tenant, Access::Full);
        let more = facts.admit(&tenant, Access::ReadOnly);
        drop(reads);
        assert_eq!(allowed(), Some(Access::Full));
        drop((writes, more));
        assert_eq!(allowed(), None);
        let _later = facts.admit(&tenant, Access::ReadOnly);
        assert_eq!(allowed(), Some(Access::ReadOnly));
    }

    #[test]
    fn a_client_that_gives_up_most_of_what_it_asks_for_is_cut() {
        assert!(is_cut(100, 100) && is_cut(100, 199) && is_cut(600, 1_000));
        assert!(!is_cut(99, 99) && !is_cut(100, 200) && !is_cut(400, 1_000));
    }
}
