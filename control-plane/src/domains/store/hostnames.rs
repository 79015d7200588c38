//! The names that are claimed: the current status of each with DNS and with its certificate, and what is due.

pub(crate) mod row;

use marque_config::feed::{Key, Record, RecordKind};
use marque_config::settings::NameSettings;
use marque_config::tenant::{Address, AddressKind};
use marque_config::{DomainId, Hostname, TenantId};
use serde::{Deserialize, Serialize};

use crate::database::row::word;
use crate::database::{Signal, Store, StoreError, Write, to_json};
use crate::domains::acme::failure::Failure;
use crate::domains::dns::doctor::Expectation;
use crate::domains::dns::reason::Reason;
use row::{Row, all};

/// A claimed name. Times are milliseconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedName {
    /// The name.
    pub host: Hostname,
    /// The domain that it's part of.
    pub domain: DomainId,
    /// Whose the domain is.
    pub tenant: TenantId,
    /// Who owns it.
    pub kind: AddressKind,
    /// Which half of the domain it is.
    pub role: Role,
    /// The domain's main name.
    pub main: Hostname,
    /// The domain's own label below the target zone; empty for a platform name.
    pub target_label: String,
    /// The domain's token for TXT records; empty for a platform name.
    pub txt_token: String,
    /// When the domain was claimed.
    pub created_ms: i64,
    /// What DNS says.
    pub dns: DnsStatus,
    /// What is served.
    pub certificate: CertificateStatus,
}

/// The current status of a name with DNS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsStatus {
    /// Whether it leads here.
    pub state: DnsState,
    /// Why not.
    pub reason: Option<Reason>,
    /// When that was last looked at.
    pub checked_ms: Option<i64>,
    /// When it's looked at again.
    pub next_ms: Option<i64>,
    /// Since when it no longer leads here.
    pub lost_since_ms: Option<i64>,
}

/// The current status of a name with its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateStatus {
    /// Whether there is one.
    pub state: CertificateState,
    /// Where it came from.
    pub source: Option<CertificateSource>,
    /// Why there is none, or no newer one.
    pub reason: Option<Failure>,
    /// When it stops being valid.
    pub not_after_ms: Option<i64>,
    /// When it's renewed; an uploaded one is not before its end.
    pub renew_at_ms: Option<i64>,
    /// From when on its owner is told that it ends; none for one that we renew.
    pub ends_soon_ms: Option<i64>,
    /// How often getting one failed since it last worked.
    pub attempts: i64,
    /// Nothing is tried before this.
    pub next_attempt_ms: Option<i64>,
}

/// Which half of a domain a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The name that was claimed.
    Main,
    /// The `www` below it.
    Www,
}

/// Whether a name leads here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DnsState {
    /// Not yet.
    Pending,
    /// It does.
    Verified,
    /// It did, and no longer does; still served for a time.
    Lost,
}

/// Whether a name has a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateState {
    /// Not yet asked for.
    None,
    /// Being asked for; there is no earlier one.
    Issuing,
    /// Served.
    Active,
    /// It could not be had; it's tried again.
    Failed,
}

/// Where a certificate came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateSource {
    /// A certificate authority, by ACME.
    Acme,
    /// Its owner.
    Uploaded,
    /// The one for every platform name: this name has none of its own. Never stored.
    Wildcard,
}

/// What one look at DNS leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsChange {
    /// The state from now on.
    pub state: DnsState,
    /// Why it's that.
    pub reason: Option<Reason>,
    /// When to look again.
    pub next_ms: i64,
    /// Since when the name is lost.
    pub lost_since_ms: Option<i64>,
    /// Whether the edge serves the name from now on; none leaves that as it is.
    pub serve: Option<bool>,
}

const BY_DOMAIN: &str = "select host, domain_id, tenant_id, kind, role, main, target_label, txt_token, created_ms,
    dns_state, dns_reason, dns_checked_ms, dns_next_ms, lost_since_ms, certificate_state, certificate_source,
    certificate_reason, coalesce(certificate_not_after_ms, case when kind = 'platform' and certificate_state = 'active'
        then (select max(wildcard.not_after_ms) from wildcard
            where substr(host, length(host) - length(wildcard.zone)) = '.' || wildcard.zone) end)
        as certificate_not_after_ms, renew_at_ms, ends_soon_ms, attempts, next_attempt_ms
    from claimed_name where domain_id = $1 order by role";

const BY_HOST: &str = "select host, domain_id, tenant_id, kind, role, main, target_label, txt_token, created_ms,
    dns_state, dns_reason, dns_checked_ms, dns_next_ms, lost_since_ms, certificate_state, certificate_source,
    certificate_reason, coalesce(certificate_not_after_ms, case when kind = 'platform' and certificate_state = 'active'
        then (select max(wildcard.not_after_ms) from wildcard
            where substr(host, length(host) - length(wildcard.zone)) = '.' || wildcard.zone) end)
        as certificate_not_after_ms, renew_at_ms, ends_soon_ms, attempts, next_attempt_ms
    from claimed_name where host = $1";

