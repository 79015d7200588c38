//! Who has access to a tenant, beside the client's own people, as rows.

use marque_config::TenantId;
use sqlx::FromRow;

use crate::access::model::{Access, AccessBasis, ConsentScope};
use crate::database::row::from_word;
use crate::database::{Store, StoreError, parsed};

// The tenant was found within reach before.
const ASSIGNED: &str = "select app_user.id as user_id, app_user.name as name, app_user.email_written as email,
    assignment.role as basis, assignment.consent_id as consent_id, consent.scope as scope,
    assignment.since_ms as since_ms, assignment.until_ms as until_ms,
    (select max(opened_ms) from entry where entry.basis = assignment.id and entry.state = 'open'
        and entry.until_ms > $2) as inside_ms
    from assignment join member on member.id = assignment.member_id join app_user on app_user.id = member.user_id
    left join consent on consent.id = assignment.consent_id
    where assignment.tenant_id = $1 and assignment.state = 'active' and member.state = 'active'
    and (assignment.until_ms is null or assignment.until_ms > $2)
    order by assignment.id limit 100";

const SETTING_UP: &str = "select app_user.id as user_id, app_user.name as name, app_user.email_written as email,
    tenant_user.side as basis, cast(null as text) as consent_id, cast(null as text) as scope,
    tenant_user.created_ms as since_ms, tenant_user.until_ms as until_ms,
    (select max(opened_ms) from entry where entry.basis = tenant_user.id and entry.state = 'open'
        and entry.until_ms > $2) as inside_ms
    from tenant_user join app_user on app_user.id = tenant_user.user_id
    where tenant_user.tenant_id = $1 and tenant_user.side = 'setup' and tenant_user.state = 'active'
    and (tenant_user.until_ms is null or tenant_user.until_ms > $2)
    order by tenant_user.id limit 100";

#[derive(FromRow)]
struct AccessRow {
    user_id: String,
    name: String,
    email: String,
    basis: String,
    consent_id: Option<String>,
    scope: Option<String>,
    since_ms: Option<i64>,
    until_ms: Option<i64>,
    inside_ms: Option<i64>,
}

impl Store {
    /// Who has access to a tenant that was found within reach, beside the client's own people.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn accesses(&self, tenant: TenantId) -> Result<Vec<Access>, StoreError> {
        let mut found = Vec::new();
        for statement in [SETTING_UP, ASSIGNED] {
            let rows: Vec<AccessRow> =
                sqlx::query_as(statement).bind(tenant.to_string()).bind(self.now_ms()).fetch_all(self.reader()).await?;
            for row in rows {
                found.push(Access::try_from(row)?);
            }
        }
        Ok(found)
    }
}

impl TryFrom<AccessRow> for Access {
    type Error = StoreError;

    fn try_from(row: AccessRow) -> Result<Self, StoreError> {
        let basis = match row.basis.as_str() {
            "setup" => AccessBasis::Setup,
            "accountant" => AccessBasis::Accountant,
            _ => AccessBasis::Consent,
        };
        let scope = row.scope.as_deref().map(|scope| from_word::<ConsentScope>("consent.scope", scope)).transpose()?;
        Ok(Self {
            user: parsed("app_user.id", &row.user_id)?,
            name: row.name,
            email: parsed("app_user.email_written", &row.email)?,
            basis,
            consent: row.consent_id.as_deref().map(|id| parsed("assignment.consent_id", id)).transpose()?,
            scope,
            since_ms: row.since_ms.unwrap_or_default(),
            until_ms: row.until_ms,
            inside_ms: row.inside_ms,
        })
    }
}
