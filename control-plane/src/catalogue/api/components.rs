//! `/v1/components`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::plans::OfProduct;
use super::products::draft;
use crate::catalogue::model::{self as catalogue, ComponentKind, Standing};
use crate::catalogue::operations::components::{self, ComponentRest, NewComponent};
use crate::kernel::country::Country;
use crate::kernel::ids::{ComponentId, ProductId};
use crate::kernel::scope::Scope;
use crate::web::Api;
use crate::web::body::{Asked, At, Input};
use crate::web::caller::Caller;
use crate::web::once::{Instead, Post};
use crate::web::page::Items;
use crate::web::problem::{Problem, ProblemDocument};
use crate::web::time::written;
use crate::web::version::{IfMatch, Shown};

/// What can be added to a configuration, with a quantity: a printer, a cutter.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Component {
    /// Its identity: `cmp_…`.
    #[schema(value_type = String)]
    id: ComponentId,
    /// The product that it goes with.
    #[schema(value_type = String)]
    product: ProductId,
    /// How programs call it; unique in the product.
    code: String,
    /// How people call it.
    name: String,
    /// What it is.
    kind: ComponentKind,
    /// Whether it is on sale.
    state: Standing,
    /// The countries of the clients that it is for; all of them when empty.
    #[schema(value_type = Vec<String>)]
    countries: Vec<Country>,
    /// What has to be in the configuration too.
    #[schema(value_type = Vec<String>)]
    requires: Vec<ComponentId>,
    /// What can't be in the configuration too.
    #[schema(value_type = Vec<String>)]
    excludes: Vec<ComponentId>,
    /// The most of it in one configuration.
    #[schema(minimum = 1, maximum = 10000)]
    max_quantity: u32,
    /// When it was added.
    #[schema(format = DateTime)]
    created_at: String,
}

/// A component to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComponentToAdd {
    /// The product that it goes with.
    #[schema(value_type = String)]
    product: ProductId,
    /// How programs call it: letters, digits, `-`, `_` and `.`; it never changes.
    #[schema(min_length = 1, max_length = 40)]
    code: String,
    /// How people call it.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// What it is; it never changes. A device when not given.
    #[serde(default = "device")]
    kind: ComponentKind,
    /// Whether it is on sale; a draft when not given.
    #[serde(default = "draft")]
    state: Standing,
    /// The countries of the clients that it is for (ISO 3166-1, two capital letters); all of them when empty.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 300)]
    countries: Vec<Country>,
    /// What has to be in the configuration too: other components of the product.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 50)]
    requires: Vec<ComponentId>,
    /// What can't be in the configuration too: other components of the product.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 50)]
    excludes: Vec<ComponentId>,
    /// The most of it in one configuration; 10000 when not given.
    #[serde(default = "many")]
    #[schema(minimum = 1, maximum = 10000)]
    max_quantity: u32,
}

/// What is to change of a component.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComponentToChange {
    /// A new name.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Whether it is on sale. What was listed once is no draft any more.
    #[serde(default)]
    state: Option<Standing>,
    /// The countries of the clients that it is for, whole; all of them when empty.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, max_items = 300)]
    countries: Option<Vec<Country>>,
    /// What has to be in the configuration too, whole.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, max_items = 50)]
    requires: Option<Vec<ComponentId>>,
    /// What can't be in the configuration too, whole.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, max_items = 50)]
    excludes: Option<Vec<ComponentId>>,
    /// The most of it in one configuration.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 10000)]
    max_quantity: Option<u32>,
}

fn device() -> ComponentKind {
    ComponentKind::Device
}

fn many() -> u32 {
    crate::kernel::money::MOST_QUANTITY
}

/// Adds a component.
#[utoipa::path(post, path = "/v1/components", tag = "catalogue", request_body = ComponentToAdd,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Component), (status = "default", body = ProblemDocument)))]
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    post: Post<ComponentToAdd>,
) -> Result<Response, Instead> {
    let reach = caller.may_as_operator(Scope::CatalogWrite)?;
    let (input, mut doing) = post.begin(&api, &reach).await?;
    let rest = ComponentRest {
        name: input.name,
        state: input.state,
        countries: input.countries,
        requires: input.requires,
        excludes: input.excludes,
        max_quantity: input.max_quantity,
    };
    let new = NewComponent { product: input.product, code: input.code, kind: input.kind, rest };
    let component = components::create(&mut doing.write, new).await?;
    doing.done(StatusCode::CREATED, &Component::from(component)).await
}

/// Lists components.
#[utoipa::path(get, path = "/v1/components", tag = "catalogue", params(OfProduct),
    responses((status = 200, body = Items<Component>), (status = "default", body = ProblemDocument)))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Asked(asked): Asked<OfProduct>,
) -> Result<Json<Items<Component>>, Problem> {
    let reach = caller.may(Scope::CatalogRead)?;
    let pages = asked.pages();
    let found = api.inner.store.components(asked.product, reach.is_operator(), &pages.page()?).await?;
    Ok(Json(pages.items(found, |component| component.id.to_string(), Component::from)))
}

/// Shows a component.
#[utoipa::path(get, path = "/v1/components/{id}", tag = "catalogue", params(("id" = String, Path)),
    responses((status = 200, body = Component), (status = "default", body = ProblemDocument)))]
pub(crate) async fn one(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<ComponentId>,
) -> Result<Shown<Component>, Problem> {
    let reach = caller.may(Scope::CatalogRead)?;
    Ok(Shown(components::one(&api.inner.store, &reach, id).await?.into()))
}

/// Changes a component.
#[utoipa::path(patch, path = "/v1/components/{id}", tag = "catalogue", request_body = ComponentToChange,
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = Component), (status = "default", body = ProblemDocument)))]
pub(crate) async fn change(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<ComponentId>,
    seen: IfMatch,
    input: Input<ComponentToChange>,
) -> Result<Shown<Component>, Problem> {
    let reach = caller.may_as_operator(Scope::CatalogWrite)?;
    let input = input.read(&reach)?;
    let mut write = api.inner.store.begin(reach.actor(), api.inner.store.now_ms()).await?;
    let current = components::current(&mut write, id).await?;
    seen.check(&Component::from(current.clone()))?;
    let component = components::change(&mut write, id, input.over(current)).await?;
    write.commit().await?;
    Ok(Shown(component.into()))
}

impl ComponentToChange {
    fn over(self, component: catalogue::Component) -> ComponentRest {
        let countries = component.countries.0.into_iter().flatten();
        ComponentRest {
            name: self.name.unwrap_or(component.name),
            state: self.state.unwrap_or(component.state),
            countries: self.countries.unwrap_or_else(|| countries.collect()),
            requires: self.requires.unwrap_or_else(|| component.requires.into_iter().collect()),
            excludes: self.excludes.unwrap_or_else(|| component.excludes.into_iter().collect()),
            max_quantity: self.max_quantity.unwrap_or(component.max_quantity),
        }
    }
}

impl From<catalogue::Component> for Component {
    fn from(component: catalogue::Component) -> Self {
        Self {
            id: component.id,
            product: component.product,
            code: component.code,
            name: component.name,
            kind: component.kind,
            state: component.state,
            countries: component.countries.0.into_iter().flatten().collect(),
            requires: component.requires.into_iter().collect(),
            excludes: component.excludes.into_iter().collect(),
            max_quantity: component.max_quantity,
            created_at: written(component.created_ms),
        }
    }
}
