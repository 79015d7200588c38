//! What the control plane does without being asked: look where names lead, get and renew certificates, change the
//! shared keys, forget what is over. Each task is woken by the store's signal or by time, takes no input, and works pass
//! after pass until there is nothing to do, resting as long as each pass took: others want the gate, too. A pass that
//! fails is logged and tried again.

mod prune;

use std::error::Error;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use marque_config::seal::KeyRing;
use marque_config::settings::{ControlPlaneSettings, PlatformWildcard, RetentionSettings, SubscriptionSettings};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::access::tasks as consents;
use crate::database::task::{Pass, PassError, Runs, TICK};
use crate::database::{Signal, Store, StoreError};
use crate::domains::acme::{Ca, CaError};
use crate::domains::dns::caa::Issuers;
use crate::domains::dns::update::{Updater, UpdaterError};
use crate::domains::dns::{Resolver, ResolverError};
use crate::domains::tasks::{issue, switch_on, verify};
use crate::edge::tasks::{retell, rotate};
use crate::licences::tasks as renew;
use crate::lifecycle::tasks as entries;
use crate::money::tasks as ledger;
use crate::notify::courier::CourierError;
use crate::notify::mail::{Post, PostError};
use crate::notify::tasks::{deliver, mail};

/// What the tasks work with.
pub struct TaskParts {
    /// The database, which also gives time and randomness.
    pub store: Store,
    /// The settings.
    pub settings: Arc<ControlPlaneSettings>,
    /// Seals what only the control plane reads.
    pub store_key: Arc<KeyRing>,
    /// Seals what proxies read too.
    pub edge_key: Arc<KeyRing>,
    /// Counts the passes.
    pub runs: Runs,
}

/// The running tasks; dropped, they end where they are.
pub struct Tasks {
    stop: CancellationToken,
    running: JoinSet<()>,
    issuing: TaskTracker,
    store: Store,
    owner: String,
}

