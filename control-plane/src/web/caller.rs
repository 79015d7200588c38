//! Who calls: the bearer token's principal and scopes, or those of a person's session. A handler gets a [`Reach`] only by naming the scope that it
//! needs, and no operation is done without one.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use marque_config::{TenantId, TokenId};
use moka::sync::Cache;
use tokio::sync::watch;

use super::limits::UsageSlot;
use super::problem::Problem;
use super::{Api, cookie, frame};
use crate::database::{Signal, Store, StoreError, Write};
use crate::kernel::actor::{Actor, Asked};
use crate::kernel::fault::Forbidden;
use crate::kernel::language::Language;
use crate::kernel::principal::{Principal, Reach};
use crate::kernel::scope::Scope;
use crate::kernel::session::{Membership, Session};
use crate::kernel::token::{Mode, Token, TokenHash, TokenLimits, TokenText};

/// Who calls, in which language, and what is called: a handler reaches the store through its caller.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) api: Api,
    principal: Principal,
    by: By,
    pub(crate) scopes: BTreeSet<Scope>,
    pub(crate) limits: TokenLimits,
    /// The only tenants within reach, where there is such a limit.
    tenants: Option<BTreeSet<TenantId>>,
    pub(crate) language: Language,
    asked: Asked,
    /// Whether nothing is allowed before a second factor is set up.
    asks_for_factor: bool,
}

/// The slot of a request in which its caller is left, for what goes on with the answer.
#[derive(Clone, Default)]
pub(crate) struct CallerSlot(Arc<OnceLock<Caller>>);

/// By what the caller is known.
#[derive(Clone)]
enum By {
    Token(TokenId),
    Session(Box<Session>),
}

/// Tokens looked up lately. When one is revoked, anywhere, all are forgotten.
pub(crate) struct Known {
    cache: Cache<(u64, TokenHash), Arc<Token>>,
    revocations: watch::Receiver<u64>,
}

const MOST: u64 = 10_000;
/// Bounds what a lost signal from another process costs.
const FORGET: Duration = Duration::from_secs(5);

impl Known {
    pub(crate) fn new(store: &Store) -> Self {
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

impl CallerSlot {
    /// Who called, once the handler knew them.
    pub(crate) fn caller(&self) -> Option<Caller> {
        self.0.get().cloned()
    }
}

impl Caller {
    /// How far the caller's rights reach, when the token has the scope.
    pub(crate) fn may(&self, scope: Scope) -> Result<Reach, Problem> {
        // The principal is looked at too: a scope that it may no longer hold is none, whatever the token says.
        if self.asks_for_factor {
            return Err(Forbidden::SECOND_FACTOR_NEEDED.into());
        }
        if self.scopes.contains(&scope) && self.principal.may_hold(scope) {
            Ok(self.reach())
        } else {
            Err(Problem::right_missing(scope))
        }
    }

    /// The same, where only the vendor's staff may do it.
    pub(crate) fn may_as_operator(&self, scope: Scope) -> Result<Reach, Problem> {
        let reach = self.may(scope)?;
        if reach.is_operator() { Ok(reach) } else { Err(Forbidden::OPERATORS_ONLY.into()) }
    }

    /// The database.
    pub(crate) fn store(&self) -> &Store {
        &self.api.inner.store
    }

    /// Begins a write, now.
    pub(crate) async fn begin(&self, reach: &Reach) -> Result<Write, StoreError> {
        self.store().begin(reach.actor(), self.store().now_ms()).await
    }

    /// How far the caller's rights reach.
    fn reach(&self) -> Reach {
        let (actor, user) = match &self.by {
            By::Token(id) => (Actor::token(*id), None),
            By::Session(session) => (Actor::user(session.user), Some(session.user)),
        };
        let reach = Reach::of(self.principal, actor.asking(self.asked.clone()));
        reach.of_person(user).holding(&self.scopes).limited_to(self.tenants.clone())
    }

    /// The token, where the caller is known by one.
    pub(crate) fn token(&self) -> Option<TokenId> {
        match self.by {
            By::Token(id) => Some(id),
            By::Session(_) => None,
        }
    }

    fn of_token(token: &Token, tenants: Option<BTreeSet<TenantId>>, (parts, api): (&Parts, &Api)) -> Self {
        Self {
            api: api.clone(),
            principal: token.principal,
            by: By::Token(token.id),
            scopes: token.scopes.clone(),
            limits: token.limits.clone(),
            tenants,
            language: frame::language(&parts.headers),
            asked: asked(parts),
            asks_for_factor: false,
        }
    }

    fn of_session(
        session: Session,
        (membership, asks_for_factor): (&Membership, bool),
        (parts, api): (&Parts, &Api),
    ) -> Self {
        Self {
            api: api.clone(),
            principal: session.principal,
            by: By::Session(Box::new(session)),
            scopes: if asks_for_factor { BTreeSet::new() } else { membership.scopes() },
            limits: TokenLimits::default(),
            tenants: None,
            language: frame::language(&parts.headers),
            asked: asked(parts),
            asks_for_factor,
        }
    }
}

/// A person who calls, in their own matters: what needs no right, only a session.
pub(crate) struct Person {
    pub(crate) api: Api,
    pub(crate) session: Session,
    pub(crate) reach: Reach,
    pub(crate) asked: Asked,
}

impl Person {
    /// The database.
    pub(crate) fn store(&self) -> &Store {
        &self.api.inner.store
    }

    /// Begins a write, now.
    pub(crate) async fn begin(&self) -> Result<Write, StoreError> {
        self.store().begin(self.reach.actor(), self.store().now_ms()).await
    }
}

impl Forbidden {
    /// An operator has yet to set up a second factor.
    pub const SECOND_FACTOR_NEEDED: Self = Self::new(
        "second-factor-needed",
        "Operators need a second factor here: set yours up first.",
        "Les opérateurs ont besoin d’un second facteur ici : mettez d’abord le vôtre en place.",
    );
    /// Only people do this, and a token is none.
    pub const PEOPLE_ONLY: Self = Self::new(
        "right-missing",
        "Only a person does this, in a session; an API token does not.",
        "Seule une personne peut le faire, dans une session ; un jeton d’API ne le peut pas.",
    );
}

impl FromRequestParts<Api> for Person {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, api).await?;
        let reach = caller.reach();
        match caller.by {
            By::Session(session) => Ok(Self { api: caller.api, session: *session, reach, asked: caller.asked }),
            By::Token(_) => Err(Forbidden::PEOPLE_ONLY.into()),
        }
    }
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let slot = parts.extensions.get::<UsageSlot>();
        let limits = &api.inner.limits;
        let known = match parts.headers.contains_key(header::AUTHORIZATION) {
            true => by_token(parts, api).await?,
            false => by_session(parts, api).await?,
        };
        let Some(caller) = known else {
            limits.address(asked(parts).ip, slot)?;
            return Err(Problem::unauthenticated());
        };
        match &caller.by {
            By::Token(_) if caller.principal == Principal::Edge => {}
            By::Token(id) => {
                let quota = limits.of_token(caller.principal, caller.limits.requests_per_minute);
                limits.caller(id.to_string(), quota, slot)?;
            }
            By::Session(session) => limits.caller(session.user.to_string(), limits.of_person(), slot)?,
        }
        if let Some(CallerSlot(slot)) = parts.extensions.get() {
            slot.get_or_init(|| caller.clone());
        }
        Ok(caller)
    }
}

