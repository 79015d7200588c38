//! Sends acknowledgements, beside the stream: a slow answer delays no batch.

use marque_config::feed::Ack;
use tokio::sync::watch;

use super::client::{FeedClient, Plane};
use super::follow::{FIRST_PAUSE, LONGEST_PAUSE};
use crate::telemetry::Causes;

/// The newest acknowledgement that is to be sent, older ones need not be; and where the stream is.
#[derive(Debug, Clone, Default)]
pub(super) struct Outstanding {
    pub(super) plane: Plane,
    pub(super) ack: Option<Ack>,
}

/// Sends the newest acknowledgement until it has arrived: where the stream is, or else at another control plane.
pub(super) async fn send(client: FeedClient, mut outstanding: watch::Receiver<Outstanding>) {
    let mut pause = FIRST_PAUSE;
    while outstanding.changed().await.is_ok() {
        loop {
            let Outstanding { plane, ack } = outstanding.borrow_and_update().clone();
            let Some(ack) = ack else { break };
            match client.acknowledge(plane, &ack).await {
                Ok(()) => break,
                Err(error) => tracing::warn!(error = %Causes(&error), "not acknowledged"),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        pause = FIRST_PAUSE;
    }
}
