//! How many requests are in flight: in all, for one client, for one tenant, and at one place of an application.
//!
//! Refuses what would take more than its share, at once; only for a place of an application a few may wait a little. Each
//! guard is held by the request and is free again when the request is dropped, however it ends.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use marque_config::TenantId;
use marque_config::settings::LimitSettings;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::{Client, Share, Shares};
use crate::refusal::Refusal;
use crate::telemetry::Metrics;

/// The requests of a process.
#[derive(Debug)]
pub(crate) struct InFlight {
    all: Arc<Shares<()>>,
    clients: Arc<Shares<Client>>,
    tenants: Arc<Shares<TenantId>>,
    metrics: Arc<Metrics>,
}

/// One request among those in flight.
#[derive(Debug)]
pub(crate) struct Place {
    _all: Share<()>,
    _client: Share<Client>,
    tenant: Option<Share<TenantId>>,
    metrics: Arc<Metrics>,
}

/// The requests that one place of an application has at once, and those that wait for it.
#[derive(Debug)]
pub(crate) struct Slots {
    free: Arc<Semaphore>,
    waiting: AtomicUsize,
    queue: usize,
    patience: Duration,
}

/// One request at a place of an application.
#[derive(Debug)]
pub(crate) struct Slot {
    _permit: OwnedSemaphorePermit,
}

impl InFlight {
    /// Nothing is in flight yet.
    pub(crate) fn new(limits: &LimitSettings, metrics: Arc<Metrics>) -> Self {
        Self {
            all: Shares::new(limits.requests),
            clients: Shares::new(limits.requests_per_client),
            tenants: Shares::new(limits.requests_per_tenant),
            metrics,
        }
    }

    /// Lets one more request of a client in.
    ///
    /// # Errors
    /// [`Refusal::TooManyRequests`] when the client has its share, [`Refusal::Busy`] when there is no place at all.
    pub(crate) fn enter(&self, client: IpAddr) -> Result<Place, Refusal> {
        let client = self.clients.take(client.into()).ok_or(Refusal::TooManyRequests)?;
        let all = self.all.take(()).ok_or(Refusal::Busy)?;
        self.metrics.requests_in_flight().inc();
        Ok(Place { _all: all, _client: client, tenant: None, metrics: Arc::clone(&self.metrics) })
    }

    /// Notes which tenant a request is for, once that is known.
    ///
    /// # Errors
    /// [`Refusal::TenantBusy`] when the tenant has its share.
    pub(crate) fn admit(&self, place: &mut Place, tenant: TenantId) -> Result<(), Refusal> {
        place.tenant = Some(self.tenants.take(tenant).ok_or(Refusal::TenantBusy)?);
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.metrics.requests_in_flight().dec();
    }
}

impl Slots {
    /// As many as the settings allow for one place.
    pub(crate) fn new(limits: &LimitSettings) -> Self {
        Self {
            free: Arc::new(Semaphore::new(limits.requests_per_target.min(Semaphore::MAX_PERMITS))),
            waiting: AtomicUsize::new(0),
            queue: limits.target_queue,
            patience: limits.target_patience.duration(),
        }
    }

    /// A slot, if one is free and nobody waits for it.
    pub(crate) fn try_take(&self) -> Option<Slot> {
        Arc::clone(&self.free).try_acquire_owned().ok().map(|permit| Slot { _permit: permit })
    }

    /// A slot, as soon as one is free.
    ///
    /// # Errors
    /// [`Refusal::TargetBusy`] when the queue is full, or none became free in time.
    pub(crate) async fn take(&self) -> Result<Slot, Refusal> {
        if let Some(slot) = self.try_take() {
            return Ok(slot);
        }
        let _turn = Turn::of(self).ok_or(Refusal::TargetBusy)?;
        match timeout(self.patience, Arc::clone(&self.free).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Slot { _permit: permit }),
            // The semaphore is never closed.
            Ok(Err(_)) | Err(_) => Err(Refusal::TargetBusy),
        }
    }
}

/// One who waits; counted until dropped, for whoever gives up waiting is dropped too.
struct Turn<'a>(&'a AtomicUsize);

impl<'a> Turn<'a> {
    fn of(slots: &'a Slots) -> Option<Self> {
        let turn = Self(&slots.waiting);
        (slots.waiting.fetch_add(1, Ordering::Relaxed) < slots.queue).then_some(turn)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
