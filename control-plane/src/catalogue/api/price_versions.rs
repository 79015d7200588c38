//! `/v1/price-lists/{id}/versions` and `/v1/price-versions`

use axum::Json;
use axum::http::StatusCode;
use iso_currency::Currency;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::catalogue::model::price::{self, Change, Price, PriceList, Stage};
use crate::catalogue::operations::{price_lists, price_versions};
use crate::database::{Store, StoreError};
use crate::kernel::fault::FieldFault;
use crate::kernel::ids::{ComponentId, PlanId, PriceListId, PriceVersionId};
use crate::kernel::language::Sentence;
use crate::kernel::scope::Scope;
use crate::kernel::term::Term;
use crate::web::body::{Nothing, PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::resource::{Update, Updated};
use crate::web::time::{read, written};
use crate::web::version::{IfMatch, Versioned};

/// A version of a price list, without its prices.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Version {
    /// Its identity: `plv_…`.
    #[schema(value_type = String)]
    id: PriceVersionId,
    /// The list that it is of.
    #[schema(value_type = String)]
    price_list: PriceListId,
    /// Its number in the list: 1 for the first.
    number: i64,
    /// Its current status.
    state: Stage,
    /// From when on it is in force; absent for a draft.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    effective_from: Option<String>,
    /// When it was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    published_at: Option<String>,
    /// When it was drafted.
    #[schema(format = DateTime)]
    created_at: String,
}

/// A version of a price list with its prices.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WholeVersion {
    #[serde(flatten)]
    version: Version,
    /// The currency of all its prices.
    #[schema(value_type = String, pattern = "^[A-Z]{3}$")]
    currency: Currency,
    /// Its prices.
    prices: Vec<PriceRow>,
}

/// One price.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceRow {
    /// The plan.
    #[schema(value_type = String)]
    plan: PlanId,
    /// For how long.
    term: Term,
    /// The component that goes with the plan; null for the plan itself.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    component: Option<ComponentId>,
    /// From this quantity on, all of them cost so much each; 1 when not given, and always for a plan.
    #[serde(default = "one_piece")]
    #[schema(minimum = 1, maximum = 10000)]
    from_quantity: u32,
    /// How much each, in minor units of the list's currency.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    amount: i64,
}

/// The prices of a version, whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prices {
    /// Each starts at a quantity of 1; a component's goes with the plan's for the same term.
    #[schema(min_items = 1, max_items = 2000)]
    prices: Vec<PriceRow>,
}

/// From when on a version is in force.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Publication {
    /// Now when not given; never in the past.
    #[serde(default)]
    #[schema(format = DateTime)]
    effective_from: Option<String>,
}

/// Against which version of the list another is compared.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Against {
    /// The earlier one.
    #[param(value_type = String)]
    against: PriceVersionId,
}

/// What changes from one version to another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Difference {
    /// The later one.
    #[schema(value_type = String)]
    version: PriceVersionId,
    /// The earlier one.
    #[schema(value_type = String)]
    against: PriceVersionId,
    /// The currency of both.
    #[schema(value_type = String, pattern = "^[A-Z]{3}$")]
    currency: Currency,
    /// The prices that differ.
    changes: Vec<PriceChange>,
}

/// One price that differs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PriceChange {
    /// The plan.
    #[schema(value_type = String)]
    plan: PlanId,
    /// For how long.
    term: Term,
    /// The component; null for the plan itself.
    #[schema(value_type = Option<String>)]
    component: Option<ComponentId>,
    /// From which quantity on.
    from_quantity: u32,
    /// How much it was; null when it is new.
    before: Option<i64>,
    /// How much it is; null when it is gone.
    after: Option<i64>,
}

fn one_piece() -> u32 {
    1
}

/// Drafts a version of a price list.
#[utoipa::path(post, path = "/v1/price-lists/{id}/versions", tag = "prices", request_body = Prices,
    params(IdempotencyKey), responses((status = 201, body = Version)))]
