//! `/v1/plans`

use axum::Json;
use axum::http::StatusCode;
use marque_config::ApplicationId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::catalogue::model::{self as catalogue, AtSuspension, Countries, ListingState, PlanKind};
use crate::catalogue::operations::plans::{self, NewPlan, PlanRest};
use crate::kernel::country::Country;
use crate::kernel::ids::{PlanId, ProductId};
use crate::kernel::scope::Scope;
use crate::kernel::term::Term;
use crate::web::body::{PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::resource::{Update, Updated};
use crate::web::time::written;
use crate::web::version::{IfMatch, Versioned};

/// A plan: the kind of access to a product that is bought.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Plan {
    /// Its identity: `pln_…`.
    #[schema(value_type = String)]
    id: PlanId,
    /// The product that it is of.
    #[schema(value_type = String)]
    product: ProductId,
    /// The application of the product.
    #[schema(value_type = String)]
    application: ApplicationId,
    /// How programs call it; unique in the product.
    code: String,
    /// How people call it.
    name: String,
    /// Whether it costs something.
    kind: PlanKind,
    /// Whether it is on sale.
    state: ListingState,
    /// For how long it is sold, and where.
    terms: Vec<TermOffer>,
    /// What a licence still gives that is suspended or over.
    at_suspension: AtSuspension,
    /// For how many days after its end a licence still works.
    grace_days: i64,
    /// How many days a trial lasts; 0 where there is none.
    trial_days: i64,
    /// By how many days a trial can be extended, once; 0 where it can't.
    trial_extension_days: i64,
    /// On how many devices a licence may be activated.
    max_activations: i64,
    /// When it was added.
    #[schema(format = DateTime)]
    created_at: String,
}

/// A term that a plan is sold for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TermOffer {
    /// For how long.
    term: Term,
    /// The countries of the clients that it is for (ISO 3166-1, two capital letters); all of them when empty.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 300)]
    countries: Vec<Country>,
}

/// A plan to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanToAdd {
    /// The product that it is of.
    #[schema(value_type = String)]
    product: ProductId,
    /// How programs call it: letters, digits, `-`, `_` and `.`; it never changes.
    #[schema(min_length = 1, max_length = 40)]
    code: String,
    /// How people call it.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Whether it costs something; it never changes. It does when not given.
    #[serde(default = "sold")]
    kind: PlanKind,
    /// Whether it is on sale; a draft when not given.
    #[serde(default)]
    state: ListingState,
    /// For how long it is sold, and where.
    #[serde(default)]
    #[schema(max_items = 3)]
    terms: Vec<TermOffer>,
    /// What a licence still gives that is suspended or over; nothing when not given.
    #[serde(default = "block")]
    at_suspension: AtSuspension,
    /// For how many days after its end a licence still works; 14 when not given.
    #[serde(default = "fortnight")]
    #[schema(minimum = 0, maximum = 365)]
    grace_days: i64,
    /// How many days a trial lasts; 14 when not given, 0 for none.
    #[serde(default = "fortnight")]
    #[schema(minimum = 0, maximum = 365)]
    trial_days: i64,
    /// By how many days a trial can be extended, once; 7 when not given.
    #[serde(default = "week")]
    #[schema(minimum = 0, maximum = 90)]
    trial_extension_days: i64,
    /// On how many devices a licence may be activated; 1 when not given.
    #[serde(default = "single")]
    #[schema(minimum = 1, maximum = 10000)]
    max_activations: i64,
}

/// What is to change of a plan.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanToChange {
    /// A new name.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Whether it is on sale. What was listed once is no draft any more.
    #[serde(default)]
    state: Option<ListingState>,
    /// For how long it is sold, and where; whole.
    #[serde(default)]
    #[schema(max_items = 3)]
    terms: Option<Vec<TermOffer>>,
    /// What a licence still gives that is suspended or over.
    #[serde(default)]
    at_suspension: Option<AtSuspension>,
    /// For how many days after its end a licence still works.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 365)]
    grace_days: Option<i64>,
    /// How many days a trial lasts.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 365)]
    trial_days: Option<i64>,
    /// By how many days a trial can be extended, once.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 90)]
    trial_extension_days: Option<i64>,
    /// On how many devices a licence may be activated.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 10000)]
    max_activations: Option<i64>,
}

/// Which plans, or components, are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfProduct {
    /// Only those of this product.
    #[param(value_type = Option<String>)]
    pub(crate) product: Option<ProductId>,
    /// The most that is wanted: 1 to 100, 50 when not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// Where the last page ended.
    page_token: Option<String>,
}

impl OfProduct {
    pub(crate) fn pages(&self) -> Pages {
        Pages { limit: self.limit, page_token: self.page_token.clone() }
    }
}

