//! Session cookies, sealed to a tenant: what is taken at one address is worthless at another, with an application
//! that knows nothing of this. A session cookie that isn't ours is dropped: its visitor is logged out, not refused.

mod pieces;
mod set_cookie;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue, header};
use marque_config::clock::Random;
use marque_config::seal::{Context, Purpose, SealNonce, Sealed};

use crate::directory::Secrets;
use crate::head::names::ENTRY_COOKIE;
use crate::lockdown::{Naming, Permit, begins_as, decoded, naming};
use crate::refusal::{Fault, Refusal};
use pieces::Piece;
use set_cookie::{HOST, SECURE, SetCookie};

/// The most bytes of a session's value: more would leave no room in a head for anything else.
const MOST_VALUE: usize = 16 << 10;

/// What an answer's cookies are read against.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The path that was asked for, as it came.
    pub path: &'a str,
    /// The request's fields.
    pub fields: &'a HeaderMap,
    /// What time it is, in Unix milliseconds.
    pub now_ms: i64,
}

/// Puts a request's cookies into the one field that the application gets, session cookies opened. None when there
/// are none.
///
/// # Errors
/// [`Refusal::Malformed`] when they can't be written as one field.
pub fn open(permit: &Permit, secrets: &Secrets, headers: &HeaderMap) -> Result<Option<HeaderValue>, Refusal> {
    let mut lines = headers.get_all(header::COOKIE).iter();
    let Some(first) = lines.next() else { return Ok(None) };
    let has_sessions = permit.route().application.policy.has_session_cookies();
    if !has_sessions && lines.next().is_none() && !crumbs(headers).any(is_edges_own) {
        return Ok(Some(first.clone()));
    }
    let mut joined = Vec::new();
    let pieces: Vec<_> = if has_sessions { pieces_of(headers).collect() } else { Vec::new() };
    for crumb in crumbs(headers).filter(|crumb| !is_edges_own(crumb)) {
        if !has_sessions {
            join(&mut joined, crumb);
        } else if let Some((name, value)) = opened(permit, secrets, crumb, &pieces) {
            join(&mut joined, &[name.as_bytes(), b"=", &value].concat());
        } else if !is_session(permit, crumb) {
            join(&mut joined, crumb);
        }
    }
    if joined.is_empty() {
        return Ok(None);
    }
    HeaderValue::from_bytes(&joined).map(Some).map_err(|_| Refusal::Malformed(Fault::Cookie))
}

/// Rewrites the lines of `Set-Cookie` of an answer: a session cookie is sealed, every cookie is kept to this host and
/// to TLS. Where the answer `gives` no session, one that it sets is left out; taking one away is always allowed.
///
/// # Errors
/// [`Refusal::SessionTooLarge`] for a session of more than 16 KiB; [`Refusal::NoReplica`] while there is no key to seal
/// it with. A session that vanished without a word would have its visitor log in for ever.
pub fn seal_all<'a>(
    permit: &Permit,
    (secrets, random): (&Secrets, &dyn Random),
    asked: Asked<'_>,
    gives: bool,
    lines: impl Iterator<Item = &'a HeaderValue>,
) -> Result<Vec<HeaderValue>, Refusal> {
    let mut written = Vec::new();
    for line in lines {
        let cookie = SetCookie::read(line.as_bytes(), asked.path);
        match session_name(permit, cookie.name) {
            Some(_) if !gives && !cookie.is_removal(asked.now_ms) => {}
            Some(name) => written.extend(session(permit, (secrets, random), asked, name, &cookie)?),
            // The application may not write into the names that we seal, or keep for ourselves.
            None if cookie.name.eq_ignore_ascii_case(ENTRY_COOKIE.as_bytes()) => {}
            None if unprefixed(cookie.name).is_some_and(|name| is_ours(permit, name)) => {}
            None => written.push(cookie.write()),
        }
    }
    Ok(written.iter().filter_map(|line| HeaderValue::from_bytes(line).ok()).collect())
}

/// Takes away every session that a request carries.
pub fn take_away(permit: &Permit, headers: &HeaderMap) -> Vec<HeaderValue> {
    let names = crumbs(headers).map(|crumb| halves(crumb).0);
    let ours = names.filter(|name| unprefixed(name).is_some_and(|name| is_ours(permit, name)));
    let line = |name: &[u8]| [name, b"=; Path=/; Max-Age=0; Secure; HttpOnly"].concat();
    ours.filter_map(|name| HeaderValue::from_bytes(&line(name)).ok()).collect()
}

/// The lines that set one session, and take away what was left of it in other cookies.
fn session(
    permit: &Permit,
    keys: (&Secrets, &dyn Random),
    asked: Asked<'_>,
    name: &str,
    cookie: &SetCookie<'_>,
) -> Result<Vec<Vec<u8>>, Refusal> {
    let kept = format!("{}{name}", cookie.prefix());
    // What is taken away needs no value, and gives none.
    let value = if cookie.is_removal(asked.now_ms) { b"" } else { cookie.value };
    let (text, mark) = sealed(permit, keys, name, value)?;
    let set = pieces::split(&kept, text, &mark);
    let count = set.len();
    let mut lines: Vec<_> = set.iter().map(|(name, value)| cookie.write_session(name, value)).collect();
    for carried in crumbs(asked.fields).filter_map(|crumb| std::str::from_utf8(halves(crumb).0).ok()) {
        let is_left = Piece::number_in(carried).is_some_and(|(base, number)| base == kept && number >= count);
        // Before the default path was read as browsers do, the whole host's session stood under the other prefix.
        let is_twin = cookie.prefix() == HOST && carried.strip_prefix(SECURE) == Some(name);
        if is_left || is_twin {
            lines.push(cookie.write_removal(carried));
        }
    }
    Ok(lines)
}

