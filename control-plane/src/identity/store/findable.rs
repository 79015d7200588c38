//! Keeps what is found up with the rows that others write: people by their name and address.

use marque_config::{PartnerId, TenantId};

use crate::database::{Indexed, StoreError, Whose, Write, parsed};
use crate::kernel::ids::UserId;
use crate::kernel::search::SearchKind;

/// A person as a partner knows them: until they come, by the name that whoever invited them gave.
const PERSON: &str = "select app_user.email_written as email,
    case when place.state = 'invited' then place.name else app_user.name end as name
    from (select user_id, name, state from member where partner_id = $1 and user_id = $2 and state <> 'removed'
        union all
        select tenant_user.user_id, tenant_user.name, tenant_user.state from tenant_user
        join tenant on tenant.id = tenant_user.tenant_id
        where tenant.partner_id = $1 and tenant_user.user_id = $2 and tenant_user.state <> 'removed') place
    join app_user on app_user.id = place.user_id
    order by case when place.state = 'active' then 0 else 1 end limit 1";

const PARTNERS: &str = "select partner_id from member where user_id = $1
    union select tenant.partner_id from tenant_user join tenant on tenant.id = tenant_user.tenant_id
    where tenant_user.user_id = $1";

impl Write {
    /// Makes a person found by a partner, or no more, as their places with it are now.
    pub(crate) async fn index_person(&mut self, user: UserId, partner: PartnerId) -> Result<(), StoreError> {
        let (kind, object, whose) = (SearchKind::User, user.to_string(), Whose::partner(partner));
        let person: Option<(String, String)> =
            sqlx::query_as(PERSON).bind(partner.to_string()).bind(&object).fetch_optional(self.connection()).await?;
        let Some((email, name)) = person else {
            self.unindex(kind, &object, whose);
            return Ok(());
        };
        let label = format!("{name} <{email}>");
        self.index(&Indexed { kind, object: &object, whose, label: &label, texts: &[&name, &email] });
        Ok(())
    }

    /// The same, by the partner of a tenant.
    pub(crate) async fn index_person_of(&mut self, user: UserId, tenant: TenantId) -> Result<(), StoreError> {
        match self.whose(tenant).await?.partner {
            Some(partner) => self.index_person(user, partner).await,
            None => Ok(()),
        }
    }

    /// The same, by every partner that they have a place with.
    pub(crate) async fn index_everywhere(&mut self, user: UserId) -> Result<(), StoreError> {
        let partners: Vec<String> =
            sqlx::query_scalar(PARTNERS).bind(user.to_string()).fetch_all(self.connection()).await?;
        for partner in partners {
            self.index_person(user, parsed("member.partner_id", &partner)?).await?;
        }
        Ok(())
    }
}
