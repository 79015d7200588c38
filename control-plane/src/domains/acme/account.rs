//! Our account at a directory: made once, its credentials kept sealed, made anew when the CA no longer knows it.

use std::sync::Arc;

use instant_acme::{Account, AccountCredentials, NewAccount};
use marque_config::seal::{Context, Purpose, Sealed};
use zeroize::Zeroizing;

use super::Ca;
use super::fault::Fault;
use crate::database::Whose;
use crate::kernel::actor::Actor;

/// The account, ready for use.
pub struct Session {
    /// The account as instant-acme has it.
    pub account: Account,
    credentials: Sealed,
}

impl Ca {
    /// The account: from memory, else from the store, else a new one.
    ///
    /// # Errors
    /// When the certificate authority or the store doesn't answer, or the credentials don't open.
    pub async fn session(&self) -> Result<Arc<Session>, Fault> {
        let mut session = self.session.lock().await;
        if let Some(session) = session.as_ref() {
            return Ok(Arc::clone(session));
        }
        let opened = match self.store.acme_account(&self.directory).await? {
            Some(credentials) => self.open(credentials).await?,
            None => self.create().await?,
        };
        let opened = Arc::new(opened);
        *session = Some(Arc::clone(&opened));
        Ok(opened)
    }

    /// Forgets an account that the certificate authority doesn't know; the next [`Ca::session`] makes another.
    ///
    /// # Errors
    /// When the store doesn't answer.
    pub async fn forget(&self, session: &Session) -> Result<(), Fault> {
        let mut current = self.session.lock().await;
        tracing::warn!(directory = self.directory, "the certificate authority does not know our account: a new one");
        let mut write = self.store.begin(&Actor::system("acme"), self.store.now_ms()).await?;
        write.forget_acme_account(&self.directory, &session.credentials).await?;
        write.commit().await?;
        if current.as_ref().is_some_and(|it| it.credentials == session.credentials) {
            *current = None;
        }
        Ok(())
    }

    async fn open(&self, credentials: Sealed) -> Result<Session, Fault> {
        let secret = |error: Box<dyn std::error::Error + Send + Sync>| Fault::Secret(error);
        let json = self.store_key.open(self.context(), &credentials).map_err(|error| secret(error.into()))?;
        let opened: AccountCredentials = serde_json::from_slice(&json).map_err(|error| secret(error.into()))?;
        let account = Account::builder_with_http(Box::new(self.client.clone())).from_credentials(opened).await?;
        Ok(Session { account, credentials })
    }

    async fn create(&self) -> Result<Session, Fault> {
        let contacts: Vec<&str> = self.settings.contacts.iter().map(String::as_str).collect();
        let new = NewAccount {
            contact: &contacts,
            terms_of_service_agreed: self.settings.terms_agreed,
            only_return_existing: false,
        };
        let builder = Account::builder_with_http(Box::new(self.client.clone()));
        let (account, credentials) = builder.create(&new, self.directory.clone(), None).await?;
        let json = serde_json::to_vec(&credentials).map(Zeroizing::new).map_err(|error| Fault::Secret(error.into()))?;
        let nonce = self.store.parts().bytes();
        let sealed = self.store_key.seal(self.context(), &nonce, &json).map_err(|error| Fault::Secret(error.into()))?;
        let mut write = self.store.begin(&Actor::system("acme"), self.store.now_ms()).await?;
        let kept = write.keep_acme_account(&self.directory, &sealed).await?;
        write.audit("acme_account.created", &self.directory, Whose::VENDOR, serde_json::json!({ "id": account.id() }));
        write.commit().await?;
        if kept {
            return Ok(Session { account, credentials: sealed });
        }
        // Another process was first: one account for all.
        let first = self.store.acme_account(&self.directory).await?.ok_or(Fault::AccountUnknown)?;
        self.open(first).await
    }

    fn context(&self) -> Context<'_> {
        Context { purpose: Purpose::AcmeAccount, owner: &self.directory, name: "" }
    }
}
