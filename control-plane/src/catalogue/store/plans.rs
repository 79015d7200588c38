//! Plans, as rows.

use sqlx::{Any, Executor, FromRow};

use crate::catalogue::model::Plan;
use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::{Page, Store, StoreError, Write, from_json, parsed, to_json};
use crate::kernel::ids::{PlanId, ProductId};

#[derive(FromRow)]
struct Row {
    id: String,
    product_id: String,
    application_id: String,
    code: String,
    name: String,
    kind: String,
    state: String,
    terms: String,
    at_suspension: String,
    grace_days: i64,
    trial_days: i64,
    trial_extension_days: i64,
    max_activations: i64,
    created_ms: i64,
}

const SELECT: &str = "select plan.id as id, plan.product_id as product_id, product.application_id as application_id,
    plan.code as code, plan.name as name, plan.kind as kind, plan.state as state, plan.terms as terms,
    plan.at_suspension as at_suspension, plan.grace_days as grace_days, plan.trial_days as trial_days,
    plan.trial_extension_days as trial_extension_days, plan.max_activations as max_activations,
    plan.created_ms as created_ms
    from plan join product on product.id = plan.product_id";

const ADD: &str = "insert into plan (id, product_id, code, name, kind, state, terms, at_suspension, grace_days,
    trial_days, trial_extension_days, max_activations, created_ms)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) on conflict do nothing";

const UPDATE: &str = "update plan set name = $2, state = $3, terms = $4, at_suspension = $5, grace_days = $6,
    trial_days = $7, trial_extension_days = $8, max_activations = $9 where id = $1";

impl Store {
    /// One plan.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn plan(&self, id: PlanId) -> Result<Option<Plan>, StoreError> {
        plan(self.reader(), id).await
    }

    /// The plans of one product or of all, oldest first, with drafts or without.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn plans(&self, of: Option<ProductId>, drafts: bool, page: &Page) -> Result<Vec<Plan>, StoreError> {
        Statement::of(SELECT)
            .when(!drafts, "plan.state <> 'draft' and product.state <> 'draft'")
            .given("plan.product_id = ?1", of.map(|id| id.to_string()))
            .page("plan.id", page)
            .all::<Row, _>(self.reader())
            .await
    }

    /// The plans that are listed, of products that are, and cost something; oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn plans_on_sale(&self, page: &Page) -> Result<Vec<Plan>, StoreError> {
        Statement::of(SELECT)
            .and("plan.state = 'listed' and product.state = 'listed' and plan.kind = 'sold'", [])
            .page("plan.id", page)
            .all::<Row, _>(self.reader())
            .await
    }
}

impl Write {
    /// One plan.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn plan(&mut self, id: PlanId) -> Result<Option<Plan>, StoreError> {
        plan(self.connection(), id).await
    }

    /// Adds a plan, unless its product has one of its code.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_plan(&mut self, plan: &Plan) -> Result<bool, StoreError> {
        let done = sqlx::query(ADD)
            .bind(plan.id.to_string())
            .bind(plan.product.to_string())
            .bind(&plan.code)
            .bind(&plan.name)
            .bind(word("plan.kind", &plan.kind)?)
            .bind(word("plan.state", &plan.state)?)
            .bind(to_json("plan.terms", &plan.terms)?)
            .bind(word("plan.at_suspension", &plan.at_suspension)?)
            .bind(plan.grace_days)
            .bind(plan.trial_days)
            .bind(plan.trial_extension_days)
            .bind(plan.max_activations)
            .bind(plan.created_ms)
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Writes what may change of a plan.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_plan(&mut self, plan: &Plan) -> Result<(), StoreError> {
        let done = sqlx::query(UPDATE)
            .bind(plan.id.to_string())
            .bind(&plan.name)
            .bind(word("plan.state", &plan.state)?)
            .bind(to_json("plan.terms", &plan.terms)?)
            .bind(word("plan.at_suspension", &plan.at_suspension)?)
            .bind(plan.grace_days)
            .bind(plan.trial_days)
            .bind(plan.trial_extension_days)
            .bind(plan.max_activations)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }
}

/// One plan, on any connection.
pub(crate) async fn plan<'e>(
    executor: impl Executor<'e, Database = Any>,
    id: PlanId,
) -> Result<Option<Plan>, StoreError> {
    Statement::of(SELECT).with("plan.id = ?1", id.to_string()).one::<Row, _>(executor).await
}

impl TryFrom<Row> for Plan {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("plan.id", &row.id)?,
            product: parsed("plan.product_id", &row.product_id)?,
            application: parsed("product.application_id", &row.application_id)?,
            code: row.code,
            name: row.name,
            kind: from_word("plan.kind", &row.kind)?,
            state: from_word("plan.state", &row.state)?,
            terms: from_json("plan.terms", &row.terms)?,
            at_suspension: from_word("plan.at_suspension", &row.at_suspension)?,
            grace_days: row.grace_days,
            trial_days: row.trial_days,
            trial_extension_days: row.trial_extension_days,
            max_activations: row.max_activations,
            created_ms: row.created_ms,
        })
    }
}
