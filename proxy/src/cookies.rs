//! Session cookies, sealed to a tenant: what is taken at one address is worthless at another, with an application
//! that knows nothing of this. A session cookie that isn't ours is dropped: its visitor is logged out, not refused.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue, header};
use marque_config::clock::Random;
use marque_config::seal::{Context, Purpose, SealNonce, Sealed};

use crate::lockdown::{Naming, Permit, decoded, naming};
use crate::refusal::{Fault, Refusal};
use crate::secrets::Secrets;

/// For a cookie of the whole host: browsers take it from that host only (RFC 6265bis section 4.1.3.2).
const HOST: &str = "__Host-";
/// For a cookie of one path.
const SECURE: &str = "__Secure-";
/// The most bytes of a name with its value that browsers keep.
const MOST: usize = 4096;

/// Puts a request's cookies into the one field that the application gets, session cookies opened. None when there
/// are none.
///
/// # Errors
/// [`Refusal::Malformed`] when they can't be written as one field.
pub fn open(permit: &Permit, secrets: &Secrets, headers: &HeaderMap) -> Result<Option<HeaderValue>, Refusal> {
    let mut lines = headers.get_all(header::COOKIE).iter();
    let Some(first) = lines.next() else { return Ok(None) };
    let has_sessions = !permit.route().application.policy.session_cookies.is_empty();
    if !has_sessions && lines.next().is_none() {
        return Ok(Some(first.clone()));
    }
    let mut joined = Vec::new();
    for line in headers.get_all(header::COOKIE) {
        for crumb in line.as_bytes().split(|&byte| byte == b';').map(<[u8]>::trim_ascii) {
            if !has_sessions {
                join(&mut joined, crumb);
            } else if let Some((name, value)) = opened(permit, secrets, crumb) {
                join(&mut joined, &[name.as_bytes(), b"=", &value].concat());
            } else if !is_session(permit, crumb) {
                join(&mut joined, crumb);
            }
        }
    }
    if joined.is_empty() {
        return Ok(None);
    }
    HeaderValue::from_bytes(&joined).map(Some).map_err(|_| Refusal::Malformed(Fault::Cookie))
}

/// Rewrites one `Set-Cookie` of an answer: a session cookie is sealed, every cookie is kept to this host and to TLS.
/// None when it can't be kept, or gives a session that the answer may not give; taking one away is always allowed.
#[must_use]
pub fn seal(permit: &Permit, secrets: &Secrets, random: &dyn Random, set_cookie: &HeaderValue) -> Option<HeaderValue> {
    let cookie = SetCookie::read(set_cookie.as_bytes());
    let session = session_names(permit).find(|name| name.as_bytes() == cookie.name);
    let text = match session {
        Some(_) if permit.bars_sessions() && !cookie.value.is_empty() => return None,
        Some(name) => {
            let value = sealed(permit, secrets, random, name, cookie.value)?;
            cookie.write_session(name, &value)?
        }
        // The application may not write into the names that we seal.
        None if session_names(permit).any(|name| unprefixed(cookie.name) == Some(name.as_bytes())) => return None,
        None => cookie.write(),
    };
    HeaderValue::from_bytes(&text).ok()
}

/// A cookie as an answer sets it.
#[derive(Debug)]
struct SetCookie<'a> {
    /// `NAME=VALUE` as it was written.
    pair: &'a [u8],
    name: &'a [u8],
    value: &'a [u8],
    /// All but `Domain` and `Secure`, as they were written.
    attributes: Vec<&'a [u8]>,
}

impl<'a> SetCookie<'a> {
    fn read(text: &'a [u8]) -> Self {
        let mut parts = text.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
        let pair = parts.next().unwrap_or_default();
        let (name, value) = halves(pair);
        let kept = |part: &&[u8]| !part.is_empty() && !is_named(part, "domain") && !is_named(part, "secure");
        Self { pair, name, value, attributes: parts.filter(kept).collect() }
    }

