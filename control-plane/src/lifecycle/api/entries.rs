//! `/v1/tenants/{id}/entries` and `/v1/edge/entries`: tickets to clients' spaces, and what they opened.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use marque_config::TenantId;
use marque_config::entry::{EntryKind, Redeemed, Redemption};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::model::entry::Entry;
use crate::edge::api::only_its_own;
use crate::identity::operations::tokens;
use crate::kernel::actor::Actor;
use crate::kernel::scope::Scope;
use crate::kernel::secret::Secret;
use crate::lifecycle::operations::entries;
use crate::web::Api;
use crate::web::body::{Input, PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::{Problem, ProblemDocument};

/// What a ticket is wanted for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntryToIssue {
    /// `setup`, `collaborator` or `support`; whatever lets the caller in when not given.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    kind: Option<EntryKind>,
}

/// A ticket that was given out.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntryIssued {
    /// What it opens.
    #[serde(flatten)]
    entry: Entry,
    /// The address at which it is good once, within a minute. Told once.
    #[serde(skip_serializing_if = "Option::is_none")]
    entry_url: Option<String>,
}

/// Gives the caller, a person, a ticket to a client's space: whoever sets it up before its handover, its accountants and
/// the support that it consented to afterwards. It is redeemed once, within a minute, at an address of the space.
#[utoipa::path(post, path = "/v1/tenants/{id}/entries", tag = "collaborators", request_body = EntryToIssue,
    params(IdempotencyKey), responses((status = 201, body = EntryIssued)))]
pub(crate) async fn issue(caller: Caller, PathId(id): PathId<TenantId>, post: Post<EntryToIssue>) -> Answer {
    let reach = caller.may(Scope::TenantsRead)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let (entry, address) = entries::issue(&mut doing.write, &reach, id, input.kind).await?;
    let kept = EntryIssued { entry: entry.clone(), entry_url: None };
    let told = EntryIssued { entry, entry_url: Some(address) };
    doing.done_keeping(StatusCode::CREATED, &told, &kept).await
}

/// Lists who came in to a space, beside the client's own people: as what, by what right, when, and until when.
#[utoipa::path(get, path = "/v1/tenants/{id}/entries", tag = "collaborators", params(Pages),
    responses((status = 200, body = Items<Entry>)))]
pub(crate) async fn list(
    caller: Caller,
    PathId(id): PathId<TenantId>,
    Query(pages): Query<Pages>,
) -> Result<Json<Items<Entry>>, Problem> {
    let reach = caller.may(Scope::CollaboratorsRead)?;
    let page = pages.page()?;
    let tenant = crate::tenants::operations::one(caller.store(), &reach, id).await?;
    Ok(pages.resources(caller.store().entries(&reach, tenant.id, &page).await?))
}

/// Opens an entry for a ticket that was shown at a proxy, at an address of a tenant. It is good once.
#[utoipa::path(post, path = "/v1/edge/entries", tag = "edge", request_body(content = Object),
    responses((status = 200, body = Object), (status = "default", body = ProblemDocument)))]
pub(crate) async fn redeem(
    State(api): State<Api>,
    caller: Caller,
    input: Input<Redemption>,
) -> Result<Json<Redeemed>, Problem> {
    let Redemption { proxy, tenant, ticket } = input.read(&caller.may(Scope::EdgeSync)?)?;
    tokens::check_proxy_name(&proxy)?;
    only_its_own(&api, &caller, &proxy).await?;
    let ticket = Secret::parse(&ticket).ok_or_else(Problem::not_found)?;
    let store = &api.inner.store;
    // Who comes in is known by the ticket: it is they who do it.
    let known = store.entry_by(&ticket).await?.ok_or_else(Problem::not_found)?;
    let mut write = store.begin(&Actor::user(known.user), store.now_ms()).await?;
    let entry = entries::redeem(&mut write, tenant, &ticket).await?;
    let revision = write.commit().await?;
    let entry = entry.at_the_edge().ok_or_else(Problem::internal)?;
    Ok(Json(Redeemed { entry, revision }))
}
