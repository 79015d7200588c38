//! `/v1/tokens`

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use marque_config::TokenId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::body::{Asked, At};
use super::caller::Caller;
use super::once::{Instead, Post};
use super::page::{Items, Pages};
use super::problem::{Problem, ProblemDocument};
use super::time::{read, written};
use crate::model::fault::FieldFault;
use crate::model::language::Sentence;
use crate::model::principal::Principal;
use crate::model::scope::Scope;
use crate::operations::tokens::{self, Maker, NewToken};
use crate::store;

/// An API token.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Token {
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
    /// When it ends.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// Its text: in the answer that makes it, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// A token to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenToMake {
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
}

/// Makes a token.
#[utoipa::path(post, path = "/v1/tokens", tag = "tokens", request_body = TokenToMake,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Token), (status = "default", body = ProblemDocument)))]
pub(super) async fn create(
    State(api): State<Api>,
    caller: Caller,
    post: Post<TokenToMake>,
) -> Result<Response, Instead> {
    let reach = caller.may(Scope::TokensWrite)?;
    let (input, mut doing) = post.begin(&api, &reach).await?;
    let expires_ms = input.expires_at.map(|text| read(&text).ok_or_else(no_time)).transpose()?;
    let new = NewToken { name: input.name, principal: input.principal, scopes: input.scopes, expires_ms };
    let (token, text) = tokens::create(&mut doing.write, &reach, Maker::Holder(&caller.scopes), new).await?;
    let kept = Token::from(token);
    let shown = Token { token: Some(text.reveal().to_owned()), ..kept.clone() };
    doing.done_keeping(StatusCode::CREATED, &shown, &kept).await
}

/// Lists tokens, without their texts.
#[utoipa::path(get, path = "/v1/tokens", tag = "tokens", params(Pages),
    responses((status = 200, body = Items<Token>), (status = "default", body = ProblemDocument)))]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Asked(pages): Asked<Pages>,
) -> Result<Json<Items<Token>>, Problem> {
    let reach = caller.may(Scope::TokensRead)?;
    let found = api.inner.store.tokens(&reach, &pages.page()?).await?;
    Ok(Json(pages.items(found, |token| token.id.to_string(), Token::from)))
}

/// Revokes a token, at once.
#[utoipa::path(delete, path = "/v1/tokens/{id}", tag = "tokens", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
pub(super) async fn revoke(State(api): State<Api>, caller: Caller, At(id): At<TokenId>) -> Result<StatusCode, Problem> {
    let reach = caller.may(Scope::TokensWrite)?;
    let mut write = api.inner.store.begin(reach.actor(), api.inner.store.now_ms()).await?;
    tokens::revoke(&mut write, &reach, id).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn no_time() -> FieldFault {
    let said =
        Sentence::fixed("A time is written like 2027-01-31T12:00:00Z.", "Une date s’écrit comme 2027-01-31T12:00:00Z.");
    FieldFault::new("/expires_at", "invalid-value", said)
}

impl From<store::Token> for Token {
    fn from(token: store::Token) -> Self {
        Self {
            id: token.id,
            name: token.name,
            principal: token.principal,
            scopes: token.scopes,
            created_at: written(token.created_ms),
            expires_at: token.expires_ms.map(written),
            token: None,
        }
    }
}
