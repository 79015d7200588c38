//! Attempts to get a certificate. Each step is kept before the next is taken, so that whoever comes after a crash goes
//! on with the same order and the same key. A lease says who is at it; without it nothing of an issuance can change.

use marque_config::feed::{Key, RecordKind};
use marque_config::seal::Sealed;
use marque_config::{DomainId, Hostname, IssuanceId};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::hostnames::ClaimedName;
use crate::database::row::{from_word, word};
use crate::database::{Store, StoreError, Write, parsed};
use crate::domains::acme::failure::Failure;

/// How long an issuance is left to who took it and says nothing more.
pub const LEASE_MS: i64 = 10_000;

/// An attempt to get a certificate. Times are milliseconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuance {
    /// Its identity.
    pub id: IssuanceId,
    /// The domain that the name is part of.
    pub domain: DomainId,
    /// The name.
    pub host: Hostname,
    /// How far it is.
    pub state: IssuanceState,
    /// The order at the certificate authority, once there is one.
    pub order_url: Option<String>,
    /// The certificate's private key, sealed like the one that is served.
    pub key: Sealed,
    /// Why it failed.
    pub reason: Option<Failure>,
    /// What the certificate authority said about that.
    pub detail: Option<String>,
    /// When it was begun.
    pub created_ms: i64,
    /// When it last changed.
    pub updated_ms: i64,
}

/// How far an attempt is, whatever it is for: what is kept before each step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Its identity.
    pub id: IssuanceId,
    /// How far it is.
    pub state: IssuanceState,
    /// The order at the certificate authority, once there is one.
    pub order_url: Option<String>,
    /// The certificate's private key, sealed like the one that is served.
    pub key: Sealed,
}

/// How far an issuance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssuanceState {
    /// Somebody is at it; there is a key, and no order yet.
    Claimed,
    /// The order's address is kept.
    Ordered,
    /// The challenges' answers are in the feed.
    Published,
    /// Every live proxy has them.
    Acknowledged,
    /// The certificate authority was told to look.
    Ready,
    /// It was asked for the certificate.
    Finalized,
    /// The certificate is served.
    Issued,
    /// It was given up.
    Failed,
}

/// What may be done about a name's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// This is ours: a new one, or one that was left.
    Ours(Box<Issuance>),
    /// Another process is at it, or the name is no more.
    NotOurs,
    /// The budget is used up until then.
    Budget {
        /// When there is room again.
        until_ms: i64,
    },
}

#[derive(FromRow)]
struct Row {
    id: String,
    domain_id: String,
    host: String,
    state: String,
    order_url: Option<String>,
    key_sealed: Vec<u8>,
    reason: Option<String>,
    detail: Option<String>,
    lease_owner: Option<String>,
    lease_until_ms: Option<i64>,
    created_ms: i64,
    updated_ms: i64,
}

const OPEN: &str = "select id, domain_id, host, state, order_url, key_sealed, reason, detail, lease_owner,
    lease_until_ms, created_ms, updated_ms from issuance where host = $1 and state <> 'issued' and state <> 'failed'";

const BY_DOMAIN: &str = "select id, domain_id, host, state, order_url, key_sealed, reason, detail, lease_owner,
    lease_until_ms, created_ms, updated_ms from issuance where domain_id = $1 order by id desc limit $2";

/// Only where the name is still that domain's and needs a certificate: it may have been given up, and another process
/// may have got one, since this one looked.
const BEGIN: &str = "insert into issuance (id, domain_id, host, state, key_sealed, lease_owner, lease_until_ms,
    created_ms, updated_ms) select $1, domain_id, host, 'claimed', $3, $4, $5, $6, $6 from hostname
    where host = $2 and domain_id = $7 and dns_state = 'verified'
    and (certificate_state <> 'active' or renew_at_ms <= $6) and (next_attempt_ms is null or next_attempt_ms <= $6)";

const TAKE: &str = "update issuance set lease_owner = $2, lease_until_ms = $3 where id = $1";

const ADVANCE: &str = "update issuance set state = $3, order_url = $4, lease_until_ms = $5, updated_ms = $6
    where id = $1 and lease_owner = $2 and state <> 'issued' and state <> 'failed'";

const EXTEND: &str = "update issuance set lease_until_ms = $3
    where id = $1 and lease_owner = $2 and state <> 'issued' and state <> 'failed'";

const END: &str = "update issuance set state = $3, reason = $4, detail = $5, lease_until_ms = 0, updated_ms = $6
    where id = $1 and lease_owner = $2 and state <> 'issued' and state <> 'failed'";

const ABANDON: &str = "update issuance set state = 'failed', reason = $2, lease_until_ms = 0, updated_ms = $3
    where host = $1 and state <> 'issued' and state <> 'failed'";

const ISSUING: &str = "update hostname set certificate_reason = null,
    certificate_state = case when certificate_chain is null then 'issuing' else certificate_state end where host = $1";

