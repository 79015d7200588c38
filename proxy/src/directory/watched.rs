//! The names that connections are open for. Where one leads is looked up once for all its connections, and kept current;
//! what changes of one name wakes nobody who waits for another.

use std::collections::HashMap;
use std::sync::Arc;

use marque_config::Hostname;
use tokio::sync::watch;

use super::{Route, Unrouted};

/// Fewer names than these aren't looked through for those that nobody watches.
const FEW: usize = 64;

/// Where a name leads.
pub(super) type Lead = Result<Arc<Route>, Unrouted>;

/// Where one name leads: current whenever [`super::Directory::apply`] has returned.
#[derive(Debug, Clone)]
pub struct RouteWatch(watch::Receiver<Lead>);

/// All names that are watched.
#[derive(Debug, Default)]
pub(super) struct Watched {
    names: HashMap<Hostname, watch::Sender<Lead>>,
    sweep_at: usize,
}

impl RouteWatch {
    /// Where the name leads now.
    ///
    /// # Errors
    /// [`Unrouted`].
    pub fn route(&self) -> Result<Arc<Route>, Unrouted> {
        self.0.borrow().clone()
    }

    /// Waits until the name leads to another tenant or to none, or its tenant's record changes.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            // The directory is gone: nothing changes any more.
            std::future::pending::<()>().await;
        }
    }

    /// Counts what has changed so far as seen: [`RouteWatch::changed`] waits for what comes after.
    pub fn mark_seen(&mut self) {
        self.0.mark_unchanged();
    }
}

impl Watched {
    /// Begins to watch a name.
    pub(super) fn watch(&mut self, host: &Hostname, look_up: impl FnOnce() -> Lead) -> RouteWatch {
        if let Some(known) = self.names.get(host) {
            return RouteWatch(known.subscribe());
        }
        if self.names.len() >= self.sweep_at {
            self.drop_unwatched();
            self.sweep_at = FEW.max(2 * self.names.len());
        }
        let (sender, receiver) = watch::channel(look_up());
        self.names.insert(host.clone(), sender);
        RouteWatch(receiver)
    }

    /// Makes all names current after a batch, and tells those whose name or tenant it concerns.
    pub(super) fn refresh(&mut self, look_up: impl Fn(&Hostname) -> Lead) {
        self.drop_unwatched();
        for (host, sender) in &self.names {
            let now = look_up(host);
            sender.send_if_modified(|lead| {
                let concerns = tenant_differs(lead, &now);
                // A snapshot holds everything anew: what is used is what it holds, changed or not.
                *lead = now;
                concerns
            });
        }
    }

    fn drop_unwatched(&mut self) {
        self.names.retain(|_, sender| sender.receiver_count() > 0);
    }
}

fn tenant_differs(before: &Lead, now: &Lead) -> bool {
    match (before, now) {
        (Ok(before), Ok(now)) => before.tenant != now.tenant,
        (before, now) => before.as_ref().err() != now.as_ref().err(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Poll, Wake, Waker};

    use marque_config::feed::{Record, Revision};
    use marque_config::tenant::TenantState;

    use super::*;
    use crate::directory::{Batch, Directory};
    use crate::test_support::{change, snapshot, tenant};

    const HOST: &str = "a.example.com";

    #[derive(Default)]
    struct WakeUps(AtomicUsize);

    impl Wake for WakeUps {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Two tenants at two names.
    fn filled() -> Directory {
        let directory = Directory::default();
        let records = [tenant(1, HOST, TenantState::Active), tenant(2, "b.example.com", TenantState::Active)].concat();
        directory.apply(snapshot(1, records));
        directory
    }

    fn told(directory: &Directory, records: &[Record]) {
        let changes = records.iter().map(change).collect();
        directory.apply(Batch { revision: Revision(2), is_snapshot: false, changes });
    }

    /// Whether a batch of these records wakes one that waits for a change of the name.
    fn wakes(directory: &Directory, records: &[Record]) -> bool {
        let mut watch = directory.watch(&HOST.parse().unwrap());
        let wake_ups = Arc::<WakeUps>::default();
        let waker = Waker::from(Arc::clone(&wake_ups));
        let mut changed = std::pin::pin!(watch.changed());
        assert_eq!(changed.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Pending);
        told(directory, records);
        wake_ups.0.load(Ordering::SeqCst) > 0
    }

    #[test]
    fn a_batch_wakes_those_whose_tenant_it_concerns_and_nobody_else() {
        let directory = filled();
        assert!(!wakes(&directory, &tenant(2, "b.example.com", TenantState::Suspended)), "another tenant");
        assert!(!wakes(&directory, &tenant(1, HOST, TenantState::Active)), "the same again");
        assert!(wakes(&directory, &tenant(1, HOST, TenantState::Suspended)), "its own tenant");
        assert!(wakes(&directory, &tenant(2, HOST, TenantState::Active)[3..]), "its name leads elsewhere");
        assert!(
            wakes(&directory, &tenant(2, "b.example.com", TenantState::Closed)[2..3]),
            "its tenant is another by now"
        );
    }

    #[test]
    fn what_is_watched_is_current_though_nobody_is_woken() {
        let directory = filled();
        let watch = directory.watch(&HOST.parse().unwrap());
        let before = watch.route().unwrap();
        directory.apply(snapshot(2, tenant(1, HOST, TenantState::Active)));
        let now = watch.route().unwrap();
        assert!(!Arc::ptr_eq(&before.application, &now.application));
        assert!(Arc::ptr_eq(&now.application, &directory.route(HOST).unwrap().application));
        directory.apply(snapshot(3, Vec::new()));
        assert_eq!(watch.route().map(drop), Err(Unrouted::Unknown));
    }

    #[test]
    fn names_that_nobody_watches_are_not_kept() {
        let directory = filled();
        for number in 0..1_000 {
            drop(directory.watch(&format!("n{number}.example.com").parse().unwrap()));
        }
        assert!(directory.watched.lock().names.len() <= FEW);
        told(&directory, &[]);
        assert_eq!(directory.watched.lock().names.len(), 0);
    }
}