fn sold() -> PlanKind {
    PlanKind::Sold
}

fn block() -> AtSuspension {
    AtSuspension::Block
}

fn fortnight() -> i64 {
    14
}

fn week() -> i64 {
    7
}

fn single() -> i64 {
    1
}

/// Adds a plan.
#[utoipa::path(post, path = "/v1/plans", tag = "catalogue", request_body = PlanToAdd, params(IdempotencyKey),
    responses((status = 201, body = Plan)))]
pub(crate) async fn create(caller: Caller, post: Post<PlanToAdd>) -> Answer {
    let reach = caller.may_as_operator(Scope::CatalogWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let rest = PlanRest {
        name: input.name,
        state: input.state,
        terms: input.terms.into_iter().map(Into::into).collect(),
        at_suspension: input.at_suspension,
        grace_days: input.grace_days,
        trial_days: input.trial_days,
        trial_extension_days: input.trial_extension_days,
        max_activations: input.max_activations,
    };
    let new = NewPlan { product: input.product, code: input.code, kind: input.kind, rest };
    let plan = plans::create(&mut doing.write, new).await?;
    doing.done(StatusCode::CREATED, &Plan::from(plan)).await
}

/// Lists plans.
#[utoipa::path(get, path = "/v1/plans", tag = "catalogue", params(OfProduct),
    responses((status = 200, body = Items<Plan>)))]
pub(crate) async fn list(caller: Caller, Query(asked): Query<OfProduct>) -> Result<Json<Items<Plan>>, Problem> {
    let reach = caller.may(Scope::CatalogRead)?;
    let pages = asked.pages();
    let found = caller.store().plans(asked.product, reach.is_operator(), &pages.page()?).await?;
    Ok(Json(pages.items(found, |plan| plan.id.to_string(), Plan::from)))
}

/// Shows a plan.
#[utoipa::path(get, path = "/v1/plans/{id}", tag = "catalogue", responses((status = 200, body = Plan)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<PlanId>) -> Result<Versioned<Plan>, Problem> {
    let reach = caller.may(Scope::CatalogRead)?;
    Ok(Versioned(plans::one(caller.store(), &reach, id).await?.into()))
}

/// Changes a plan. What is sold already keeps the days that it was sold with.
#[utoipa::path(patch, path = "/v1/plans/{id}", tag = "catalogue", request_body = PlanToChange, params(IfMatch),
    responses((status = 200, body = Plan)))]
pub(crate) async fn change(update: Update<PlanId, PlanToChange>) -> Updated<Plan> {
    let reach = update.caller.may_as_operator(Scope::CatalogWrite)?;
    let (input, mut write) = update.begin(&reach).await?;
    let current = plans::current(&mut write, update.id).await?;
    update.seen.check(&Plan::from(current.clone()))?;
    let plan = plans::change(&mut write, update.id, input.over(current)).await?;
    write.commit().await?;
    Ok(Versioned(plan.into()))
}

impl PlanToChange {
    fn over(self, plan: catalogue::Plan) -> PlanRest {
        PlanRest {
            name: self.name.unwrap_or(plan.name),
            state: self.state.unwrap_or(plan.state),
            terms: self.terms.map_or(plan.terms, |terms| terms.into_iter().map(Into::into).collect()),
            at_suspension: self.at_suspension.unwrap_or(plan.at_suspension),
            grace_days: self.grace_days.unwrap_or(plan.grace_days),
            trial_days: self.trial_days.unwrap_or(plan.trial_days),
            trial_extension_days: self.trial_extension_days.unwrap_or(plan.trial_extension_days),
            max_activations: self.max_activations.unwrap_or(plan.max_activations),
        }
    }
}

impl From<TermOffer> for catalogue::TermOffer {
    fn from(offer: TermOffer) -> Self {
        Self { term: offer.term, countries: Countries(offer.countries.into_iter().collect()) }
    }
}

impl From<catalogue::TermOffer> for TermOffer {
    fn from(offer: catalogue::TermOffer) -> Self {
        Self { term: offer.term, countries: offer.countries.0.into_iter().collect() }
    }
}

impl From<catalogue::Plan> for Plan {
    fn from(plan: catalogue::Plan) -> Self {
        Self {
            id: plan.id,
            product: plan.product,
            application: plan.application,
            code: plan.code,
            name: plan.name,
            kind: plan.kind,
            state: plan.state,
            terms: plan.terms.into_iter().map(Into::into).collect(),
            at_suspension: plan.at_suspension,
            grace_days: plan.grace_days,
            trial_days: plan.trial_days,
            trial_extension_days: plan.trial_extension_days,
            max_activations: plan.max_activations,
            created_at: written(plan.created_ms),
        }
    }
}
