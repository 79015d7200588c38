//! Keeps what the shared keys open to current: after each change of the replica, and when a key's time comes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use marque_config::certificate::SharedKey;
use marque_config::clock::Clock;
use marque_config::seal::KeyRing;
use tokio::sync::watch;

use crate::directory::{Directory, Secrets, Unopened};
use crate::telemetry::{Causes, Metrics};
use crate::tls::Ticketer;

/// A timer is never longer: the clock may be set while it runs.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
const SHORTEST_WAIT: Duration = Duration::from_millis(10);

/// Opens the shared keys and hands them on.
pub(crate) struct Keys {
    directory: Arc<Directory>,
    edge_key: Arc<KeyRing>,
    ticketer: Arc<Ticketer>,
    clock: Arc<dyn Clock>,
    current: watch::Sender<Arc<Secrets>>,
    /// What `current` was made from, and from when on it isn't right any more.
    made_from: Vec<Arc<SharedKey>>,
    until_ms: i64,
    metrics: Arc<Metrics>,
    /// Which of them don't open.
    unopened: BTreeSet<String>,
}

impl Keys {
    /// Opens what the directory has now.
    pub(crate) fn new(
        directory: Arc<Directory>,
        edge_key: Arc<KeyRing>,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let current = watch::Sender::new(Arc::new(Secrets::default()));
        let ticketer = Arc::new(Ticketer::new());
        let (made_from, until_ms, unopened) = (Vec::new(), i64::MAX, BTreeSet::new());
        let mut keys = Self { directory, edge_key, ticketer, clock, current, made_from, until_ms, metrics, unopened };
        keys.refresh();
        keys
    }

    /// The secrets, now and later.
    pub(crate) fn secrets(&self) -> watch::Receiver<Arc<Secrets>> {
        self.current.subscribe()
    }

    /// The ticketer that follows the ticket keys.
    pub(crate) fn ticketer(&self) -> Arc<Ticketer> {
        Arc::clone(&self.ticketer)
    }

    /// Keeps the secrets current until the task is dropped.
    pub(crate) async fn run(mut self) {
        let mut applied = self.directory.applied();
        loop {
            self.refresh();
            let due = u64::try_from(self.until_ms - self.clock.now_ms()).unwrap_or(0);
            let wait = Duration::from_millis(due).clamp(SHORTEST_WAIT, LONGEST_WAIT);
            // An ended wait and a change lead to the same look.
            drop(tokio::time::timeout(wait, applied.changed()).await);
        }
    }

    fn refresh(&mut self) {
        let now = self.clock.now_ms();
        let mut keys = self.directory.shared_keys();
        keys.sort_by(|a, b| a.id.cmp(&b.id));
        let same =
            keys.len() == self.made_from.len() && keys.iter().zip(&self.made_from).all(|(a, b)| Arc::ptr_eq(a, b));
        if same && now < self.until_ms {
            return;
        }
        self.until_ms = keys.iter().map(|key| key.use_from_ms).filter(|&from| from > now).min().unwrap_or(i64::MAX);
        let held = Arc::clone(&self.current.borrow());
        let (secrets, unopened) = Secrets::open(&self.edge_key, &keys, &held, now);
        self.report(unopened);
        self.ticketer.renew(&secrets);
        self.current.send_replace(Arc::new(secrets));
        self.made_from = keys;
    }

    /// Says once of each key that it doesn't open, and how many there are.
    fn report(&mut self, unopened: Vec<Unopened>) {
        self.metrics.unopened_keys(unopened.len());
        for Unopened { id, error } in &unopened {
            if !self.unopened.contains(id) {
                tracing::error!(key = id, error = %Causes(error), "a shared key does not open; going on without");
            }
        }
        self.unopened = unopened.into_iter().map(|it| it.id).collect();
    }
}

#[cfg(test)]
mod tests {
    use marque_config::feed::Record;
    use marque_config::seal::{Context, Purpose};

    use super::*;
    use crate::test_support::{FakeClock, edge_key, shared_ticket_key, snapshot};

    async fn changed(secrets: &mut watch::Receiver<Arc<Secrets>>) {
        tokio::time::timeout(Duration::from_secs(300), secrets.changed()).await.unwrap().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_is_used_from_its_time_on() {
        let directory = Arc::new(Directory::default());
        directory.apply(snapshot(1, vec![shared_ticket_key("a", 0), shared_ticket_key("b", 90_000)]));
        let clock = FakeClock::at(0);
        let metrics = Arc::new(Metrics::new(0));
        let keys = Keys::new(Arc::clone(&directory), edge_key(), clock.clone(), metrics);
        let mut secrets = keys.secrets();
        assert_eq!(secrets.borrow_and_update().ticket[0].id, "a");
        let task = tokio::spawn(keys.run());
        clock.advance(90_000);
        changed(&mut secrets).await;
        assert_eq!(secrets.borrow_and_update().ticket[0].id, "b");
        directory.apply(snapshot(2, vec![shared_ticket_key("c", 0)]));
        changed(&mut secrets).await;
        assert_eq!(secrets.borrow().ticket[0].id, "c");
        task.abort();
    }

    #[tokio::test]
    async fn a_rotation_that_was_missed_costs_only_the_keys_that_do_not_open() {
        let Record::SharedKey(mut missed) = shared_ticket_key("b", 0) else { unreachable!() };
        missed.secret = KeyRing::single(&[8; 32])
            .unwrap()
            .seal(Context { purpose: Purpose::SharedKey, owner: "b", name: "ticket" }, &[0; 12], &[1; 32])
            .unwrap();
        let directory = Arc::new(Directory::default());
        directory.apply(snapshot(1, vec![shared_ticket_key("a", 0), Record::SharedKey(missed)]));
        let metrics = Arc::new(Metrics::new(0));
        let keys = Keys::new(Arc::clone(&directory), edge_key(), FakeClock::at(1), Arc::clone(&metrics));
        assert_eq!(keys.secrets().borrow().ticket.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["a"]);
        assert!(metrics.text(0, None).unwrap().contains("\nproxy_shared_keys_unopened 1\n"));
    }
}