/// A session's value, sealed, and a mark for its pieces. An empty value is left so: it is how an application takes a
/// session away.
fn sealed(
    permit: &Permit,
    (secrets, random): (&Secrets, &dyn Random),
    name: &str,
    value: &[u8],
) -> Result<(String, String), Refusal> {
    if value.is_empty() {
        return Ok((String::new(), String::new()));
    }
    if value.len() > MOST_VALUE {
        return Err(Refusal::SessionTooLarge);
    }
    let mut nonce = SealNonce::default();
    random.fill(&mut nonce);
    let owner = permit.session_owner();
    let context = Context { purpose: Purpose::Cookie, owner: &owner, name };
    let keys = secrets.cookie_keys().ok_or(Refusal::NoReplica)?;
    let sealed = keys.seal(context, &nonce, value).map_err(|_| Refusal::Internal)?;
    let mark = nonce.first_chunk::<4>().map(|start| URL_SAFE_NO_PAD.encode(start)).unwrap_or_default();
    Ok((URL_SAFE_NO_PAD.encode(sealed.as_bytes()), mark))
}

/// The session cookie that a crumb carries, or begins, if it was sealed for this tenant.
fn opened<'a>(permit: &Permit, secrets: &Secrets, crumb: &'a [u8], pieces: &[Piece<'_>]) -> Option<(&'a str, Vec<u8>)> {
    let (prefixed, value) = halves(crumb);
    let name = session_name(permit, unprefixed(prefixed)?)?;
    if value.len() > pieces::MOST {
        return None;
    }
    let sealed = match Piece::read(prefixed, value).filter(Piece::is_first) {
        Some(first) => URL_SAFE_NO_PAD.decode(first.joined(pieces)?),
        None => URL_SAFE_NO_PAD.decode(value),
    };
    let sealed = Sealed::from_bytes(sealed.ok()?);
    let owner = permit.session_owner();
    let context = Context { purpose: Purpose::Cookie, owner: &owner, name };
    let plain = secrets.cookie_keys()?.open(context, &sealed).ok()?;
    Some((name, plain.to_vec()))
}

/// Whether some parser would take a crumb for a session cookie, sealed or not.
fn is_session(permit: &Permit, crumb: &[u8]) -> bool {
    let policy = &permit.route().application.policy;
    let of_session = |part: &[u8]| {
        // A crumb that begins with `=` has no name for browsers, and one for some parsers.
        let start = part.iter().position(|byte| !b"= \t".contains(byte)).unwrap_or(part.len());
        let (name, _) = halves(&part[start..]);
        let text = decoded(name, false).unwrap_or_else(|| String::from_utf8_lossy(name));
        policy.session_cookies.iter().any(|it| naming(&text, it) != Naming::No)
            || policy.session_families.iter().any(|it| begins_as(&text, it))
            || unprefixed(name).is_some_and(|name| is_ours(permit, name))
    };
    crumb.split(|&byte| byte == b',').any(of_session)
}

/// Whether a name, without its prefix, is one under which a session is kept, whole or in pieces.
fn is_ours(permit: &Permit, name: &[u8]) -> bool {
    let base = std::str::from_utf8(name).ok().and_then(Piece::number_in).map(|(base, _)| base);
    session_name(permit, name).is_some() || base.is_some_and(|base| session_name(permit, base.as_bytes()).is_some())
}

fn session_name<'n>(permit: &Permit, name: &'n [u8]) -> Option<&'n str> {
    let is_session = permit.route().application.policy.is_session_cookie(name);
    std::str::from_utf8(name).ok().filter(|_| is_session)
}

/// The values that a request has for the edge's own cookie.
pub fn edges_own(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    crumbs(headers).filter(|crumb| is_edges_own(crumb)).map(|crumb| halves(crumb).1)
}

/// Whether a crumb is the edge's own cookie, which no application sees. Browsers tell such names apart by their letters;
/// some parsers don't.
fn is_edges_own(crumb: &[u8]) -> bool {
    halves(crumb).0.eq_ignore_ascii_case(ENTRY_COOKIE.as_bytes())
}

fn pieces_of(headers: &HeaderMap) -> impl Iterator<Item = Piece<'_>> {
    crumbs(headers).map(halves).filter_map(|(name, value)| Piece::read(name, value))
}

fn crumbs(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let lines = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
    lines.flat_map(|line| line.split(|&byte| byte == b';').map(<[u8]>::trim_ascii))
}

fn unprefixed(name: &[u8]) -> Option<&[u8]> {
    name.strip_prefix(HOST.as_bytes()).or_else(|| name.strip_prefix(SECURE.as_bytes()))
}

/// What stands before and after the first `=`.
fn halves(pair: &[u8]) -> (&[u8], &[u8]) {
    match pair.iter().position(|&byte| byte == b'=') {
        Some(at) => (pair[..at].trim_ascii(), pair[at + 1..].trim_ascii()),
        None => (pair, &[]),
    }
}

fn join(joined: &mut Vec<u8>, crumb: &[u8]) {
    if crumb.is_empty() {
        return;
    }
    if !joined.is_empty() {
        joined.extend_from_slice(b"; ");
    }
    joined.extend_from_slice(crumb);
}

#[cfg(test)]
mod tests;
