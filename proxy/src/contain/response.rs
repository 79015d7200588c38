//! 7. What an answer may say.
//!
//! Nothing in it leads around the address that the visitor used, or tells what stands behind it. Redirects and links
//! to the application's own hosts are mapped to the address; cookies go through [`cookies`].

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use marque_config::clock::Random;

use super::cookies::{self, Asked};
use crate::directory::{Route, Secrets};
use crate::head::names::NOT_PASSED_BACK;
use crate::head::{Reference, in_ascii, lettered, well_formed};
use crate::lockdown::{Permit, judge_source};
use crate::refusal::Refusal;

/// What is to be changed in an answer's fields: all of `remove` first, then `append`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Edits {
    /// Fields that go, every line of them.
    pub remove: Vec<HeaderName>,
    /// Lines that come.
    pub append: Vec<(HeaderName, HeaderValue)>,
}

/// One year, the host alone: which names below it exist is their owner's affair.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// An answer's head, and what it answers.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// Its status.
    pub status: StatusCode,
    /// Its fields.
    pub fields: &'a HeaderMap,
    /// What was asked.
    pub asked: Asked<'a>,
}

/// Contains an answer to a permitted request.
///
/// # Errors
/// [`Refusal::RedirectRefused`] when it's a redirect that leads where no reference is understood;
/// [`Refusal::SessionTooLarge`] when it sets a session that no browser would keep.
pub fn contain(permit: &Permit, secrets: &Secrets, random: &dyn Random, head: Head<'_>) -> Result<Edits, Refusal> {
    let mut edits = Edits::default();
    let headers = head.fields;
    let is_interim = head.status.is_informational() && head.status != StatusCode::SWITCHING_PROTOCOLS;
    if is_interim {
        // What comes before the answer says what to load (RFC 8297); it sets nothing, and nothing is added.
        edits.remove.extend([header::SET_COOKIE, header::STRICT_TRANSPORT_SECURITY, header::ALT_SVC, header::SERVER]);
    }
    for name in headers.keys() {
        match name.as_str() {
            _ if edits.remove.contains(name) => {}
            "set-cookie" => {
                let lines = headers.get_all(name).iter();
                let gives = may_give_session(permit, headers)?;
                let lines = cookies::seal_all(permit, (secrets, random), head.asked, gives, lines)?;
                edits.replace(name, lines.into_iter());
            }
            "location" | "content-location" => edits.map(name, headers, |text| Rewrite::of(permit.route(), text)),
            "refresh" => edits.map(name, headers, |text| refresh(permit.route(), text)),
            "link" => edits.map(name, headers, |text| link(permit.route(), text)),
            // `Alt-Svc` would lead clients to another port or host for this very name.
            "server" | "x-powered-by" | "strict-transport-security" | "alt-svc" => edits.remove.push(name.clone()),
            other if other.starts_with("marque-") => edits.remove.push(name.clone()),
            _ => {}
        }
    }
    let leads_nowhere = edits.remove.contains(&header::LOCATION) && !edits.has(&header::LOCATION);
    if head.status.is_redirection() && leads_nowhere {
        return Err(Refusal::RedirectRefused);
    }
    if permit.route().address.hsts && !is_interim {
        edits.append.push((header::STRICT_TRANSPORT_SECURITY, HSTS));
    }
    Ok(edits)
}

/// Contains what follows an answer's body: of what the edge judges or says in heads, nothing may come after them.
pub fn contain_trailers(trailers: &mut HeaderMap) {
    const OF_HEADS: [&str; 22] = [
        "alt-svc",
        "authorization",
        "cache-control",
        "connection",
        "content-encoding",
        "content-length",
        "content-location",
        "content-range",
        "content-type",
        "host",
        "keep-alive",
        "link",
        "location",
        "refresh",
        "server",
        "set-cookie",
        "strict-transport-security",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-powered-by",
    ];
    let is_of_head = |name: &&HeaderName| {
        let name = name.as_str();
        OF_HEADS.contains(&name) || NOT_PASSED_BACK.contains(&name) || name.starts_with("marque-")
    };
    let of_heads: Vec<_> = trailers.keys().filter(is_of_head).cloned().collect();
    for name in &of_heads {
        trailers.remove(name);
    }
}

