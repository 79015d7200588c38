//! `/v1/payment-methods`, `/v1/tenants/{id}/payment-method`: how a partner is paid by its clients.

use axum::Json;
use axum::http::StatusCode;
use marque_config::TenantId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::catalogue::model::retail::{PaymentMethod, PaymentMethodToAdd, PaymentMethodToPut};
use crate::catalogue::operations::retail;
use crate::database::refused::Refused;
use crate::kernel::ids::PaymentMethodId;
use crate::kernel::scope::Scope;
use crate::web::body::{PathId, Query, partner};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::resource::{Update, Updated, current_within};
use crate::web::version::{IfMatch, Versioned};

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
    let (new, mut doing) = post.begin(&caller.api, &reach).await?;
    let partner = partner(&reach, new.optional("partner")?)?;
    let method = retail::add_method(&mut doing.write, &reach, partner, new).await?;
    doing.done(StatusCode::CREATED, &method).await
}

/// Lists means of payment.
#[utoipa::path(get, path = "/v1/payment-methods", tag = "retail", params(Pages),
    responses((status = 200, body = Items<PaymentMethod>)))]
pub(crate) async fn list(caller: Caller, Query(pages): Query<Pages>) -> Result<Json<Items<PaymentMethod>>, Problem> {
    let reach = caller.may(Scope::RetailRead)?;
    Ok(pages.resources(caller.store().page_within::<PaymentMethod>(&reach, &pages.page()?).await?))
}

/// Shows a means of payment.
#[utoipa::path(get, path = "/v1/payment-methods/{id}", tag = "retail", responses((status = 200, body = PaymentMethod)))]
pub(crate) async fn one(
    caller: Caller,
    PathId(id): PathId<PaymentMethodId>,
) -> Result<Versioned<PaymentMethod>, Problem> {
    let reach = caller.may(Scope::RetailRead)?;
    Ok(Versioned(caller.store().find_within(&reach, &id).await?.ok_or(Refused::NotFound)?))
}

/// Changes a means of payment, whole.
#[utoipa::path(put, path = "/v1/payment-methods/{id}", tag = "retail", request_body = PaymentMethodToPut,
    params(IfMatch), responses((status = 200, body = PaymentMethod)))]
pub(crate) async fn change(update: Update<PaymentMethodId, PaymentMethodToPut>) -> Updated<PaymentMethod> {
    let reach = update.caller.may(Scope::RetailWrite)?;
    let (put, mut write) = update.begin(&reach).await?;
    let before = current_within(&mut write, &reach, &update.id, &update.seen).await?;
    let method = retail::change_method(&mut write, before, put).await?;
    write.commit().await?;
    Ok(Versioned(method))
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
    let current = current_within(&mut write, &reach, &id, &seen).await?;
    retail::remove_method(&mut write, &current).await?;
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

impl From<Option<PaymentMethod>> for TenantPayment {
    fn from(payment_method: Option<PaymentMethod>) -> Self {
        Self { payment_method }
    }
}
