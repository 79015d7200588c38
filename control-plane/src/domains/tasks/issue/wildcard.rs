//! Looks after the certificate for every platform name: gets it, renews it with weeks to spare, and says which names it
//! serves. Should it end all the same, names get certificates of their own, a few a day, for a CA admits no more.

use std::sync::Arc;

use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use marque_config::Hostname;
use marque_config::certificate::DNS_01;
use marque_config::feed::{Format, Revision};
use marque_config::settings::PlatformWildcard;
use tokio_util::sync::CancellationToken;

use super::subject::Subject;
use super::{Context, PREFLIGHT_INTERVALS, actor, new_key, run};
use crate::database::task::{Pass, PassError};
use crate::domains::acme::failure::Failure;
use crate::domains::dns::Trouble;
use crate::domains::dns::caa::{self, Asked};
use crate::domains::dns::reason::Reason;
use crate::domains::store::wildcards::{Course, Wildcard};
use crate::edge::store::proxies::Barrier;
use crate::kernel::period::DAY_MS;

/// Looks after the zones' certificates.
pub(crate) struct Keep {
    context: Arc<Context>,
    owner: String,
    stop: CancellationToken,
}

/// With no more life left than this, a certificate is no longer counted on.
const LAST_RESORT_MS: i64 = 2 * DAY_MS;
/// As many names get certificates of their own in a day then: seven times that is a week's limit of Let's Encrypt's.
const LAST_RESORT_NAMES: i64 = 7;
/// So many names change at a time: others want the gate, too.
const BATCH: i64 = 100;

impl Keep {
    pub(crate) fn new(context: Arc<Context>, owner: String, stop: CancellationToken) -> Self {
        Self { context, owner, stop }
    }

    pub(crate) async fn pass(self: Arc<Self>) -> Result<Pass, PassError> {
        let wildcards = self.context.store.wildcards().await?;
        let mut worked = self.begin(&wildcards).await?;
        for wildcard in wildcards {
            // What changed is looked at anew before anything is ordered.
            worked |= self.look_after(&wildcard).await? || self.issue(&wildcard).await?;
        }
        Ok(if worked { Pass::Worked } else { Pass::Idle })
    }

    /// The zone whose names are to share a certificate.
    fn wanted(&self) -> Option<Hostname> {
        let names = &self.context.settings.names;
        match names.platform_wildcard {
            PlatformWildcard::Off => None,
            PlatformWildcard::Dns | PlatformWildcard::Update => names.platform_zone().ok(),
        }
    }

    /// Begins to look after the zone that is wanted, from the next pass on; says whether that is new.
    async fn begin(&self, known: &[Wildcard]) -> Result<bool, PassError> {
        let store = &self.context.store;
        let Some(zone) = self.wanted() else { return Ok(false) };
        if known.iter().any(|it| it.zone == zone) {
            return Ok(false);
        }
        let mut write = store.begin(&actor(), store.now_ms()).await?;
        write.add_wildcard(&zone).await?;
        write.commit().await?;
        Ok(true)
    }

    /// Sets what becomes of a zone and its names by now; says whether there may be more to do.
    async fn look_after(&self, wildcard: &Wildcard) -> Result<bool, PassError> {
        let store = &self.context.store;
        let now_ms = store.now_ms();
        let is_usable = self.is_usable(wildcard, now_ms);
        let course = self.course(wildcard, is_usable && store.all_read(Format::WILDCARDS).await?);
        if !course.is_that_of(wildcard)? {
            let mut write = store.begin(&actor(), now_ms).await?;
            write.set_course(wildcard, &course).await?;
            write.commit().await?;
            return Ok(true);
        }
        match (course.covers, is_usable) {
            (true, _) => self.cover(&wildcard.zone).await,
            // A proxy that knows no wildcard is live: what is covered stays so, for most proxies do.
            (false, true) => Ok(false),
            (false, false) => self.uncover(wildcard).await,
        }
    }

    /// Whether names can go on being served by it.
    fn is_usable(&self, wildcard: &Wildcard, now_ms: i64) -> bool {
        let is_wanted = self.wanted().is_some_and(|zone| zone == wildcard.zone);
        is_wanted && wildcard.not_after_ms.is_some_and(|end_ms| end_ms - LAST_RESORT_MS > now_ms)
    }

    fn course(&self, wildcard: &Wildcard, covers: bool) -> Course {
        let is_wanted = self.wanted().is_some_and(|zone| zone == wildcard.zone);
        let names = &self.context.settings.names;
        let is_answered_here = is_wanted && names.platform_wildcard == PlatformWildcard::Dns;
        Course { is_wanted, covers, name_servers: is_answered_here.then(|| names.name_servers.clone()) }
    }

    async fn cover(&self, zone: &Hostname) -> Result<bool, PassError> {
        let store = &self.context.store;
        if store.names_to_cover(zone, 1).await?.is_empty() {
            return Ok(false);
        }
        let mut write = store.begin(&actor(), store.now_ms()).await?;
        let count = write.cover_names(zone, BATCH).await?;
        write.commit().await?;
        tracing::info!(%zone, count, "platform names are served by the certificate of their zone");
        Ok(true)
    }

