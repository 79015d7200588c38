//! `/v1/products`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use marque_config::ApplicationId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::catalogue::model::{self as catalogue, Standing};
use crate::catalogue::operations::products::{self, NewProduct, ProductChange};
use crate::kernel::ids::ProductId;
use crate::kernel::scope::Scope;
use crate::web::Api;
use crate::web::body::{Asked, At, Input};
use crate::web::caller::Caller;
use crate::web::once::{Instead, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::{Problem, ProblemDocument};
use crate::web::time::written;
use crate::web::version::{IfMatch, Shown};

/// A product: what plans are of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Product {
    /// Its identity: `prd_…`.
    #[schema(value_type = String)]
    id: ProductId,
    /// The application that it opens.
    #[schema(value_type = String)]
    application: ApplicationId,
    /// How programs call it; unique.
    code: String,
    /// How people call it.
    name: String,
    /// Whether it is on sale.
    state: Standing,
    /// When it was added.
    #[schema(format = DateTime)]
    created_at: String,
}

/// A product to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductToAdd {
    /// The application that it opens.
    #[schema(value_type = String)]
    application: ApplicationId,
    /// How programs call it: letters, digits, `-`, `_` and `.`; it never changes.
    #[schema(min_length = 1, max_length = 40)]
    code: String,
    /// How people call it.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Whether it is on sale; a draft when not given.
    #[serde(default = "draft")]
    state: Standing,
}

/// What is to change of a product.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductToChange {
    /// A new name.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Whether it is on sale. What was listed once is no draft any more.
    #[serde(default)]
    state: Option<Standing>,
}

/// What isn't said to be on sale isn't.
pub(crate) fn draft() -> Standing {
    Standing::Draft
}

/// Adds a product.
#[utoipa::path(post, path = "/v1/products", tag = "catalogue", request_body = ProductToAdd,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Product), (status = "default", body = ProblemDocument)))]
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    post: Post<ProductToAdd>,
) -> Result<Response, Instead> {
    let reach = caller.may_as_operator(Scope::CatalogWrite)?;
    let (input, mut doing) = post.begin(&api, &reach).await?;
    let new = NewProduct { application: input.application, code: input.code, name: input.name, state: input.state };
    let product = products::create(&mut doing.write, new).await?;
    doing.done(StatusCode::CREATED, &Product::from(product)).await
}

/// Lists products.
#[utoipa::path(get, path = "/v1/products", tag = "catalogue", params(Pages),
    responses((status = 200, body = Items<Product>), (status = "default", body = ProblemDocument)))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Asked(pages): Asked<Pages>,
) -> Result<Json<Items<Product>>, Problem> {
    let reach = caller.may(Scope::CatalogRead)?;
    let found = api.inner.store.products(reach.is_operator(), &pages.page()?).await?;
    Ok(Json(pages.items(found, |product| product.id.to_string(), Product::from)))
}

/// Shows a product.
#[utoipa::path(get, path = "/v1/products/{id}", tag = "catalogue", params(("id" = String, Path)),
    responses((status = 200, body = Product), (status = "default", body = ProblemDocument)))]
pub(crate) async fn one(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<ProductId>,
) -> Result<Shown<Product>, Problem> {
    let reach = caller.may(Scope::CatalogRead)?;
    Ok(Shown(products::one(&api.inner.store, &reach, id).await?.into()))
}

/// Changes a product.
#[utoipa::path(patch, path = "/v1/products/{id}", tag = "catalogue", request_body = ProductToChange,
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = Product), (status = "default", body = ProblemDocument)))]
pub(crate) async fn change(
    State(api): State<Api>,
    caller: Caller,
    At(id): At<ProductId>,
    seen: IfMatch,
    input: Input<ProductToChange>,
) -> Result<Shown<Product>, Problem> {
    let reach = caller.may_as_operator(Scope::CatalogWrite)?;
    let input = input.read(&reach)?;
    let mut write = api.inner.store.begin(reach.actor(), api.inner.store.now_ms()).await?;
    seen.check(&Product::from(products::current(&mut write, id).await?))?;
    let change = ProductChange { name: input.name, state: input.state };
    let product = products::change(&mut write, id, change).await?;
    write.commit().await?;
    Ok(Shown(product.into()))
}

impl From<catalogue::Product> for Product {
    fn from(product: catalogue::Product) -> Self {
        Self {
            id: product.id,
            application: product.application,
            code: product.code,
            name: product.name,
            state: product.state,
            created_at: written(product.created_ms),
        }
    }
}
