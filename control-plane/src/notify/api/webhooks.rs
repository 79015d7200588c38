//! `/v1/webhook-endpoints`

use axum::Json;
use axum::http::StatusCode;
use marque_config::PartnerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::fault::FieldFault;
use crate::kernel::ids::{DeliveryId, EndpointId};
use crate::kernel::language::Sentence;
use crate::kernel::scope::Scope;
use crate::notify::operations::webhooks::{self, EndpointChange, NewEndpoint};
use crate::notify::store;
use crate::notify::store::deliveries::DeliveryState;
use crate::notify::store::webhooks::EndpointState;
use crate::web::Api;
use crate::web::body::{PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::resource::{Update, Updated};
use crate::web::time::written;
use crate::web::version::{IfMatch, Versioned};

impl Api {
    fn webhook_rules(&self) -> webhooks::Rules<'_> {
        webhooks::Rules { keys: &self.inner.keys.store, allow_private: self.inner.webhooks.allow_private }
    }
}

/// Where somebody is told of what happens.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Endpoint {
    /// Its identity: `whk_…`.
    #[schema(value_type = String)]
    id: EndpointId,
    /// Whose it is; absent for the vendor's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    partner: Option<PartnerId>,
    /// Where.
    url: String,
    /// What it is for.
    description: String,
    /// The kinds of events that it is told of; empty for all.
    events: Vec<String>,
    /// Whether it is told.
    state: EndpointState,
    /// Why it isn't: `asked`, or `gone` when it answered 410.
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_reason: Option<String>,
    /// Until when the secret before signs too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    previous_secret_until: Option<String>,
    /// When it was added.
    #[schema(format = DateTime)]
    created_at: String,
    /// What signs the messages, `whsec_…`: in the answer that makes it, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// An endpoint to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndpointToAdd {
    /// Whose it is; an operator's is the vendor's own when not given.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    partner: Option<PartnerId>,
    /// Where: an https URL on the public internet.
    #[schema(max_length = 2000)]
    url: String,
    /// What it is for.
    #[serde(default)]
    #[schema(max_length = 200)]
    description: String,
    /// The kinds of events, like `order.placed` or `order.*`; all when not given.
    #[serde(default)]
    #[schema(max_items = 50)]
    events: Vec<String>,
}

/// What is to change of an endpoint.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndpointToChange {
    /// Another place.
    #[serde(default)]
    #[schema(max_length = 2000)]
    url: Option<String>,
    /// Another description.
    #[serde(default)]
    #[schema(max_length = 200)]
    description: Option<String>,
    /// Other kinds of events.
    #[serde(default)]
    #[schema(max_items = 50)]
    events: Option<Vec<String>>,
    /// Whether it is told.
    #[serde(default)]
    state: Option<EndpointState>,
}

/// How a secret is to be replaced.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rotation {
    /// For how many hours the secret before signs beside the new one: 24 when not given.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 168)]
    overlap_hours: Option<i64>,
}

/// Nothing more to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trial {}

/// One event on its way to an endpoint, or there.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Delivery {
    /// Its identity: `dlv_…`.
    #[schema(value_type = String)]
    id: DeliveryId,
    /// The event: `evt_…`.
    event: String,
    /// What happened.
    #[serde(rename = "type")]
    kind: String,
    /// To what.
    object: String,
    /// The event's number among those of its object.
    seq: i64,
    /// `pending`, `delivered` or `failed`.
    state: DeliveryState,
    /// How often it was tried.
    attempts: i64,
    /// When it is tried next.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    next_attempt_at: Option<String>,
    /// What the endpoint answered last.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_status: Option<i64>,
    /// Why the last attempt failed: `status`, `redirect`, `gone`, `timeout`, `unreachable` or `private_address`.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was delivered or given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    done_at: Option<String>,
}

const USUAL_OVERLAP_HOURS: i64 = 24;
const LONGEST_OVERLAP_HOURS: i64 = 168;

/// Adds an endpoint. The answer holds its secret, this once.
#[utoipa::path(post, path = "/v1/webhook-endpoints", tag = "webhooks", request_body = EndpointToAdd,
    params(IdempotencyKey), responses((status = 201, body = Endpoint)))]
pub(crate) async fn create(caller: Caller, post: Post<EndpointToAdd>) -> Answer {
    let reach = caller.may(Scope::WebhooksWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let EndpointToAdd { partner, url, description, events } = input;
    let new = NewEndpoint { partner, url, description, kinds: events };
    let (endpoint, secret) = webhooks::create(&mut doing.write, &reach, caller.api.webhook_rules(), new).await?;
    let kept = Endpoint::from(endpoint);
    let shown = Endpoint { secret: Some(secret.reveal().to_string()), ..kept.clone() };
    doing.done_keeping(StatusCode::CREATED, &shown, &kept).await
}

/// Lists endpoints, without their secrets.
#[utoipa::path(get, path = "/v1/webhook-endpoints", tag = "webhooks", params(Pages),
    responses((status = 200, body = Items<Endpoint>)))]
pub(crate) async fn list(caller: Caller, Query(pages): Query<Pages>) -> Result<Json<Items<Endpoint>>, Problem> {
    let reach = caller.may(Scope::WebhooksRead)?;
    let found = caller.store().endpoints(&reach, &pages.page()?).await?;
    Ok(Json(pages.items(found, |endpoint| endpoint.id.to_string(), Endpoint::from)))
}

/// Shows an endpoint.
#[utoipa::path(get, path = "/v1/webhook-endpoints/{id}", tag = "webhooks", responses((status = 200, body = Endpoint)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<EndpointId>) -> Result<Versioned<Endpoint>, Problem> {
    let reach = caller.may(Scope::WebhooksRead)?;
    Ok(Versioned(webhooks::one(caller.store(), &reach, id).await?.into()))
}

