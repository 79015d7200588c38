//! The source of truth: partners, tenants, domains, certificates, and the feed that tells the edge about them.
//!
//! Each area of the business has a room of its own; in it `api` and `tasks` call `operations`, operations call `store`,
//! everything knows `model`. Areas use only those below them.

pub mod access;
pub mod backup;
pub mod catalogue;
pub mod clients;
pub mod database;
pub mod domains;
pub mod edge;
pub mod erasure;
pub mod identity;
pub mod kernel;
pub mod keys;
pub mod licences;
pub mod lifecycle;
pub mod money;
pub mod notify;
pub mod operator;
pub mod orders;
pub mod partners;
pub mod reports;
pub mod routes;
mod serve;
mod status;
pub mod support;
pub mod tasks;
pub mod telemetry;
pub mod tenants;
pub mod web;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use marque_config::settings::ControlPlaneSettings;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::database::task::Runs;
use crate::database::{Backend, Store, StoreError};
use crate::edge::feed::FeedServer;
use crate::keys::proof::ProofError;
use crate::keys::{KeyError, Keys};
use crate::serve::Listening;
use crate::tasks::{StartTasksError, TaskParts, Tasks};
use crate::telemetry::Metrics;
use crate::web::Api;

pub use kernel::parts::Parts;

/// A control plane.
#[derive(Debug)]
pub struct ControlPlane;

/// A control plane that runs. Ends when shut down, or when dropped.
pub struct Handle {
    api: SocketAddr,
    status: SocketAddr,
    store: Store,
    metrics: Arc<Metrics>,
    closing: watch::Sender<bool>,
    servers: Vec<JoinHandle<()>>,
    tasks: Option<Tasks>,
}

/// Why a control plane doesn't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A key file can't be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A key isn't the database's.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The database can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The tasks can't work as the settings say.
    #[error(transparent)]
    Tasks(#[from] StartTasksError),
    /// An address can't be listened at.
    #[error("{key}: cannot listen at {address}")]
    Listen {
        /// The key of the settings.
        key: &'static str,
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The API's certificate or key isn't one.
    #[error("{key}: {path} can't be used for TLS")]
    Certificate {
        /// The key of the settings.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StartError {
    /// Whether the settings are wrong, as opposed to what they name being away.
    #[must_use]
    pub fn is_about_settings(&self) -> bool {
        match self {
            Self::Key(_) | Self::Tasks(_) | Self::Certificate { .. } => true,
            Self::Proof(error) => error.is_about_settings(),
            Self::Store(error) => matches!(error, StoreError::Settings { .. }),
            Self::Listen { .. } => false,
        }
    }
}

impl ControlPlane {
    /// Starts to serve.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(settings: ControlPlaneSettings, parts: Parts) -> Result<Handle, StartError> {
        let keys = Keys::read(&settings)?;
        let tls = tls(&settings)?;
        let api = bind("listen.api", settings.listen.api).await?;
        let status = bind("listen.status", settings.listen.status).await?;
        let store = open(&settings, parts, &keys).await?;
        let runs = Runs::default();
        let metrics = Metrics::with(&runs, store.measures());
        let (closing, closed) = watch::channel(false);
        let feed = FeedServer::new(store.clone(), Arc::clone(&keys.feed), Arc::clone(&metrics), closed.clone());
        let tasks = start_tasks(&store, &settings, &keys, runs)?;
        let service = Api::new(store.clone(), keys, settings.names, feed, Arc::clone(&metrics));
        let service = service.limited(&settings.limits).hashing(&settings.passwords).telling(&settings.webhooks);
        let service = service.sharing(&settings.shares).router();
        let page = status::router(store.clone(), Arc::clone(&metrics));
        let (api_address, status_address) = (api.address, status.address);
        let servers =
            vec![tokio::spawn(api.serve(tls, service, closed.clone())), tokio::spawn(status.serve(None, page, closed))];
        tracing::info!(api = %api_address, status = %status_address, "serving");
        Ok(Handle { api: api_address, status: status_address, store, metrics, closing, servers, tasks: Some(tasks) })
    }
}

impl Handle {
    /// Where the API listens.
    #[must_use]
    pub fn api(&self) -> SocketAddr {
        self.api
    }

    /// Where the status page listens.
    #[must_use]
    pub fn status(&self) -> SocketAddr {
        self.status
    }

    /// Its database.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Has the metrics say what the process's log could not.
    pub fn report(&self, losses: telemetry::LogLosses) {
        self.metrics.report(losses);
    }

    /// Lets requests finish, and ends.
    pub async fn shutdown(mut self) {
        self.closing.send_replace(true);
        for server in &mut self.servers {
            // A server that panicked has ended, too.
            let _ = server.await;
        }
        if let Some(tasks) = self.tasks.take() {
            tasks.shutdown().await;
        }
        self.store.close().await;
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Handle(api {}, status {})", self.api, self.status)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.closing.send_replace(true);
        self.servers.iter().for_each(JoinHandle::abort);
    }
}

/// The database, once the keys have proved to be its own. A file is brought up to date: nobody else uses it. A server
/// may have other programs on it: there only `migrate` does that.
async fn open(settings: &ControlPlaneSettings, parts: Parts, keys: &Keys) -> Result<Store, StartError> {
    let store = Store::reach(&settings.database, parts, true).await?;
    keys.prove(&store, &settings.keys).await?;
    match store.backend() {
        Backend::Postgres => store.expect_current().await?,
        Backend::Sqlite => {
            let applied = store.migrate().await?;
            if let (Some(first), Some(last)) = (applied.first(), applied.last()) {
                tracing::info!(first, last, "the database was brought up to date");
            }
        }
    }
    keys.keep(&store, &settings.keys).await?;
    Ok(store.sealed_by(Arc::clone(&keys.store)))
}

fn start_tasks(
    store: &Store,
    settings: &ControlPlaneSettings,
    keys: &Keys,
    runs: Runs,
) -> Result<Tasks, StartTasksError> {
    tasks::start(TaskParts {
        store: store.clone(),
        settings: Arc::new(settings.clone()),
        store_key: Arc::clone(&keys.store),
        edge_key: Arc::clone(&keys.edge),
        runs,
    })
}

async fn bind(key: &'static str, address: SocketAddr) -> Result<Listening, StartError> {
    Listening::bind(address).await.map_err(|source| StartError::Listen { key, address, source })
}

fn tls(settings: &ControlPlaneSettings) -> Result<Option<TlsAcceptor>, StartError> {
    let (Some(chain), Some(key)) = (&settings.listen.certificate_file, &settings.listen.key_file) else {
        return Ok(None);
    };
    let wrong = |name, path: &PathBuf, source: Box<dyn std::error::Error + Send + Sync>| StartError::Certificate {
        key: name,
        path: path.clone(),
        source,
    };
    let certificates = CertificateDer::pem_file_iter(chain).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = certificates.map_err(|error| wrong("listen.certificate_file", chain, error.into()))?;
    let text = keys::secret("listen.key_file", key)?;
    let secret = PrivateKeyDer::from_pem_slice(text.as_bytes());
    let secret = secret.map_err(|error| wrong("listen.key_file", key, error.into()))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, secret));
    let mut config = config.map_err(|error| wrong("listen.certificate_file", chain, error.into()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

#[cfg(test)]
mod tests;
