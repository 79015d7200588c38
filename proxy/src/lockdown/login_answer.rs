//! The answer to a login: whom it let in. Many logins name only a person, so what the application answers is what
//! tells the account; and a wrong password and another account's password must look the same.

use std::borrow::Cow;

use http::{HeaderMap, StatusCode, header};
use marque_config::application::{AnswerSelector, Login};
use marque_config::path_pattern::PathPattern;

use super::Permit;
use super::json::{Json, Unclear};
use super::named_accounts::cookie_value;
use super::paths::account_in;
use super::request_text::RequestText;
use super::spelling::{Media, Naming, naming, single};
use crate::directory::Route;
use crate::head::{Reference, RequestTarget, lettered, well_formed};
use crate::refusal::Refusal;

/// An answer, whole, as the application gave it.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// Its status.
    pub status: StatusCode,
    /// Its fields.
    pub headers: &'a HeaderMap,
    /// Its body, in no content-encoding.
    pub body: &'a [u8],
}

/// What an answer says that is no judgement of the login: the application fails, or can't take it now. It's told as
/// what it is; the answer itself, which may be anybody's, is not shown.
#[must_use]
pub fn failure_of_login(status: StatusCode) -> Option<Refusal> {
    match status {
        StatusCode::TOO_MANY_REQUESTS => Some(Refusal::LoginThrottled),
        StatusCode::SERVICE_UNAVAILABLE => Some(Refusal::LoginUnavailable),
        StatusCode::GATEWAY_TIMEOUT => Some(Refusal::UpstreamSlow),
        status if status.is_server_error() => Some(Refusal::LoginFailed),
        _ => None,
    }
}

/// Judges a login's answer: at least one of the policy's places names the account, and none names another. A
/// redirect that alone names it doesn't count when the request says the same itself (`next=/accounts/A`).
///
/// # Errors
/// [`Refusal::LoginRefused`], always the same: nothing else of the answer may reach the visitor then.
pub fn judge_answer(permit: &Permit, login: &Login, answer: &Answer<'_>) -> Result<(), Refusal> {
    let account = permit.account().as_str();
    let named = places(permit.route(), login, answer).map_err(|_| Refusal::LoginRefused)?;
    let is_account = !named.is_empty() && named.iter().all(|it| it == account);
    if is_account && !is_echoed(permit, login.answer.iter(), answer.headers, named.len()) {
        Ok(())
    } else {
        Err(Refusal::LoginRefused)
    }
}

/// Whether nothing but a redirect that the request chose itself names the account.
fn is_echoed<'s>(
    permit: &Permit,
    selectors: impl Iterator<Item = &'s AnswerSelector>,
    headers: &HeaderMap,
    named: usize,
) -> bool {
    let located = selectors.filter(|selector| match selector {
        AnswerSelector::Location(pattern) => {
            in_location(permit.route(), pattern, headers).is_ok_and(|it| it.is_some_and(|it| !it.is_empty()))
        }
        AnswerSelector::Header(_) | AnswerSelector::Cookie(_) | AnswerSelector::Json(_) => false,
    });
    let location = headers.get(header::LOCATION).map(|it| String::from_utf8_lossy(it.as_bytes()));
    let is_repeated =
        |request_text: &RequestText| location.is_some_and(|it| request_text.contains(&it, permit.account().as_str()));
    located.count() == named && permit.request_text.as_ref().is_some_and(is_repeated)
}

/// Judges an answer from where sessions come besides the logins (a link in a mail, the way back from another login
/// service), by what any login's answer says in its head. Whether it names the account, and so may set a session.
///
/// # Errors
/// [`Refusal::LoginRefused`] when it names another.
pub fn judge_source(permit: &Permit, headers: &HeaderMap) -> Result<bool, Refusal> {
    let account = permit.account().as_str();
    let selectors = || permit.route().application.policy.logins.iter().flat_map(|login| &login.answer);
    let named = in_places(permit.route(), selectors(), headers, &Json::Null).map_err(|_| Refusal::LoginRefused)?;
    if named.iter().any(|it| it != account) {
        return Err(Refusal::LoginRefused);
    }
    Ok(!named.is_empty() && !is_echoed(permit, selectors(), headers, named.len()))
}

/// Judges the answer that is a login's page, for an application may also let people in by GET: its head names no
/// other account. It need not name any, since a login's page names nobody.
///
/// The body isn't judged: it would have to be held whole, and pages are large and need not end. So where the body alone
/// tells the account nobody is let in by a page: [`Permit::bars_sessions`].
///
/// # Errors
/// [`Refusal::LoginRefused`]: nothing of the answer may reach the visitor then.
pub fn judge_login_page(permit: &Permit, login: &Login, headers: &HeaderMap) -> Result<(), Refusal> {
    let account = permit.account().as_str();
    let named =
        in_places(permit.route(), login.answer.iter(), headers, &Json::Null).map_err(|_| Refusal::LoginRefused)?;
    if named.iter().all(|it| it == account) { Ok(()) } else { Err(Refusal::LoginRefused) }
}