/// Whether an answer may set a session: a login's page where only a body tells whose it is may not, and one that comes
/// from where people also log in names the account.
fn may_give_session(permit: &Permit, headers: &HeaderMap) -> Result<bool, Refusal> {
    Ok(!permit.bars_sessions() && (!permit.is_source() || judge_source(permit, headers)?))
}

impl Edits {
    fn replace(&mut self, name: &HeaderName, values: impl Iterator<Item = HeaderValue>) {
        self.remove.push(name.clone());
        self.append.extend(values.map(|value| (name.clone(), value)));
    }

    fn has(&self, name: &HeaderName) -> bool {
        self.append.iter().any(|(it, _)| it == name)
    }

    /// Maps every line of a field; a field of which no line changes is left alone.
    fn map(&mut self, name: &HeaderName, headers: &HeaderMap, rewrite: impl Fn(&str) -> Rewrite) {
        let lines = headers.get_all(name).iter();
        let mapped: Vec<_> = lines.map(|value| (value, rewrite(&lettered(value.as_bytes())))).collect();
        if mapped.iter().all(|(_, rewrite)| *rewrite == Rewrite::Keep) {
            return;
        }
        self.replace(name, mapped.into_iter().filter_map(|(value, rewrite)| rewrite.apply(value)));
    }
}

/// What becomes of a text that leads somewhere.
#[derive(Debug, PartialEq, Eq)]
enum Rewrite {
    Keep,
    Replace(String),
    Drop,
}

impl Rewrite {
    /// A reference to an own host leads to the address instead. One to another host or to an app stays; what browsers
    /// read in ways of their own goes.
    fn of(route: &Route, text: &str) -> Self {
        let mapped = match Reference::read(text) {
            Reference::Absolute { host, rest } if route.is_own_host(host) => {
                format!("https://{}{}", route.public_authority(), well_formed(rest))
            }
            Reference::Local(_) | Reference::Absolute { .. } | Reference::App => in_ascii(text),
            Reference::Odd => return Self::Drop,
        };
        if mapped == text { Self::Keep } else { Self::Replace(mapped) }
    }

    fn apply(self, value: &HeaderValue) -> Option<HeaderValue> {
        match self {
            Self::Keep => Some(value.clone()),
            // One letter for each byte, as it was read.
            Self::Replace(text) => {
                let bytes: Vec<_> = text.chars().map(|letter| u8::try_from(letter).unwrap_or(b'?')).collect();
                HeaderValue::from_bytes(&bytes).ok()
            }
            Self::Drop => None,
        }
    }
}

/// `5; url=REFERENCE`, in the spellings that browsers take (HTML, "shared declarative refresh steps").
fn refresh(route: &Route, text: &str) -> Rewrite {
    let time = text.trim_start().trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let rest = time.trim_start().trim_start_matches([';', ',']).trim_start();
    if rest.is_empty() {
        return Rewrite::Keep;
    }
    let named = rest.get(..3).filter(|it| it.eq_ignore_ascii_case("url")).map(|_| rest[3..].trim_start());
    let target = named.and_then(|it| it.strip_prefix('=')).unwrap_or(rest).trim();
    let quoted = target.strip_prefix(['"', '\'']).map(|it| it.split(['"', '\'']).next().unwrap_or_default());
    let target = quoted.unwrap_or(target);
    match Rewrite::of(route, target) {
        Rewrite::Replace(mapped) => Rewrite::Replace(format!("{};url={mapped}", &text[..text.len() - time.len()])),
        rewrite => rewrite,
    }
}

/// `<REFERENCE>; rel=next, <REFERENCE>` (RFC 8288): a link is fetched, not followed, so others' are left alone.
fn link(route: &Route, text: &str) -> Rewrite {
    let mut mapped = String::new();
    let mut rest = text;
    while let Some((before, (reference, after))) =
        rest.split_once('<').and_then(|(before, rest)| Some((before, rest.split_once('>')?)))
    {
        let rewrite = Rewrite::of(route, reference);
        let reference = match &rewrite {
            Rewrite::Replace(mapped) => mapped,
            Rewrite::Keep | Rewrite::Drop => reference,
        };
        mapped.extend([before, "<", reference, ">"]);
        rest = after;
    }
    mapped.push_str(rest);
    if mapped == text { Rewrite::Keep } else { Rewrite::Replace(mapped) }
}

#[cfg(test)]
mod tests;
