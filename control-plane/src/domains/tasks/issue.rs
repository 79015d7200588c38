//! Gets certificates for names that lead here and have none, or one that is due for renewal: what expires soonest
//! first, a few at once, one process at a name. Before anything is ordered the name is looked at once more.

mod elsewhere;
mod run;
mod subject;
pub(crate) mod wildcard;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use marque_config::Hostname;
use marque_config::feed::Revision;
use marque_config::seal::{KeyRing, Purpose, Sealed};
use marque_config::settings::ControlPlaneSettings;
use marque_config::tenant::AddressKind;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use zeroize::Zeroizing;

use crate::database::Store;
use crate::database::task::rows::Rows;
use crate::database::task::{Pass, PassError, Runs};
use crate::domains::acme::Ca;
use crate::domains::acme::failure::Failure;
use crate::domains::dns::caa::{self, Issuers};
use crate::domains::dns::reason::Reason;
use crate::domains::dns::update::Updater;
use crate::domains::dns::{Resolver, doctor};
use crate::domains::store::hostnames::{CertificateState, ClaimedName};
use crate::domains::store::issuances::{Claim, Issuance};
use crate::edge::store::proxies::Barrier;
use crate::kernel::actor::Actor;
use subject::Subject;

/// What issuing works with.
pub(crate) struct Context {
    pub(crate) store: Store,
    pub(crate) ca: Ca,
    pub(crate) resolver: Arc<Resolver>,
    pub(crate) settings: Arc<ControlPlaneSettings>,
    pub(crate) edge_key: Arc<KeyRing>,
    pub(crate) issuers: Option<Issuers>,
    /// The DNS server of the operator's own that zones are proved at.
    pub(crate) updater: Option<Updater>,
    pub(crate) runs: Runs,
}

/// As the metrics and the operators' list have it.
const TASK: &str = "issue";

pub(crate) struct Issue {
    context: Arc<Context>,
    owner: String,
    permits: Arc<Semaphore>,
    /// The names that this process is at: a name can be due again before its lease is written.
    under_way: Mutex<HashSet<Hostname>>,
    running: TaskTracker,
    stop: CancellationToken,
}

/// A name that is looked at again after so many intervals when it did not pass before the order.
const PREFLIGHT_INTERVALS: i64 = 3;

pub(crate) fn actor() -> Actor {
    Actor::system("issue")
}

/// One, ten and a hundred minutes, then daily.
fn backoff_ms(attempts: i64) -> i64 {
    let minutes = match attempts {
        ..=0 => 1,
        1 => 10,
        2 => 100,
        _ => 24 * 60,
    };
    minutes * 60_000
}

impl Issue {
    pub(crate) fn new(context: Arc<Context>, owner: String, (running, stop): (TaskTracker, CancellationToken)) -> Self {
        let permits = Arc::new(Semaphore::new(context.settings.acme.parallel));
        Self { context, owner, permits, under_way: Mutex::default(), running, stop }
    }

    pub(crate) async fn pass(self: Arc<Self>) -> Result<Pass, PassError> {
        let store = &self.context.store;
        let now_ms = store.now_ms();
        let free = self.permits.available_permits();
        if free == 0 || self.context.ca.quiet_until_ms() > now_ms {
            return Ok(Pass::Idle);
        }
        let limit = i64::try_from(self.context.settings.acme.parallel * 2).unwrap_or(i64::MAX);
        let due = self.readable(store.names_due_for_certificate(now_ms, limit).await?).await?;
        if due.is_empty() {
            return Ok(Pass::Idle);
        }
        if store.barrier(Revision(0)).await? == Barrier::NoneLive {
            return self.wait_for_a_proxy(&due).await;
        }
        let mut begun = 0;
        for name in due {
            let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else { break };
            begun += usize::from(self.spawn(name, permit));
        }
        Ok(if begun == 0 { Pass::Idle } else { Pass::Worked })
    }

    /// The names of these that can be read; the others wait.
    async fn readable(&self, hosts: Vec<String>) -> Result<Vec<ClaimedName>, PassError> {
        if hosts.is_empty() {
            return Ok(Vec::new());
        }
        let (store, mut names) = (&self.context.store, Vec::with_capacity(hosts.len()));
        let rows = Rows::of(store, &self.context.runs, TASK).await?;
        for host in hosts {
            names.extend(rows.read(&host, store.name_written(&host).await).await?.flatten());
        }
        // What the certificate of a zone serves is left to that one's task.
        let zones: HashSet<_> = store.wildcards().await?.into_iter().filter(|it| it.covers).map(|it| it.zone).collect();
        let has_zone = |name: &ClaimedName| name.host.parent().is_some_and(|zone| zones.contains(&zone));
        names.retain(|name| name.kind != AddressKind::Platform || !has_zone(name));
        Ok(names)
    }

    /// Nothing is ordered that nobody could prove.
    async fn wait_for_a_proxy(&self, due: &[ClaimedName]) -> Result<Pass, PassError> {
        let untold = |name: &&ClaimedName| name.certificate.reason != Some(Failure::NoLiveProxy);
        let untold: Vec<_> = due.iter().filter(untold).collect();
        if untold.is_empty() {
            return Ok(Pass::Idle);
        }
        tracing::warn!(names = untold.len(), "no proxy is connected: certificates wait");
        for name in untold {
            self.note(name, Failure::NoLiveProxy, None).await?;
        }
        Ok(Pass::Worked)
    }

