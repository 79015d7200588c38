//! Tells webhook endpoints of what happened. First each endpoint that is behind gets its deliveries from the outbox, then
//! what is due is claimed and sent: of one object in the order of its events, of one endpoint a few at once. A process
//! that dies in between leaves claims that end after a minute; an endpoint may then be told twice, by the same id.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use marque_config::seal::KeyRing;
use marque_config::settings::WebhookSettings;

use crate::database::Store;
use crate::database::refused::Refused;
use crate::database::task::rows::Rows;
use crate::database::task::{Pass, PassError, Runs};
use crate::kernel::actor::Actor;
use crate::kernel::ids::EndpointId;
use crate::kernel::principal::Reach;
use crate::notify::courier::{Courier, CourierError, Message, Outcome};
use crate::notify::model::webhook::{is_wanted, wait_ms};
use crate::notify::operations::webhooks;
use crate::notify::store::deliveries::{Delivery, DeliveryState};
use crate::notify::store::webhooks::Endpoint;

pub(crate) struct Deliver {
    store: Store,
    keys: Arc<KeyRing>,
    courier: Courier,
    runs: Runs,
}

/// Endpoints that are looked after in one pass, and events for each.
const ENDPOINTS: i64 = 50;
const EVENTS: i64 = 500;
/// Deliveries in one pass, for one endpoint, and at once.
const MOST: i64 = 64;
const EACH: i64 = 8;
const AT_ONCE: usize = 16;
/// How long a claim holds: longer than any attempt.
const LEASE_MS: i64 = 60_000;

impl Deliver {
    pub(crate) fn new(store: &Store, keys: &Arc<KeyRing>, settings: &WebhookSettings) -> Result<Self, CourierError> {
        Ok(Self {
            store: store.clone(),
            keys: Arc::clone(keys),
            courier: Courier::new(settings)?,
            runs: Runs::default(),
        })
    }

    /// The same, counting what it can't do.
    pub(crate) fn counting(self, runs: &Runs) -> Self {
        Self { runs: runs.clone(), ..self }
    }

    pub(crate) async fn pass(self: Arc<Self>) -> Result<Pass, PassError> {
        let behind = self.store.endpoints_behind(ENDPOINTS).await?;
        let rows = Rows::of(&self.store, &self.runs, "deliver").await?;
        for id in &behind {
            rows.fared(&id.to_string(), self.fan_out(*id).await).await?;
        }
        if !self.store.is_delivery_due().await? {
            return Ok(if behind.is_empty() { Pass::Idle } else { Pass::Worked });
        }
        let mut write = self.store.begin(&actor(), self.store.now_ms()).await?;
        let lease_ms = write.now_ms().saturating_add(LEASE_MS);
        let claimed = write.claim_deliveries(lease_ms, EACH, MOST).await?;
        write.commit().await?;
        let pass = if claimed.is_empty() && behind.is_empty() { Pass::Idle } else { Pass::Worked };
        // All of them first: one that holds the gate isn't left alone while this waits for the gate.
        let sent = stream::iter(claimed).map(|id| self.delivered(id)).buffer_unordered(AT_ONCE);
        for (id, done) in sent.collect::<Vec<_>>().await {
            rows.fared(&id, done).await?;
        }
        Ok(pass)
    }

    /// Makes the deliveries of what happened since the endpoint was last looked after.
    async fn fan_out(&self, id: EndpointId) -> Result<(), PassError> {
        let mut write = self.store.begin(&actor(), self.store.now_ms()).await?;
        let Some(mut endpoint) = write.endpoint(&Reach::system("deliver"), id).await? else { return Ok(()) };
        let partner = endpoint.partner.map(|id| id.to_string());
        let events = write.events_after(endpoint.seen_seq, partner, EVENTS).await?;
        let id = endpoint.id.to_string();
        for event in &events {
            endpoint.seen_seq = event.seq;
            if is_wanted(&endpoint.kinds, &id, event) {
                write.add_delivery(endpoint.id, event).await?;
            }
        }
        write.update_endpoint(&endpoint).await?;
        write.commit().await?;
        Ok(())
    }

    async fn delivered(&self, id: String) -> (String, Result<(), PassError>) {
        let done = self.deliver(&id).await;
        (id, done)
    }

    async fn deliver(&self, id: &str) -> Result<(), PassError> {
        let Some(mut delivery) = self.store.claimed_delivery(id).await? else { return Ok(()) };
        let system = Reach::system("deliver");
        let Some(endpoint) = self.store.endpoint(&system, delivery.endpoint).await? else { return Ok(()) };
        let outcome = self.courier.carry(&endpoint.url, self.message(&endpoint, &delivery)?).await;
        let now_ms = self.store.now_ms();
        judge(&mut delivery, outcome, now_ms);
        let mut write = self.store.begin(&actor(), now_ms).await?;
        if !write.record_delivery(&delivery).await? {
            return Ok(());
        }
        if outcome == Outcome::Gone {
            match webhooks::disable_gone(&mut write, endpoint.id).await {
                Ok(()) | Err(Refused::NotFound) => {}
                Err(Refused::Store(error)) => return Err(error.into()),
                Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "an endpoint stays enabled"),
            }
        }
        write.commit().await?;
        Ok(())
    }

    fn message(&self, endpoint: &Endpoint, delivery: &Delivery) -> Result<Message, PassError> {
        let now_ms = self.store.now_ms();
        let (id, timestamp) = (delivery.event.id.clone(), now_ms.div_euclid(1000));
        let body = delivery.event.published().to_string();
        let secrets = webhooks::secrets(&self.keys, endpoint, now_ms)?;
        let signatures: Vec<_> = secrets.iter().map(|secret| secret.sign(&id, timestamp, &body)).collect();
        Ok(Message { id, timestamp, signatures: signatures.join(" "), body })
    }
}

/// Writes into a delivery what came of its attempt.
fn judge(delivery: &mut Delivery, outcome: Outcome, now_ms: i64) {
    delivery.last_status = outcome.status().map(i64::from);
    delivery.last_error = outcome.error().map(str::to_owned);
    let wait_ms = wait_ms(delivery.attempts).filter(|_| outcome != Outcome::Gone);
    let (state, done_ms) = match (outcome, wait_ms) {
        (Outcome::Taken(_), _) => (DeliveryState::Delivered, Some(now_ms)),
        (_, Some(_)) => (DeliveryState::Pending, None),
        (_, None) => (DeliveryState::Failed, Some(now_ms)),
    };
    delivery.state = state;
    delivery.done_ms = done_ms;
    delivery.next_ms = now_ms.saturating_add(wait_ms.unwrap_or_default());
}

fn actor() -> Actor {
    Actor::system("deliver")
}
