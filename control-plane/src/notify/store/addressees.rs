//! Those whom a mail is written to: who decides in a tenant, who has a right in a partner.

use marque_config::{PartnerId, TenantId};

use crate::database::{StoreError, Write, parsed};
use crate::kernel::email::Email;
use crate::kernel::language::Language;
use crate::kernel::right::Right;

/// Somebody to write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressee {
    /// Their address.
    pub email: Email,
    /// Their name.
    pub name: String,
    /// The language that they are written in.
    pub language: Language,
}

const ADMINISTRATORS: &str = "select app_user.email_written, app_user.name, app_user.language
    from tenant_user join app_user on app_user.id = tenant_user.user_id
    where tenant_user.tenant_id = $1 and tenant_user.role = 'administrator' and tenant_user.side = 'client'
    and tenant_user.state = 'active' and app_user.state = 'active' order by tenant_user.id limit 20";

const MEMBERS: &str = "select app_user.email_written, app_user.name, app_user.language
    from member join app_user on app_user.id = member.user_id
    where member.partner_id = $1 and member.state = 'active' and app_user.state = 'active'
    and ' ' || member.rights || ' ' like '% ' || $2 || ' %' order by member.id limit 100";

type Row = (String, String, String);

impl Write {
    /// The active administrators of a tenant among the client's people: twenty at most.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tenant_administrators(&mut self, tenant: TenantId) -> Result<Vec<Addressee>, StoreError> {
        let rows = sqlx::query_as(ADMINISTRATORS).bind(tenant.to_string()).fetch_all(self.connection()).await?;
        read(rows)
    }

    /// The active members of a partner who have a right: a hundred at most.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn members_with(&mut self, partner: PartnerId, right: Right) -> Result<Vec<Addressee>, StoreError> {
        let query = sqlx::query_as(MEMBERS).bind(partner.to_string()).bind(right.as_str());
        read(query.fetch_all(self.connection()).await?)
    }
}

fn read(rows: Vec<Row>) -> Result<Vec<Addressee>, StoreError> {
    let one = |(email, name, language): Row| {
        let (email, language) = (parsed("app_user.email_written", &email)?, parsed("app_user.language", &language)?);
        Ok(Addressee { email, name, language })
    };
    rows.into_iter().map(one).collect()
}
