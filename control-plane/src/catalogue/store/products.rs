//! Products, as rows.

use crate::catalogue::model::Product;
use crate::database::statement::Statement;
use crate::database::stored::{Column, Stored};
use crate::database::{Page, Store, StoreError};

impl Stored for Product {
    const TABLE: &'static str = "product";
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("application_id").of("application"),
        Column::text("code"),
        Column::text("name"),
        Column::text("state"),
        Column::time("created_ms").of("created_at"),
    ];
}

impl Store {
    /// The products, with drafts or without.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn products(&self, drafts: bool, page: &Page) -> Result<Vec<Product>, StoreError> {
        let list = Statement::select::<Product>().narrowed_among("id", page.only.as_deref());
        let list = list.when(!drafts, "state <> 'draft'").page("id", page);
        list.resources(self.reader()).await
    }
}
