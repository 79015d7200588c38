//! Price lists, as rows.

use sqlx::{Any, Executor, FromRow};

use crate::catalogue::model::Countries;
use crate::catalogue::model::price::PriceList;
use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::{Page, Store, StoreError, Write, from_json, parsed, to_json};
use crate::kernel::ids::PriceListId;

#[derive(FromRow)]
struct Row {
    id: String,
    name: String,
    currency: String,
    countries: Option<String>,
    partners: Option<String>,
    state: String,
    created_ms: i64,
}

const SELECT: &str = "select id, name, currency, countries, partners, state, created_ms from price_list";

impl Store {
    /// One price list.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn price_list(&self, id: PriceListId) -> Result<Option<PriceList>, StoreError> {
        price_list(self.reader(), id).await
    }

    /// The price lists for a partner, or for none: all of them; oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn price_lists(
        &self,
        partner: Option<String>,
        currency: Option<&str>,
        page: &Page,
    ) -> Result<Vec<PriceList>, StoreError> {
        Statement::of(SELECT)
            // The vendor's lists are few: no index is asked for.
            .given("(partners is null or partners like ?1)", partner.map(|id| format!("%\"{id}\"%")))
            .given("currency = ?1", currency)
            .page("id", page)
            .all::<Row, _>(self.reader())
            .await
    }
}

impl Write {
    /// One price list.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn price_list(&mut self, id: PriceListId) -> Result<Option<PriceList>, StoreError> {
        price_list(self.connection(), id).await
    }

    /// Adds a price list, unless its name is taken.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_price_list(&mut self, list: &PriceList) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "insert into price_list (id, name, currency, countries, partners, state, created_ms)
             values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        )
        .bind(list.id.to_string())
        .bind(&list.name)
        .bind(list.currency.code())
        .bind(countries_text(&list.countries)?)
        .bind(partners_text(list)?)
        .bind(word("price_list.state", &list.state)?)
        .bind(list.created_ms)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Writes what may change of a price list, unless its name is taken.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_price_list(&mut self, list: &PriceList) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "update price_list set name = $2, countries = $3, partners = $4, state = $5 where id = $1
             and not exists (select 1 from price_list other where other.name = $2 and other.id <> $1)",
        )
        .bind(list.id.to_string())
        .bind(&list.name)
        .bind(countries_text(&list.countries)?)
        .bind(partners_text(list)?)
        .bind(word("price_list.state", &list.state)?)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

/// One price list, on any connection.
pub(crate) async fn price_list<'e>(
    executor: impl Executor<'e, Database = Any>,
    id: PriceListId,
) -> Result<Option<PriceList>, StoreError> {
    Statement::of(SELECT).with("id = ?1", id.to_string()).one::<Row, _>(executor).await
}

/// Writes a column of countries: null is all of them.
fn countries_text(countries: &Countries) -> Result<Option<String>, StoreError> {
    let some = Some(&countries.0).filter(|countries| !countries.is_empty());
    some.map(|countries| to_json("price_list.countries", countries)).transpose()
}

/// Reads a column of countries.
fn countries(text: Option<&str>) -> Result<Countries, StoreError> {
    Ok(Countries(text.map(|text| from_json("price_list.countries", text)).transpose()?.unwrap_or_default()))
}

fn partners_text(list: &PriceList) -> Result<Option<String>, StoreError> {
    list.partners.as_ref().map(|partners| to_json("price_list.partners", partners)).transpose()
}

impl TryFrom<Row> for PriceList {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("price_list.id", &row.id)?,
            name: row.name,
            currency: from_word("price_list.currency", &row.currency)?,
            countries: countries(row.countries.as_deref())?,
            partners: row.partners.map(|partners| from_json("price_list.partners", &partners)).transpose()?,
            state: from_word("price_list.state", &row.state)?,
            created_ms: row.created_ms,
        })
    }
}
