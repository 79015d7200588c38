//! Who calls: the bearer token's principal and scopes. A handler gets a [`Reach`] only by naming the scope that it
//! needs, and no operation is done without one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use marque_config::TokenId;
use moka::sync::Cache;
use tokio::sync::watch;

use super::Api;
use super::frame;
use super::limits::Told;
use super::problem::Problem;
use crate::model::actor::{Actor, Asked};
use crate::model::fault::Forbidden;
use crate::model::language::Language;
use crate::model::principal::{Principal, Reach};
use crate::model::scope::Scope;
use crate::model::token::{TokenHash, TokenText};
use crate::store::{Signal, Store, StoreError, Token};

/// Who calls, and in which language.
pub(super) struct Caller {
    principal: Principal,
    pub(super) token: TokenId,
    pub(super) scopes: BTreeSet<Scope>,
    pub(super) language: Language,
    asked: Asked,
}

/// Tokens looked up lately. When one is revoked, anywhere, all are forgotten.
pub(super) struct Known {
    cache: Cache<(u64, TokenHash), Arc<Token>>,
    revocations: watch::Receiver<u64>,
}

const MOST: u64 = 10_000;
/// Bounds what a lost signal from another process costs.
const FORGET: Duration = Duration::from_secs(5);

impl Known {
    pub(super) fn new(store: &Store) -> Self {
        let cache = Cache::builder().max_capacity(MOST).time_to_live(FORGET).build();
        Self { cache, revocations: store.watch(Signal::Tokens) }
    }

    async fn token(&self, store: &Store, hash: TokenHash) -> Result<Option<Arc<Token>>, StoreError> {
        // Taken before the look: what was revoked meanwhile is kept under a count that nobody asks for any more.
        let revocations = *self.revocations.borrow();
        let key = (revocations, hash);
        if let Some(token) = self.cache.get(&key) {
            return Ok(Some(token));
        }
        let Some(token) = store.token(&key.1).await? else { return Ok(None) };
        let token = Arc::new(token);
        self.cache.insert(key, Arc::clone(&token));
        Ok(Some(token))
    }
}

impl Caller {
    /// How far the caller's rights reach, when the token has the scope.
    pub(super) fn may(&self, scope: Scope) -> Result<Reach, Problem> {
        // The principal is looked at too: a scope that it may no longer hold is none, whatever the token says.
        if self.scopes.contains(&scope) && self.principal.may_hold(scope) {
            Ok(Reach::of(self.principal, Actor::token(self.token).asking(self.asked.clone())).holding(&self.scopes))
        } else {
            Err(Problem::right_missing(scope))
        }
    }

    /// The same, where only the vendor's staff may do it.
    pub(super) fn may_as_operator(&self, scope: Scope) -> Result<Reach, Problem> {
        let reach = self.may(scope)?;
        if reach.is_operator() { Ok(reach) } else { Err(Forbidden::OPERATORS_ONLY.into()) }
    }
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let asked = parts.extensions.get::<Asked>().cloned().unwrap_or_default();
        let told = parts.extensions.get::<Told>();
        let limits = &api.inner.limits;
        let Some(token) = presented(parts, api).await? else {
            limits.address(asked.ip, told)?;
            return Err(Problem::unauthenticated());
        };
        if token.principal != Principal::Edge {
            limits.caller(token.id.to_string(), told)?;
        }
        let language = frame::language(&parts.headers);
        Ok(Self { principal: token.principal, token: token.id, scopes: token.scopes.clone(), language, asked })
    }
}

/// The valid token that a request shows, if it shows one.
async fn presented(parts: &Parts, api: &Api) -> Result<Option<Arc<Token>>, StoreError> {
    let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Ok(None) };
    let text = value.to_str().ok().and_then(|value| value.split_once(' '));
    let text = text.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, text)| text.trim());
    let Some(token) = text.and_then(TokenText::parse) else { return Ok(None) };
    let known = api.inner.known.token(&api.inner.store, token.hash()).await?;
    let now_ms = api.inner.store.now_ms();
    Ok(known.filter(|token| token.expires_ms.is_none_or(|at_ms| at_ms > now_ms)))
}