pub(crate) async fn create(caller: Caller, PathId(list): PathId<PriceListId>, post: Post<Prices>) -> Answer {
    let reach = caller.may_as_operator(Scope::PricesWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let version = price_versions::draft(&mut doing.write, list, input.prices()).await?;
    let now_ms = doing.write.now_ms();
    doing.done(StatusCode::CREATED, &Version::new(version, None, now_ms)).await
}

/// Lists the versions of a price list, without their prices.
#[utoipa::path(get, path = "/v1/price-lists/{id}/versions", tag = "prices", params(Pages),
    responses((status = 200, body = Items<Version>)))]
pub(crate) async fn list(
    caller: Caller,
    PathId(list): PathId<PriceListId>,
    Query(pages): Query<Pages>,
) -> Result<Json<Items<Version>>, Problem> {
    let reach = caller.may(Scope::PricesRead)?;
    let store = caller.store();
    price_lists::one(store, &reach, list).await?;
    let found = store.price_versions(list, reach.is_operator(), &pages.page()?).await?;
    let in_force = in_force(store, list).await?;
    let shown = |version| Version::new(version, in_force, store.now_ms());
    Ok(Json(pages.items(found, |version| version.id.to_string(), shown)))
}

/// Shows a version with its prices.
#[utoipa::path(get, path = "/v1/price-versions/{id}", tag = "prices", responses((status = 200, body = WholeVersion)))]
pub(crate) async fn one(
    caller: Caller,
    PathId(id): PathId<PriceVersionId>,
) -> Result<Versioned<WholeVersion>, Problem> {
    let reach = caller.may(Scope::PricesRead)?;
    let (version, prices) = price_versions::one(caller.store(), &reach, id).await?;
    Ok(Versioned(WholeVersion::new(caller.store(), version, prices).await?))
}

/// Puts other prices in a draft.
#[utoipa::path(put, path = "/v1/price-versions/{id}", tag = "prices", request_body = Prices, params(IfMatch),
    responses((status = 200, body = WholeVersion)))]
pub(crate) async fn replace(update: Update<PriceVersionId, Prices>) -> Updated<WholeVersion> {
    let reach = update.caller.may_as_operator(Scope::PricesWrite)?;
    let input = update.input.read(&reach)?;
    let store = update.caller.store();
    let mut write = store.begin(reach.actor(), store.now_ms()).await?;
    let (version, prices) = price_versions::current(&mut write, update.id).await?;
    update.seen.check(&WholeVersion::new(store, version, prices).await?)?;
    price_versions::replace(&mut write, update.id, input.prices()).await?;
    let (version, prices) = price_versions::current(&mut write, update.id).await?;
    write.commit().await?;
    Ok(Versioned(WholeVersion::new(store, version, prices).await?))
}

/// Forgets a draft.
#[utoipa::path(delete, path = "/v1/price-versions/{id}", tag = "prices", params(IfMatch), responses((status = 204)))]
pub(crate) async fn discard(
    caller: Caller,
    PathId(id): PathId<PriceVersionId>,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    let reach = caller.may_as_operator(Scope::PricesWrite)?;
    let store = caller.store();
    let mut write = store.begin(reach.actor(), store.now_ms()).await?;
    let (version, prices) = price_versions::current(&mut write, id).await?;
    seen.check(&WholeVersion::new(store, version, prices).await?)?;
    price_versions::discard(&mut write, id).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Publishes a draft: for now, or for a moment that is yet to come. From then on it never changes.
#[utoipa::path(post, path = "/v1/price-versions/{id}/publish", tag = "prices", request_body = Publication,
    params(IdempotencyKey), responses((status = 200, body = Version)))]
pub(crate) async fn publish(caller: Caller, PathId(id): PathId<PriceVersionId>, post: Post<Publication>) -> Answer {
    let reach = caller.may_as_operator(Scope::PricesWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let from_ms = moment("/effective_from", input.effective_from.as_deref())?;
    let version = price_versions::publish(&mut doing.write, id, from_ms).await?;
    let now_ms = doing.write.now_ms();
    let in_force = version.effective_ms.filter(|from_ms| *from_ms <= now_ms).map(|_| version.id);
    doing.done(StatusCode::OK, &Version::new(version, in_force, now_ms)).await
}

/// Takes a published version back before its day.
#[utoipa::path(post, path = "/v1/price-versions/{id}/retire", tag = "prices", request_body = Nothing,
    params(IdempotencyKey), responses((status = 200, body = Version)))]
