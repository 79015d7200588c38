//! Who waits for what: signals that say "look again". In one process they are watched; between processes on
//! PostgreSQL they travel by LISTEN and NOTIFY. A lost one costs a heartbeat, never a change.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgListener, PgNotification};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::StoreError;
use super::connect::Pools;

const CHANNEL: &str = "marque";
const RETRY: Duration = Duration::from_secs(1);

/// What there may be news of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// A revision of the feed was committed.
    Feed,
    /// There is work for the tasks: a name to look at, a certificate to get.
    Tasks,
    /// A proxy came, went or acknowledged.
    Acks,
    /// An API token was revoked.
    Tokens,
}

const ALL: [Signal; 4] = [Signal::Feed, Signal::Tasks, Signal::Acks, Signal::Tokens];

/// One counter for each signal.
#[derive(Debug, Default)]
pub(crate) struct Signals([watch::Sender<u64>; 4]);

/// The task that listens to other processes; it ends with this value.
pub(crate) struct Listener(Option<JoinHandle<()>>);

impl Signal {
    fn as_str(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::Tasks => "tasks",
            Self::Acks => "acks",
            Self::Tokens => "tokens",
        }
    }
}

impl Signals {
    pub(crate) fn watch(&self, signal: Signal) -> watch::Receiver<u64> {
        self.0[signal as usize].subscribe()
    }

    pub(crate) fn wake(&self, signal: Signal) {
        self.0[signal as usize].send_modify(|count| *count = count.wrapping_add(1));
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

const NOTIFY: &str = "select cast(pg_notify($1, name) as text) from unnest(string_to_array($2, ',')) as signals (name)";

/// Tells other processes within the transaction: they hear it when, and only when, it commits.
pub(crate) async fn notify(connection: &mut sqlx::AnyConnection, signals: &BTreeSet<Signal>) -> Result<(), StoreError> {
    if signals.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = signals.iter().map(|signal| signal.as_str()).collect();
    sqlx::query(NOTIFY).bind(CHANNEL).bind(names.join(",")).execute(connection).await?;
    Ok(())
}

/// Starts to follow other processes, where there can be any.
pub(crate) async fn follow(pools: &Pools, signals: &Arc<Signals>) -> Result<Listener, StoreError> {
    let Some(pool) = &pools.listener else { return Ok(Listener(None)) };
    let mut listener = PgListener::connect_with(pool).await.map_err(StoreError::Open)?;
    listener.listen(CHANNEL).await.map_err(StoreError::Open)?;
    let signals = Arc::clone(signals);
    Ok(Listener(Some(tokio::spawn(async move {
        loop {
            hear(&mut listener, &signals).await;
        }
    }))))
}

async fn hear(listener: &mut PgListener, signals: &Signals) {
    let heard = listener.try_recv().await;
    match heard.as_ref().map(|it| it.as_ref().map(PgNotification::payload)) {
        Ok(Some(name)) => ALL.into_iter().filter(|it| it.as_str() == name).for_each(|it| signals.wake(it)),
        // The connection was lost, and with it perhaps a signal.
        Ok(None) => ALL.into_iter().for_each(|it| signals.wake(it)),
        Err(error) => {
            tracing::warn!(error = error as &dyn std::error::Error, "the database's signals can't be heard");
            tokio::time::sleep(RETRY).await;
        }
    }
}
