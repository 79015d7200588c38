//! `/v1/catalog/offers`

use axum::Json;
use iso_currency::Currency;
use marque_config::{ApplicationId, PartnerId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::catalogue::model::{ComponentKind, Plan};
use crate::catalogue::operations::offers::{self, Offer, OfferedComponent, Wanted};
use crate::catalogue::operations::price_lists;
use crate::kernel::country::Country;
use crate::kernel::ids::{ComponentId, PlanId, PriceListId, PriceVersionId, ProductId};
use crate::kernel::money::Money;
use crate::kernel::principal::Principal;
use crate::kernel::scope::Scope;
use crate::kernel::term::Term;
use crate::web::caller::Caller;
use crate::web::page::{Items, List, Pages};
use crate::web::problem::Problem;

/// Which offers are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OffersQuery {
    /// Where the client is (ISO 3166-1, two capital letters).
    #[param(value_type = String, pattern = "^[A-Z]{2}$")]
    country: Country,
    /// Only those in this currency.
    #[param(value_type = Option<String>, pattern = "^[A-Z]{3}$")]
    currency: Option<Currency>,
    /// As this partner sees them: for the vendor. A partner sees its own.
    #[param(value_type = Option<String>)]
    audience: Option<PartnerId>,
}

/// A plan that can be ordered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanOffered {
    /// The plan.
    #[schema(value_type = String)]
    plan: PlanId,
    /// Its code.
    code: String,
    /// Its name.
    name: String,
    /// The product that it is of.
    #[schema(value_type = String)]
    product: ProductId,
    /// The application of the product.
    #[schema(value_type = String)]
    application: ApplicationId,
    /// How many days a trial lasts; 0 where there is none.
    trial_days: i64,
    /// For how long and for how much.
    offers: Vec<OfferShown>,
}

/// A term of a plan, with a price list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferShown {
    /// The price list.
    #[schema(value_type = String)]
    price_list: PriceListId,
    /// Its name.
    price_list_name: String,
    /// The version that is in force.
    #[schema(value_type = String)]
    version: PriceVersionId,
    /// For how long.
    term: Term,
    /// How much the plan costs for that long.
    price: Money,
    /// What can be added.
    components: Vec<ComponentOffered>,
}

/// What can be added to an offer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComponentOffered {
    /// The component.
    #[schema(value_type = String)]
    component: ComponentId,
    /// Its code.
    code: String,
    /// Its name.
    name: String,
    /// What it is.
    kind: ComponentKind,
    /// What has to be in the configuration too.
    #[schema(value_type = Vec<String>)]
    requires: Vec<ComponentId>,
    /// What can't be in the configuration too.
    #[schema(value_type = Vec<String>)]
    excludes: Vec<ComponentId>,
    /// The most of it in one configuration.
    max_quantity: u32,
    /// How much each costs; the highest step that the quantity reaches holds for all of them.
    steps: Vec<PriceStep>,
}

/// From a quantity on, each costs so much.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PriceStep {
    /// The quantity.
    from_quantity: u32,
    /// How much each.
    unit: Money,
}

/// Lists what can be ordered for a client in a country, and for how much.
#[utoipa::path(get, path = "/v1/catalog/offers", tag = "catalogue", params(Pages, OffersQuery),
    responses((status = 200, body = Items<PlanOffered>)))]
pub(crate) async fn list(
    caller: Caller,
    List(pages, query): List<OffersQuery>,
) -> Result<Json<Items<PlanOffered>>, Problem> {
    caller.may(Scope::PricesRead)?;
    let reach = caller.may(Scope::CatalogRead)?;
    let page = pages.page()?;
    let Some(own) = price_lists::audience(&reach) else { return Ok(Json(Items::whole(Vec::new()))) };
    let named = query.audience.map(|id| id.to_string());
    if reach.principal() != Principal::Operator && named.is_some() && named != own {
        return Err(Problem::not_found());
    }
    let wanted = Wanted { audience: named.or(own), country: query.country, currency: query.currency };
    let plans = caller.store().plans_on_sale(&page).await?;
    let found = offers::of_plans(caller.store(), &wanted, plans).await?;
    let shown = |(plan, offers): (Plan, Vec<Offer>)| (!offers.is_empty()).then(|| PlanOffered::new(plan, offers));
    Ok(Json(pages.some_items(found, |(plan, _)| plan.id.to_string(), shown)))
}

impl PlanOffered {
    fn new(plan: Plan, offers: Vec<Offer>) -> Self {
        Self {
            plan: plan.id,
            code: plan.code,
            name: plan.name,
            product: plan.product,
            application: plan.application,
            trial_days: plan.trial_days,
            offers: offers.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Offer> for OfferShown {
    fn from(offer: Offer) -> Self {
        Self {
            price_list: offer.list.id,
            price_list_name: offer.list.name,
            version: offer.version,
            term: offer.term,
            price: offer.price,
            components: offer.components.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<OfferedComponent> for ComponentOffered {
    fn from(OfferedComponent { component, steps }: OfferedComponent) -> Self {
        Self {
            component: component.id,
            code: component.code,
            name: component.name,
            kind: component.kind,
            requires: component.requires.into_iter().collect(),
            excludes: component.excludes.into_iter().collect(),
            max_quantity: component.max_quantity,
            steps: steps.into_iter().map(|(from_quantity, unit)| PriceStep { from_quantity, unit }).collect(),
        }
    }
}
