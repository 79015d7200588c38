//! 5. The decision: a route and a head become a permit or a refusal. Pure: no I/O, no clock.
//!
//! What isn't understood is refused, never interpreted: an account that is named in two places of one kind, or in a
//! spelling that one parser reads and another doesn't, could be read by the application as another account.

mod echo;
#[cfg(test)]
pub(crate) mod fixture;
mod json;
mod login_answer;
mod login_request;
mod named;
mod spelling;

use std::borrow::Cow;

use http::{Method, header};
use marque_config::Account;
use marque_config::application::{AnswerSelector, Login, Policy, Selector};
use marque_config::path_pattern::PathMatch;
use marque_config::tenant::TenantState;

use crate::head::{RequestHead, Target};
use crate::refusal::Refusal;
use crate::route::Route;

use echo::Said;
pub use login_answer::{Answer, judge_answer, judge_look};
use named::Named;
pub(crate) use spelling::{Naming, decoded, naming};

/// Proof that this request may reach this tenant's account. Fields are private: only [`decide`] and
/// [`decide_login`] make one.
#[derive(Debug, Clone)]
pub struct Permit {
    route: Route,
    login: Option<usize>,
    look: Option<usize>,
    /// What a login said.
    said: Option<Said>,
}

impl Permit {
    /// Where the request leads.
    #[must_use]
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// The account that it may reach.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a permit is made only of a route that has an account, and none changes")]
    pub fn account(&self) -> &Account {
        // The tenant is shared and immutable, and `permitted` has seen its account.
        self.route.tenant.account.as_ref().expect("a permitted route has an account")
    }

    /// The login that this request is: its answer reaches nobody before [`judge_answer`] has passed it.
    #[must_use]
    pub fn login(&self) -> Option<&Login> {
        self.login_number(self.login)
    }

    /// The login whose page this request only looks at: its answer passes [`judge_look`].
    #[must_use]
    pub fn look(&self) -> Option<&Login> {
        self.login_number(self.look)
    }

    /// Whether an answer may give no session: it's one to a look at a login whose answers say in their body alone whom
    /// they let in, and a look's body isn't read.
    #[must_use]
    pub fn bars_sessions(&self) -> bool {
        self.look().is_some_and(|login| login.answer.iter().all(|it| matches!(it, AnswerSelector::Json(_))))
    }

    fn login_number(&self, index: Option<usize>) -> Option<&Login> {
        index.and_then(|index| self.route.application.policy.logins.get(index))
    }
}

/// The login that a request is, if it is one: anything but a plain look at a login path. Its body has to be read
/// before [`decide_login`], and [`decide`] refuses it.
#[must_use]
pub fn login_of<'a>(route: &'a Route, head: &RequestHead<'_>) -> Option<&'a Login> {
    login_at(&route.application.policy, &head.target.segments).filter(|_| is_more_than_a_look(head))
}

/// Decides whether a request that is no login may pass.
///
/// # Errors
/// The refusal that the visitor gets; [`Refusal::Undecided`] for a login of which nothing but the body is to be judged.
pub fn decide(route: &Route, head: &RequestHead<'_>) -> Result<Permit, Refusal> {
    let (policy, account) = admitted(route, head)?;
    Named::in_head(policy, head)?.all_are(account)?;
    if login_of(route, head).is_some() {
        return Err(Refusal::Undecided);
    }
    let look = login_at(policy, &head.target.segments).and_then(|login| number_of(policy, login));
    Ok(Permit { route: route.clone(), login: None, look, said: None })
}

/// Decides whether a login may pass, its whole body at hand.
///
/// # Errors
/// The refusal that the visitor gets; [`Refusal::Undecided`] when `login` isn't one of the route's.
pub fn decide_login(route: &Route, head: &RequestHead<'_>, login: &Login, body: &[u8]) -> Result<Permit, Refusal> {
    let (policy, account) = admitted(route, head)?;
    let index = number_of(policy, login).ok_or(Refusal::Undecided)?;
    let mut named = Named::in_head(policy, head)?;
    login_request::read(login, head.fields, body, &mut named)?;
    named.all_are(account)?;
    Ok(Permit { route: route.clone(), login: Some(index), look: None, said: Some(Said::read(head, body)) })
}

fn number_of(policy: &Policy, login: &Login) -> Option<usize> {
    policy.logins.iter().position(|it| it == login)
}

