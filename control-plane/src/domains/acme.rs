//! Gets certificates from a certificate authority by ACME (RFC 8555): our own HTTP client below instant-acme, one
//! account for each directory, and the steps of an order. What an order of a shop is has no place here.
//!
//! Nothing here decides when to ask or keeps how far an issuance is: that's `domains/tasks/issue.rs`.

pub mod account;
pub mod alpn;
pub mod certificate;
pub mod client;
pub mod failure;
pub mod fault;
pub mod order;

use std::path::PathBuf;
use std::sync::Arc;

use marque_config::seal::KeyRing;
use marque_config::settings::AcmeSettings;

use crate::database::Store;
use account::Session;
use client::Client;

/// The certificate authority that the settings name, with our account there.
pub struct Ca {
    directory: String,
    settings: AcmeSettings,
    client: Client,
    store: Store,
    store_key: Arc<KeyRing>,
    session: tokio::sync::Mutex<Option<Arc<Session>>>,
}

/// Why the certificate authority can't be used as the settings say.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// The file with its root can't be read.
    #[error("acme.root_file: cannot read {0}")]
    RootFile(PathBuf, #[source] std::io::Error),
    /// The file with its root holds none.
    #[error("acme.root_file: {0} holds no certificate that can be trusted")]
    Root(PathBuf),
    /// TLS can't be set up.
    #[error("cannot set up TLS for the certificate authority")]
    Tls(#[source] rustls::Error),
    /// The HTTP client can't be set up.
    #[error("cannot set up HTTP for the certificate authority")]
    Http(#[source] reqwest::Error),
}

impl Ca {
    /// The certificate authority of the settings; none when they name none. Nothing is asked yet.
    ///
    /// # Errors
    /// [`CaError`].
    pub fn new(settings: &AcmeSettings, store: &Store, store_key: Arc<KeyRing>) -> Result<Option<Self>, CaError> {
        let Some(directory) = settings.directory.clone() else { return Ok(None) };
        let client = Client::new(settings, Arc::clone(&store.parts().clock))?;
        let session = tokio::sync::Mutex::new(None);
        Ok(Some(Self { directory, settings: settings.clone(), client, store: store.clone(), store_key, session }))
    }

    /// Until when the certificate authority asked to be left alone.
    #[must_use]
    pub fn quiet_until_ms(&self) -> i64 {
        self.client.quiet_until_ms()
    }
}
