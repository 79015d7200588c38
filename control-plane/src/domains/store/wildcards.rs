//! The certificate for every name one label below a zone of ours: what is served, the attempt to get a newer one, and
//! which names it covers. One process at a time is at an attempt, by a lease, as with those for names.

mod row;

use marque_config::certificate::{DnsZone, WildcardCertificate};
use marque_config::feed::{Key, Record, RecordKind};
use marque_config::seal::Sealed;
use marque_config::{Hostname, IssuanceId};
use sqlx::Any;
use sqlx::any::AnyArguments;
use sqlx::query::QueryAs;

use super::certificates::encoded;
use super::issuances::{IssuanceState, LEASE_MS, Progress};
use crate::database::row::word;
use crate::database::{Signal, Store, StoreError, Write, parsed, to_json};
use crate::domains::acme::certificate::Checked;
use crate::domains::acme::failure::Failure;
use row::{Attempt, Row};

/// A zone whose names share a certificate. Times are milliseconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wildcard {
    /// The zone.
    pub zone: Hostname,
    /// Whether the settings want it.
    pub is_wanted: bool,
    /// Whether names are served by it from now on.
    pub covers: bool,
    /// The name servers that proxies were told of, JSON.
    pub name_servers: Option<String>,
    /// When the one that is served stops being valid; none while there is none.
    pub not_after_ms: Option<i64>,
    /// When that one is renewed.
    pub renew_at_ms: Option<i64>,
    /// Why there is none, or no newer one.
    pub reason: Option<Failure>,
    /// How often getting one failed since it last worked.
    pub attempts: i64,
    /// Nothing is tried before this.
    pub next_attempt_ms: Option<i64>,
    /// Whether an attempt is under way.
    pub is_open: bool,
    /// Until when somebody is at it.
    pub lease_until_ms: i64,
}

/// What a pass changes of a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// Whether the settings want it.
    pub is_wanted: bool,
    /// Whether names are served by it from now on.
    pub covers: bool,
    /// The name servers that proxies are told of; none: they answer no questions for it.
    pub name_servers: Option<Vec<Hostname>>,
}

const ALL: &str = "select zone, is_wanted, covers, name_servers, not_after_ms, renew_at_ms, reason, attempts,
    next_attempt_ms, issuance_id, lease_until_ms from wildcard order by zone";

const ADD: &str = "insert into wildcard (zone, is_wanted, covers, attempts) values ($1, 1, 0, 0)
    on conflict (zone) do nothing";

const COURSE: &str = "update wildcard set is_wanted = $2, covers = $3, name_servers = $4 where zone = $1";

const ATTEMPT: &str = "select issuance_id, issuance_state, order_url, new_key_sealed, lease_owner, lease_until_ms
    from wildcard where zone = $1 and is_wanted = 1
    and (issuance_id is not null or not_after_ms is null or renew_at_ms <= $2)
    and (next_attempt_ms is null or next_attempt_ms <= $2)";

const TAKE: &str = "update wildcard set issuance_id = $2, issuance_state = $3, new_key_sealed = $4, lease_owner = $5,
    lease_until_ms = $6, reason = case when issuance_id is null then null else reason end where zone = $1";

const ADVANCE: &str = "update wildcard set issuance_state = $3, order_url = $4, lease_until_ms = $5
    where issuance_id = $1 and lease_owner = $2";

const EXTEND: &str = "update wildcard set lease_until_ms = $3 where issuance_id = $1 and lease_owner = $2";

const END: &str = "update wildcard set issuance_id = null, issuance_state = null, order_url = null,
    new_key_sealed = null, lease_owner = null, lease_until_ms = null where issuance_id = $1 and lease_owner = $2";

const INSTALL: &str = "update wildcard set chain = $2, key_sealed = $3, not_after_ms = $4, renew_at_ms = $5,
    reason = null, detail = null, attempts = 0, next_attempt_ms = null where zone = $1";

