//! `/v1/tokens`

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use ipnet::IpNet;
use marque_config::{TenantId, TokenId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::identity::operations::tokens::{self, Maker, NewToken};
use crate::kernel::fault::FieldFault;
use crate::kernel::language::Sentence;
use crate::kernel::principal::Principal;
use crate::kernel::scope::Scope;
use crate::kernel::token::{Mode, TokenLimits, TokenText};
use crate::web::body::{PathId, Query};
use crate::web::caller::Caller;
use crate::web::once::{Answer, IdempotencyKey, InFlight, Outcome, Post};
use crate::web::page::{Items, Pages};
use crate::web::problem::Problem;
use crate::web::time::{read, written};

/// An API token.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Token {
    /// Its identity: `tok_…`.
    #[schema(value_type = String)]
    id: TokenId,
    /// What it is for.
    name: String,
    /// On whose behalf: `operator`, `edge`, `partner:ptr_…` or `application:app_…`.
    #[schema(value_type = String)]
    principal: Principal,
    /// What it may do.
    #[schema(value_type = Vec<String>)]
    scopes: BTreeSet<Scope>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// From when on it is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    not_before: Option<String>,
    /// When it ends.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// Where it is taken from; empty for everywhere.
    #[schema(value_type = Vec<String>)]
    networks: Vec<IpNet>,
    /// The only tenants that it reaches; empty for no such limit.
    #[schema(value_type = Vec<String>)]
    tenants: BTreeSet<TenantId>,
    /// What it may touch.
    mode: Mode,
    /// The only proxy that follows the feed with it; none until the first one has, which then is that.
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy: Option<String>,
    /// How many requests it may send in a minute, where it has a limit of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>)]
    requests_per_minute: Option<NonZeroU32>,
    /// The token that took its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    rolled_to: Option<TokenId>,
    /// Its text: in the answer that makes it, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// A token to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenToMake {
    /// What it is for.
    name: String,
    /// On whose behalf: `operator`, `edge`, `partner:ptr_…` or `application:app_…`.
    #[schema(value_type = String)]
    principal: Principal,
    /// What it may do: no more than the caller's token.
    #[schema(value_type = Vec<String>)]
    scopes: BTreeSet<Scope>,
    /// When it ends: within a year, which is also what is taken when not given.
    #[serde(default)]
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// From when on it is taken.
    #[serde(default)]
    #[schema(format = DateTime)]
    not_before: Option<String>,
    /// Where it is taken from, at most 100 networks such as `192.0.2.0/24`; everywhere when empty.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 100)]
    networks: Vec<IpNet>,
    /// The only tenants that it reaches, at most 100; all that the principal has when empty.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 100)]
    tenants: BTreeSet<TenantId>,
    /// `test` for a partner's sandbox and test tenants alone.
    #[serde(default)]
    mode: Mode,
    /// The name of the only proxy that follows the feed with it, for a token with `edge:sync`; the first one that does when
    /// not given.
    #[serde(default)]
    proxy: Option<String>,
    /// How many requests it may send in a minute, instead of what the settings say; only an operator sets it.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 600_000)]
    requests_per_minute: Option<NonZeroU32>,
}

/// How a token is replaced.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenToRoll {
    /// How long the one before goes on, in seconds: at most 7 days, one day when not given.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 604_800)]
    overlap_seconds: Option<u32>,
}

const DAY_S: u32 = 86_400;

/// Makes a token.
#[utoipa::path(post, path = "/v1/tokens", tag = "tokens", request_body = TokenToMake, params(IdempotencyKey),
    responses((status = 201, body = Token)))]
pub(crate) async fn create(caller: Caller, post: Post<TokenToMake>) -> Answer {
    let reach = caller.may(Scope::TokensWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let expires_ms = time("/expires_at", input.expires_at)?;
    let not_before_ms = time("/not_before", input.not_before)?;
    let TokenToMake { networks, tenants, mode, proxy, requests_per_minute, .. } = input;
    let limits = TokenLimits { networks, tenants, not_before_ms, mode, proxy, requests_per_minute };
    let new = NewToken { name: input.name, principal: input.principal, scopes: input.scopes, expires_ms };
    let maker = Maker::Holder(&caller.scopes, &caller.limits);
    let (token, text) = tokens::create_limited(&mut doing.write, &reach, maker, new, limits).await?;
    shown_once(doing, token, &text).await
}

/// Puts another token with the same rights in the place of one, which goes on for a while.
#[utoipa::path(post, path = "/v1/tokens/{id}/roll", tag = "tokens", request_body = TokenToRoll, params(IdempotencyKey),
    responses((status = 201, body = Token)))]
pub(crate) async fn roll(caller: Caller, PathId(id): PathId<TokenId>, post: Post<TokenToRoll>) -> Answer {
    let reach = caller.may(Scope::TokensWrite)?;
    let (input, mut doing) = post.begin(&caller.api, &reach).await?;
    let overlap_ms = i64::from(input.overlap_seconds.unwrap_or(DAY_S)) * 1000;
    let maker = Maker::Holder(&caller.scopes, &caller.limits);
    let (token, text) = tokens::roll(&mut doing.write, &reach, maker, id, overlap_ms).await?;
    shown_once(doing, token, &text).await
}

/// Lists tokens, without their texts.
#[utoipa::path(get, path = "/v1/tokens", tag = "tokens", params(Pages), responses((status = 200, body = Items<Token>)))]
pub(crate) async fn list(caller: Caller, Query(pages): Query<Pages>) -> Result<Json<Items<Token>>, Problem> {
    let reach = caller.may(Scope::TokensRead)?;
    let found = caller.store().tokens(&reach, &pages.page()?).await?;
    Ok(Json(pages.items(found, |token| token.id.to_string(), Token::from)))
}

/// Revokes a token, at once.
#[utoipa::path(delete, path = "/v1/tokens/{id}", tag = "tokens", responses((status = 204)))]
pub(crate) async fn revoke(caller: Caller, PathId(id): PathId<TokenId>) -> Result<StatusCode, Problem> {
    let reach = caller.may(Scope::TokensWrite)?;
    let mut write = caller.begin(&reach).await?;
    tokens::revoke(&mut write, &reach, id).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn shown_once(
    doing: InFlight,
    token: crate::kernel::token::Token,
    text: &TokenText,
) -> Result<Response, Outcome> {
    let kept = Token::from(token);
    let shown = Token { token: Some(text.reveal().to_owned()), ..kept.clone() };
    doing.done_keeping(StatusCode::CREATED, &shown, &kept).await
}

fn time(pointer: &str, text: Option<String>) -> Result<Option<i64>, FieldFault> {
    text.map(|text| read(&text).ok_or_else(|| no_time(pointer))).transpose()
}

fn no_time(pointer: &str) -> FieldFault {
    let said =
        Sentence::fixed("A time is written like 2027-01-31T12:00:00Z.", "Une date s’écrit comme 2027-01-31T12:00:00Z.");
    FieldFault::new(pointer, "invalid-value", said)
}

impl From<crate::kernel::token::Token> for Token {
    fn from(token: crate::kernel::token::Token) -> Self {
        Self {
            id: token.id,
            name: token.name,
            principal: token.principal,
            scopes: token.scopes,
            created_at: written(token.created_ms),
            not_before: token.limits.not_before_ms.map(written),
            expires_at: token.expires_ms.map(written),
            networks: token.limits.networks,
            tenants: token.limits.tenants,
            mode: token.limits.mode,
            proxy: token.limits.proxy,
            requests_per_minute: token.limits.requests_per_minute,
            rolled_to: token.rolled_to,
            token: None,
        }
    }
}
