//! Clients, as rows.

pub mod places;
pub mod region_rules;

use marque_config::PartnerId;
use sqlx::{Any, Executor, FromRow};

use crate::clients::model::{Client, Place};
use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::{Page, Store, StoreError, Write, from_json, parsed, to_json};
use crate::kernel::email::Email;
use crate::kernel::ids::ClientId;
use crate::kernel::principal::Reach;

#[derive(FromRow)]
struct Row {
    id: String,
    partner_id: String,
    company: String,
    email_written: Option<String>,
    phone: Option<String>,
    address: Option<String>,
    postal_code: Option<String>,
    city: Option<String>,
    country: String,
    tax_id: Option<String>,
    region_rule_version: i64,
    language: String,
    contacts: String,
    state: String,
    created_ms: i64,
    anonymised_ms: Option<i64>,
}

const SELECT: &str =
    "select id, partner_id, company, email_written, phone, address, postal_code, city, country, tax_id,
    region_rule_version, language, contacts, state, created_ms, anonymised_ms from client";

const ADD: &str = "insert into client (id, partner_id, company, email_written, email_compared, phone, address,
    postal_code, city, country, tax_id, region_rule_version, language, contacts, state, created_ms, anonymised_ms)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
    on conflict do nothing";

const UPDATE: &str = "update client set company = $3, email_written = $4, email_compared = $5, phone = $6,
    address = $7, postal_code = $8, city = $9, country = $10, tax_id = $11, region_rule_version = $12, language = $13,
    contacts = $14, state = $15, anonymised_ms = $17 where id = $1 and partner_id = $2 and created_ms = $16";

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
        one(self.reader(), reach, id).await
    }

    /// The client of a partner with this mail address: exactly this one.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn client_by_email(&self, partner: PartnerId, email: &Email) -> Result<Option<Client>, StoreError> {
        by_email(self.reader(), partner, email).await
    }

    /// The clients within reach, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn clients(&self, reach: &Reach, filter: &ClientFilter, page: &Page) -> Result<Vec<Client>, StoreError> {
        list(reach, filter, page).all::<Row, _>(self.reader()).await
    }
}

impl Write {
    /// One client within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn client(&mut self, reach: &Reach, id: ClientId) -> Result<Option<Client>, StoreError> {
        one(self.connection(), reach, id).await
    }

    /// The client of a partner with this mail address: exactly this one.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn client_by_email(&mut self, partner: PartnerId, email: &Email) -> Result<Option<Client>, StoreError> {
        by_email(self.connection(), partner, email).await
    }

    /// Adds a client, unless its partner has one with this mail address.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_client(&mut self, client: &Client) -> Result<bool, StoreError> {
        let done = bound(ADD, client)?.execute(self.connection()).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Writes everything of a client that may change.
    ///
    /// # Errors
    /// When the database is away, or the partner has another client with this mail address.
    pub async fn update_client(&mut self, client: &Client) -> Result<(), StoreError> {
        let done = bound(UPDATE, client)?.execute(self.connection()).await?;
        crate::database::one_row(&done)
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

type Bound<'q> = sqlx::query::Query<'q, Any, sqlx::any::AnyArguments>;

/// Binds a client's columns, in the order that [`ADD`] and [`UPDATE`] share.
fn bound(statement: &'static str, client: &Client) -> Result<Bound<'static>, StoreError> {
    let email = client.email.as_ref();
    Ok(sqlx::query(statement)
        .bind(client.id.to_string())
        .bind(client.partner.to_string())
        .bind(client.company.clone())
        .bind(email.map(|email| email.written().to_owned()))
        .bind(email.map(|email| email.compared().to_owned()))
        .bind(client.phone.clone())
        .bind(client.place.address.clone())
        .bind(client.place.postal_code.clone())
        .bind(client.place.city.clone())
        .bind(client.place.country.to_string())
        .bind(client.tax_id.clone())
        .bind(client.rule_version)
        .bind(word("client.language", &client.language)?)
        .bind(to_json("client.contacts", &client.contacts)?)
        .bind(word("client.state", &client.state)?)
        .bind(client.created_ms)
        .bind(client.anonymised_ms))
}

pub(crate) fn list(reach: &Reach, filter: &ClientFilter, page: &Page) -> Statement {
    Statement::of(SELECT)
        .within_partner("partner_id", reach)
        .given("state = ?1", filter.state.as_deref())
        .given("country = ?1", filter.country.as_deref())
        .page("id", page)
}

async fn one<'e>(
    executor: impl Executor<'e, Database = Any>,
    reach: &Reach,
    id: ClientId,
) -> Result<Option<Client>, StoreError> {
    let one = Statement::of(SELECT).narrowed("id = ?1", Some(id.to_string()));
    one.within_partner("partner_id", reach).one::<Row, _>(executor).await
}

async fn by_email<'e>(
    executor: impl Executor<'e, Database = Any>,
    partner: PartnerId,
    email: &Email,
) -> Result<Option<Client>, StoreError> {
    let values = [partner.to_string().into(), email.compared().into()];
    Statement::of(SELECT).and("partner_id = ?1 and email_compared = ?2", values).one::<Row, _>(executor).await
}

impl TryFrom<Row> for Client {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let place = Place {
            address: row.address,
            postal_code: row.postal_code,
            city: row.city,
            country: parsed("client.country", &row.country)?,
        };
        Ok(Self {
            id: parsed("client.id", &row.id)?,
            partner: parsed("client.partner_id", &row.partner_id)?,
            company: row.company,
            email: row.email_written.as_deref().map(|email| parsed("client.email_written", email)).transpose()?,
            phone: row.phone,
            place,
            tax_id: row.tax_id,
            rule_version: row.region_rule_version,
            language: from_word("client.language", &row.language)?,
            contacts: from_json("client.contacts", &row.contacts)?,
            state: from_word("client.state", &row.state)?,
            created_ms: row.created_ms,
            anonymised_ms: row.anonymised_ms,
        })
    }
}