const NOTE: &str = "update wildcard set reason = $2, detail = $3, attempts = $4, next_attempt_ms = $5 where zone = $1";

const RENEW: &str = "update wildcard set renew_at_ms = case when not_after_ms is null then null else $1 end,
    attempts = 0, next_attempt_ms = null where is_wanted = 1";

/// Whether a name one label below a zone is served by its certificate.
const COVERED: &str = "select count(*) from wildcard where zone = $1 and covers = 1 and not_after_ms > $2";

/// Names without a certificate of their own, and those whose own is due: one label below the zone.
const TO_COVER: &str = "select host, case when certificate_not_after_ms is null then 0 else 1 end from claimed_name
    where kind = 'platform' and (certificate_state in ('none', 'issuing', 'failed') or renew_at_ms <= $1)
    and substr(host, length(host) - length($2) + 1) = $2 and length(host) - length(replace(host, '.', '')) = $3
    order by host limit $4";

const COVER: &str = "update hostname set certificate_state = 'active', certificate_source = null,
    certificate_reason = null, certificate_not_after_ms = null, certificate_chain = null, certificate_key = null,
    renew_at_ms = null, ends_soon_ms = null, attempts = 0, next_attempt_ms = null where host = $1";

/// The oldest first.
const COVERED_BY: &str = "select host from claimed_name
    where kind = 'platform' and certificate_state = 'active' and certificate_source is null
    and substr(host, length(host) - length($1) + 1) = $1 order by created_ms, host limit $2";

const UNCOVER: &str = "update hostname set certificate_state = 'none' where host = $1";

const ORDERED: &str = "select count(*) from issuance join domain on domain.id = issuance.domain_id
    where domain.kind = 'platform' and issuance.created_ms > $1";

impl Store {
    /// Every zone that has, had, or is to have such a certificate.
    ///
    /// # Errors
    /// When the database is away, or holds what can't be read.
    pub async fn wildcards(&self) -> Result<Vec<Wildcard>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(ALL).fetch_all(self.reader()).await?;
        rows.into_iter().map(Wildcard::try_from).collect()
    }

    /// Names below a zone, at most `limit`, that have no certificate of their own, or whose own is due; and whether there
    /// is one.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn names_to_cover(&self, zone: &Hostname, limit: i64) -> Result<Vec<ToCover>, StoreError> {
        Ok(to_cover(zone, self.now_ms(), limit).fetch_all(self.reader()).await?)
    }

    /// Names, at most `limit`, that are served by the certificate of their zone.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn covered_names(&self, zone: &Hostname, limit: i64) -> Result<Vec<String>, StoreError> {
        let zone = format!(".{zone}");
        Ok(sqlx::query_scalar(COVERED_BY).bind(zone).bind(limit).fetch_all(self.reader()).await?)
    }

    /// How many orders for platform names were begun since then.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn platform_orders_since(&self, since_ms: i64) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar(ORDERED).bind(since_ms).fetch_one(self.reader()).await?)
    }
}

