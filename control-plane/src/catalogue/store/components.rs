//! Components, as rows.

use sqlx::{Any, Executor};

use crate::catalogue::model::Component;
use crate::database::statement::Statement;
use crate::database::stored::{Column, Stored};
use crate::database::{Page, Store, StoreError};
use crate::kernel::ids::ProductId;

impl Stored for Component {
    const TABLE: &'static str = "component";
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("product_id").of("product"),
        Column::text("code"),
        Column::text("name"),
        Column::text("kind"),
        Column::text("state"),
        Column::limit("countries"),
        Column::json("requires"),
        Column::json("excludes"),
        Column::number("max_quantity"),
        Column::time("created_ms").of("created_at"),
    ];
}

impl Store {
    /// The components of one product or of all, with drafts or without.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn components(
        &self,
        of: Option<ProductId>,
        drafts: bool,
        page: &Page,
    ) -> Result<Vec<Component>, StoreError> {
        Statement::select::<Component>()
            .when(!drafts, "state <> 'draft'")
            .given("product_id = ?1", of.map(|id| id.to_string()))
            .page("id", page)
            .resources(self.reader())
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

/// Every component of a product, on any connection.
pub(crate) async fn of_product<'e>(
    executor: impl Executor<'e, Database = Any>,
    product: ProductId,
) -> Result<Vec<Component>, StoreError> {
    let all = Statement::select::<Component>().with("product_id = ?1", product.to_string());
    all.text(" order by id", []).resources(executor).await
}
