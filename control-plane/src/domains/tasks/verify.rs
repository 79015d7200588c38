//! Looks where custom names lead: often while they don't lead here yet, daily once they do. A name that no longer leads
//! here is lost at once and served for three days more; nothing is held against a name that could not be asked about.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use marque_config::settings::{ControlPlaneSettings, NameSettings};
use serde_json::json;

use crate::database::task::rows::Rows;
use crate::database::task::{Pass, PassError, Runs};
use crate::database::{Store, StoreError};
use crate::domains::dns::caa::{self, Issuers};
use crate::domains::dns::reason::Reason;
use crate::domains::dns::{Resolver, doctor};
use crate::domains::store::hostnames::{CertificateSource, ClaimedName, DnsChange, DnsState};
use crate::kernel::actor::Actor;
use crate::kernel::period::DAY_MS;

pub(crate) struct Verify {
    store: Store,
    resolver: Arc<Resolver>,
    names: NameSettings,
    issuers: Option<Issuers>,
    interval_ms: i64,
    deadline: Duration,
    runs: Runs,
}

/// How long a lost name is still served.
const GRACE_MS: i64 = 3 * DAY_MS;
/// After each such span of waiting, looks are rarer by one interval.
const PATIENCE_MS: i64 = 600_000;
/// No matter how long it takes, looks are at most so many intervals apart.
const RAREST: i64 = 60;
/// Names in one pass, and names at once.
const BATCH: i64 = 128;
const AT_ONCE: usize = 32;
/// One look may take as long as so many questions.
const QUESTIONS: u32 = 3;

impl Verify {
    pub(crate) fn new(
        store: &Store,
        resolver: &Arc<Resolver>,
        settings: &ControlPlaneSettings,
        issuers: Option<Issuers>,
    ) -> Self {
        let interval = settings.dns.interval.duration();
        Self {
            store: store.clone(),
            resolver: Arc::clone(resolver),
            names: settings.names.clone(),
            issuers,
            interval_ms: i64::try_from(interval.as_millis()).unwrap_or(DAY_MS),
            deadline: settings.dns.deadline.duration() * QUESTIONS,
            runs: Runs::default(),
        }
    }

    /// The same, counting what it can't do.
    pub(crate) fn counting(self, runs: &Runs) -> Self {
        Self { runs: runs.clone(), ..self }
    }

    pub(crate) async fn pass(self: Arc<Self>) -> Result<Pass, PassError> {
        let due = self.store.names_due_for_dns(self.store.now_ms(), BATCH).await?;
        let pass = if due.is_empty() { Pass::Idle } else { Pass::Worked };
        let rows = Rows::of(&self.store, &self.runs, "verify").await?;
        // All of them first: one that holds the gate isn't left alone while this waits for the gate.
        let looks = stream::iter(due).map(|host| self.looked(host)).buffer_unordered(AT_ONCE);
        for (host, done) in looks.collect::<Vec<_>>().await {
            rows.fared(&host, done).await?;
        }
        Ok(pass)
    }

    async fn looked(&self, host: String) -> (String, Result<(), StoreError>) {
        let done = self.look(&host).await;
        (host, done)
    }

    async fn look(&self, host: &str) -> Result<(), StoreError> {
        let Some(name) = self.store.name_written(host).await? else { return Ok(()) };
        let seen = match tokio::time::timeout(self.deadline, self.examine(&name)).await {
            Ok(seen) => seen,
            Err(_) => Err(Reason::Timeout),
        };
        let now_ms = self.store.now_ms();
        let change = decide(&name, seen, now_ms, self.interval_ms);
        let mut write = self.store.begin(&Actor::system("verify"), now_ms).await?;
        if change.state != name.dns.state {
            log_change(&name, &change);
            let code = change.reason.as_ref().map(Reason::code);
            let whose = write.whose(name.tenant).await?;
            write.audit("hostname.dns", &name.host, whose, json!({ "state": change.state, "reason": code }));
        }
        if write.record_dns(&name, change).await? {
            write.commit().await?;
        }
        Ok(())
    }

    async fn examine(&self, name: &ClaimedName) -> Result<(), Reason> {
        // Settings under which a target can't be a name are refused; without one nothing can be proved.
        let expectation = name.expectation(&self.names).ok_or(Reason::Servfail)?;
        doctor::examine(&self.resolver, &expectation).await?;
        let uploaded = name.certificate.source == Some(CertificateSource::Uploaded);
        match &self.issuers {
            // CAA is about getting certificates, not about serving: it never takes a name away.
            Some(issuers) if name.dns.state == DnsState::Pending && !uploaded => {
                caa::check(&self.resolver, &name.host, issuers).await
            }
            _ => Ok(()),
        }
    }
}

fn log_change(name: &ClaimedName, change: &DnsChange) {
    let reason = change.reason.as_ref().map_or("none", Reason::code);
    match change.state {
        DnsState::Lost => tracing::warn!(host = %name.host, reason, "a name no longer leads here"),
        DnsState::Pending => tracing::warn!(host = %name.host, reason, "a lost name is no longer served"),
        DnsState::Verified => tracing::info!(host = %name.host, "a name leads here"),
    }
}

/// What one look changes.
fn decide(name: &ClaimedName, seen: Result<(), Reason>, now_ms: i64, interval_ms: i64) -> DnsChange {
    let state = name.dns.state;
    let lost_since_ms = name.dns.lost_since_ms;
    let soon_ms = now_ms + interval_ms * rarity(now_ms - lost_since_ms.unwrap_or(name.created_ms));
    let Err(reason) = seen else {
        let serve = (state != DnsState::Verified).then_some(true);
        return DnsChange {
            state: DnsState::Verified,
            reason: None,
            next_ms: now_ms + DAY_MS,
            lost_since_ms: None,
            serve,
        };
    };
    let unknown = reason.could_not_ask();
    let stays = DnsChange { state, reason: Some(reason), next_ms: soon_ms, lost_since_ms, serve: None };
    match state {
        DnsState::Verified if unknown => DnsChange { next_ms: now_ms + interval_ms * 6, ..stays },
        DnsState::Verified => {
            DnsChange { state: DnsState::Lost, next_ms: now_ms + interval_ms, lost_since_ms: Some(now_ms), ..stays }
        }
        DnsState::Lost if !unknown && lost_since_ms.is_some_and(|since_ms| now_ms - since_ms >= GRACE_MS) => {
            DnsChange { state: DnsState::Pending, serve: Some(false), ..stays }
        }
        DnsState::Lost | DnsState::Pending => stays,
    }
}

/// How many intervals to wait when one has waited so long already.
fn rarity(waited_ms: i64) -> i64 {
    (waited_ms / PATIENCE_MS).clamp(1, RAREST)
}

#[cfg(test)]
mod tests;
