//! Versions of price lists and their prices, as rows.

use sqlx::{Any, Executor, Row};

use crate::catalogue::model::price::{Price, PriceVersion};
use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::stored::{Column, Stored, from_row};
use crate::database::{Page, Store, StoreError, Write, parsed};
use crate::kernel::ids::{PlanId, PriceListId, PriceVersionId};
use crate::kernel::term::Term;

impl Stored for PriceVersion {
    const TABLE: &'static str = "price_version";
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("price_list_id").of("list"),
        Column::number("number"),
        Column::text("state"),
        Column::number("effective_ms"),
        Column::number("published_ms"),
        Column::number("created_ms"),
    ];
}

type PriceRow = (String, String, String, i64, i64);

// What is published changes in nothing but that it may be taken back.
const UPDATE: &str = "update price_version set state = $2, effective_ms = $3, published_ms = $4 where id = $1
    and (state = 'draft' or (state = 'published' and $2 = 'retired'))";

const ALL_PRICES: &str = "select plan_id, term, component_id, from_quantity, minor from price
    where price_version_id = $1 order by plan_id, term, component_id, from_quantity";

/// The version in force, once for each price of a plan for a term; once without any where it has none.
const IN_FORCE: &str = "select v.id as id, v.price_list_id as list, v.number as number, v.state as state,
    v.effective_ms as effective_ms, v.published_ms as published_ms, v.created_ms as created_ms,
    price.component_id as component_id, price.from_quantity as from_quantity, price.minor as minor
    from price_version v
    left join price on price.price_version_id = v.id and price.plan_id = $3 and price.term = $4
    where v.id = (select id from price_version where price_list_id = $1 and state = 'published' and effective_ms <= $2
        order by effective_ms desc limit 1)
    order by price.component_id, price.from_quantity";

const ADD_PRICE: &str = "insert into price (price_version_id, plan_id, term, component_id, from_quantity, minor)
    values ($1, $2, $3, $4, $5, $6)";

impl Store {
    /// The versions of a list, with drafts and what was taken back, or without.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn price_versions(
        &self,
        list: PriceListId,
        all: bool,
        page: &Page,
    ) -> Result<Vec<PriceVersion>, StoreError> {
        Statement::select::<PriceVersion>()
            .with("price_list_id = ?1", list.to_string())
            .when(!all, "state = 'published'")
            .page("id", page)
            .resources(self.reader())
            .await
    }

    /// The version of a list that is in force at a moment.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn price_version_in_force(
        &self,
        list: PriceListId,
        at_ms: i64,
    ) -> Result<Option<PriceVersion>, StoreError> {
        in_force(self.reader(), list, at_ms).await
    }

    /// All prices of a version.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn prices(&self, version: PriceVersionId) -> Result<Vec<Price>, StoreError> {
        prices(self.reader(), version).await
    }
}

