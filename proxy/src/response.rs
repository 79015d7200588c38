//! 7. What an answer may say.
//!
//! Nothing in it leads around the address that the visitor used, or tells what stands behind it. Redirects and links
//! to the application's own hosts are mapped to the address; cookies go through [`crate::cookies`].

use http::{HeaderMap, HeaderName, HeaderValue, header};
use marque_config::clock::Random;

use crate::cookies;
use crate::lockdown::Permit;
use crate::reference::{Reference, well_formed};
use crate::route::Route;
use crate::secrets::Secrets;

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

/// Contains an answer to a permitted request.
#[must_use]
pub fn contain(permit: &Permit, secrets: &Secrets, random: &dyn Random, headers: &HeaderMap) -> Edits {
    let mut edits = Edits::default();
    for name in headers.keys() {
        let values = || headers.get_all(name).iter();
        match name.as_str() {
            "set-cookie" => edits.replace(name, values().filter_map(|it| cookies::seal(permit, secrets, random, it))),
            "location" | "content-location" => edits.map(name, headers, |text| Fate::of(permit.route(), text)),
            "refresh" => edits.map(name, headers, |text| refresh(permit.route(), text)),
            "link" => edits.map(name, headers, |text| link(permit.route(), text)),
            // `Alt-Svc` would lead clients to another port or host for this very name.
            "server" | "x-powered-by" | "strict-transport-security" | "alt-svc" => edits.remove.push(name.clone()),
            other if other.starts_with("marque-") => edits.remove.push(name.clone()),
            _ => {}
        }
    }
    if permit.route().address.hsts {
        edits.append.push((header::STRICT_TRANSPORT_SECURITY, HSTS));
    }
    edits
}

impl Edits {
    fn replace(&mut self, name: &HeaderName, values: impl Iterator<Item = HeaderValue>) {
        self.remove.push(name.clone());
        self.append.extend(values.map(|value| (name.clone(), value)));
    }

    /// Maps every line of a field; a field of which no line changes is left alone.
    fn map(&mut self, name: &HeaderName, headers: &HeaderMap, fate: impl Fn(&str) -> Fate) {
        let lines = headers.get_all(name).iter();
        let mapped: Vec<_> = lines.map(|value| (value, fate(&String::from_utf8_lossy(value.as_bytes())))).collect();
        if mapped.iter().all(|(_, fate)| *fate == Fate::Keep) {
            return;
        }
        self.replace(name, mapped.into_iter().filter_map(|(value, fate)| fate.apply(value)));
    }
}

/// What becomes of a text that leads somewhere.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Keep,
    Become(String),
    Drop,
}

impl Fate {
    /// A reference to an own host leads to the address instead. One to another host stays when it plainly says so;
    /// what browsers read in ways of their own goes.
    fn of(route: &Route, text: &str) -> Self {
        match Reference::read(text) {
            Reference::Local(_) => Self::Keep,
            Reference::Absolute { host, rest, .. } if route.is_own_host(host) => {
                let mapped = format!("https://{}{}", route.public_authority(), well_formed(rest));
                if mapped == text { Self::Keep } else { Self::Become(mapped) }
            }
            Reference::Absolute { has_scheme: true, .. } => Self::Keep,
            Reference::Absolute { .. } | Reference::Odd => Self::Drop,
        }
    }

    fn apply(self, value: &HeaderValue) -> Option<HeaderValue> {
        match self {
            Self::Keep => Some(value.clone()),
            Self::Become(text) => HeaderValue::try_from(text).ok(),
            Self::Drop => None,
        }
    }
}

/// `5; url=REFERENCE`, in the spellings that browsers take (HTML, "shared declarative refresh steps").
fn refresh(route: &Route, text: &str) -> Fate {
    let time = text.trim_start().trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let rest = time.trim_start().trim_start_matches([';', ',']).trim_start();
    if rest.is_empty() {
        return Fate::Keep;
    }
    let named = rest.get(..3).filter(|it| it.eq_ignore_ascii_case("url")).map(|_| rest[3..].trim_start());
    let target = named.and_then(|it| it.strip_prefix('=')).unwrap_or(rest).trim();
    let quoted = target.strip_prefix(['"', '\'']).map(|it| it.split(['"', '\'']).next().unwrap_or_default());
    let target = quoted.unwrap_or(target);
    match Fate::of(route, target) {
        Fate::Become(mapped) => Fate::Become(format!("{};url={mapped}", &text[..text.len() - time.len()])),
        fate => fate,
    }
}

/// `<REFERENCE>; rel=next, <REFERENCE>` (RFC 8288): a link is fetched, not followed, so others' are left alone.
fn link(route: &Route, text: &str) -> Fate {
    let mut mapped = String::new();
    let mut rest = text;
    while let Some((before, (reference, after))) =
        rest.split_once('<').and_then(|(before, rest)| Some((before, rest.split_once('>')?)))
    {
        let fate = Fate::of(route, reference);
        let reference = if let Fate::Become(mapped) = &fate { mapped } else { reference };
        mapped.extend([before, "<", reference, ">"]);
        rest = after;
    }
    mapped.push_str(rest);
    if mapped == text { Fate::Keep } else { Fate::Become(mapped) }
}

#[cfg(test)]
mod tests;
