//! What people may act for: the vendor, partners, tenants. A partner's own tenants are its members' too, without a row
//! for each.

use std::collections::BTreeSet;

use marque_config::{PartnerId, TenantId};
use sqlx::FromRow;

use crate::database::row::from_word;
use crate::database::statement::Statement;
use crate::database::{Page, Store, StoreError, parsed};
use crate::kernel::ids::UserId;
use crate::kernel::person::TenantRole;
use crate::kernel::principal::Principal;
use crate::kernel::right::{self, Right};
use crate::kernel::session::{Company, Membership, role_in_own};

#[derive(FromRow)]
struct CompanyRow {
    id: String,
    partner_id: String,
    name: String,
    kind: String,
    state: String,
    role: Option<String>,
    until_ms: Option<i64>,
    rights: Option<String>,
    host: Option<String>,
}

const IS_OPERATOR: &str = "select count(*) from operator_user where user_id = $1 and state = 'active'";

const MEMBERSHIPS: &str = "select member.partner_id, partner.name, member.rights from member
    join partner on partner.id = member.partner_id";

const COMPANIES: &str = "select tenant.id as id, tenant.partner_id as partner_id, tenant.name as name,
    tenant.kind as kind, tenant.state as state, place.role as role, place.until_ms as until_ms,
    member.rights as rights,
    (select min(claimed_name.host) from claimed_name where claimed_name.tenant_id = tenant.id
        and claimed_name.role = 'main' and claimed_name.dns_state = 'verified'
        and claimed_name.certificate_state = 'active') as host
    from tenant
    left join tenant_user as place on place.tenant_id = tenant.id and place.user_id = ?1
        and place.state = 'active' and (place.until_ms is null or place.until_ms > ?2)
    left join member on member.partner_id = tenant.partner_id and member.user_id = ?1
        and member.state = 'active' and tenant.kind <> 'client'";

const THEIRS: &str = "tenant.id in (
        select tenant_id from tenant_user where user_id = ?1 and state = 'active'
        union select own.id from tenant as own join member as mine on mine.partner_id = own.partner_id
            where mine.user_id = ?1 and mine.state = 'active' and own.kind <> 'client')
    and (place.id is not null or member.id is not null) and tenant.state <> 'closed'";

impl Store {
    /// The vendor and the partners that a person may act for, and the first of their companies.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn memberships(&self, user: UserId) -> Result<Vec<Membership>, StoreError> {
        let mut memberships: Vec<Membership> = self.as_operator(user).await?.into_iter().collect();
        memberships.extend(self.in_partners(user, None).await?);
        let first = Page::first(1);
        memberships.extend(self.companies(user, &first).await?.into_iter().map(Membership::from));
        Ok(memberships)
    }

    /// What a person may do on this behalf, if they may act on it now.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn membership(&self, user: UserId, principal: Principal) -> Result<Option<Membership>, StoreError> {
        match principal {
            Principal::Operator => self.as_operator(user).await,
            Principal::Partner(id) => Ok(self.in_partners(user, Some(id)).await?.into_iter().next()),
            Principal::Tenant(id) => Ok(self.company(user, id).await?.map(Membership::from)),
            Principal::Edge | Principal::Application(_) => Ok(None),
        }
    }

    /// The tenants that a person belongs to.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn companies(&self, user: UserId, page: &Page) -> Result<Vec<Company>, StoreError> {
        self.companies_among(user, None, page).await
    }

    async fn company(&self, user: UserId, tenant: TenantId) -> Result<Option<Company>, StoreError> {
        let one = Page::first(1);
        Ok(self.companies_among(user, Some(tenant), &one).await?.into_iter().next())
    }

    async fn companies_among(
        &self,
        user: UserId,
        tenant: Option<TenantId>,
        page: &Page,
    ) -> Result<Vec<Company>, StoreError> {
        Statement::of("")
            .text(COMPANIES, [user.to_string().into(), self.now_ms().into()])
            .with(THEIRS, user.to_string())
            .given("tenant.id = ?1", tenant.map(|id| id.to_string()))
            .page("tenant.id", page)
            .all::<CompanyRow, _>(self.reader())
            .await
    }

    async fn as_operator(&self, user: UserId) -> Result<Option<Membership>, StoreError> {
        let count: i64 = sqlx::query_scalar(IS_OPERATOR).bind(user.to_string()).fetch_one(self.reader()).await?;
        let company = "Marque".to_owned();
        let membership = Membership { principal: Principal::Operator, company, rights: BTreeSet::new(), role: None };
        Ok((count > 0).then_some(membership))
    }

    async fn in_partners(&self, user: UserId, partner: Option<PartnerId>) -> Result<Vec<Membership>, StoreError> {
        let rows: Vec<(String, String, String)> = Statement::of(MEMBERSHIPS)
            .with("member.user_id = ?1 and member.state = 'active'", user.to_string())
            .given("member.partner_id = ?1", partner.map(|id| id.to_string()))
            .text(" order by member.partner_id limit 100", [])
            .rows(self.reader())
            .await?;
        let membership = |(partner, company, rights): (String, String, String)| {
            let principal = Principal::Partner(parsed("member.partner_id", &partner)?);
            Ok(Membership { principal, company, rights: read(&rights)?, role: None })
        };
        rows.into_iter().map(membership).collect()
    }
}

fn read(rights: &str) -> Result<BTreeSet<Right>, StoreError> {
    right::split(rights).map_err(|error| StoreError::Unreadable { what: "member.rights", detail: error.to_string() })
}

impl From<Company> for Membership {
    fn from(company: Company) -> Self {
        Self {
            principal: Principal::Tenant(company.tenant),
            company: company.name,
            rights: BTreeSet::new(),
            role: Some(company.role),
        }
    }
}

impl TryFrom<CompanyRow> for Company {
    type Error = StoreError;

    fn try_from(row: CompanyRow) -> Result<Self, StoreError> {
        let placed: Option<TenantRole> =
            row.role.as_deref().map(|role| from_word("tenant_user.role", role)).transpose()?;
        let own = row.rights.as_deref().map(read).transpose()?.map(|rights| role_in_own(&rights));
        // One who is there twice has the higher of both levels.
        let role = placed.into_iter().chain(own).min();
        let role = role.ok_or(StoreError::Unreadable { what: "tenant_user.role", detail: "none".into() })?;
        Ok(Self {
            tenant: parsed("tenant.id", &row.id)?,
            partner: parsed("tenant.partner_id", &row.partner_id)?,
            name: row.name,
            kind: from_word("tenant.kind", &row.kind)?,
            state: from_word("tenant.state", &row.state)?,
            role,
            until_ms: row.until_ms.filter(|_| own.is_none()),
            host: row.host,
        })
    }
}