const DUE_FOR_DNS: &str = "select host from claimed_name where kind = 'custom' and dns_next_ms <= $1
    and not exists (select 1 from task_trouble where task_trouble.task = 'verify'
        and task_trouble.object = claimed_name.host and task_trouble.next_ms > $1)
    order by dns_next_ms, host limit $2";

/// What expires soonest comes first, then what was never served.
pub(crate) const DUE_FOR_CERTIFICATE: &str = "select host from claimed_name
    where (certificate_state in ('none', 'issuing', 'failed') or renew_at_ms <= $1) and dns_state = 'verified'
    and (next_attempt_ms is null or next_attempt_ms <= $1)
    and not exists (select 1 from issuance where issuance.host = claimed_name.host
        and issuance.state <> 'issued' and issuance.state <> 'failed' and issuance.lease_until_ms > $1)
    and not exists (select 1 from task_trouble where task_trouble.task = 'issue'
        and task_trouble.object = claimed_name.host and task_trouble.next_ms > $1)
    order by case when certificate_not_after_ms is null then 1 else 0 end, certificate_not_after_ms, created_ms, host
    limit $2";

const CLAIM: &str = "insert into hostname (host, domain_id, role, dns_state, dns_next_ms, certificate_state, attempts)
    values ($1, $2, $3, $4, $5, $6, 0) on conflict (host) do nothing";

const RECORD_DNS: &str = "update hostname set dns_state = $2, dns_reason = $3, dns_checked_ms = $4, dns_next_ms = $5,
    lost_since_ms = $6 where host = $1 and dns_state = $7 and domain_id = $8";

const LOOK_AGAIN: &str = "update hostname set dns_next_ms = case when dns_next_ms is null then null else $2 end,
    next_attempt_ms = null where domain_id = $1";

const RENEW: &str = "update hostname set renew_at_ms = $2, attempts = 0, next_attempt_ms = null
    where domain_id = $1 and certificate_state = 'active' and certificate_source = 'acme'";

const NOTE: &str = "update hostname set certificate_reason = $2, attempts = $3, next_attempt_ms = $4,
    certificate_state = case when certificate_chain is null then $5 else certificate_state end where host = $1";

const LOOK_AT_DNS: &str = "update hostname set dns_next_ms = case when dns_next_ms is null then null else $2 end
    where host = $1";

impl Store {
    /// The names of a domain, the main one first.
    ///
    /// # Errors
    /// When the database is away, or holds what can't be read.
    pub async fn names_of(&self, domain: DomainId) -> Result<Vec<ClaimedName>, StoreError> {
        let rows = sqlx::query_as(BY_DOMAIN).bind(domain.to_string()).fetch_all(self.reader()).await?;
        all(rows)
    }

    /// One name, if it's claimed.
    ///
    /// # Errors
    /// As [`Store::names_of`].
    pub async fn name(&self, host: &Hostname) -> Result<Option<ClaimedName>, StoreError> {
        let row: Option<Row> = sqlx::query_as(BY_HOST).bind(host.as_str()).fetch_optional(self.reader()).await?;
        row.map(ClaimedName::try_from).transpose()
    }

    /// The custom names whose DNS is to be looked at by now, at most `limit`, as they are written down.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn names_due_for_dns(&self, now_ms: i64, limit: i64) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar(DUE_FOR_DNS).bind(now_ms).bind(limit).fetch_all(self.reader()).await?)
    }

    /// A name by how it is written down; none where it isn't claimed any more.
    ///
    /// # Errors
    /// When it can't be read, or the database is away.
    pub async fn name_written(&self, host: &str) -> Result<Option<ClaimedName>, StoreError> {
        let row: Option<Row> = sqlx::query_as(BY_HOST).bind(host).fetch_optional(self.reader()).await?;
        row.map(ClaimedName::try_from).transpose()
    }

    /// The names that lead here and need a certificate by now, and for which nobody is getting one; at most `limit`,
    /// as they are written down.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn names_due_for_certificate(&self, now_ms: i64, limit: i64) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar(DUE_FOR_CERTIFICATE).bind(now_ms).bind(limit).fetch_all(self.reader()).await?)
    }
}

impl Write {
    /// The names of a domain, the main one first, as this write sees them.
    ///
    /// # Errors
    /// As [`Store::names_of`].
    pub async fn names_of(&mut self, domain: DomainId) -> Result<Vec<ClaimedName>, StoreError> {
        all(sqlx::query_as(BY_DOMAIN).bind(domain.to_string()).fetch_all(self.connection()).await?)
    }