/// When the oldest of the last orders within the time was begun: there is no room while it counts. Counted are the
/// orders for the tenant's custom names; for a platform name, which always leads here, those for that very name: who
/// has it renewed again and again spends what the CA admits for the base of all.
const ORDERS: &str = "select issuance.created_ms from issuance join domain on domain.id = issuance.domain_id
    where issuance.created_ms > $2
    and ((domain.kind = 'platform' and issuance.host = $4)
        or (domain.kind = 'custom'
            and domain.tenant_id = (select tenant_id from domain where id = $1 and kind = 'custom')))
    order by issuance.created_ms desc limit 1 offset $3";

const FAILED: &str = "select updated_ms from issuance where host = $1 and state = 'failed' and updated_ms > $2
    and reason in ('connection', 'unauthorized', 'dns', 'tls', 'caa_forbids')
    order by updated_ms desc limit 1 offset $3";

/// Failed validations per name and hour: below what certificate authorities admit.
const FAILED_PER_HOUR: i64 = 3;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

impl Store {
    /// A domain's latest attempts, the newest first, at most `limit`.
    ///
    /// # Errors
    /// When the database is away, or holds what can't be read.
    pub async fn issuances_of(&self, domain: DomainId, limit: i64) -> Result<Vec<Issuance>, StoreError> {
        let rows: Vec<Row> =
            sqlx::query_as(BY_DOMAIN).bind(domain.to_string()).bind(limit).fetch_all(self.reader()).await?;
        rows.into_iter().map(Issuance::try_from).collect()
    }

    /// The attempt that is under way for a name, if there is one.
    ///
    /// # Errors
    /// As [`Store::issuances_of`].
    pub async fn open_issuance(&self, host: &Hostname) -> Result<Option<Issuance>, StoreError> {
        let row: Option<Row> = sqlx::query_as(OPEN).bind(host.as_str()).fetch_optional(self.reader()).await?;
        row.map(Issuance::try_from).transpose()
    }
}

impl Write {
    /// Takes the name's open issuance when nobody is at it, or begins one with `key`; a tenant begins at most
    /// `orders_per_tenant` a day for its custom names, and as many for each platform name.
    ///
    /// # Errors
    /// When the database is away, or holds what can't be read.
    pub async fn claim_issuance(
        &mut self,
        name: &ClaimedName,
        (owner, key): (&str, &Sealed),
        orders_per_tenant: u32,
    ) -> Result<Claim, StoreError> {
        let row: Option<Row> = sqlx::query_as(OPEN).bind(name.host.as_str()).fetch_optional(self.connection()).await?;
        if let Some(row) = row {
            return self.take_issuance(row, owner).await;
        }
        if let Some(until_ms) = self.budget_used_until(name, orders_per_tenant.into()).await? {
            return Ok(Claim::Budget { until_ms });
        }
        self.begin_issuance(name, owner, key).await
    }

    async fn take_issuance(&mut self, row: Row, owner: &str) -> Result<Claim, StoreError> {
        let now_ms = self.now_ms();
        let others = row.lease_owner.as_deref() != Some(owner);
        if others && row.lease_until_ms.is_some_and(|until_ms| until_ms > now_ms) {
            return Ok(Claim::NotOurs);
        }
        sqlx::query(TAKE).bind(&row.id).bind(owner).bind(now_ms + LEASE_MS).execute(self.connection()).await?;
        Ok(Claim::Ours(Box::new(row.try_into()?)))
    }

    async fn begin_issuance(&mut self, name: &ClaimedName, owner: &str, key: &Sealed) -> Result<Claim, StoreError> {
        let (id, now_ms): (IssuanceId, _) = (self.id(), self.now_ms());
        let done = sqlx::query(BEGIN)
            .bind(id.to_string())
            .bind(name.host.as_str())
            .bind(key.as_bytes())
            .bind(owner)
            .bind(now_ms + LEASE_MS)
            .bind(now_ms)
            .bind(name.domain.to_string())
            .execute(self.connection())
            .await?;
        if done.rows_affected() == 0 {
            return Ok(Claim::NotOurs);
        }
        sqlx::query(ISSUING).bind(name.host.as_str()).execute(self.connection()).await?;
        Ok(Claim::Ours(Box::new(Issuance {
            id,
            domain: name.domain,
            host: name.host.clone(),
            state: IssuanceState::Claimed,
            order_url: None,
            key: key.clone(),
            reason: None,
            detail: None,
            created_ms: now_ms,
            updated_ms: now_ms,
        })))
    }

    async fn budget_used_until(&mut self, name: &ClaimedName, most: i64) -> Result<Option<i64>, StoreError> {
        let now_ms = self.now_ms();
        let orders: Option<i64> = sqlx::query_scalar(ORDERS)
            .bind(name.domain.to_string())
            .bind(now_ms - DAY_MS)
            .bind(most - 1)
            .bind(name.host.as_str())
            .fetch_optional(self.connection())
            .await?;
        let failed: Option<i64> = sqlx::query_scalar(FAILED)
            .bind(name.host.as_str())
            .bind(now_ms - HOUR_MS)
            .bind(FAILED_PER_HOUR - 1)
            .fetch_optional(self.connection())
            .await?;
        Ok(orders.map(|at_ms| at_ms + DAY_MS).max(failed.map(|at_ms| at_ms + HOUR_MS)))
    }