/// Changes an endpoint.
#[utoipa::path(patch, path = "/v1/webhook-endpoints/{id}", tag = "webhooks", params(IfMatch),
    request_body = EndpointToChange, responses((status = 200, body = Endpoint)))]
pub(crate) async fn change(update: Update<EndpointId, EndpointToChange>) -> Updated<Endpoint> {
    let reach = update.caller.may(Scope::WebhooksWrite)?;
    let (input, mut write) = update.begin(&reach).await?;
    let current = webhooks::current(&mut write, &reach, update.id).await?;
    update.seen.check(&Endpoint::from(current.clone()))?;
    let EndpointToChange { url, description, events, state } = input;
    let change = EndpointChange { url, description, kinds: events, state };
    let endpoint = webhooks::change(&mut write, update.caller.api.webhook_rules(), current, change).await?;
    write.commit().await?;
    Ok(Versioned(endpoint.into()))
}

/// Removes an endpoint, with what is still on its way to it.
#[utoipa::path(delete, path = "/v1/webhook-endpoints/{id}", tag = "webhooks", params(IfMatch),
    responses((status = 204)))]
pub(crate) async fn remove(
    caller: Caller,
    PathId(id): PathId<EndpointId>,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    let reach = caller.may(Scope::WebhooksWrite)?;
    let mut write = caller.begin(&reach).await?;
    let current = webhooks::current(&mut write, &reach, id).await?;
    seen.check(&Endpoint::from(current.clone()))?;
    webhooks::remove(&mut write, &current).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replaces the secret of an endpoint. The answer holds the new one, this once.
#[utoipa::path(post, path = "/v1/webhook-endpoints/{id}/rotate-secret", tag = "webhooks", request_body = Rotation,
    params(IdempotencyKey), responses((status = 200, body = Endpoint)))]
pub(crate) async fn rotate(caller: Caller, PathId(id): PathId<EndpointId>, post: Post<Rotation>) -> Answer {
    let reach = caller.may(Scope::WebhooksWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let overlap = input.overlap_hours.unwrap_or(USUAL_OVERLAP_HOURS);
    if !(0..=LONGEST_OVERLAP_HOURS).contains(&overlap) {
        let said =
            Sentence::fixed("Secrets overlap for 0 to 168 hours.", "Les secrets se recouvrent de 0 à 168 heures.");
        return Err(FieldFault::new("/overlap_hours", "invalid-value", said).into());
    }
    let current = webhooks::current(&mut doing.write, &reach, id).await?;
    let (endpoint, secret) = webhooks::rotate(&mut doing.write, caller.api.webhook_rules(), current, overlap).await?;
    let kept = Endpoint::from(endpoint);
    let shown = Endpoint { secret: Some(secret.reveal().to_string()), ..kept.clone() };
    doing.done_keeping(StatusCode::OK, &shown, &kept).await
}

/// Sends an endpoint a trial event, `webhook_endpoint.tested`; its deliveries say what came of it.
#[utoipa::path(post, path = "/v1/webhook-endpoints/{id}/test", tag = "webhooks", request_body = Trial,
    params(IdempotencyKey), responses((status = 202, body = Endpoint)))]
pub(crate) async fn test(caller: Caller, PathId(id): PathId<EndpointId>, post: Post<Trial>) -> Answer {
    let reach = caller.may(Scope::WebhooksWrite)?;
    let (Trial {}, mut doing) = post.begin(&caller.api, &reach).await?;
    let current = webhooks::current(&mut doing.write, &reach, id).await?;
    webhooks::test(&mut doing.write, &current)?;
    doing.done(StatusCode::ACCEPTED, &Endpoint::from(current)).await
}

/// Lists what was sent to an endpoint in the last thirty days, and what is still to be.
#[utoipa::path(get, path = "/v1/webhook-endpoints/{id}/deliveries", tag = "webhooks", params(Pages),
    responses((status = 200, body = Items<Delivery>)))]
pub(crate) async fn deliveries(
    caller: Caller,
    PathId(id): PathId<EndpointId>,
    Query(pages): Query<Pages>,
) -> Result<Json<Items<Delivery>>, Problem> {
    let reach = caller.may(Scope::WebhooksRead)?;
    let endpoint = webhooks::one(caller.store(), &reach, id).await?;
    let found = caller.store().deliveries(endpoint.id, &pages.page()?).await?;
    Ok(Json(pages.items(found, |delivery| delivery.id.to_string(), Delivery::from)))
}

impl From<store::webhooks::Endpoint> for Endpoint {
    fn from(endpoint: store::webhooks::Endpoint) -> Self {
        Self {
            id: endpoint.id,
            partner: endpoint.partner,
            url: endpoint.url,
            description: endpoint.description,
            events: endpoint.kinds,
            state: endpoint.state,
            disabled_reason: endpoint.disabled_reason,
            previous_secret_until: endpoint.previous.map(|(_, until_ms)| written(until_ms)),
            created_at: written(endpoint.created_ms),
            secret: None,
        }
    }
}

impl From<store::deliveries::Delivery> for Delivery {
    fn from(delivery: store::deliveries::Delivery) -> Self {
        let is_pending = delivery.state == DeliveryState::Pending;
        Self {
            id: delivery.id,
            event: delivery.event.id,
            kind: delivery.event.kind,
            object: delivery.event.object,
            seq: delivery.event.object_seq,
            state: delivery.state,
            attempts: delivery.attempts,
            next_attempt_at: is_pending.then(|| written(delivery.next_ms)),
            last_status: delivery.last_status,
            last_error: delivery.last_error,
            created_at: written(delivery.created_ms),
            done_at: delivery.done_ms.map(written),
        }
    }
}