/// What holds for every request, whatever it names.
fn admitted<'a>(route: &'a Route, head: &RequestHead<'_>) -> Result<(&'a Policy, &'a Account), Refusal> {
    let policy = &route.application.policy;
    let account = match (route.tenant.state, &route.tenant.account) {
        (TenantState::Closed, _) => return Err(Refusal::UnknownHost),
        (TenantState::Suspended, _) => return Err(Refusal::Suspended),
        #[cfg(feature = "rehearsal")]
        (TenantState::Paused, _) => return Err(Refusal::Suspended),
        (TenantState::Provisioning, _) | (TenantState::Active, None) => return Err(Refusal::Provisioning),
        (TenantState::Active, Some(account)) => account,
    };
    if *head.method == Method::CONNECT || *head.method == Method::TRACE {
        return Err(Refusal::MethodRefused);
    }
    check_upgrade(policy, head)?;
    check_path(policy, head.target)?;
    Ok((policy, account))
}

/// Only `websocket`, only by GET, only where the application takes it, and never where people log in: what is said
/// inside can't be judged.
fn check_upgrade(policy: &Policy, head: &RequestHead<'_>) -> Result<(), Refusal> {
    let mut wishes = head.fields.get_all(header::UPGRADE).iter();
    let Some(wish) = wishes.next() else { return Ok(()) };
    let is_websocket = wishes.next().is_none() && wish.as_bytes().eq_ignore_ascii_case(b"websocket");
    let is_taken = policy.websocket && *head.method == Method::GET && login_at(policy, &head.target.segments).is_none();
    if is_websocket && is_taken { Ok(()) } else { Err(Refusal::UpgradeRefused) }
}

/// Where the policy looks at paths, a path that may be read as another is refused.
fn check_path(policy: &Policy, target: &Target<'_>) -> Result<(), Refusal> {
    if policy.logins.is_empty() && !policy.selectors.iter().any(|it| matches!(it, Selector::Path(_))) {
        return Ok(());
    }
    if target.is_ambiguous {
        return Err(Refusal::AmbiguousTarget);
    }
    // Of a segment that is all white space nothing is left, and servers that merge slashes then don't see it.
    let readings = target.segments.iter().map(|it| spelling::second_reading(it));
    let second: Vec<_> = readings.filter(|it| !it.is_empty()).collect();
    if is_hidden(policy, &target.segments, &second) { Err(Refusal::AmbiguousTarget) } else { Ok(()) }
}

/// Whether a path says something in its second reading that it doesn't say in the plain one, to any pattern by itself:
/// that another pattern matches in both says nothing of this one.
fn is_hidden(policy: &Policy, plain: &[Cow<'_, str>], second: &[Cow<'_, str>]) -> bool {
    let is_selected = policy.selectors.iter().any(|selector| match selector {
        Selector::Path(pattern) => match pattern.matches_start(second) {
            PathMatch::None => false,
            seen => seen != pattern.matches_start(plain),
        },
        Selector::Query(_) | Selector::Header(_) | Selector::Cookie(_) => false,
    });
    let is_login = policy.logins.iter().any(|login| is_at(login, second) && !is_at(login, plain));
    is_selected || is_login || login_at(policy, second) != login_at(policy, plain)
}

/// The login whose path is asked: the first that is asked whole, or else the first under a suffix.
fn login_at<'a>(policy: &'a Policy, path: &[Cow<'_, str>]) -> Option<&'a Login> {
    let is_whole = |login: &&Login| login.path.matches_whole(path) != PathMatch::None;
    policy.logins.iter().find(is_whole).or_else(|| policy.logins.iter().find(|login| is_at(login, path)))
}

/// Whether a path is this login's, also under a suffix that frameworks cut off (`/login.json`).
fn is_at(login: &Login, path: &[Cow<'_, str>]) -> bool {
    let is_whole = login.path.matches_whole(path) != PathMatch::None;
    is_whole || without_suffix(path).is_some_and(|stem| login.path.matches_whole(&stem) != PathMatch::None)
}

/// The path without its last segment's suffix, if it has one. A trailing slash doesn't count.
fn without_suffix<'a>(path: &'a [Cow<'_, str>]) -> Option<Vec<&'a str>> {
    let path = path.split_last().filter(|(last, _)| last.is_empty()).map_or(path, |(_, rest)| rest);
    let (last, rest) = path.split_last()?;
    let (stem, _) = last.split_once('.')?;
    Some(rest.iter().map(AsRef::as_ref).chain([stem]).collect())
}

/// Fetching a login page is a look, and so is taking a session away; everything else on its path may be a login.
fn is_more_than_a_look(head: &RequestHead<'_>) -> bool {
    let looks = [Method::GET, Method::HEAD, Method::OPTIONS, Method::DELETE];
    head.has_body || !looks.contains(head.method) || spelling::overrides_method(head)
}

#[cfg(test)]
mod tests;
