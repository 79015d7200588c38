//! 0. What this proxy knows: a copy of what the control plane decided, in memory and in a local file.
//!
//! The memory is what requests and handshakes read; the file is read at start and written by one task. Neither is
//! ever asked for by a request to anybody else. A proxy starts from the file alone: whether the control plane
//! answers is seen later, by the follower.

mod acks;
mod batch;
mod client;
pub(crate) mod file;
mod follow;
mod guard;
mod silence;
mod store;

use std::sync::Arc;

use marque_config::clock::{Clock, Random};
use marque_config::feed::{Ack, Revision};
use marque_config::settings::FeedSettings;
use marque_config::signature::{FeedVerifier, SignatureError};
use tokio::sync::watch;

use crate::directory::Directory;
use crate::telemetry::Metrics;
use store::{Store, StoreError};

pub(crate) use client::{ClientError, FeedClient, Unredeemed};
pub use follow::Follower;

/// Up to where the replica has come, in whose revisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The database that the revision is of.
    pub epoch: String,
    /// The last batch that was taken.
    pub revision: Revision,
}

/// Why a proxy can't have a replica.
#[derive(Debug, thiserror::Error)]
pub enum ReplicaError {
    /// A key file can't be read.
    #[error("feed.public_key_file {path}")]
    PublicKeyFile {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A key file doesn't hold a key.
    #[error("feed.public_key_file")]
    PublicKey(#[from] SignatureError),
    /// The control plane can't be asked.
    #[error("the feed's client")]
    Client(#[from] ClientError),
    /// The file can't be used, nor a new one be made.
    #[error("feed.replica")]
    Store(#[from] StoreError),
}

/// Opens the replica and what is needed to follow the feed; doesn't ask the control plane.
///
/// # Errors
/// [`ReplicaError`]. A damaged file is none: it is set aside, and the replica starts empty.
pub async fn open(
    settings: &FeedSettings,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    metrics: Arc<Metrics>,
) -> Result<(Arc<Directory>, Follower), ReplicaError> {
    let path = settings.public_key_file.clone();
    let key = tokio::fs::read_to_string(&path).await.map_err(|source| ReplicaError::PublicKeyFile { path, source })?;
    let verifier = FeedVerifier::parse(&key)?;
    let (mut store, held) = Store::open(&settings.replica, clock.now_ms()).await?;
    let proxy = match &settings.name {
        Some(name) => name.clone(),
        None => store.name(random.as_ref()).await?,
    };
    let directory = Arc::new(Directory::default());
    let position = held.map(|(position, batch)| {
        directory.apply(batch);
        position
    });
    tracing::info!(revision = position.as_ref().map(|it| it.revision.0), tenants = directory.tenant_count(), "replica");
    let client = FeedClient::new(settings, proxy).await?;
    let (kept, away) = (Arc::clone(&directory), follow::AWAY);
    let epochs = watch::Sender::new(position.as_ref().map(|position| position.epoch.clone()));
    let follower =
        Follower { client, verifier, store, directory: kept, position, epochs, away, clock, random, metrics };
    Ok((directory, follower))
}

/// What a proxy has applied, as it is told to the control plane.
fn ack(proxy: &str, position: &Position) -> Ack {
    Ack { proxy: proxy.to_owned(), epoch: position.epoch.clone(), revision: position.revision }
}

#[cfg(test)]
mod tests;
