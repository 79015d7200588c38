//! Redeeming tickets. What must be single is done at the control plane, so this waits for it, a few at a time and within one
//! deadline; whatever isn't a plain yes lets nobody in.

use std::sync::Arc;
use std::time::Duration;

use marque_config::TenantId;
use marque_config::entry::{Redeemed, Redemption, TICKET_LENGTH};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::feed::{FeedClient, Unredeemed};
use crate::refusal::Refusal;
use crate::telemetry::{Causes, Metrics};

/// How long somebody waits for the control plane, whichever of them answers.
const DEADLINE: Duration = Duration::from_secs(5);

/// How many tickets are being redeemed at once: strangers show what is none, and the control plane has other work.
const AT_ONCE: usize = 16;

/// Redeems tickets.
#[derive(Debug)]
pub(crate) struct Tickets {
    client: FeedClient,
    places: Semaphore,
    metrics: Arc<Metrics>,
}

/// Whether a text may be a ticket at all: the control plane isn't asked about another.
pub(crate) fn is_ticket(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.len() == TICKET_LENGTH && text.bytes().all(is_plain)
}

impl Tickets {
    /// Redeems tickets where `client` leads.
    pub(crate) fn new(client: FeedClient, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self { client, places: Semaphore::new(AT_ONCE), metrics })
    }

    /// Redeems a ticket that was shown at an address of a tenant.
    ///
    /// # Errors
    /// [`Refusal::TicketRefused`] when it isn't good there, or no longer; [`Refusal::EntryUnavailable`] when that can't be
    /// known now.
    pub(crate) async fn redeem(&self, tenant: TenantId, ticket: &str) -> Result<Redeemed, Refusal> {
        let redeemed = self.ask(tenant, ticket).await;
        let outcome = match &redeemed {
            Ok(_) => "redeemed",
            Err((_, outcome)) => outcome,
        };
        self.metrics.entry(outcome);
        redeemed.map_err(|(refusal, _)| refusal)
    }

    async fn ask(&self, tenant: TenantId, ticket: &str) -> Result<Redeemed, (Refusal, &'static str)> {
        if !is_ticket(ticket) {
            return Err((Refusal::TicketRefused, "ticket_malformed"));
        }
        let busy = |_| (Refusal::EntryUnavailable, "busy");
        let _place = self.places.try_acquire().map_err(busy)?;
        let proxy = self.client.proxy().to_owned();
        let redemption = Redemption { proxy, tenant, ticket: ticket.to_owned() };
        match timeout(DEADLINE, self.client.redeem(&redemption)).await {
            // What is told of another tenant isn't what was asked for.
            Ok(Ok(redeemed)) if redeemed.entry.tenant == tenant => Ok(redeemed),
            Ok(Ok(_)) => Err((Refusal::TicketRefused, "ticket_unknown")),
            Ok(Err(Unredeemed::Refused(code))) => Err((Refusal::TicketRefused, word(&code))),
            Ok(Err(Unredeemed::Unavailable(error))) => {
                tracing::warn!(error = %Causes(&error), "a ticket can't be redeemed");
                Err((Refusal::EntryUnavailable, "unavailable"))
            }
            Err(_) => {
                tracing::warn!("a ticket can't be redeemed: the control plane does not answer in time");
                Err((Refusal::EntryUnavailable, "too_slow"))
            }
        }
    }
}

/// The metrics' word for the control plane's code.
fn word(code: &str) -> &'static str {
    match code {
        "ticket-used" => "ticket_used",
        "ticket-expired" => "ticket_expired",
        "no-access" => "no_access",
        "not-found" => "ticket_unknown",
        _ => "refused",
    }
}
