//! The certificates that partners upload: what is said of those that are served, and those that wait until they're
//! valid.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use marque_config::seal::Sealed;
use marque_config::{DomainId, Hostname};
use sqlx::FromRow;

use crate::database::{Store, StoreError, Write, from_json, parsed, to_json};
use crate::domains::acme::certificate::Checked;

/// What there is to say of an uploaded certificate. Times are milliseconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// The name that it's for.
    pub host: Hostname,
    /// Whether it isn't served yet.
    pub is_waiting: bool,
    /// Whether no public authority vouches for it.
    pub is_private: bool,
    /// From when it's valid.
    pub not_before_ms: i64,
    /// Until when it's valid.
    pub not_after_ms: i64,
}

/// A certificate whose time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The domain that it was uploaded for.
    pub domain: DomainId,
    /// What there is to say of it.
    pub uploaded: Uploaded,
    /// The chain, with its times; the names that it's for are no longer of interest.
    pub checked: Checked,
    /// The private key, sealed for the name.
    pub key: Sealed,
}

#[derive(FromRow)]
struct Row {
    host: String,
    is_waiting: i64,
    is_private: i64,
    not_before_ms: i64,
    not_after_ms: i64,
}

#[derive(FromRow)]
struct WaitingRow {
    host: String,
    domain_id: String,
    is_private: i64,
    not_before_ms: i64,
    not_after_ms: i64,
    chain: String,
    private_key: Vec<u8>,
}

const OF_DOMAIN: &str = "select host, is_waiting, is_private, not_before_ms, not_after_ms from uploaded_certificate
    where domain_id = $1 order by host, is_waiting";

const DUE: &str = "select host, domain_id, is_private, not_before_ms, not_after_ms, chain, private_key
    from uploaded_certificate where is_waiting = 1 and not_before_ms <= $1 order by not_before_ms, host limit $2";

const KEEP: &str = "insert into uploaded_certificate (host, domain_id, is_waiting, is_private, not_before_ms,
    not_after_ms, chain, private_key) values ($1, $2, $3, $4, $5, $6, $7, $8)
    on conflict (host, domain_id, is_waiting) do update set is_private = excluded.is_private,
    not_before_ms = excluded.not_before_ms, not_after_ms = excluded.not_after_ms, chain = excluded.chain,
    private_key = excluded.private_key";

const DROP_WAITING: &str = "delete from uploaded_certificate where host = $1 and domain_id = $2 and is_waiting = 1";

const DROP_SERVED: &str = "delete from uploaded_certificate where host = $1 and is_waiting = 0";

impl Store {
    /// What was uploaded for a domain.
    ///
    /// # Errors
    /// When the database is away, or holds what can't be read.
    pub async fn uploads_of(&self, domain: DomainId) -> Result<Vec<Uploaded>, StoreError> {
        all(sqlx::query_as(OF_DOMAIN).bind(domain.to_string()).fetch_all(self.reader()).await?)
    }

    /// The uploaded certificates that wait and whose time has come, at most `limit`.
    ///
    /// # Errors
    /// As [`Store::uploads_of`].
    pub async fn uploads_due(&self, limit: i64) -> Result<Vec<Waiting>, StoreError> {
        let rows: Vec<WaitingRow> =
            sqlx::query_as(DUE).bind(self.now_ms()).bind(limit).fetch_all(self.reader()).await?;
        rows.into_iter().map(Waiting::try_from).collect()
    }
}

impl Write {
    /// What was uploaded for a domain, as this write sees it.
    ///
    /// # Errors
    /// As [`Store::uploads_of`].
    pub async fn uploads_of(&mut self, domain: DomainId) -> Result<Vec<Uploaded>, StoreError> {
        all(sqlx::query_as(OF_DOMAIN).bind(domain.to_string()).fetch_all(self.connection()).await?)
    }