fn asked(parts: &Parts) -> Asked {
    parts.extensions.get::<Asked>().cloned().unwrap_or_default()
}

async fn by_token(parts: &Parts, api: &Api) -> Result<Option<Caller>, StoreError> {
    let Some(token) = presented(parts, api).await? else { return Ok(None) };
    let tenants = match (token.limits.mode, token.principal) {
        (Mode::Test, Principal::Partner(partner)) => {
            let mut trial = api.inner.store.trial_tenants(partner).await?;
            trial.retain(|tenant| token.limits.tenants.is_empty() || token.limits.tenants.contains(tenant));
            Some(trial)
        }
        (Mode::Test, _) => Some(BTreeSet::new()),
        (Mode::Live, _) => Some(token.limits.tenants.clone()).filter(|tenants| !tenants.is_empty()),
    };
    Ok(Some(Caller::of_token(&token, tenants, (parts, api))))
}

/// The valid token that a request shows, if it shows one.
async fn presented(parts: &Parts, api: &Api) -> Result<Option<Arc<Token>>, StoreError> {
    let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Ok(None) };
    let text = value.to_str().ok().and_then(|value| value.split_once(' '));
    let text = text.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, text)| text.trim());
    let Some(token) = text.and_then(TokenText::parse) else { return Ok(None) };
    let known = api.inner.known.token(&api.inner.store, token.hash()).await?;
    let (now_ms, ip) = (api.inner.store.now_ms(), asked(parts).ip);
    let ends_later = |token: &Token| token.expires_ms.is_none_or(|at_ms| at_ms > now_ms);
    Ok(known.filter(|token| ends_later(token) && token.limits.admit(now_ms, ip)))
}

/// The session of a request's cookie. What changes something says by a header that it isn't another site that asks.
async fn by_session(parts: &Parts, api: &Api) -> Result<Option<Caller>, Problem> {
    let Some(secret) = cookie::presented(&parts.headers) else { return Ok(None) };
    let Some((session, membership)) = crate::web::session::presented(&api.inner.store, &secret).await? else {
        return Ok(None);
    };
    if !parts.method.is_safe() {
        cookie::check_csrf(&parts.headers, &secret)?;
    }
    let asks_for_factor = api.inner.authenticator.asks_for_factor(&api.inner.store, &session).await?;
    Ok(Some(Caller::of_session(session, (&membership, asks_for_factor), (parts, api))))
}
