//! Price lists, as rows.

use crate::catalogue::model::price::PriceList;
use crate::database::statement::Statement;
use crate::database::stored::{Column, Stored};
use crate::database::{Page, Store, StoreError, Write};

impl Stored for PriceList {
    const TABLE: &'static str = "price_list";
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("name"),
        Column::text("currency"),
        Column::limit("countries"),
        Column::limit("partners"),
        Column::text("state"),
        Column::time("created_ms").of("created_at"),
    ];
}

impl Store {
    /// The price lists for a partner, or for none: all of them.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn price_lists(
        &self,
        partner: Option<String>,
        currency: Option<&str>,
        page: &Page,
    ) -> Result<Vec<PriceList>, StoreError> {
        Statement::select::<PriceList>()
            // The vendor's lists are few: no index is asked for.
            .given("(partners is null or partners like ?1)", partner.map(|id| format!("%\"{id}\"%")))
            .given("currency = ?1", currency)
            .page("id", page)
            .resources(self.reader())
            .await
    }
}

impl Write {
    /// Whether another price list has this name.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn is_price_list_name_taken(&mut self, list: &PriceList) -> Result<bool, StoreError> {
        let named = Statement::select::<PriceList>().with("name = ?1", list.name.as_str());
        let found: Vec<PriceList> = named.resources(self.connection()).await?;
        Ok(found.iter().any(|found| found.id != list.id))
    }
}