    /// Keeps an upload until it's valid, in place of what waited for the same name.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn keep_upload(&mut self, waiting: &Waiting) -> Result<(), StoreError> {
        let chain: Vec<String> = waiting.checked.chain.iter().map(|certificate| STANDARD.encode(certificate)).collect();
        let chain = to_json("uploaded_certificate.chain", &chain)?;
        let key = waiting.key.as_bytes().to_vec();
        self.put_upload(waiting.domain, &waiting.uploaded, Some((chain, key))).await
    }

    /// Notes what is to be said of an uploaded certificate that is served from now on.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn note_upload(&mut self, domain: DomainId, uploaded: &Uploaded) -> Result<(), StoreError> {
        self.put_upload(domain, uploaded, None).await
    }

    /// Forgets the upload that waits for a name, if one does; whether one did.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn drop_waiting_upload(&mut self, host: &Hostname, domain: DomainId) -> Result<bool, StoreError> {
        let dropped = sqlx::query(DROP_WAITING).bind(host.as_str()).bind(domain.to_string());
        Ok(dropped.execute(self.connection()).await?.rows_affected() > 0)
    }

    /// Forgets what was said of the upload that a name no longer serves.
    ///
    /// # Errors
    /// When the database is away.
    pub(crate) async fn drop_served_upload(&mut self, host: &Hostname) -> Result<(), StoreError> {
        sqlx::query(DROP_SERVED).bind(host.as_str()).execute(self.connection()).await?;
        Ok(())
    }

    /// Forgets everything that was uploaded for a domain.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn drop_uploads(&mut self, domain: DomainId) -> Result<(), StoreError> {
        let dropped = sqlx::query("delete from uploaded_certificate where domain_id = $1").bind(domain.to_string());
        dropped.execute(self.connection()).await?;
        Ok(())
    }

    async fn put_upload(
        &mut self,
        domain: DomainId,
        uploaded: &Uploaded,
        secret: Option<(String, Vec<u8>)>,
    ) -> Result<(), StoreError> {
        let (chain, key) = secret.unzip();
        sqlx::query(KEEP)
            .bind(uploaded.host.as_str())
            .bind(domain.to_string())
            .bind(i64::from(uploaded.is_waiting))
            .bind(i64::from(uploaded.is_private))
            .bind(uploaded.not_before_ms)
            .bind(uploaded.not_after_ms)
            .bind(chain)
            .bind(key)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

fn all(rows: Vec<Row>) -> Result<Vec<Uploaded>, StoreError> {
    rows.into_iter().map(Uploaded::try_from).collect()
}

impl TryFrom<Row> for Uploaded {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            host: parsed("uploaded_certificate.host", &row.host)?,
            is_waiting: row.is_waiting != 0,
            is_private: row.is_private != 0,
            not_before_ms: row.not_before_ms,
            not_after_ms: row.not_after_ms,
        })
    }
}

impl TryFrom<WaitingRow> for Waiting {
    type Error = StoreError;

    fn try_from(row: WaitingRow) -> Result<Self, StoreError> {
        let chain: Vec<String> = from_json("uploaded_certificate.chain", &row.chain)?;
        let unreadable = |error: base64::DecodeError| StoreError::Unreadable {
            what: "uploaded_certificate.chain",
            detail: error.to_string(),
        };
        let chain = chain.iter().map(|certificate| STANDARD.decode(certificate)).collect::<Result<_, _>>();
        let (not_before_ms, not_after_ms) = (row.not_before_ms, row.not_after_ms);
        Ok(Self {
            domain: parsed("uploaded_certificate.domain_id", &row.domain_id)?,
            uploaded: Uploaded {
                host: parsed("uploaded_certificate.host", &row.host)?,
                is_waiting: true,
                is_private: row.is_private != 0,
                not_before_ms,
                not_after_ms,
            },
            checked: Checked { chain: chain.map_err(unreadable)?, names: Vec::new(), not_before_ms, not_after_ms },
            key: Sealed::from_bytes(row.private_key),
        })
    }
}
