//! `/v1/partners/{id}/approve`, `/suspend`, `/resume`, `/close`: for the vendor's staff.

use axum::http::StatusCode;
use marque_config::{ApplicationId, PartnerId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::kernel::email::Email;
use crate::kernel::fault::text;
use crate::kernel::ids::AccountManagerId;
use crate::kernel::language::Language;
use crate::kernel::scope::Scope;
use crate::lifecycle::operations::partners::{Admin, Approval};
use crate::partners::api::shape::Partner;
use crate::web::body::{Nothing, PathId};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};

/// What an approval says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApprovalGiven {
    /// The application of the partner's own two spaces; may be left out while there is only one.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    application: Option<ApplicationId>,
    /// Who looks after the partner, where that wasn't said before.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    account_manager: Option<AccountManagerId>,
    /// Who is invited to manage the partner, with every right that it may have.
    #[serde(default)]
    admin: Option<AdminToInvite>,
}

/// Who manages a partner first.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdminToInvite {
    /// Their address.
    #[schema(value_type = String)]
    email: Email,
    /// Their name.
    name: String,
    /// The language of the invitation; English when not given.
    #[serde(default)]
    language: Language,
}

/// Why a partner is suspended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartnerSuspension {
    /// In a few words.
    #[serde(default)]
    reason: Option<String>,
}

/// Approves a partner: it sells from now on, and has its own two spaces.
#[utoipa::path(post, path = "/v1/partners/{id}/approve", tag = "partners", request_body = ApprovalGiven,
    params(IdempotencyKey), responses((status = 200, body = Partner)))]
pub(crate) async fn approve(caller: Caller, PathId(id): PathId<PartnerId>, post: Post<ApprovalGiven>) -> Answer {
    let reach = caller.may_as_operator(Scope::PartnersWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let admin = |admin: AdminToInvite| Admin { email: admin.email, name: admin.name, language: admin.language };
    let approval = Approval {
        application: input.application,
        account_manager: input.account_manager,
        admin: input.admin.map(admin),
    };
    let partner = crate::lifecycle::operations::partners::approve(&mut doing.write, &reach, id, approval).await?;
    doing.done(StatusCode::OK, &Partner::from(partner)).await
}

/// Stops a partner from selling; its clients are served as before.
#[utoipa::path(post, path = "/v1/partners/{id}/suspend", tag = "partners", request_body = PartnerSuspension,
    params(IdempotencyKey), responses((status = 200, body = Partner)))]
pub(crate) async fn suspend(caller: Caller, PathId(id): PathId<PartnerId>, post: Post<PartnerSuspension>) -> Answer {
    let reach = caller.may_as_operator(Scope::PartnersWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let reason = input.reason.map(|reason| text("/reason", &reason, 500)).transpose();
    let reason = reason.map_err(crate::web::problem::Problem::from)?;
    let partner = crate::lifecycle::operations::partners::suspend(&mut doing.write, &reach, id, reason).await?;
    doing.done(StatusCode::OK, &Partner::from(partner)).await
}

/// Lets a suspended partner sell again.
#[utoipa::path(post, path = "/v1/partners/{id}/resume", tag = "partners", request_body = Nothing,
    params(IdempotencyKey), responses((status = 200, body = Partner)))]
pub(crate) async fn resume(caller: Caller, PathId(id): PathId<PartnerId>, post: Post<Nothing>) -> Answer {
    let reach = caller.may_as_operator(Scope::PartnersWrite)?;
    let (_, mut doing) = post.begin(&caller.api, &reach).await?;
    let partner = crate::lifecycle::operations::partners::resume(&mut doing.write, &reach, id).await?;
    doing.done(StatusCode::OK, &Partner::from(partner)).await
}

/// Gives a partner up for good, with its own spaces and its tokens; not while a client's space is open.
#[utoipa::path(post, path = "/v1/partners/{id}/close", tag = "partners", request_body = Nothing, params(IdempotencyKey),
    responses((status = 200, body = Partner)))]
pub(crate) async fn close(caller: Caller, PathId(id): PathId<PartnerId>, post: Post<Nothing>) -> Answer {
    let reach = caller.may_as_operator(Scope::PartnersWrite)?;
    let (_, mut doing) = post.begin(&caller.api, &reach).await?;
    let partner = crate::lifecycle::operations::partners::close(&mut doing.write, &reach, id).await?;
    doing.done(StatusCode::OK, &Partner::from(partner)).await
}