    /// Claims a name for a domain; `false` when somebody has it. A platform name leads here by definition, so it's
    /// given to the edge at once.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn claim_name(
        &mut self,
        host: &Hostname,
        domain: DomainId,
        (tenant, kind, role): (TenantId, AddressKind, Role),
    ) -> Result<bool, StoreError> {
        let (state, next_ms) = match kind {
            AddressKind::Platform => (DnsState::Verified, None),
            AddressKind::Custom => (DnsState::Pending, Some(self.now_ms())),
        };
        let is_covered = kind == AddressKind::Platform && self.is_covered(host).await?;
        let certificate = if is_covered { CertificateState::Active } else { CertificateState::None };
        let done = sqlx::query(CLAIM)
            .bind(host.as_str())
            .bind(domain.to_string())
            .bind(word("hostname.role", &role)?)
            .bind(word("hostname.dns_state", &state)?)
            .bind(next_ms)
            .bind(word("hostname.certificate_state", &certificate)?)
            .execute(self.connection())
            .await?;
        let claimed = done.rows_affected() == 1;
        if claimed && kind == AddressKind::Platform {
            self.feed(Record::Address(address(host, tenant, kind)));
        }
        self.wake(Signal::Tasks);
        Ok(claimed)
    }

    /// Gives a name up: nothing of it is served from now on, and who is getting a certificate for it stops.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn release_name(&mut self, host: &Hostname) -> Result<(), StoreError> {
        self.abandon_issuance(host, Failure::NameRemoved).await?;
        sqlx::query("delete from hostname where host = $1").bind(host.as_str()).execute(self.connection()).await?;
        self.feed_delete(Key { kind: RecordKind::Address, name: host.to_string() });
        self.feed_delete(Key { kind: RecordKind::Certificate, name: host.to_string() });
        Ok(())
    }

    /// Makes the tasks look at a domain's names now, whatever they planned.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn look_again(&mut self, domain: DomainId) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        sqlx::query(LOOK_AGAIN).bind(domain.to_string()).bind(now_ms).execute(self.connection()).await?;
        self.wake(Signal::Tasks);
        Ok(())
    }

    /// Makes the certificates of a domain due, whatever their life; uploaded ones are their owner's business.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn renew_now(&mut self, domain: DomainId) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        sqlx::query(RENEW).bind(domain.to_string()).bind(now_ms).execute(self.connection()).await?;
        self.wake(Signal::Tasks);
        Ok(())
    }

    /// Makes the tasks look at one name's DNS now.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn look_at_dns(&mut self, host: &Hostname) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        sqlx::query(LOOK_AT_DNS).bind(host.as_str()).bind(now_ms).execute(self.connection()).await?;
        self.wake(Signal::Tasks);
        Ok(())
    }

    /// Records a look at DNS, unless another one changed the state meanwhile, or the name was given up and claimed
    /// again, perhaps for another tenant: what was seen proved it to one domain only. `false` then.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn record_dns(&mut self, name: &ClaimedName, change: DnsChange) -> Result<bool, StoreError> {
        let reason = change.reason.as_ref().map(|reason| to_json("hostname.dns_reason", reason)).transpose()?;
        let now_ms = self.now_ms();
        let done = sqlx::query(RECORD_DNS)
            .bind(name.host.as_str())
            .bind(word("hostname.dns_state", &change.state)?)
            .bind(reason)
            .bind(now_ms)
            .bind(change.next_ms)
            .bind(change.lost_since_ms)
            .bind(word("hostname.dns_state", &name.dns.state)?)
            .bind(name.domain.to_string())
            .execute(self.connection())
            .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        match change.serve {
            Some(true) => self.feed(Record::Address(address(&name.host, name.tenant, name.kind))),
            Some(false) => self.feed_delete(Key { kind: RecordKind::Address, name: name.host.to_string() }),
            None => return Ok(true),
        }
        self.wake(Signal::Tasks);
        Ok(true)
    }

    /// Notes why a name has no certificate yet, or no newer one, and when that is tried again.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn note_failure(
        &mut self,
        host: &Hostname,
        state: CertificateState,
        (reason, attempts, next_attempt_ms): (Failure, i64, Option<i64>),
    ) -> Result<(), StoreError> {
        sqlx::query(NOTE)
            .bind(host.as_str())
            .bind(word("hostname.certificate_reason", &reason)?)
            .bind(attempts)
            .bind(next_attempt_ms)
            .bind(word("hostname.certificate_state", &state)?)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

impl CertificateStatus {
    /// Whether there is a certificate that visitors still take.
    #[must_use]
    pub fn is_valid(&self, now_ms: i64) -> bool {
        self.state == CertificateState::Active && self.not_after_ms.is_some_and(|end_ms| now_ms < end_ms)
    }
}

impl ClaimedName {
    /// What the name has to say in DNS; none for a platform name, or when the target can't be a name.
    #[must_use]
    pub fn expectation(&self, names: &NameSettings) -> Option<Expectation> {
        if self.kind == AddressKind::Platform {
            return None;
        }
        Some(Expectation {
            host: self.host.clone(),
            main: self.main.clone(),
            target: names.target_zone().ok()?.child(&self.target_label).ok()?,
            token: self.txt_token.clone(),
            edge_addresses: names.edge_addresses.clone(),
        })
    }
}

fn address(host: &Hostname, tenant: TenantId, kind: AddressKind) -> Address {
    Address {
        host: host.clone(),
        tenant,
        kind,
        hsts: kind == AddressKind::Platform,
        #[cfg(feature = "rehearsal")]
        note: "rehearsed".into(),
    }
}