/// Whether an answer that was judged lets somebody in, though its request was no login: it sets a session, and names the
/// account.
#[must_use]
pub fn lets_in(permit: &Permit, headers: &HeaderMap) -> bool {
    let is_session = |line: &http::HeaderValue| {
        let name = line.as_bytes().split(|&byte| byte == b'=').next().unwrap_or_default();
        permit.route().application.policy.is_session_cookie(name.trim_ascii())
    };
    let names = |login: &Login| {
        let named = in_places(permit.route(), login.answer.iter(), headers, &Json::Null);
        named.is_ok_and(|named| !named.is_empty())
    };
    headers.get_all(header::SET_COOKIE).iter().any(is_session)
        && match permit.login_page() {
            Some(login) => names(login),
            None => permit.is_source() && judge_source(permit, headers) == Ok(true),
        }
}

/// The accounts that the answer names, in the places that the policy says.
fn places<'a>(route: &Route, login: &Login, answer: &Answer<'a>) -> Result<Vec<Cow<'a, str>>, Unclear> {
    let is_wanted = login.answer.iter().any(|it| matches!(it, AnswerSelector::Json(_)));
    let json = if is_wanted { json_body(answer)? } else { Json::Null };
    in_places(route, login.answer.iter(), answer.headers, &json)
}

fn in_places<'a, 's>(
    route: &Route,
    selectors: impl Iterator<Item = &'s AnswerSelector>,
    headers: &'a HeaderMap,
    json: &Json,
) -> Result<Vec<Cow<'a, str>>, Unclear> {
    let mut named = Vec::new();
    for selector in selectors {
        let found = match selector {
            AnswerSelector::Location(pattern) => in_location(route, pattern, headers)?,
            AnswerSelector::Header(name) => in_header(name, headers)?,
            AnswerSelector::Cookie(name) => in_cookie(name, headers)?,
            AnswerSelector::Json(path) => json.find(path)?.map(|it| Cow::Owned(it.to_owned())),
        };
        named.extend(found.filter(|it| !it.is_empty()));
    }
    Ok(named)
}

/// The body as JSON; null when it says that it is something else.
fn json_body(answer: &Answer<'_>) -> Result<Json, Unclear> {
    if answer.body.is_empty() {
        return Ok(Json::Null);
    }
    let media = Media::of(answer.headers).map_err(|_| Unclear)?;
    match (media.is("application/json"), media.is_plain) {
        (true, true) => Json::read(answer.body),
        (true, false) => Err(Unclear),
        (false, _) => Ok(Json::Null),
    }
}

fn in_header<'a>(name: &str, headers: &'a HeaderMap) -> Result<Option<Cow<'a, str>>, Unclear> {
    let value = single(headers, name).map_err(|_| Unclear)?.unwrap_or_default();
    std::str::from_utf8(value).map(|text| Some(Cow::Borrowed(text))).map_err(|_| Unclear)
}

fn in_cookie<'a>(wanted: &str, headers: &'a HeaderMap) -> Result<Option<Cow<'a, str>>, Unclear> {
    let mut found = None;
    for line in headers.get_all(header::SET_COOKIE) {
        let pair = line.as_bytes().split(|&byte| byte == b';').next().unwrap_or_default();
        let Some(at) = pair.iter().position(|&byte| byte == b'=') else { continue };
        match naming(&String::from_utf8_lossy(&pair[..at]), wanted) {
            Naming::No => {}
            Naming::Plain if found.is_none() => found = Some(cookie_value(&pair[at + 1..]).ok_or(Unclear)?),
            Naming::Plain | Naming::Odd => return Err(Unclear),
        }
    }
    Ok(found)
}

/// A redirect to a host that isn't ours or the application's names nobody here.
fn in_location<'a>(
    route: &Route,
    pattern: &PathPattern,
    headers: &'a HeaderMap,
) -> Result<Option<Cow<'a, str>>, Unclear> {
    let Some(value) = single(headers, "location").map_err(|_| Unclear)? else { return Ok(None) };
    let text = lettered(value);
    let path = match Reference::read(&text) {
        Reference::Local(path) => path,
        Reference::Absolute { host, rest } if route.is_own_host(host) => rest,
        Reference::Absolute { .. } | Reference::App => return Ok(None),
        Reference::Odd => return Err(Unclear),
    };
    let target = well_formed(path.split('#').next().unwrap_or_default());
    // A reference without a path leads back to where the request went.
    if target.is_empty() || target.starts_with('?') {
        return Ok(None);
    }
    let target = RequestTarget::parse(&target).map_err(|_| Unclear)?;
    let account = account_in(pattern, &route.application.policy, target.path).map_err(|_| Unclear)?;
    Ok(account.map(Cow::Owned))
}

#[cfg(test)]
mod tests;
