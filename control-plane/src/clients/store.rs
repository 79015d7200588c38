//! Clients, as rows.

pub mod places;
pub mod region_rules;

use marque_config::PartnerId;

use crate::clients::model::Client;
use crate::database::statement::Statement;
use crate::database::stored::{Column, Owned, Stored};
use crate::database::{Page, Store, StoreError, Write};
use crate::kernel::email::Email;
use crate::kernel::ids::ClientId;
use crate::kernel::principal::Reach;

impl Stored for Client {
    const TABLE: &'static str = "client";
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("partner_id").of("partner"),
        Column::text("company"),
        Column::text("email_written").of("email"),
        Column::made("email_compared", compared).of("email"),
        Column::text("phone"),
        Column::text("address"),
        Column::text("postal_code"),
        Column::text("city"),
        Column::text("country"),
        Column::text("tax_id"),
        Column::number("region_rule_version"),
        Column::text("language"),
        Column::json("contacts"),
        Column::text("state"),
        Column::time("created_ms").of("created_at"),
        Column::time("anonymised_ms").of("anonymised_at"),
    ];
}

impl Owned for Client {}

// A trial is nothing that was bought.
const HAS_LICENCE: &str = "select count(*) from licence where client_id = $1 and kind = 'paid'
    and superseded_ms is null and voided_ms is null and (cancelled_ms is null or cancelled_ms > $2)";

/// Which clients are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientFilter {
    /// Those that stand there.
    pub state: Option<String>,
    /// Those in this country.
    pub country: Option<String>,
}

impl Store {
    /// One client within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn client(&self, reach: &Reach, id: ClientId) -> Result<Option<Client>, StoreError> {
        self.find_within(reach, &id).await
    }

    /// The client of a partner with this mail address: exactly this one.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn client_by_email(&self, partner: PartnerId, email: &Email) -> Result<Option<Client>, StoreError> {
        by_email(partner, email).resource(self.reader()).await
    }

    /// The clients within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn clients(&self, reach: &Reach, filter: &ClientFilter, page: &Page) -> Result<Vec<Client>, StoreError> {
        list(reach, filter, page).resources(self.reader()).await
    }
}

impl Write {
    /// One client within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn client(&mut self, reach: &Reach, id: ClientId) -> Result<Option<Client>, StoreError> {
        self.find_within(reach, &id).await
    }

    /// The client of a partner with this mail address: exactly this one.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn client_by_email(&mut self, partner: PartnerId, email: &Email) -> Result<Option<Client>, StoreError> {
        by_email(partner, email).resource(self.connection()).await
    }

    /// Whether a client has a space that isn't closed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn client_has_tenant(&mut self, client: ClientId) -> Result<bool, StoreError> {
        let count: i64 = sqlx::query_scalar("select count(*) from tenant where client_id = $1 and state <> 'closed'")
            .bind(client.to_string())
            .fetch_one(self.connection())
            .await?;
        Ok(count > 0)
    }

    /// Whether a client has something that it bought and that hasn't ended.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn client_has_licence(&mut self, client: ClientId) -> Result<bool, StoreError> {
        let now_ms = self.now_ms();
        let count: i64 =
            sqlx::query_scalar(HAS_LICENCE).bind(client.to_string()).bind(now_ms).fetch_one(self.connection()).await?;
        Ok(count > 0)
    }
}

pub(crate) fn list(reach: &Reach, filter: &ClientFilter, page: &Page) -> Statement {
    Statement::select::<Client>()
        .narrowed_among("id", page.only.as_deref())
        .within_partner("partner_id", reach)
        .given("state = ?1", filter.state.as_deref())
        .given("country = ?1", filter.country.as_deref())
        .page("id", page)
}

fn by_email(partner: PartnerId, email: &Email) -> Statement {
    let values = [partner.to_string().into(), email.compared().into()];
    Statement::select::<Client>().and("partner_id = ?1 and email_compared = ?2", values)
}

/// A mail address as it is looked for.
fn compared(written: &str) -> Option<String> {
    written.parse::<Email>().ok().map(|email| email.compared().to_owned())
}
