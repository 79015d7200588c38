//! A proof that the proxies don't answer for: it is kept at a DNS server of the operator's own.

use std::error::Error;
use std::time::Duration;

use marque_config::Hostname;
use marque_config::certificate::DNS_01;
use tokio::time::{Instant, sleep};

use crate::database::Store;
use crate::domains::acme::failure::Failure;
use crate::domains::acme::fault::Fault;
use crate::domains::dns::Resolver;
use crate::domains::dns::update::Updater;

/// Where a zone is proved, and how the proof is seen from elsewhere.
pub(super) struct Elsewhere<'a> {
    pub(super) updater: &'a Updater,
    pub(super) resolver: &'a Resolver,
    pub(super) store: &'a Store,
    pub(super) zone: &'a Hostname,
}

/// How long the zone's other servers may take to have what its primary one has.
const SPREAD: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(500);

impl Elsewhere<'_> {
    /// Puts the proof there, and waits until it's seen.
    ///
    /// # Errors
    /// [`Fault::Final`] when it's refused; [`Fault::Later`] when the server is away, or the proof isn't seen in time.
    pub(super) async fn publish(&self, texts: &[String]) -> Result<(), Fault> {
        self.updater.set(self.zone, texts, self.store.now_ms()).await.map_err(|error| match error.failure() {
            failure @ Failure::UpdateRefused => Fault::last(failure, error.to_string()),
            failure => Fault::Later { failure, until_ms: None },
        })?;
        let patience = Instant::now() + SPREAD;
        while !self.is_seen(texts).await {
            if Instant::now() >= patience {
                return Err(Fault::Later { failure: Failure::Dns, until_ms: None });
            }
            sleep(LOOK).await;
        }
        Ok(())
    }

    /// Takes the proof back. What can't be is replaced by the next one.
    pub(super) async fn take_back(&self) {
        if let Err(error) = self.updater.set(self.zone, &[], self.store.now_ms()).await {
            let error = &error as &(dyn Error + 'static);
            tracing::warn!(zone = %self.zone, error, "what proved the zone's names could not be taken back");
        }
    }

    async fn is_seen(&self, texts: &[String]) -> bool {
        let found = self.resolver.texts(&format!("{DNS_01}.{}", self.zone)).await.unwrap_or_default();
        texts.iter().all(|text| found.contains(text))
    }
}
