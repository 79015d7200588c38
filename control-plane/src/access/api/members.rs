//! `/v1/members`: the people of partners.

use std::collections::BTreeSet;

use axum::Json;
use axum::http::StatusCode;
use marque_config::PartnerId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::database::refused::Refused;
use crate::kernel::email::Email;
use crate::kernel::ids::MemberId;
use crate::kernel::json::missing_field;
use crate::kernel::language::Language;
use crate::kernel::person::Member;
use crate::kernel::principal::{Principal, Reach};
use crate::kernel::right::Right;
use crate::kernel::scope::Scope;
use crate::partners::operations::members::{MemberChange, NewMember};
use crate::web::body::{PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::resource::{Update, Updated};
use crate::web::version::{IfMatch, Versioned};

/// Who is to become a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberToInvite {
    /// The partner; a partner's own when not given.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    partner: Option<PartnerId>,
    /// Their mail address.
    #[schema(value_type = String, format = "email")]
    email: Email,
    /// Their name.
    name: String,
    /// What they may do: no more than who invites them.
    rights: BTreeSet<Right>,
    /// The language of the invitation; the request's when not given.
    #[serde(default)]
    language: Option<Language>,
}

/// What is to change of a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberToChange {
    /// What they may do from now on.
    #[serde(default)]
    rights: Option<BTreeSet<Right>>,
}

/// Invites somebody to a partner, by a link that is followed once, within seven days.
#[utoipa::path(post, path = "/v1/members", tag = "members", request_body = MemberToInvite, params(IdempotencyKey),
    responses((status = 201, body = Member)))]
pub(crate) async fn invite(caller: Caller, post: Post<MemberToInvite>) -> Answer {
    let reach = caller.may(Scope::MembersWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let partner = input.partner.or_else(|| own(&reach)).ok_or_else(|| missing_field("/partner"))?;
    let MemberToInvite { email, name, rights, language, .. } = input;
    let new = NewMember { email, name, rights, language: language.unwrap_or(caller.language) };
    let member = crate::partners::operations::members::invite_member(&mut doing.write, &reach, partner, new).await?;
    doing.done(StatusCode::CREATED, &member).await
}

/// Lists members.
#[utoipa::path(get, path = "/v1/members", tag = "members", params(Pages),
    responses((status = 200, body = Items<Member>)))]
pub(crate) async fn list(caller: Caller, Query(pages): Query<Pages>) -> Result<Json<Items<Member>>, Problem> {
    let reach = caller.may(Scope::MembersRead)?;
    let found = caller.store().members(&reach, &pages.page()?).await?;
    Ok(pages.resources(found))
}

/// Shows a member.
#[utoipa::path(get, path = "/v1/members/{id}", tag = "members", responses((status = 200, body = Member)))]
pub(crate) async fn one(caller: Caller, PathId(id): PathId<MemberId>) -> Result<Versioned<Member>, Problem> {
    let reach = caller.may(Scope::MembersRead)?;
    let member = caller.store().member(&reach, id).await?;
    Ok(Versioned(member.ok_or_else(Problem::not_found)?))
}

/// Changes what a member may do. The last who has the right `settings.manage` keeps it.
#[utoipa::path(patch, path = "/v1/members/{id}", tag = "members", request_body = MemberToChange, params(IfMatch),
    responses((status = 200, body = Member)))]
pub(crate) async fn change(update: Update<MemberId, MemberToChange>) -> Updated<Member> {
    let reach = update.caller.may(Scope::MembersWrite)?;
    let (input, mut write) = update.begin(&reach).await?;
    let current = write.member(&reach, update.id).await?.ok_or(Refused::NotFound)?;
    update.seen.check(&current)?;
    let member = crate::partners::operations::members::change_member(
        &mut write,
        &reach,
        update.id,
        MemberChange { rights: input.rights },
    )
    .await?;
    write.commit().await?;
    Ok(Versioned(member))
}

/// Removes a member, at once. The last who has the right `settings.manage` stays.
#[utoipa::path(delete, path = "/v1/members/{id}", tag = "members", params(IfMatch), responses((status = 204)))]
pub(crate) async fn remove(caller: Caller, PathId(id): PathId<MemberId>, seen: IfMatch) -> Result<StatusCode, Problem> {
    let reach = caller.may(Scope::MembersWrite)?;
    let mut write = caller.begin(&reach).await?;
    let current = write.member(&reach, id).await?.ok_or(Refused::NotFound)?;
    seen.check(&current)?;
    crate::access::operations::members::remove_member(&mut write, &reach, id).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn own(reach: &Reach) -> Option<PartnerId> {
    match reach.principal() {
        Principal::Partner(id) => Some(id),
        Principal::Operator | Principal::Edge | Principal::Application(_) | Principal::Tenant(_) => None,
    }
}
