//! `/v1/consents`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use marque_config::{PartnerId, TenantId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::access::model::{self, CollaboratorRole, ConsentScope, ConsentState};
use crate::access::operations::assignments::{self, NewAssignment};
use crate::access::operations::consents::{self, Decision, Term};
use crate::database::refused::Refused;
use crate::kernel::fault::FieldFault;
use crate::kernel::ids::{ConsentId, ConsentSessionId, MemberId};
use crate::kernel::language::Sentence;
use crate::kernel::scope::Scope;
use crate::web::Api;
use crate::web::body::{Nothing, PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Outcome, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::{Problem, ProblemDocument};
use crate::web::time::{read, written};
use crate::web::version::Versioned;

/// A client's word on one collaborator's access.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Consent {
    /// Its identity: `cns_…`.
    #[schema(value_type = String)]
    id: ConsentId,
    /// Which space.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// The partner that asks.
    #[schema(value_type = String)]
    partner: PartnerId,
    /// Who is to have access.
    #[schema(value_type = String)]
    collaborator: MemberId,
    /// Their name.
    name: String,
    /// As what.
    role: CollaboratorRole,
    /// How far.
    scope: ConsentScope,
    /// Why, as the requester says.
    reason: String,
    /// Its current status.
    state: ConsentState,
    /// Who asked.
    requested_by: String,
    /// When.
    #[schema(format = DateTime)]
    requested_at: String,
    /// Until when access was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    asked_until: Option<String>,
    /// Who granted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    granted_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    granted_at: Option<String>,
    /// Whether it lasts until it is revoked. Then `ends_at` is by when it has to be confirmed again.
    lasting: bool,
    /// When it ends by itself.
    #[schema(format = DateTime)]
    ends_at: String,
    /// Who ended it; absent when it ended by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    ended_at: Option<String>,
}

/// A consent to ask for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConsentToAsk {
    /// Who is to have access: a collaborator with the role `technical_support`.
    #[schema(value_type = String)]
    collaborator: MemberId,
    /// To which space.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// Why: the client reads it.
    reason: String,
    /// How far.
    #[serde(default)]
    scope: ConsentScope,
    /// Until when: within 365 days.
    #[serde(default)]
    #[schema(format = DateTime)]
    until: Option<String>,
}

/// For how long a client consents: for as long as was asked when nothing is said.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConsentToGrant {
    /// Until then: within 365 days.
    #[serde(default)]
    #[schema(format = DateTime)]
    until: Option<String>,
    /// Until it is revoked, confirmed every year.
    #[serde(default)]
    lasting: bool,
}

/// A time that a collaborator came in under a consent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConsentSession {
    /// Its identity: `css_…`.
    #[schema(value_type = String)]
    id: ConsentSessionId,
    /// Who said so.
    opened_by: String,
    /// When.
    #[schema(format = DateTime)]
    opened_at: String,
    /// From where.
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<String>,
}

/// Which consents are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConsentQuery {
    /// Those to a space.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    tenant: Option<TenantId>,
    /// The most that is wanted: 1 to 100, 50 when not given.
    #[param(minimum = 1, maximum = 100)]
    #[serde(default)]
    limit: Option<i64>,
    /// Where the last page ended.
    #[serde(default)]
    page_token: Option<String>,
}

/// Asks a client to let technical support in: the same as assigning it.
#[utoipa::path(post, path = "/v1/consents", tag = "consents", request_body = ConsentToAsk,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Consent), (status = "default", body = ProblemDocument)))]
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    post: Post<ConsentToAsk>,
) -> Result<Response, Outcome> {
    let reach = caller.may(Scope::ConsentsWrite)?;
    let (input, mut doing) = post.begin(&api, &reach).await?;
    let new = NewAssignment {
        collaborator: input.collaborator,
        role: CollaboratorRole::TechnicalSupport,
        reason: Some(input.reason),
        scope: input.scope,
        until_ms: instant("/until", input.until.as_deref())?,
    };
    let assignment = assignments::assign(&mut doing.write, &reach, input.tenant, new).await?;
    let consent = assignment.consent.ok_or(Refused::NotFound)?;
    let consent = consents::current(&mut doing.write, &reach, consent).await?;
    doing.done(StatusCode::CREATED, &Consent::from(consent)).await
}

/// Lists consents: a partner those that it asked for, a client those to its space.
#[utoipa::path(get, path = "/v1/consents", tag = "consents", params(ConsentQuery),
    responses((status = 200, body = Items<Consent>), (status = "default", body = ProblemDocument)))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(asked): Query<ConsentQuery>,
) -> Result<Json<Items<Consent>>, Problem> {
    let reach = caller.may(Scope::ConsentsRead)?;
    let pages = Pages { limit: asked.limit, page_token: asked.page_token };
    let found = api.inner.store.consents(&reach, asked.tenant, &pages.page()?).await?;
    Ok(Json(pages.items(found, |consent| consent.id.to_string(), Consent::from)))
}

/// Shows a consent.
#[utoipa::path(get, path = "/v1/consents/{id}", tag = "consents", params(("id" = String, Path)),
    responses((status = 200, body = Consent), (status = "default", body = ProblemDocument)))]
pub(crate) async fn one(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<ConsentId>,
) -> Result<Versioned<Consent>, Problem> {
    let reach = caller.may(Scope::ConsentsRead)?;
    Ok(Versioned(consents::one(&api.inner.store, &reach, id).await?.into()))
}

/// Grants what was asked for: an administrator of the client alone.
#[utoipa::path(post, path = "/v1/consents/{id}/grant", tag = "consents", request_body = ConsentToGrant,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Consent), (status = "default", body = ProblemDocument)))]
pub(crate) async fn grant(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<ConsentId>,
    post: Post<ConsentToGrant>,
) -> Result<Response, Outcome> {
    decide(&api, &caller, id, post, |input| Ok(Decision::Grant(input.term()?))).await
}