    /// Keeps how far an issuance is; `false` when it is no longer `owner`'s.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn advance_issuance(&mut self, progress: &Progress, owner: &str) -> Result<bool, StoreError> {
        let now_ms = self.now_ms();
        let done = sqlx::query(ADVANCE)
            .bind(progress.id.to_string())
            .bind(owner)
            .bind(word("issuance.state", &progress.state)?)
            .bind(progress.order_url.as_deref())
            .bind(now_ms + LEASE_MS)
            .bind(now_ms)
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Says that somebody is still at it; `false` when it is no longer `owner`'s.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn extend_lease(&mut self, id: IssuanceId, owner: &str) -> Result<bool, StoreError> {
        let until_ms = self.now_ms() + LEASE_MS;
        let done =
            sqlx::query(EXTEND).bind(id.to_string()).bind(owner).bind(until_ms).execute(self.connection()).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Leaves an issuance open for whoever comes next.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn release_lease(&mut self, id: IssuanceId, owner: &str) -> Result<(), StoreError> {
        sqlx::query(EXTEND).bind(id.to_string()).bind(owner).bind(0_i64).execute(self.connection()).await?;
        Ok(())
    }

    /// Ends an issuance, with the reason when it failed, and takes its challenges back; `false` when it is no longer
    /// `owner`'s.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn end_issuance(
        &mut self,
        (id, host): (IssuanceId, &Hostname),
        owner: &str,
        failed: Option<(Failure, &str)>,
    ) -> Result<bool, StoreError> {
        let state = if failed.is_some() { IssuanceState::Failed } else { IssuanceState::Issued };
        let reason = failed.map(|(reason, _)| word("issuance.reason", &reason)).transpose()?;
        let now_ms = self.now_ms();
        let done = sqlx::query(END)
            .bind(id.to_string())
            .bind(owner)
            .bind(word("issuance.state", &state)?)
            .bind(reason)
            .bind(failed.map(|(_, detail)| detail))
            .bind(now_ms)
            .execute(self.connection())
            .await?;
        self.unpublish_challenges(host).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends whatever is under way for a name, whoever is at it.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn abandon_issuance(&mut self, host: &Hostname, reason: Failure) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        let reason = word("issuance.reason", &reason)?;
        sqlx::query(ABANDON).bind(host.as_str()).bind(reason).bind(now_ms).execute(self.connection()).await?;
        self.unpublish_challenges(host).await
    }

    /// Leaves everything open that is `owner`'s for whoever comes next.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn release_leases(&mut self, owner: &str) -> Result<(), StoreError> {
        for statement in [
            "update issuance set lease_until_ms = 0 where lease_owner = $1",
            "update wildcard set lease_until_ms = 0 where lease_owner = $1",
        ] {
            sqlx::query(statement).bind(owner).execute(self.connection()).await?;
        }
        Ok(())
    }

    /// Takes back every challenge of a name.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn unpublish_challenges(&mut self, host: &Hostname) -> Result<(), StoreError> {
        let names: Vec<String> = sqlx::query_scalar(
            "select name from feed_record
             where kind = 'challenge' and body is not null and substr(name, 1, length($1)) = $1",
        )
        .bind(format!("{host}/"))
        .fetch_all(self.connection())
        .await?;
        for name in names {
            self.feed_delete(Key { kind: RecordKind::Challenge, name });
        }
        let proves = "select count(*) from feed_record where kind = 'alpn_proof' and line is not null and name = $1";
        let proofs: i64 = sqlx::query_scalar(proves).bind(host.as_str()).fetch_one(self.connection()).await?;
        if proofs > 0 {
            self.feed_delete(Key { kind: RecordKind::AlpnProof, name: host.to_string() });
        }
        Ok(())
    }
}

impl From<Issuance> for Progress {
    fn from(issuance: Issuance) -> Self {
        let Issuance { id, state, order_url, key, .. } = issuance;
        Self { id, state, order_url, key }
    }
}

impl TryFrom<Row> for Issuance {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("issuance.id", &row.id)?,
            domain: parsed("issuance.domain_id", &row.domain_id)?,
            host: parsed("issuance.host", &row.host)?,
            state: from_word("issuance.state", &row.state)?,
            order_url: row.order_url,
            key: Sealed::from_bytes(row.key_sealed),
            reason: row.reason.as_deref().map(|it| from_word("issuance.reason", it)).transpose()?,
            detail: row.detail,
            created_ms: row.created_ms,
            updated_ms: row.updated_ms,
        })
    }
}

#[cfg(test)]
pub(super) mod tests;
