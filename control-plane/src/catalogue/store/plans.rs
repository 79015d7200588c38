//! Plans, as rows.

use serde_json::{Value, json};

use crate::catalogue::model::Plan;
use crate::database::statement::Statement;
use crate::database::stored::{Column, Stored};
use crate::database::{Page, Store, StoreError, Write};
use crate::kernel::ids::{PlanId, ProductId};

impl Stored for Plan {
    const TABLE: &'static str = "plan";
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("product_id").of("product"),
        Column::text("(select application_id from product where id = plan.product_id)").derived().of("application"),
        Column::text("code"),
        Column::text("name"),
        Column::text("kind"),
        Column::text("state"),
        Column::json_as("terms", kept),
        Column::text("at_suspension"),
        Column::number("grace_days"),
        Column::number("trial_days"),
        Column::number("trial_extension_days"),
        Column::number("max_activations"),
        Column::time("created_ms").of("created_at"),
    ];
}

/// Terms as they are kept: older programs read null where all countries are meant.
fn kept(terms: &Value) -> String {
    let mut terms = terms.clone();
    for countries in terms.as_array_mut().into_iter().flatten().filter_map(|offer| offer.get_mut("countries")) {
        if *countries == json!([]) {
            *countries = Value::Null;
        }
    }
    terms.to_string()
}

impl Store {
    /// One plan.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn plan(&self, id: PlanId) -> Result<Option<Plan>, StoreError> {
        self.find(&id).await
    }

    /// The plans of one product or of all, with drafts or without.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn plans(&self, of: Option<ProductId>, drafts: bool, page: &Page) -> Result<Vec<Plan>, StoreError> {
        Statement::select::<Plan>()
            .narrowed_among("id", page.only.as_deref())
            .when(!drafts, "state <> 'draft' and product_id in (select id from product where state <> 'draft')")
            .given("product_id = ?1", of.map(|id| id.to_string()))
            .page("id", page)
            .resources(self.reader())
            .await
    }

    /// The plans that are listed, of products that are, and cost something.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn plans_on_sale(&self, page: &Page) -> Result<Vec<Plan>, StoreError> {
        Statement::select::<Plan>()
            .and("state = 'listed' and kind = 'sold'", [])
            .and("product_id in (select id from product where state = 'listed')", [])
            .page("id", page)
            .resources(self.reader())
            .await
    }
}

impl Write {
    /// One plan.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn plan(&mut self, id: PlanId) -> Result<Option<Plan>, StoreError> {
        self.find(&id).await
    }
}
