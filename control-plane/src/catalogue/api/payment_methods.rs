//! `/v1/payment-methods`, `/v1/tenants/{id}/payment-method`: how a partner is paid by its clients.

use axum::Json;
use axum::http::StatusCode;
use marque_config::{PartnerId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::catalogue::model;
use crate::catalogue::model::retail::PaymentMeans;
use crate::catalogue::operations::retail::{self, MethodGiven};
use crate::database::refused::Refused;
use crate::kernel::ids::PaymentMethodId;
use crate::kernel::scope::Scope;
use crate::web::body::{PathId, Query, partner};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::resource::{Update, Updated};
use crate::web::time::written;
use crate::web::version::{IfMatch, Versioned};

/// A means of payment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PaymentMethod {
    /// Its identity: `pmt_…`.
    #[schema(value_type = String)]
    id: PaymentMethodId,
    /// Who is paid.
    #[schema(value_type = String)]
    partner: PartnerId,
    /// What it is.
    kind: PaymentMeans,
    /// Its name.
    name: String,
    /// What the client does.
    instructions: Option<String>,
    /// When it was added.
    #[schema(format = DateTime)]
    created_at: String,
}

/// A means of payment to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentMethodToAdd {
    /// Who is paid; a partner itself when not given.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    partner: Option<PartnerId>,
    /// What it is.
    kind: PaymentMeans,
    /// Its name.
    name: String,
    /// What the client does.
    #[serde(default)]
    instructions: Option<String>,
}

/// What a means of payment is to be, the whole of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentMethodToPut {
    /// What it is.
    kind: PaymentMeans,
    /// Its name.
    name: String,
    /// What the client does.
    #[serde(default)]
    instructions: Option<String>,
}

/// How the client of a tenant pays.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TenantPayment {
    /// By what; null when it isn't known.
    payment_method: Option<PaymentMethod>,
}

/// How the client of a tenant is to pay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantPaymentToPut {
    /// By what, `pmt_…`; null for not known.
    #[schema(value_type = Option<String>)]
    payment_method: Option<PaymentMethodId>,
}

/// Adds a means of payment.
#[utoipa::path(post, path = "/v1/payment-methods", tag = "retail", request_body = PaymentMethodToAdd,
    params(IdempotencyKey), responses((status = 201, body = PaymentMethod)))]
pub(crate) async fn create(caller: Caller, post: Post<PaymentMethodToAdd>) -> Answer {
    let reach = caller.may(Scope::RetailWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let partner = partner(&reach, input.partner)?;
    let given = MethodGiven { kind: input.kind, name: input.name, instructions: input.instructions };
    let method = retail::add_method(&mut doing.write, &reach, partner, given).await?;
    doing.done(StatusCode::CREATED, &PaymentMethod::from(method)).await
}

/// Lists means of payment.
#[utoipa::path(get, path = "/v1/payment-methods", tag = "retail", params(Pages),
    responses((status = 200, body = Items<PaymentMethod>)))]
pub(crate) async fn list(caller: Caller, Query(pages): Query<Pages>) -> Result<Json<Items<PaymentMethod>>, Problem> {
    let reach = caller.may(Scope::RetailRead)?;
    let found = caller.store().payment_methods(&reach, &pages.page()?).await?;
    Ok(Json(pages.items(found, |method| method.id.to_string(), PaymentMethod::from)))
}

/// Shows a means of payment.
#[utoipa::path(get, path = "/v1/payment-methods/{id}", tag = "retail", responses((status = 200, body = PaymentMethod)))]
pub(crate) async fn one(
    caller: Caller,
    PathId(id): PathId<PaymentMethodId>,
) -> Result<Versioned<PaymentMethod>, Problem> {
    let reach = caller.may(Scope::RetailRead)?;
    Ok(Versioned(caller.store().payment_method(&reach, id).await?.ok_or(Refused::NotFound)?.into()))
}

/// Changes a means of payment, whole.
#[utoipa::path(put, path = "/v1/payment-methods/{id}", tag = "retail", request_body = PaymentMethodToPut,
    params(IfMatch), responses((status = 200, body = PaymentMethod)))]
pub(crate) async fn change(update: Update<PaymentMethodId, PaymentMethodToPut>) -> Updated<PaymentMethod> {
    let reach = update.caller.may(Scope::RetailWrite)?;
    let (input, mut write) = update.begin(&reach).await?;
    let current = retail::current_method(&mut write, &reach, update.id).await?;
    update.seen.check(&PaymentMethod::from(current))?;
    let given = MethodGiven { kind: input.kind, name: input.name, instructions: input.instructions };
    let method = retail::change_method(&mut write, &reach, update.id, given).await?;
    write.commit().await?;
    Ok(Versioned(method.into()))
}

/// Removes a means of payment; not while a client pays by it.
#[utoipa::path(delete, path = "/v1/payment-methods/{id}", tag = "retail", params(IfMatch), responses((status = 204)))]
pub(crate) async fn remove(
    caller: Caller,
    PathId(id): PathId<PaymentMethodId>,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    let reach = caller.may(Scope::RetailWrite)?;
    let mut write = caller.begin(&reach).await?;
    let current = retail::current_method(&mut write, &reach, id).await?;
    seen.check(&PaymentMethod::from(current))?;
    retail::remove_method(&mut write, &reach, id).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shows how the client of a tenant pays the partner.
#[utoipa::path(get, path = "/v1/tenants/{id}/payment-method", tag = "retail",
    responses((status = 200, body = TenantPayment)))]
pub(crate) async fn of_tenant(
    caller: Caller,
    PathId(id): PathId<TenantId>,
) -> Result<Versioned<TenantPayment>, Problem> {
    let reach = caller.may(Scope::RetailRead)?;
    Ok(Versioned(retail::payment(caller.store(), &reach, id).await?.into()))
}

/// Says how the client of a tenant pays the partner.
#[utoipa::path(put, path = "/v1/tenants/{id}/payment-method", tag = "retail", request_body = TenantPaymentToPut,
    params(IfMatch), responses((status = 200, body = TenantPayment)))]
pub(crate) async fn set_of_tenant(update: Update<TenantId, TenantPaymentToPut>) -> Updated<TenantPayment> {
    let reach = update.caller.may(Scope::RetailWrite)?;
    let (input, mut write) = update.begin(&reach).await?;
    let current = retail::current_payment(&mut write, &reach, update.id).await?;
    update.seen.check(&TenantPayment::from(current))?;
    retail::set_payment(&mut write, &reach, update.id, input.payment_method).await?;
    let now = retail::current_payment(&mut write, &reach, update.id).await?;
    write.commit().await?;
    Ok(Versioned(now.into()))
}

impl From<model::retail::PaymentMethod> for PaymentMethod {
    fn from(method: model::retail::PaymentMethod) -> Self {
        Self {
            id: method.id,
            partner: method.partner,
            kind: method.kind,
            name: method.name,
            instructions: method.instructions,
            created_at: written(method.created_ms),
        }
    }
}

impl From<Option<model::retail::PaymentMethod>> for TenantPayment {
    fn from(method: Option<model::retail::PaymentMethod>) -> Self {
        Self { payment_method: method.map(PaymentMethod::from) }
    }
}