/// Why the tasks can't be started.
#[derive(Debug, thiserror::Error)]
pub enum StartTasksError {
    /// The DNS server of one's own can't be used as the settings say.
    #[error(transparent)]
    Updater(#[from] UpdaterError),
    /// There is nobody to ask about names.
    #[error(transparent)]
    Resolver(#[from] ResolverError),
    /// The certificate authority can't be used as the settings say.
    #[error(transparent)]
    Ca(#[from] CaError),
    /// There is nobody to carry webhooks.
    #[error(transparent)]
    Courier(#[from] CourierError),
    /// Mail can't be sent as the settings say.
    #[error(transparent)]
    Post(#[from] PostError),
}

const SLOW_TICK: Duration = Duration::from_secs(60);
/// How long another control plane may not know that a session is used here.
const SEEN_TICK: Duration = Duration::from_secs(15);
/// The least that a task rests between two passes.
const BREATH: Duration = Duration::from_millis(20);
/// How much rarer a task looks while it fails.
const FAILING: u32 = 5;

/// Starts every task.
///
/// # Errors
/// [`StartTasksError`].
pub fn start(parts: TaskParts) -> Result<Tasks, StartTasksError> {
    let TaskParts { store, settings, store_key, edge_key, runs } = parts;
    let resolver = Arc::new(Resolver::new(&settings.dns)?);
    let deliver = deliver::Deliver::new(&store, &store_key, &settings.webhooks)?;
    let deliver = Arc::new(deliver.counting(&runs));
    let ca = Ca::new(&settings.acme, &store, store_key)?;
    let post = Post::new(&settings.mail, &settings.names)?;
    let at_once = (settings.mail.parallel, settings.mail.parallel_per_domain);
    let stop = CancellationToken::new();
    let owner = format!("{:032x}", u128::from_be_bytes(store.parts().bytes()));
    let (mut running, issuing) = (JoinSet::new(), TaskTracker::new());
    let ticker = |name, every| Ticker {
        name,
        every,
        is_woken: true,
        store: store.clone(),
        stop: stop.clone(),
        runs: runs.clone(),
    };
    let issuers = Issuers::of(&settings.acme);
    let wants_updates = settings.names.platform_wildcard == PlatformWildcard::Update;
    let updates = settings.names.update.as_ref().filter(|_| wants_updates);
    let updater = updates.map(|it| Updater::open(it, settings.dns.deadline.duration())).transpose()?;
    let (subscriptions, retention) = (settings.subscriptions, settings.retention);

    let verify = Arc::new(verify::Verify::new(&store, &resolver, &settings, issuers.clone()).counting(&runs));
    let every = settings.dns.interval.duration().min(TICK);
    running.spawn(ticker("verify", every).run(move || verify::Verify::pass(Arc::clone(&verify))));
    if let Some(ca) = ca {
        let (store, runs, edge_key) = (store.clone(), runs.clone(), Arc::clone(&edge_key));
        let context = issue::Context { store, ca, resolver, settings, edge_key, issuers, updater, runs };
        for_certificates(&mut running, context, &owner, (issuing.clone(), stop.clone()), ticker);
    }
    running.spawn(ticker("deliver", TICK).run(move || deliver::Deliver::pass(Arc::clone(&deliver))));
    if let Some(post) = post {
        let mail = Arc::new(mail::Mail { store: store.clone(), post, runs: runs.clone(), at_once });
        running.spawn(ticker("mail", TICK).run(move || mail::Mail::pass(Arc::clone(&mail))));
    }
    let rotate = Arc::new(rotate::Rotate { store: store.clone(), edge_key });
    running.spawn(ticker("rotate", SLOW_TICK).run(move || rotate::Rotate::pass(Arc::clone(&rotate))));
    let begun = store.clone();
    running.spawn(ticker("switch_on", TICK).run(move || switch_on::pass(begun.clone())));
    in_business(&mut running, &store, &runs, (subscriptions, retention), ticker);
    Ok(Tasks { stop, running, issuing, store, owner })
}

/// Starts the tasks that get certificates from a certificate authority.
fn for_certificates(
    running: &mut JoinSet<()>,
    context: issue::Context,
    owner: &str,
    (issuing, stop): (TaskTracker, CancellationToken),
    ticker: impl Fn(&'static str, Duration) -> Ticker,
) {
    if context.settings.names.platform_wildcard == PlatformWildcard::Off {
        tracing::warn!(
            "each platform name has a certificate of its own, and a CA admits few in a week: see names.platform_wildcard"
        );
    }
    let context = Arc::new(context);
    let wildcard = Arc::new(issue::wildcard::Keep::new(Arc::clone(&context), owner.to_owned(), stop.clone()));
    running.spawn(ticker("wildcard", TICK).run(move || issue::wildcard::Keep::pass(Arc::clone(&wildcard))));
    let issue = Arc::new(issue::Issue::new(context, owner.to_owned(), (issuing, stop)));
    running.spawn(ticker("issue", TICK).run(move || issue::Issue::pass(Arc::clone(&issue))));
}

/// Starts the tasks that look after licences, money and what is kept.
fn in_business(
    running: &mut JoinSet<()>,
    store: &Store,
    runs: &Runs,
    (subscriptions, retention): (SubscriptionSettings, RetentionSettings),
    ticker: impl Fn(&'static str, Duration) -> Ticker,
) {
    let (renewed, counted) = (store.clone(), runs.clone());
    running.spawn(ticker("renew", SLOW_TICK).run(move || renew::pass(renewed.clone(), subscriptions, counted.clone())));
    let (ending, counted) = (store.clone(), runs.clone());
    running.spawn(ticker("consents", SLOW_TICK).run(move || consents::pass(ending.clone(), counted.clone())));
    let (ended, counted) = (store.clone(), runs.clone());
    running.spawn(ticker("entries", SLOW_TICK).run(move || entries::pass(ended.clone(), counted.clone())));
    let added = store.clone();
    running.spawn(ticker("ledger", SLOW_TICK).run(move || ledger::pass(added.clone())));
    let seen = store.clone();
    running.spawn(ticker("seen", SEEN_TICK).unwoken().run(move || note_sessions(seen.clone())));
    let before = store.clone();
    running.spawn(ticker("retell", SLOW_TICK).run(move || retell::pass(before.clone())));
    let prune = Arc::new(prune::Prune::new(store, retention, runs));
    running.spawn(ticker("prune", SLOW_TICK).unwoken().run(move || prune::Prune::pass(Arc::clone(&prune))));
}

/// Writes down when sessions were used.
async fn note_sessions(store: Store) -> Result<Pass, PassError> {
    let noted = store.note_sessions().await?;
    Ok(if noted == 0 { Pass::Idle } else { Pass::Worked })
}

impl Tasks {
    /// Ends every task, and leaves what is under way for the next process.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        if let Err(error) = self.store.note_sessions().await {
            tracing::warn!(error = &error as &dyn Error, "when sessions were used last isn't written down");
        }
        while self.running.join_next().await.is_some() {}
        self.issuing.close();
        self.issuing.wait().await;
        if let Err(error) = self.release().await {
            tracing::warn!(error = &error as &dyn Error, "issuances under way are taken up when their lease ends");
        }
    }

    async fn release(&self) -> Result<(), StoreError> {
        let mut write = self.store.begin(&issue::actor(), self.store.now_ms()).await?;
        write.release_leases(&self.owner).await?;
        write.commit().await?;
        Ok(())
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Runs one task until it's stopped.
struct Ticker {
    name: &'static str,
    every: Duration,
    /// Whether it looks at once when there may be work.
    is_woken: bool,
    store: Store,
    stop: CancellationToken,
    runs: Runs,
}

impl Ticker {
    /// Looks by its own time alone.
    fn unwoken(self) -> Self {
        Self { is_woken: false, ..self }
    }

    async fn run<F, P>(self, mut pass: F)
    where
        F: FnMut() -> P,
        P: Future<Output = Result<Pass, PassError>>,
    {
        let mut changes = self.store.watch(Signal::Tasks);
        let mut failing = false;
        loop {
            let begun = Instant::now();
            let done = tokio::select! {
                done = AssertUnwindSafe(pass()).catch_unwind() => done.unwrap_or(Err(PassError::Panicked)),
                () = self.stop.cancelled() => return,
            };
            let has_more = matches!(done, Ok(Pass::Worked));
            failing = self.report(done, failing);
            let wait = match (failing, has_more) {
                (true, _) => self.every * FAILING,
                (false, true) => begun.elapsed().max(BREATH).min(self.every),
                (false, false) => self.every,
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                Ok(()) = changes.changed(), if self.is_woken && !failing && !has_more => {}
                () = self.stop.cancelled() => return,
            }
        }
    }

    /// Counts a pass, and logs when it begins or ceases to fail.
    fn report(&self, done: Result<Pass, PassError>, was_failing: bool) -> bool {
        let outcome = match &done {
            Ok(Pass::Idle) => "idle",
            Ok(Pass::Worked) => "worked",
            Err(_) => "failed",
        };
        self.runs.count(self.name, outcome);
        match &done {
            Err(error) if !was_failing => {
                tracing::error!(task = self.name, error = error as &dyn Error, "a task fails; it is tried again");
            }
            Ok(_) if was_failing => tracing::info!(task = self.name, "the task works again"),
            _ => {}
        }
        done.is_err()
    }
}

/// One pass of the task that ends consents.
#[cfg(test)]
pub(crate) async fn end_consents(store: Store) {
    consents::pass(store, Runs::default()).await.map(drop).unwrap_or_else(|error| panic!("{error}"));
}

/// One pass of the task that ends entries.
#[cfg(test)]
pub(crate) async fn end_entries(store: Store) {
    entries::pass(store, Runs::default()).await.map(drop).unwrap_or_else(|error| panic!("{error}"));
}

/// One pass of the task that makes the secrets that proxies share.
#[cfg(test)]
pub(crate) async fn rotate_keys(store: Store, edge_key: Arc<KeyRing>) {
    let rotate = Arc::new(rotate::Rotate { store, edge_key });
    rotate.pass().await.map(drop).unwrap_or_else(|error| panic!("{error}"));
}

#[cfg(test)]
pub(crate) mod tests;