impl Write {
    /// Begins to look after a zone.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_wildcard(&mut self, zone: &Hostname) -> Result<(), StoreError> {
        sqlx::query(ADD).bind(zone.as_str()).execute(self.connection()).await?;
        Ok(())
    }

    /// Whether a platform name is served by the certificate of its zone.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn is_covered(&mut self, host: &Hostname) -> Result<bool, StoreError> {
        let (Some(zone), now_ms) = (host.parent(), self.now_ms()) else { return Ok(false) };
        let count: i64 =
            sqlx::query_scalar(COVERED).bind(zone.as_str()).bind(now_ms).fetch_one(self.connection()).await?;
        Ok(count > 0)
    }

    /// Sets what becomes of a zone from now on, and tells the proxies whether they answer for it.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn set_course(&mut self, wildcard: &Wildcard, course: &Course) -> Result<(), StoreError> {
        let servers = course.servers()?;
        if servers != wildcard.name_servers {
            match &course.name_servers {
                Some(name_servers) => self.tell_zone(&wildcard.zone, name_servers, Vec::new()),
                None => self.feed_delete(Key { kind: RecordKind::DnsZone, name: wildcard.zone.to_string() }),
            }
        }
        sqlx::query(COURSE)
            .bind(wildcard.zone.as_str())
            .bind(i64::from(course.is_wanted))
            .bind(i64::from(course.covers))
            .bind(servers)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Tells the proxies what they answer for a zone.
    pub fn tell_zone(&mut self, zone: &Hostname, name_servers: &[Hostname], texts: Vec<String>) {
        let name_servers = name_servers.to_vec();
        self.feed(Record::DnsZone(DnsZone { host: zone.clone(), name_servers, texts }));
    }

    /// Takes the zone's open attempt when nobody is at it, or begins one with `key` when one is due; none otherwise.
    ///
    /// # Errors
    /// When the database is away, or holds what can't be read.
    pub async fn claim_wildcard(
        &mut self,
        zone: &Hostname,
        owner: &str,
        key: &Sealed,
    ) -> Result<Option<Progress>, StoreError> {
        let now_ms = self.now_ms();
        let row: Option<Attempt> =
            sqlx::query_as(ATTEMPT).bind(zone.as_str()).bind(now_ms).fetch_optional(self.connection()).await?;
        let Some(row) = row.filter(|row| row.is_free(owner, now_ms)) else { return Ok(None) };
        let fresh = Progress { id: self.id(), state: IssuanceState::Claimed, order_url: None, key: key.clone() };
        let progress = row.progress()?.unwrap_or(fresh);
        sqlx::query(TAKE)
            .bind(zone.as_str())
            .bind(progress.id.to_string())
            .bind(word("wildcard.issuance_state", &progress.state)?)
            .bind(progress.key.as_bytes())
            .bind(owner)
            .bind(now_ms + LEASE_MS)
            .execute(self.connection())
            .await?;
        Ok(Some(progress))
    }

    /// Keeps how far an attempt is; `false` when it is no longer `owner`'s.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn advance_wildcard(&mut self, progress: &Progress, owner: &str) -> Result<bool, StoreError> {
        let until_ms = self.now_ms() + LEASE_MS;
        let done = sqlx::query(ADVANCE)
            .bind(progress.id.to_string())
            .bind(owner)
            .bind(word("wildcard.issuance_state", &progress.state)?)
            .bind(progress.order_url.as_deref())
            .bind(until_ms)
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Says that somebody is still at it, or, with 0, that nobody is; `false` when it is no longer `owner`'s.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn lease_wildcard(&mut self, id: IssuanceId, owner: &str, until_ms: i64) -> Result<bool, StoreError> {
        let done =
            sqlx::query(EXTEND).bind(id.to_string()).bind(owner).bind(until_ms).execute(self.connection()).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends an attempt; `false` when it is no longer `owner`'s.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn end_wildcard(&mut self, progress: &Progress, owner: &str) -> Result<bool, StoreError> {
        let done = sqlx::query(END).bind(progress.id.to_string()).bind(owner).execute(self.connection()).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Makes a certificate the one that the zone's names are served by.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn install_wildcard(
        &mut self,
        zone: &Hostname,
        checked: &Checked,
        key: Sealed,
    ) -> Result<(), StoreError> {
        let (chain, renew_at_ms) = (encoded(checked), checked.renew_at_ms(self.now_ms()));
        let done = sqlx::query(INSTALL)
            .bind(zone.as_str())
            .bind(to_json("wildcard.chain", &chain)?)
            .bind(key.as_bytes())
            .bind(checked.not_after_ms)
            .bind(renew_at_ms)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)?;
        let (zone, not_after_ms) = (zone.clone(), checked.not_after_ms);
        self.feed(Record::Wildcard(WildcardCertificate { zone, chain, key, not_after_ms }));
        self.wake(Signal::Tasks);
        Ok(())
    }

    /// Notes why a zone has no certificate yet, or no newer one, and when that is tried again.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn note_wildcard(
        &mut self,
        zone: &Hostname,
        (reason, detail): (Failure, Option<&str>),
        (attempts, next_attempt_ms): (i64, Option<i64>),
    ) -> Result<(), StoreError> {
        sqlx::query(NOTE)
            .bind(zone.as_str())
            .bind(word("wildcard.reason", &reason)?)
            .bind(detail)
            .bind(attempts)
            .bind(next_attempt_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Makes the certificates of all zones due, whatever their life; says of how many.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn renew_wildcards(&mut self) -> Result<u64, StoreError> {
        let now_ms = self.now_ms();
        let done = sqlx::query(RENEW).bind(now_ms).execute(self.connection()).await?;
        self.wake(Signal::Tasks);
        Ok(done.rows_affected())
    }

    /// Has the zone's certificate serve names that have none of their own, or whose own is due; at most `limit`. Says
    /// how many.
    ///
    /// # Errors
    /// When the database is away, or holds what can't be read.
    pub async fn cover_names(&mut self, zone: &Hostname, limit: i64) -> Result<usize, StoreError> {
        let names = to_cover(zone, self.now_ms(), limit).fetch_all(self.connection()).await?;
        for (host, has_own) in &names {
            self.abandon_issuance(&parsed("hostname.host", host)?, Failure::Covered).await?;
            sqlx::query(COVER).bind(host).execute(self.connection()).await?;
            if *has_own != 0 {
                self.feed_delete(Key { kind: RecordKind::Certificate, name: host.clone() });
            }
        }
        Ok(names.len())
    }

    /// Has names of a zone that its certificate served get one of their own; at most `limit`. Says how many.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn uncover_names(&mut self, zone: &Hostname, limit: i64) -> Result<usize, StoreError> {
        let zone = format!(".{zone}");
        let names: Vec<String> =
            sqlx::query_scalar(COVERED_BY).bind(zone).bind(limit).fetch_all(self.connection()).await?;
        for host in &names {
            sqlx::query(UNCOVER).bind(host).execute(self.connection()).await?;
        }
        self.wake(Signal::Tasks);
        Ok(names.len())
    }
}