impl Write {
    /// All prices of a version.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn prices(&mut self, version: PriceVersionId) -> Result<Vec<Price>, StoreError> {
        prices(self.connection(), version).await
    }

    /// The number that the next version of a list has.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn next_version_number(&mut self, list: PriceListId) -> Result<i64, StoreError> {
        let number: i64 =
            sqlx::query_scalar("select coalesce(max(number), 0) + 1 from price_version where price_list_id = $1")
                .bind(list.to_string())
                .fetch_one(self.connection())
                .await?;
        Ok(number)
    }

    /// Whether a list has a published version for exactly this moment.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn is_effective_taken(&mut self, list: PriceListId, at_ms: i64) -> Result<bool, StoreError> {
        let count: i64 = sqlx::query_scalar(
            "select count(*) from price_version where price_list_id = $1 and effective_ms = $2 and state = 'published'",
        )
        .bind(list.to_string())
        .bind(at_ms)
        .fetch_one(self.connection())
        .await?;
        Ok(count > 0)
    }

    /// Adds a version, with its prices.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_price_version(&mut self, version: &PriceVersion, prices: &[Price]) -> Result<(), StoreError> {
        self.add(version).await?;
        self.add_prices(version.id, prices).await
    }

    /// Writes the current status of a version.
    ///
    /// # Errors
    /// When the database is away, or the version is published already.
    pub async fn update_price_version(&mut self, version: &PriceVersion) -> Result<(), StoreError> {
        let done = sqlx::query(UPDATE)
            .bind(version.id.to_string())
            .bind(word("price_version.state", &version.state)?)
            .bind(version.effective_ms)
            .bind(version.published_ms)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }

    /// Puts other prices in a draft.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn replace_prices(&mut self, version: PriceVersionId, prices: &[Price]) -> Result<(), StoreError> {
        self.remove_prices(version).await?;
        self.add_prices(version, prices).await
    }

    /// Forgets a draft.
    ///
    /// # Errors
    /// When the database is away, or it is no draft.
    pub async fn remove_price_version(&mut self, id: PriceVersionId) -> Result<(), StoreError> {
        self.remove_prices(id).await?;
        let done = sqlx::query("delete from price_version where id = $1 and state = 'draft'")
            .bind(id.to_string())
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }

    async fn remove_prices(&mut self, version: PriceVersionId) -> Result<(), StoreError> {
        sqlx::query(
            "delete from price where price_version_id = $1
             and exists (select 1 from price_version where id = $1 and state = 'draft')",
        )
        .bind(version.to_string())
        .execute(self.connection())
        .await?;
        Ok(())
    }

    async fn add_prices(&mut self, version: PriceVersionId, prices: &[Price]) -> Result<(), StoreError> {
        let version = version.to_string();
        for price in prices {
            sqlx::query(ADD_PRICE)
                .bind(&version)
                .bind(price.plan.to_string())
                .bind(word("price.term", &price.term)?)
                .bind(price.component.map(|id| id.to_string()).unwrap_or_default())
                .bind(i64::from(price.from_quantity))
                .bind(price.minor)
                .execute(self.connection())
                .await?;
        }
        Ok(())
    }
}

/// The version of a list that is in force at a moment, on any connection.
pub(crate) async fn in_force<'e>(
    executor: impl Executor<'e, Database = Any>,
    list: PriceListId,
    at_ms: i64,
) -> Result<Option<PriceVersion>, StoreError> {
    Statement::select::<PriceVersion>()
        .with("price_list_id = ?1 and state = 'published'", list.to_string())
        .with("effective_ms <= ?1", at_ms)
        .text(" order by effective_ms desc limit 1", [])
        .resource(executor)
        .await
}

/// The version of a list that is in force at a moment, with its prices of a plan for a term, on any connection.
pub(crate) async fn in_force_with_prices<'e>(
    executor: impl Executor<'e, Database = Any>,
    (list, at_ms): (PriceListId, i64),
    (plan, term): (PlanId, Term),
) -> Result<Option<(PriceVersion, Vec<Price>)>, StoreError> {
    let (plan, term) = (plan.to_string(), word("price.term", &term)?);
    let query = sqlx::query(IN_FORCE).bind(list.to_string()).bind(at_ms).bind(&plan).bind(&term);
    let rows = query.fetch_all(executor).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let mut prices = Vec::with_capacity(rows.len());
    for row in &rows {
        // A version without a price of the plan has one row, and nothing in it.
        let Some(component) = row.try_get::<Option<String>, _>("component_id")? else { continue };
        let price = (row.try_get("from_quantity")?, row.try_get("minor")?);
        prices.push(read((plan.clone(), term.clone(), component, price.0, price.1))?);
    }
    Ok(Some((from_row(first)?, prices)))
}

async fn prices<'e>(
    executor: impl Executor<'e, Database = Any>,
    version: PriceVersionId,
) -> Result<Vec<Price>, StoreError> {
    let rows: Vec<PriceRow> = sqlx::query_as(ALL_PRICES).bind(version.to_string()).fetch_all(executor).await?;
    rows.into_iter().map(read).collect()
}

fn read((plan, term, component, from_quantity, minor): PriceRow) -> Result<Price, StoreError> {
    let component = Some(component).filter(|component| !component.is_empty());
    Ok(Price {
        plan: parsed("price.plan_id", &plan)?,
        term: from_word("price.term", &term)?,
        component: component.map(|id| parsed("price.component_id", &id)).transpose()?,
        from_quantity: u32::try_from(from_quantity)
            .map_err(|error| StoreError::Unreadable { what: "price.from_quantity", detail: error.to_string() })?,
        minor,
    })
}
