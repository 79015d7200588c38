//! Sends what waits to the control plane, until it has said of each event what became of it.

use std::sync::Arc;
use std::time::Duration;

use marque_config::edge_events::{EdgeEvent, EdgeEvents, MOST_BYTES, MOST_EVENTS};
use tokio::sync::watch;
use tokio::time::sleep;

use super::Outbox;
use super::box_file::BoxError;
use crate::feed::{ClientError, FeedClient};
use crate::telemetry::Causes;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How often what was settled long ago is forgotten, and the file is looked at besides.
const ROUND: Duration = Duration::from_secs(600);

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
enum Unsent {
    #[error("the outbox can't be read")]
    File(#[from] BoxError),
    #[error("the control plane doesn't take what the edge saw")]
    Client(#[from] ClientError),
}

impl Outbox {
    /// Sends what waits, whenever something does, to the database that the feed is of; until the task is dropped.
    pub(crate) async fn send(self: Arc<Self>, client: FeedClient, mut epochs: watch::Receiver<Option<String>>) {
        let mut pause = FIRST_PAUSE;
        loop {
            let epoch = epochs.borrow_and_update().clone();
            let wait = match self.round(&client, epoch.as_deref()).await {
                Ok(true) => {
                    pause = FIRST_PAUSE;
                    continue;
                }
                Ok(false) => ROUND,
                Err(error) => {
                    if let Unsent::File(error) = &error {
                        self.failed(error).await;
                    }
                    tracing::warn!(error = %Causes(&error), "what the edge saw waits");
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    pause
                }
            };
            tokio::select! {
                () = self.arrived.notified(), if wait == ROUND => {}
                Ok(()) = epochs.changed() => {}
                () = sleep(wait) => {}
            }
        }
    }

    /// Sends the oldest events that wait. Whether there may be more.
    async fn round(&self, client: &FeedClient, epoch: Option<&str>) -> Result<bool, Unsent> {
        let events = self.oldest(epoch).await?;
        let (Some(epoch), false) = (epoch, events.is_empty()) else { return Ok(false) };
        let sent = EdgeEvents { proxy: client.proxy().to_owned(), epoch: epoch.to_owned(), events };
        let settled = client.send_events(&sent).await?.events;
        for event in &settled {
            self.metrics.outbox.settled(event.refused.is_some());
            if let Some(code) = &event.refused {
                tracing::warn!(event = event.id, code, "the control plane refused what the edge saw");
            }
        }
        let mut file = self.file().await?;
        let noted = file.settle(&settled, self.clock.now_ms()).await?;
        self.count(&mut file).await?;
        Ok(noted > 0)
    }

    /// The oldest events that wait for the database of an epoch.
    async fn oldest(&self, epoch: Option<&str>) -> Result<Vec<EdgeEvent>, BoxError> {
        let mut file = self.file().await?;
        file.prune(self.clock.now_ms()).await?;
        // Before the feed was heard nobody knows whose events these are to be.
        let Some(epoch) = epoch else { return Ok(Vec::new()) };
        file.follow(epoch).await?;
        self.count(&mut file).await?;
        file.waiting(MOST_EVENTS, MOST_BYTES).await
    }
}
