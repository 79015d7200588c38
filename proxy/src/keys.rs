//! Keeps what the shared keys open to current: after each change of the replica, and when a key's time comes.

use std::sync::Arc;
use std::time::Duration;

use marque_config::certificate::SharedKey;
use marque_config::clock::Clock;
use marque_config::seal::KeyRing;
use tokio::sync::watch;

use crate::replica::Directory;
use crate::secrets::Secrets;
use crate::telemetry::Causes;
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
}

impl Keys {
    /// Opens what the directory has now.
    pub(crate) fn new(directory: Arc<Directory>, edge_key: Arc<KeyRing>, clock: Arc<dyn Clock>) -> Self {
        let current = watch::Sender::new(Arc::new(Secrets::default()));
        let ticketer = Arc::new(Ticketer::new());
        let mut keys =
            Self { directory, edge_key, ticketer, clock, current, made_from: Vec::new(), until_ms: i64::MAX };
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
        match Secrets::open(&self.edge_key, &keys, now) {
            Ok(secrets) => {
                self.ticketer.renew(&secrets);
                self.current.send_replace(Arc::new(secrets));
            }
            Err(error) => {
                tracing::error!(error = %Causes(&error), "a shared key does not open; going on with those from before");
            }
        }
        self.made_from = keys;
    }
}

#[cfg(test)]
mod tests {
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
        let keys = Keys::new(Arc::clone(&directory), edge_key(), clock.clone());
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
}
