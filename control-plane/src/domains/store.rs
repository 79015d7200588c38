//! Domains, as rows. Their names are in `hostnames.rs`.

pub mod certificates;
pub mod hostnames;
pub mod issuances;
pub mod uploads;
pub mod white_label;
pub mod wildcards;

use marque_config::tenant::AddressKind;
use marque_config::{DomainId, Hostname, PartnerId, TenantId};
use serde::{Deserialize, Serialize};

use crate::database::row::word;
use crate::database::statement::Statement;
use crate::database::stored::{Column, Stored};
use crate::database::within::Owner;
use crate::database::{Page, Store, StoreError, Write, parsed};
use crate::kernel::principal::Reach;
use crate::kernel::resource::Resource;

/// A domain that wasn't removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

impl Resource for Domain {}

impl Stored for Domain {
    const TABLE: &'static str = "domain";
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("tenant_id").of("tenant"),
        Column::text("kind"),
        Column::text("host"),
        Column::text("target_label"),
        Column::text("txt_token"),
        Column::number("created_ms"),
    ];
    const CONDITION: Option<&'static str> = Some("removed_ms is null");
}

// One is found, whichever version added it.
const OF_TENANT: Owner = Owner {
    partner: "(select tenant.partner_id from tenant where tenant.id = domain.tenant_id)",
    application: "(select tenant.application_id from tenant where tenant.id = domain.tenant_id)",
    tenant: "tenant_id",
};

const ADD: &str = "insert into domain (id, tenant_id, kind, host, target_label, txt_token, created_ms, partner_id,
    application_id) select $1, id, $3, $4, $5, $6, $7, partner_id, application_id from tenant where id = $2";

// To be deleted with the version that doesn't know these columns.
const OWN: &str = "update domain set
    partner_id = (select tenant.partner_id from tenant where tenant.id = domain.tenant_id),
    application_id = (select tenant.application_id from tenant where tenant.id = domain.tenant_id)
    where id in (select id from domain where partner_id is null order by id limit $1)";

const QUARANTINE: &str = "insert into released_name (host, partner_id, until_ms) values ($1, $2, $3)
    on conflict (host) do update set partner_id = excluded.partner_id, until_ms = excluded.until_ms";

impl Store {
    /// One domain within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn domain(&self, reach: &Reach, id: DomainId) -> Result<Option<Domain>, StoreError> {
        one(reach, id).resource(self.reader()).await
    }

    /// The domains within reach, perhaps only those of one tenant.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn domains(
        &self,
        reach: &Reach,
        tenant: Option<TenantId>,
        page: &Page,
    ) -> Result<Vec<Domain>, StoreError> {
        list(reach, tenant, page).resources(self.reader()).await
    }

    /// Whether a control plane of the version before added a domain.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn has_unowned_domains(&self) -> Result<bool, StoreError> {
        let some: Option<i64> = sqlx::query_scalar("select 1 from domain where partner_id is null limit 1")
            .fetch_optional(self.reader())
            .await?;
        Ok(some.is_some())
    }
}

impl Write {
    /// One domain within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn domain(&mut self, reach: &Reach, id: DomainId) -> Result<Option<Domain>, StoreError> {
        one(reach, id).resource(self.connection()).await
    }

    /// Every domain of a tenant.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn domains_of(&mut self, tenant: TenantId) -> Result<Vec<Domain>, StoreError> {
        let domains = Statement::select::<Domain>().with("tenant_id = ?1", tenant.to_string());
        domains.text(" order by id", []).resources(self.connection()).await
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
        let done = sqlx::query(ADD)
            .bind(domain.id.to_string())
            .bind(domain.tenant.to_string())
            .bind(word("domain.kind", &domain.kind)?)
            .bind(domain.host.as_str())
            .bind(&domain.target_label)
            .bind(&domain.txt_token)
            .bind(domain.created_ms)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }

    /// Says whose domains are that a control plane of the version before added: lists find them by that.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn own_domains(&mut self, limit: i64) -> Result<(), StoreError> {
        sqlx::query(OWN).bind(limit).execute(self.connection()).await?;
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
        crate::database::one_row(&done)
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

pub(crate) fn list(reach: &Reach, tenant: Option<TenantId>, page: &Page) -> Statement {
    Statement::select::<Domain>()
        .narrowed("tenant_id = ?1", tenant.map(|tenant| tenant.to_string()))
        .within(Owner::ROW, reach)
        .page("id", page)
}

fn one(reach: &Reach, id: DomainId) -> Statement {
    Statement::select_one::<Domain>(&id).within(OF_TENANT, reach)
}