    /// Says whether it began: not where it is under way already.
    fn spawn(self: &Arc<Self>, name: ClaimedName, permit: OwnedSemaphorePermit) -> bool {
        let Some(under_way) = UnderWay::begin(self, &name.host, permit) else { return false };
        let stop = self.stop.clone();
        self.running.spawn(async move {
            // Stopped at any point, the next process goes on from what is kept.
            let done = stop.run_until_cancelled(under_way.issue.name(&name)).await;
            if let Some(done) = done {
                under_way.issue.fared(&name, done).await;
            }
        });
        true
    }

    /// Notes how it went with a name: one for which something can't be done waits, and keeps no other.
    async fn fared(&self, name: &ClaimedName, done: Result<(), PassError>) {
        let noted = match Rows::of(&self.context.store, &self.context.runs, TASK).await {
            Ok(rows) => rows.fared(name.host.as_str(), done).await.map(drop),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = noted {
            let error = &error as &dyn std::error::Error;
            tracing::error!(host = %name.host, error, "a certificate could not be asked for");
        }
    }

    async fn name(&self, name: &ClaimedName) -> Result<(), PassError> {
        let store = &self.context.store;
        if store.open_issuance(&name.host).await?.is_none()
            && let Err(failure) = self.preflight(name).await?
        {
            let again_ms = self.context.settings.dns.interval.duration().as_millis();
            let again_ms = i64::try_from(again_ms).unwrap_or(i64::MAX).saturating_mul(PREFLIGHT_INTERVALS);
            tracing::info!(host = %name.host, reason = failure.code(), "no certificate is asked for yet");
            return Ok(self.note(name, failure, Some(store.now_ms().saturating_add(again_ms))).await?);
        }
        match self.claim(name).await? {
            Claim::Ours(issuance) => self.run(name, *issuance).await,
            Claim::NotOurs => Ok(()),
            Claim::Budget { until_ms } => {
                tracing::warn!(host = %name.host, until_ms, "the budget of orders is used up");
                Ok(self.note(name, Failure::Budget, Some(until_ms)).await?)
            }
        }
    }

    /// Looks once more whether the name leads here, and whether the certificate authority is admitted.
    async fn preflight(&self, name: &ClaimedName) -> Result<Result<(), Failure>, PassError> {
        let Context { store, resolver, settings, issuers, .. } = &*self.context;
        if let Some(expectation) = name.expectation(&settings.names)
            && let Err(reason) = doctor::examine(resolver, &expectation).await
        {
            if reason.could_not_ask() {
                return Ok(Err(Failure::Dns));
            }
            let mut write = store.begin(&actor(), store.now_ms()).await?;
            write.look_at_dns(&name.host).await?;
            write.commit().await?;
            return Ok(Err(Failure::NotLeadingHere));
        }
        let Some(issuers) = issuers else { return Ok(Ok(())) };
        Ok(caa::check(resolver, &name.host, issuers).await.map_err(|reason| match reason {
            Reason::CaaForbids { .. } => Failure::CaaForbids,
            _ => Failure::Dns,
        }))
    }

    async fn claim(&self, name: &ClaimedName) -> Result<Claim, PassError> {
        let key = new_key(&self.context, Subject::Name(name))?;
        let store = &self.context.store;
        let mut write = store.begin(&actor(), store.now_ms()).await?;
        let most = self.context.settings.acme.orders_per_tenant;
        let claim = write.claim_issuance(name, (&self.owner, &key), most).await?;
        write.commit().await?;
        Ok(claim)
    }

    async fn run(&self, name: &ClaimedName, issuance: Issuance) -> Result<(), PassError> {
        run::Run::new(&self.context, &self.owner, Subject::Name(name), issuance.into()).finish().await?;
        Ok(())
    }

    async fn note(
        &self,
        name: &ClaimedName,
        failure: Failure,
        next_attempt_ms: Option<i64>,
    ) -> Result<(), crate::database::StoreError> {
        let store = &self.context.store;
        let mut write = store.begin(&actor(), store.now_ms()).await?;
        let attempts = name.certificate.attempts;
        let state = match failure {
            Failure::Budget => CertificateState::Failed,
            _ => name.certificate.state,
        };
        write.note_failure(&name.host, state, (failure, attempts, next_attempt_ms)).await?;
        write.commit().await?;
        Ok(())
    }
}

/// Says that this process is at a name, until dropped.
struct UnderWay {
    issue: Arc<Issue>,
    host: Hostname,
    _permit: OwnedSemaphorePermit,
}

impl UnderWay {
    /// None when it's at it already.
    fn begin(issue: &Arc<Issue>, host: &Hostname, permit: OwnedSemaphorePermit) -> Option<Self> {
        let first = issue.under_way.lock().unwrap_or_else(PoisonError::into_inner).insert(host.clone());
        first.then(|| Self { issue: Arc::clone(issue), host: host.clone(), _permit: permit })
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.issue.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.host);
    }
}

/// A fresh private key, sealed at once the way it will be served.
fn new_key(context: &Context, subject: Subject<'_>) -> Result<Sealed, PassError> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(PassError::Key)?;
    let der = Zeroizing::new(key.serialize_der());
    let ((owner, name), nonce) = (subject.sealed_for(), context.store.parts().bytes());
    Ok(context.edge_key.seal(key_context(&owner, &name), &nonce, &der)?)
}

fn key_context<'a>(owner: &'a str, name: &'a str) -> marque_config::seal::Context<'a> {
    marque_config::seal::Context { purpose: Purpose::CertificateKey, owner, name }
}

#[cfg(test)]
mod tests;