    async fn uncover(&self, wildcard: &Wildcard) -> Result<bool, PassError> {
        let (store, zone) = (&self.context.store, &wildcard.zone);
        let most = match wildcard.is_wanted {
            true => LAST_RESORT_NAMES - store.platform_orders_since(store.now_ms() - DAY_MS).await?,
            false => BATCH,
        };
        if most <= 0 || store.covered_names(zone, 1).await?.is_empty() {
            return Ok(false);
        }
        let mut write = store.begin(&actor(), store.now_ms()).await?;
        let count = write.uncover_names(zone, most).await?;
        write.commit().await?;
        tracing::warn!(%zone, count, "platform names get certificates of their own");
        Ok(true)
    }

    /// Gets a certificate, when one is due; says whether anything was done.
    async fn issue(&self, wildcard: &Wildcard) -> Result<bool, PassError> {
        let Context { store, ca, settings, .. } = &*self.context;
        let now_ms = store.now_ms();
        if !wildcard.is_due(now_ms) || ca.quiet_until_ms() > now_ms {
            return Ok(false);
        }
        // Nothing is ordered that nobody could prove.
        if store.barrier_among(Revision(0), Format::WILDCARDS).await? == Barrier::NoneLive {
            let is_told = wildcard.reason == Some(Failure::NoLiveProxy);
            return if is_told { Ok(false) } else { self.note(wildcard, Failure::NoLiveProxy, None).await };
        }
        if !wildcard.is_open
            && let Err(failure) = self.preflight(&wildcard.zone).await
        {
            let again_ms = i64::try_from(settings.dns.interval.duration().as_millis()).unwrap_or(DAY_MS);
            let again_ms = now_ms.saturating_add(again_ms.saturating_mul(PREFLIGHT_INTERVALS));
            return self.note(wildcard, failure, Some(again_ms)).await;
        }
        self.order(wildcard).await
    }

    async fn order(&self, wildcard: &Wildcard) -> Result<bool, PassError> {
        let store = &self.context.store;
        let subject = Subject::Zone(wildcard, &self.context.settings.names);
        let key = new_key(&self.context, subject)?;
        let mut write = store.begin(&actor(), store.now_ms()).await?;
        let claimed = write.claim_wildcard(&wildcard.zone, &self.owner, &key).await?;
        write.commit().await?;
        let Some(progress) = claimed else { return Ok(false) };
        let run = run::Run::new(&self.context, &self.owner, subject, progress);
        // Stopped at any point, the next process goes on from what is kept.
        self.stop.run_until_cancelled(run.finish()).await.transpose()?;
        Ok(true)
    }

    /// Looks whether the zone's names can be proved, at the DNS server of the operator's own or by the proxies, and whether
    /// the certificate authority is admitted.
    async fn preflight(&self, zone: &Hostname) -> Result<(), Failure> {
        let Context { store, resolver, issuers, updater, .. } = &*self.context;
        match updater {
            // Nothing is taken away that is needed: no attempt is open.
            Some(updater) => updater.set(zone, &[], store.now_ms()).await.map_err(|error| error.failure())?,
            None => self.is_delegated(zone).await?,
        }
        let Some(issuers) = issuers else { return Ok(()) };
        caa::check_for(resolver, zone, issuers, Asked::Wildcard).await.map_err(|reason| match reason {
            Reason::CaaForbids { .. } => Failure::CaaForbids,
            _ => Failure::Dns,
        })
    }

    async fn is_delegated(&self, zone: &Hostname) -> Result<(), Failure> {
        let Context { resolver, settings, .. } = &*self.context;
        let reply =
            resolver.ask(&format!("{DNS_01}.{zone}"), RecordType::SOA).await.map_err(|trouble| match trouble {
                Trouble::Timeout => Failure::Dns,
                Trouble::Servfail => Failure::NotDelegated,
            })?;
        let is_ours = |name: &Name| {
            let name = name.to_lowercase().to_ascii();
            settings.names.name_servers.iter().any(|server| server.as_str() == name.trim_end_matches('.'))
        };
        let primary = |record: &Record| matches!(&record.data, RData::SOA(soa) if is_ours(&soa.mname));
        if reply.records.iter().any(primary) { Ok(()) } else { Err(Failure::NotDelegated) }
    }

    async fn note(&self, wildcard: &Wildcard, failure: Failure, next_ms: Option<i64>) -> Result<bool, PassError> {
        let store = &self.context.store;
        if wildcard.reason != Some(failure) {
            tracing::warn!(zone = %wildcard.zone, reason = failure.code(), "the zone's certificate has to wait");
        }
        let mut write = store.begin(&actor(), store.now_ms()).await?;
        write.note_wildcard(&wildcard.zone, (failure, None), (wildcard.attempts, next_ms)).await?;
        write.commit().await?;
        Ok(false)
    }
}
