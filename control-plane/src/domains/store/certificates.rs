//! The certificates that are served, and the accounts with which they're got.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use marque_config::certificate::Certificate;
use marque_config::feed::Record;
use marque_config::seal::Sealed;
use marque_config::{Hostname, TenantId};

use super::hostnames::CertificateSource;
use crate::database::row::word;
use crate::database::{Store, StoreError, Write, to_json};
use crate::domains::acme::certificate::Checked;
use crate::domains::acme::failure::Failure;

const INSTALL: &str = "update hostname set certificate_state = 'active', certificate_source = $2,
    certificate_reason = null, certificate_not_after_ms = $3, certificate_chain = $4, certificate_key = $5,
    renew_at_ms = $6, ends_soon_ms = $7, attempts = 0, next_attempt_ms = null where host = $1";

impl Store {
    /// The sealed credentials of the account at a CA's directory, if there is one.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn acme_account(&self, directory: &str) -> Result<Option<Sealed>, StoreError> {
        let row: Option<Vec<u8>> = sqlx::query_scalar("select credentials from acme_account where directory = $1")
            .bind(directory)
            .fetch_optional(self.reader())
            .await?;
        Ok(row.map(Sealed::from_bytes))
    }
}

impl Write {
    /// Makes a certificate the one that is served for a name; `false` when the name is no more. An uploaded one ends
    /// whatever is under way to get another, and is its owner's until its end: only then is another one due.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn install_certificate(
        &mut self,
        (host, tenant): (&Hostname, TenantId),
        checked: &Checked,
        key: Sealed,
        source: CertificateSource,
    ) -> Result<bool, StoreError> {
        if source == CertificateSource::Uploaded {
            self.abandon_issuance(host, Failure::Superseded).await?;
        }
        let late_ms = checked.renew_at_ms(self.now_ms());
        let (renew_at_ms, ends_soon_ms) = match source {
            CertificateSource::Acme | CertificateSource::Wildcard => (late_ms, None),
            CertificateSource::Uploaded => (checked.not_after_ms, Some(late_ms)),
        };
        // What was said of the one before is not true of this one.
        self.drop_served_upload(host).await?;
        let chain = encoded(checked);
        let done = sqlx::query(INSTALL)
            .bind(host.as_str())
            .bind(word("hostname.certificate_source", &source)?)
            .bind(checked.not_after_ms)
            .bind(to_json("hostname.certificate_chain", &chain)?)
            .bind(key.as_bytes())
            .bind(renew_at_ms)
            .bind(ends_soon_ms)
            .execute(self.connection())
            .await?;
        let installed = done.rows_affected() == 1;
        if installed {
            let not_after_ms = checked.not_after_ms;
            self.feed(Record::Certificate(Certificate { host: host.clone(), tenant, chain, key, not_after_ms }));
        }
        Ok(installed)
    }

    /// Keeps an account's credentials, unless another process was first: `false` then.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn keep_acme_account(&mut self, directory: &str, credentials: &Sealed) -> Result<bool, StoreError> {
        let now_ms = self.now_ms();
        let done = sqlx::query(
            "insert into acme_account (directory, credentials, created_ms) values ($1, $2, $3)
             on conflict (directory) do nothing",
        )
        .bind(directory)
        .bind(credentials.as_bytes())
        .bind(now_ms)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Forgets an account that its CA no longer knows, unless a newer one was kept meanwhile.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn forget_acme_account(&mut self, directory: &str, credentials: &Sealed) -> Result<(), StoreError> {
        sqlx::query("delete from acme_account where directory = $1 and credentials = $2")
            .bind(directory)
            .bind(credentials.as_bytes())
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

/// The chain as the feed and the database have it: each certificate as base64 of its DER.
pub(super) fn encoded(checked: &Checked) -> Vec<String> {
    checked.chain.iter().map(|certificate| STANDARD.encode(certificate)).collect()
}