    fn write(&self) -> Vec<u8> {
        let mut text = self.pair.to_vec();
        self.write_attributes(&mut text);
        text
    }

    fn write_session(&self, name: &str, value: &str) -> Option<Vec<u8>> {
        let path = self.attributes.iter().rfind(|part| is_named(part, "path")).map(|part| halves(part).1);
        let prefix = if path == Some(b"/") { HOST } else { SECURE };
        let mut text = format!("{prefix}{name}={value}").into_bytes();
        if text.len() > MOST {
            return None;
        }
        self.write_attributes(&mut text);
        for (attribute, written) in [("httponly", "; HttpOnly"), ("samesite", "; SameSite=Lax")] {
            if !self.attributes.iter().any(|part| is_named(part, attribute)) {
                text.extend_from_slice(written.as_bytes());
            }
        }
        Some(text)
    }

    fn write_attributes(&self, text: &mut Vec<u8>) {
        for attribute in &self.attributes {
            text.extend_from_slice(b"; ");
            text.extend_from_slice(attribute);
        }
        text.extend_from_slice(b"; Secure");
    }
}

/// An empty value is left so: it is how an application takes a session away.
fn sealed(permit: &Permit, secrets: &Secrets, random: &dyn Random, name: &str, value: &[u8]) -> Option<String> {
    if value.is_empty() {
        return Some(String::new());
    }
    let mut nonce = SealNonce::default();
    random.fill(&mut nonce);
    let owner = permit.route().tenant.id.to_string();
    let context = Context { purpose: Purpose::Cookie, owner: &owner, name };
    let sealed = secrets.cookie_keys()?.seal(context, &nonce, value).ok()?;
    Some(URL_SAFE_NO_PAD.encode(sealed.as_bytes()))
}

/// The session cookie that a crumb carries, if it was sealed for this tenant.
fn opened<'a>(permit: &'a Permit, secrets: &Secrets, crumb: &[u8]) -> Option<(&'a str, Vec<u8>)> {
    let (prefixed, value) = halves(crumb);
    let bare = unprefixed(prefixed)?;
    let name = session_names(permit).find(|name| name.as_bytes() == bare)?;
    if value.len() > MOST {
        return None;
    }
    let sealed = Sealed::from_bytes(URL_SAFE_NO_PAD.decode(value).ok()?);
    let owner = permit.route().tenant.id.to_string();
    let context = Context { purpose: Purpose::Cookie, owner: &owner, name };
    let plain = secrets.cookie_keys()?.open(context, &sealed).ok()?;
    Some((name, plain.to_vec()))
}

/// Whether some parser would take a crumb for a session cookie, sealed or not.
fn is_session(permit: &Permit, crumb: &[u8]) -> bool {
    let of_session = |part: &[u8]| {
        // A crumb that begins with `=` has no name for browsers, and one for some parsers.
        let start = part.iter().position(|byte| !b"= \t".contains(byte)).unwrap_or(part.len());
        let (name, _) = halves(&part[start..]);
        let text = decoded(name, false).unwrap_or_else(|| String::from_utf8_lossy(name));
        let bare = unprefixed(name);
        session_names(permit).any(|it| naming(&text, it) != Naming::No || bare == Some(it.as_bytes()))
    };
    crumb.split(|&byte| byte == b',').any(of_session)
}

fn session_names(permit: &Permit) -> impl Iterator<Item = &str> {
    permit.route().application.policy.session_cookies.iter().map(String::as_str)
}

fn unprefixed(name: &[u8]) -> Option<&[u8]> {
    name.strip_prefix(HOST.as_bytes()).or_else(|| name.strip_prefix(SECURE.as_bytes()))
}

fn is_named(attribute: &[u8], name: &str) -> bool {
    halves(attribute).0.eq_ignore_ascii_case(name.as_bytes())
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
