//! `/v1/consents`

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use marque_config::TenantId;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::{IntoParams, ToSchema};

use crate::access::model::{CollaboratorRole, Consent, ConsentScope, ConsentSession};
use crate::access::operations::assignments::{self, NewAssignment};
use crate::access::operations::consents::{self, Decision, Term};
use crate::database::refused::Refused;
use crate::kernel::fault::FieldFault;
use crate::kernel::ids::{ConsentId, MemberId};
use crate::kernel::language::Sentence;
use crate::kernel::scope::Scope;
use crate::web::body::{Nothing, PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Outcome, Post};
use crate::web::page::{Items, List, Pages};
use crate::web::problem::Problem;
use crate::web::time::read;
use crate::web::version::Versioned;

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

/// Which consents are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConsentQuery {
    /// Those to a space.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    tenant: Option<TenantId>,
}

/// Asks a client to let technical support in: the same as assigning it.
#[utoipa::path(post, path = "/v1/consents", tag = "consents", request_body = ConsentToAsk, params(IdempotencyKey),
    responses((status = 201, body = Consent)))]
pub(crate) async fn create(caller: Caller, post: Post<ConsentToAsk>) -> Answer {
    let reach = caller.may(Scope::ConsentsWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
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
    doing.done(StatusCode::CREATED, &consent).await
}

/// Lists consents: a partner those that it asked for, a client those to its space.
#[utoipa::path(get, path = "/v1/consents", tag = "consents", params(Pages, ConsentQuery),
    responses((status = 200, body = Items<Consent>)))]
pub(crate) async fn list(
    caller: Caller,
    List(pages, query): List<ConsentQuery>,
) -> Result<Json<Items<Consent>>, Problem> {
    let reach = caller.may(Scope::ConsentsRead)?;
    let found = caller.store().consents(&reach, query.tenant, &pages.page()?).await?;
    Ok(pages.resources(found))
}

/// Shows a consent.
#[utoipa::path(get, path = "/v1/consents/{id}", tag = "consents", responses((status = 200, body = Consent)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<ConsentId>) -> Result<Versioned<Consent>, Problem> {
    let reach = caller.may(Scope::ConsentsRead)?;
    Ok(Versioned(consents::one(caller.store(), &reach, id).await?))
}

/// Grants what was asked for: an administrator of the client alone.
#[utoipa::path(post, path = "/v1/consents/{id}/grant", tag = "consents", request_body = ConsentToGrant,
    params(IdempotencyKey), responses((status = 200, body = Consent)))]
pub(crate) async fn grant(caller: Caller, PathId(id): PathId<ConsentId>, post: Post<ConsentToGrant>) -> Answer {
    decide(&caller, id, post, |input| Ok(Decision::Grant(input.term()?))).await
}

/// Refuses what was asked for: an administrator of the client alone.
#[utoipa::path(post, path = "/v1/consents/{id}/deny", tag = "consents", request_body = Nothing, params(IdempotencyKey),
    responses((status = 200, body = Consent)))]
pub(crate) async fn deny(caller: Caller, PathId(id): PathId<ConsentId>, post: Post<Nothing>) -> Answer {
    decide(&caller, id, post, |_| Ok(Decision::Deny)).await
}

/// Takes a consent back: access ends at once. An administrator of the client alone.
#[utoipa::path(post, path = "/v1/consents/{id}/revoke", tag = "consents", request_body = Nothing,
    params(IdempotencyKey), responses((status = 200, body = Consent)))]
pub(crate) async fn revoke(caller: Caller, PathId(id): PathId<ConsentId>, post: Post<Nothing>) -> Answer {
    decide(&caller, id, post, |_| Ok(Decision::Revoke)).await
}

/// Confirms a lasting consent for another year: an administrator of the client alone.
#[utoipa::path(post, path = "/v1/consents/{id}/confirm", tag = "consents", request_body = Nothing,
    params(IdempotencyKey), responses((status = 200, body = Consent)))]
pub(crate) async fn confirm(caller: Caller, PathId(id): PathId<ConsentId>, post: Post<Nothing>) -> Answer {
    decide(&caller, id, post, |_| Ok(Decision::Confirm)).await
}

/// Opens a support session of the collaborator under a consent; refused when it does not hold.
#[utoipa::path(post, path = "/v1/consents/{id}/sessions", tag = "consents", request_body = Nothing,
    params(IdempotencyKey), responses((status = 201, body = ConsentSession)))]
pub(crate) async fn open_support_session(caller: Caller, PathId(id): PathId<ConsentId>, post: Post<Nothing>) -> Answer {
    let reach = caller.may(Scope::ConsentsWrite)?;
    let (_, mut doing) = post.begin(&caller.api, &reach).await?;
    let (_, session) = consents::open_support_session(&mut doing.write, &reach, id).await?;
    doing.done(StatusCode::CREATED, &session).await
}

/// Lists the times that the collaborator came in under a consent.
#[utoipa::path(get, path = "/v1/consents/{id}/sessions", tag = "consents", params(Pages),
    responses((status = 200, body = Items<ConsentSession>)))]
pub(crate) async fn sessions(
    caller: Caller,
    PathId(id): PathId<ConsentId>,
    Query(pages): Query<Pages>,
) -> Result<Json<Items<ConsentSession>>, Problem> {
    let reach = caller.may(Scope::ConsentsRead)?;
    let consent = consents::one(caller.store(), &reach, id).await?;
    let found = caller.store().consent_sessions(consent.id, &pages.page()?).await?;
    Ok(Json(pages.items(found, |session: &ConsentSession| session.id.to_string(), |session| session)))
}

async fn decide<T: DeserializeOwned>(
    caller: &Caller,
    id: ConsentId,
    post: Post<T>,
    decision: impl FnOnce(T) -> Result<Decision, FieldFault>,
) -> Result<Response, Outcome> {
    let reach = caller.may(Scope::ConsentsWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let consent = consents::decide(&mut doing.write, &reach, id, decision(input)?).await?;
    doing.done(StatusCode::OK, &consent).await
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