/// Refuses what was asked for: an administrator of the client alone.
#[utoipa::path(post, path = "/v1/consents/{id}/deny", tag = "consents", request_body = Nothing,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Consent), (status = "default", body = ProblemDocument)))]
pub(crate) async fn deny(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<ConsentId>,
    post: Post<Nothing>,
) -> Result<Response, Outcome> {
    decide(&api, &caller, id, post, |_| Ok(Decision::Deny)).await
}

/// Takes a consent back: access ends at once. An administrator of the client alone.
#[utoipa::path(post, path = "/v1/consents/{id}/revoke", tag = "consents", request_body = Nothing,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Consent), (status = "default", body = ProblemDocument)))]
pub(crate) async fn revoke(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<ConsentId>,
    post: Post<Nothing>,
) -> Result<Response, Outcome> {
    decide(&api, &caller, id, post, |_| Ok(Decision::Revoke)).await
}

/// Confirms a lasting consent for another year: an administrator of the client alone.
#[utoipa::path(post, path = "/v1/consents/{id}/confirm", tag = "consents", request_body = Nothing,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = Consent), (status = "default", body = ProblemDocument)))]
pub(crate) async fn confirm(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<ConsentId>,
    post: Post<Nothing>,
) -> Result<Response, Outcome> {
    decide(&api, &caller, id, post, |_| Ok(Decision::Confirm)).await
}

/// Opens a support session of the collaborator under a consent; refused when it does not hold.
#[utoipa::path(post, path = "/v1/consents/{id}/sessions", tag = "consents", request_body = Nothing,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = ConsentSession), (status = "default", body = ProblemDocument)))]
pub(crate) async fn open_support_session(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<ConsentId>,
    post: Post<Nothing>,
) -> Result<Response, Outcome> {
    let reach = caller.may(Scope::ConsentsWrite)?;
    let (_, mut doing) = post.begin(&api, &reach).await?;
    let (_, session) = consents::open_support_session(&mut doing.write, &reach, id).await?;
    doing.done(StatusCode::CREATED, &ConsentSession::from(session)).await
}

/// Lists the times that the collaborator came in under a consent.
#[utoipa::path(get, path = "/v1/consents/{id}/sessions", tag = "consents", params(("id" = String, Path), Pages),
    responses((status = 200, body = Items<ConsentSession>), (status = "default", body = ProblemDocument)))]
pub(crate) async fn sessions(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<ConsentId>,
    Query(pages): Query<Pages>,
) -> Result<Json<Items<ConsentSession>>, Problem> {
    let reach = caller.may(Scope::ConsentsRead)?;
    let consent = consents::one(&api.inner.store, &reach, id).await?;
    let found = api.inner.store.consent_sessions(consent.id, &pages.page()?).await?;
    Ok(Json(pages.items(found, |session| session.id.to_string(), ConsentSession::from)))
}

async fn decide<T: DeserializeOwned>(
    api: &Api,
    caller: &Caller,
    id: ConsentId,
    post: Post<T>,
    decision: impl FnOnce(T) -> Result<Decision, FieldFault>,
) -> Result<Response, Outcome> {
    let reach = caller.may(Scope::ConsentsWrite)?;
    let (input, mut doing) = post.begin(api, &reach).await?;
    let consent = consents::decide(&mut doing.write, &reach, id, decision(input)?).await?;
    doing.done(StatusCode::OK, &Consent::from(consent)).await
}

impl ConsentToGrant {
    fn term(self) -> Result<Term, FieldFault> {
        match (instant("/until", self.until.as_deref())?, self.lasting) {
            (Some(_), true) => Err(not_both()),
            (Some(until_ms), false) => Ok(Term::Until(until_ms)),
            (None, true) => Ok(Term::Lasting),
            (None, false) => Ok(Term::AsAsked),
        }
    }
}

/// Reads a time that a field may hold.
pub(crate) fn instant(pointer: &str, text: Option<&str>) -> Result<Option<i64>, FieldFault> {
    let wrong = || {
        let said = Sentence::fixed(
            "A time is written like 2027-01-31T12:00:00Z.",
            "Une date s’écrit comme 2027-01-31T12:00:00Z.",
        );
        FieldFault::new(pointer, "invalid-value", said)
    };
    text.map(|text| read(text).ok_or_else(wrong)).transpose()
}

fn not_both() -> FieldFault {
    let said = Sentence::fixed(
        "Either until a time or lasting, not both.",
        "Soit jusqu’à une date, soit durable, pas les deux.",
    );
    FieldFault::new("/lasting", "invalid-value", said)
}

impl From<model::Consent> for Consent {
    fn from(consent: model::Consent) -> Self {
        Self {
            id: consent.id,
            tenant: consent.tenant,
            partner: consent.partner,
            collaborator: consent.collaborator,
            name: consent.name,
            role: consent.role,
            scope: consent.scope,
            reason: consent.reason,
            state: consent.state,
            requested_by: consent.requested_by,
            requested_at: written(consent.requested_ms),
            asked_until: consent.asked_until_ms.map(written),
            granted_by: consent.granted_by,
            granted_at: consent.granted_ms.map(written),
            lasting: consent.lasting,
            ends_at: written(consent.ends_ms),
            ended_by: consent.ended_by,
            ended_at: consent.ended_ms.map(written),
        }
    }
}

impl From<model::ConsentSession> for ConsentSession {
    fn from(session: model::ConsentSession) -> Self {
        Self { id: session.id, opened_by: session.opened_by, opened_at: written(session.opened_ms), ip: session.ip }
    }
}