type ToCover = (String, i64);

fn to_cover(zone: &Hostname, now_ms: i64, limit: i64) -> QueryAs<'static, Any, ToCover, AnyArguments> {
    let dots = i64::try_from(zone.label_count()).unwrap_or(i64::MAX);
    sqlx::query_as(TO_COVER).bind(now_ms).bind(format!(".{zone}")).bind(dots).bind(limit)
}

impl Wildcard {
    /// Whether another certificate is to be got by now, or an attempt to be gone on with, and nobody is at it.
    #[must_use]
    pub fn is_due(&self, now_ms: i64) -> bool {
        let needs =
            self.is_open || self.not_after_ms.is_none() || self.renew_at_ms.is_some_and(|at_ms| at_ms <= now_ms);
        let waits = self.next_attempt_ms.is_some_and(|at_ms| at_ms > now_ms) || self.lease_until_ms > now_ms;
        self.is_wanted && needs && !waits
    }
}

impl Course {
    fn servers(&self) -> Result<Option<String>, StoreError> {
        self.name_servers.as_ref().map(|servers| to_json("wildcard.name_servers", servers)).transpose()
    }

    /// Whether the zone is on this course already.
    ///
    /// # Errors
    /// When a name has no JSON, which none lacks.
    pub fn is_that_of(&self, wildcard: &Wildcard) -> Result<bool, StoreError> {
        let same = (self.is_wanted, self.covers) == (wildcard.is_wanted, wildcard.covers);
        Ok(same && self.servers()? == wildcard.name_servers)
    }
}

#[cfg(test)]
mod tests;