pub(crate) async fn retire(caller: Caller, PathId(id): PathId<PriceVersionId>, post: Post<Nothing>) -> Answer {
    let reach = caller.may_as_operator(Scope::PricesWrite)?;
    let (_, mut doing) = post.begin(&caller.api, &reach).await?;
    let version = price_versions::retire(&mut doing.write, id).await?;
    let now_ms = doing.write.now_ms();
    doing.done(StatusCode::OK, &Version::new(version, None, now_ms)).await
}

/// Says what changes from another version of the list to this one.
#[utoipa::path(get, path = "/v1/price-versions/{id}/diff", tag = "prices", params(Against),
    responses((status = 200, body = Difference)))]
pub(crate) async fn diff(
    caller: Caller,
    PathId(id): PathId<PriceVersionId>,
    Query(asked): Query<Against>,
) -> Result<Json<Difference>, Problem> {
    let reach = caller.may(Scope::PricesRead)?;
    let store = caller.store();
    let (version, changes) = price_versions::diff(store, &reach, id, asked.against).await?;
    let list = price_lists::one(store, &reach, version.list).await?;
    let changes = changes.into_iter().map(Into::into).collect();
    Ok(Json(Difference { version: id, against: asked.against, currency: list.currency, changes }))
}

/// Reads a moment of the future or now, where one is given.
pub(crate) fn moment(pointer: &str, text: Option<&str>) -> Result<Option<i64>, FieldFault> {
    let Some(text) = text else { return Ok(None) };
    let said = Sentence::fixed("A time is RFC 3339, UTC.", "Une heure s’écrit selon la RFC 3339, en UTC.");
    read(text).map(Some).ok_or_else(|| FieldFault::new(pointer, "invalid-time", said))
}

async fn in_force(store: &Store, list: PriceListId) -> Result<Option<PriceVersionId>, StoreError> {
    Ok(store.price_version_in_force(list, store.now_ms()).await?.map(|version| version.id))
}

impl Prices {
    fn prices(self) -> Vec<Price> {
        let price = |row: PriceRow| Price {
            plan: row.plan,
            term: row.term,
            component: row.component,
            from_quantity: row.from_quantity,
            minor: row.amount,
        };
        self.prices.into_iter().map(price).collect()
    }
}

impl Version {
    fn new(version: price::PriceVersion, in_force: Option<PriceVersionId>, now_ms: i64) -> Self {
        Self {
            id: version.id,
            price_list: version.list,
            number: version.number,
            state: version.stage(in_force, now_ms),
            effective_from: version.effective_ms.map(written),
            published_at: version.published_ms.map(written),
            created_at: written(version.created_ms),
        }
    }
}

impl WholeVersion {
    async fn new(store: &Store, version: price::PriceVersion, prices: Vec<Price>) -> Result<Self, Problem> {
        let list = store.find::<PriceList>(&version.list).await?.ok_or_else(Problem::not_found)?;
        let in_force = in_force(store, list.id).await?;
        let row = |price: Price| PriceRow {
            plan: price.plan,
            term: price.term,
            component: price.component,
            from_quantity: price.from_quantity,
            amount: price.minor,
        };
        let prices = prices.into_iter().map(row).collect();
        let version = Version::new(version, in_force, store.now_ms());
        Ok(Self { version, currency: list.currency, prices })
    }
}

impl From<Change> for PriceChange {
    fn from(change: Change) -> Self {
        Self {
            plan: change.price.plan,
            term: change.price.term,
            component: change.price.component,
            from_quantity: change.price.from_quantity,
            before: change.before,
            after: change.after,
        }
    }
}
