//! Domains, as rows. Their names are in `hostnames.rs`.

use marque_config::tenant::AddressKind;
use marque_config::{DomainId, Hostname, PartnerId, TenantId};
use sqlx::{Any, Executor, FromRow};

use super::hostnames::{from_word, word};
use super::{Page, Store, StoreError, Write, parsed, within};
use crate::model::principal::Reach;

/// A domain that wasn't removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Its identity.
    pub id: DomainId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Who owns the name.
    pub kind: AddressKind,
    /// The main name.
    pub host: Hostname,
    /// Its own label below the target zone; empty for a platform name.
    pub target_label: String,
    /// What its TXT record says; empty for a platform name.
    pub txt_token: String,
    /// When it was claimed, milliseconds since 1970, UTC.
    pub created_ms: i64,
}

#[derive(FromRow)]
struct Row {
    id: String,
    tenant_id: String,
    kind: String,
    host: String,
    target_label: String,
    txt_token: String,
    created_ms: i64,
}

const ONE: &str = "select d.id, d.tenant_id, d.kind, d.host, d.target_label, d.txt_token, d.created_ms
    from domain d join tenant t on t.id = d.tenant_id
    where d.id = $1 and d.removed_ms is null
    and ($2 is null or t.partner_id = $2) and ($3 is null or t.application_id = $3)
    and ($4 is null or $4 like '%' || t.id || '%')";

const PAGE: &str = "select d.id, d.tenant_id, d.kind, d.host, d.target_label, d.txt_token, d.created_ms
    from domain d join tenant t on t.id = d.tenant_id
    where d.removed_ms is null and ($1 is null or t.partner_id = $1) and ($2 is null or t.application_id = $2)
    and ($3 is null or $3 like '%' || t.id || '%')
    and ($4 is null or d.tenant_id = $4) and d.id > $5 order by d.id limit $6";

const OF_TENANT: &str = "select id, tenant_id, kind, host, target_label, txt_token, created_ms from domain
    where tenant_id = $1 and removed_ms is null order by id";

const ADD: &str = "insert into domain (id, tenant_id, kind, host, target_label, txt_token, created_ms)
    values ($1, $2, $3, $4, $5, $6, $7)";

const QUARANTINE: &str = "insert into released_name (host, partner_id, until_ms) values ($1, $2, $3)
    on conflict (host) do update set partner_id = excluded.partner_id, until_ms = excluded.until_ms";

impl Store {
    /// One domain within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn domain(&self, reach: &Reach, id: DomainId) -> Result<Option<Domain>, StoreError> {
        one(self.reader(), reach, id).await
    }

    /// The domains within reach, perhaps only those of one tenant, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn domains(
        &self,
        reach: &Reach,
        tenant: Option<TenantId>,
        page: &Page,
    ) -> Result<Vec<Domain>, StoreError> {
        let limits = reach.limits();
        let rows: Vec<Row> = sqlx::query_as(PAGE)
            .bind(limits.partner)
            .bind(limits.application)
            .bind(limits.tenants)
            .bind(tenant.map(|tenant| tenant.to_string()))
            .bind(&page.after)
            .bind(page.limit)
            .fetch_all(self.reader())
            .await?;
        rows.into_iter().map(Domain::try_from).collect()
    }
}

impl Write {
    /// One domain within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn domain(&mut self, reach: &Reach, id: DomainId) -> Result<Option<Domain>, StoreError> {
        one(self.connection(), reach, id).await
    }

    /// Every domain of a tenant.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn domains_of(&mut self, tenant: TenantId) -> Result<Vec<Domain>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(OF_TENANT).bind(tenant.to_string()).fetch_all(self.connection()).await?;
        rows.into_iter().map(Domain::try_from).collect()
    }

    /// The names of a domain, the main one first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn hosts_of(&mut self, domain: DomainId) -> Result<Vec<Hostname>, StoreError> {
        let hosts: Vec<String> = sqlx::query_scalar("select host from hostname where domain_id = $1 order by role")
            .bind(domain.to_string())
            .fetch_all(self.connection())
            .await?;
        hosts.iter().map(|host| parsed("hostname.host", host)).collect()
    }

    /// Adds a domain, without its names.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_domain(&mut self, domain: &Domain) -> Result<(), StoreError> {
        sqlx::query(ADD)
            .bind(domain.id.to_string())
            .bind(domain.tenant.to_string())
            .bind(word("domain.kind", &domain.kind)?)
            .bind(domain.host.as_str())
            .bind(&domain.target_label)
            .bind(&domain.txt_token)
            .bind(domain.created_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Marks a domain as removed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn remove_domain(&mut self, id: DomainId) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        let done = sqlx::query("update domain set removed_ms = $2 where id = $1 and removed_ms is null")
            .bind(id.to_string())
            .bind(now_ms)
            .execute(self.connection())
            .await?;
        super::one_row(&done)
    }

    /// Keeps a name from all partners but the one who gave it up.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn quarantine(&mut self, host: &Hostname, partner: PartnerId, until_ms: i64) -> Result<(), StoreError> {
        sqlx::query(QUARANTINE)
            .bind(host.as_str())
            .bind(partner.to_string())
            .bind(until_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Whether a name was given up lately by somebody else than this partner.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn is_quarantined(&mut self, host: &Hostname, partner: PartnerId) -> Result<bool, StoreError> {
        let now_ms = self.now_ms();
        let count: i64 = sqlx::query_scalar(
            "select count(*) from released_name where host = $1 and partner_id <> $2 and until_ms > $3",
        )
        .bind(host.as_str())
        .bind(partner.to_string())
        .bind(now_ms)
        .fetch_one(self.connection())
        .await?;
        Ok(count > 0)
    }
}

async fn one<'e>(
    executor: impl Executor<'e, Database = Any>,
    reach: &Reach,
    id: DomainId,
) -> Result<Option<Domain>, StoreError> {
    let row: Option<Row> = within::of_tenant(executor, ONE, reach, id.to_string()).await?;
    row.map(Domain::try_from).transpose()
}

impl TryFrom<Row> for Domain {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("domain.id", &row.id)?,
            tenant: parsed("domain.tenant_id", &row.tenant_id)?,
            kind: from_word("domain.kind", &row.kind)?,
            host: parsed("domain.host", &row.host)?,
            target_label: row.target_label,
            txt_token: row.txt_token,
            created_ms: row.created_ms,
        })
    }
}
