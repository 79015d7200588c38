//! What countries ask of clients, as rows: a change is a new version, and the newest counts.

use sqlx::FromRow;

use crate::clients::model::RegionRule;
use crate::database::row::{from_word, word};
use crate::database::{Store, StoreError, Write, parsed};
use crate::kernel::country::Country;

#[derive(FromRow)]
struct Row {
    country: String,
    version: i64,
    tax_id: String,
    since_ms: i64,
}

const NEWEST: &str = "select country, version, tax_id, since_ms from region_rule
    where country = $1 order by version desc limit 1";

const ALL: &str = "select country, version, tax_id, since_ms from region_rule as rule
    where version = (select max(version) from region_rule where country = rule.country) order by country";

impl Store {
    /// The rules of every country that has one.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn region_rules(&self) -> Result<Vec<RegionRule>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(ALL).fetch_all(self.reader()).await?;
        rows.into_iter().map(RegionRule::try_from).collect()
    }
}

impl Write {
    /// The rule of a country.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn region_rule(&mut self, country: Country) -> Result<RegionRule, StoreError> {
        let row: Option<Row> =
            sqlx::query_as(NEWEST).bind(country.to_string()).fetch_optional(self.connection()).await?;
        row.map_or_else(|| Ok(RegionRule::usual(country)), RegionRule::try_from)
    }

    /// Adds a version of a country's rule.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_region_rule(&mut self, rule: &RegionRule) -> Result<(), StoreError> {
        sqlx::query("insert into region_rule (country, version, tax_id, since_ms) values ($1, $2, $3, $4)")
            .bind(rule.country.to_string())
            .bind(rule.version)
            .bind(word("region_rule.tax_id", &rule.tax_id)?)
            .bind(rule.since_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

impl TryFrom<Row> for RegionRule {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            country: parsed("region_rule.country", &row.country)?,
            version: row.version,
            tax_id: from_word("region_rule.tax_id", &row.tax_id)?,
            since_ms: row.since_ms,
        })
    }
}
