//! Components, as rows.

use sqlx::{Any, Executor, FromRow};

use crate::catalogue::model::{Component, Countries};
use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::{Page, Store, StoreError, Write, from_json, parsed, to_json};
use crate::kernel::ids::{ComponentId, ProductId};

#[derive(FromRow)]
struct Row {
    id: String,
    product_id: String,
    code: String,
    name: String,
    kind: String,
    state: String,
    countries: Option<String>,
    requires: String,
    excludes: String,
    max_quantity: i64,
    created_ms: i64,
}

const SELECT: &str = "select id, product_id, code, name, kind, state, countries, requires, excludes, max_quantity,
    created_ms from component";

const ADD: &str = "insert into component (id, product_id, code, name, kind, state, countries, requires, excludes,
    max_quantity, created_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing";

const UPDATE: &str = "update component set name = $2, state = $3, countries = $4, requires = $5, excludes = $6,
    max_quantity = $7 where id = $1";

impl Store {
    /// One component.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn component(&self, id: ComponentId) -> Result<Option<Component>, StoreError> {
        component(self.reader(), id).await
    }

    /// The components of one product or of all, oldest first, with drafts or without.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn components(
        &self,
        of: Option<ProductId>,
        drafts: bool,
        page: &Page,
    ) -> Result<Vec<Component>, StoreError> {
        Statement::of(SELECT)
            .when(!drafts, "state <> 'draft'")
            .given("product_id = ?1", of.map(|id| id.to_string()))
            .page("id", page)
            .all::<Row, _>(self.reader())
            .await
    }

    /// Every component of a product, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn components_of(&self, product: ProductId) -> Result<Vec<Component>, StoreError> {
        of_product(self.reader(), product).await
    }
}

impl Write {
    /// One component.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn component(&mut self, id: ComponentId) -> Result<Option<Component>, StoreError> {
        component(self.connection(), id).await
    }

    /// Adds a component, unless its product has one of its code.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_component(&mut self, component: &Component) -> Result<bool, StoreError> {
        let done = sqlx::query(ADD)
            .bind(component.id.to_string())
            .bind(component.product.to_string())
            .bind(&component.code)
            .bind(&component.name)
            .bind(word("component.kind", &component.kind)?)
            .bind(word("component.state", &component.state)?)
            .bind(countries_text(&component.countries)?)
            .bind(to_json("component.requires", &component.requires)?)
            .bind(to_json("component.excludes", &component.excludes)?)
            .bind(i64::from(component.max_quantity))
            .bind(component.created_ms)
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Writes what may change of a component.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_component(&mut self, component: &Component) -> Result<(), StoreError> {
        let done = sqlx::query(UPDATE)
            .bind(component.id.to_string())
            .bind(&component.name)
            .bind(word("component.state", &component.state)?)
            .bind(countries_text(&component.countries)?)
            .bind(to_json("component.requires", &component.requires)?)
            .bind(to_json("component.excludes", &component.excludes)?)
            .bind(i64::from(component.max_quantity))
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }
}

async fn component<'e>(
    executor: impl Executor<'e, Database = Any>,
    id: ComponentId,
) -> Result<Option<Component>, StoreError> {
    Statement::of(SELECT).with("id = ?1", id.to_string()).one::<Row, _>(executor).await
}

/// Every component of a product, on any connection.
pub(crate) async fn of_product<'e>(
    executor: impl Executor<'e, Database = Any>,
    product: ProductId,
) -> Result<Vec<Component>, StoreError> {
    let all = Statement::of(SELECT).with("product_id = ?1", product.to_string()).text(" order by id", []);
    all.all::<Row, _>(executor).await
}

/// Writes a column of countries: null is all of them.
pub(crate) fn countries_text(countries: &Countries) -> Result<Option<String>, StoreError> {
    countries.0.as_ref().map(|countries| to_json("countries", countries)).transpose()
}

/// Reads a column of countries.
pub(crate) fn countries(text: Option<&str>) -> Result<Countries, StoreError> {
    Ok(Countries(text.map(|text| from_json("countries", text)).transpose()?))
}

impl TryFrom<Row> for Component {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("component.id", &row.id)?,
            product: parsed("component.product_id", &row.product_id)?,
            code: row.code,
            name: row.name,
            kind: from_word("component.kind", &row.kind)?,
            state: from_word("component.state", &row.state)?,
            countries: countries(row.countries.as_deref())?,
            requires: from_json("component.requires", &row.requires)?,
            excludes: from_json("component.excludes", &row.excludes)?,
            max_quantity: u32::try_from(row.max_quantity).map_err(|error| StoreError::Unreadable {
                what: "component.max_quantity",
                detail: error.to_string(),
            })?,
            created_ms: row.created_ms,
        })
    }
}
