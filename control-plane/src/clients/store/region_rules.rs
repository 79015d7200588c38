//! What countries ask of clients, as rows: a change is a new version, and the newest counts.

use crate::clients::model::RegionRule;
use crate::database::statement::Statement;
use crate::database::stored::{Column, Stored};
use crate::database::{Store, StoreError, Write};
use crate::kernel::country::Country;

impl Stored for RegionRule {
    const TABLE: &'static str = "region_rule";
    const COLUMNS: &'static [Column] = &[
        Column::text("country"),
        Column::number("version"),
        Column::text("tax_id"),
        Column::time("since_ms").of("since"),
    ];
    const CONDITION: Option<&'static str> =
        Some("version = (select max(version) from region_rule newest where newest.country = region_rule.country)");
}

impl Store {
    /// The rules of every country that has one.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn region_rules(&self) -> Result<Vec<RegionRule>, StoreError> {
        Statement::select::<RegionRule>().text(" order by country", []).resources(self.reader()).await
    }
}

impl Write {
    /// The rule of a country.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn region_rule(&mut self, country: Country) -> Result<RegionRule, StoreError> {
        Ok(self.find(&country).await?.unwrap_or_else(|| RegionRule::usual(country)))
    }
}
