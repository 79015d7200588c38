//! Seam: stands for the engine until it is merged.

use std::sync::Arc;

use marque_config::clock::{Clock, Random};
use marque_config::settings::ProxySettings;
use tokio::sync::watch;

use crate::replica::Directory;
use crate::secrets::Secrets;
use crate::telemetry::Metrics;

/// What serves requests.
pub struct Engine;

/// What the engine is made of.
pub struct EngineParts {
    /// The settings.
    pub settings: Arc<ProxySettings>,
    /// What the proxy knows.
    pub directory: Arc<Directory>,
    /// The shared keys, opened.
    pub secrets: watch::Receiver<Arc<Secrets>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

/// Why the engine can't start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {}

impl Engine {
    /// Makes an engine.
    ///
    /// # Errors
    /// None yet.
    pub fn new(_parts: EngineParts) -> Result<Arc<Self>, EngineError> {
        Ok(Arc::new(Self))
    }

    /// Watches the applications' health.
    pub async fn watch_health(self: Arc<Self>, _closing: watch::Receiver<bool>) {}
}
