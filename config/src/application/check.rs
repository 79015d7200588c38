//! Judges a policy when it is entered: what can't work is named, with the pair that clashes.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{AnswerSelector, BodySelector, Login, Policy, Selector, UpstreamProtocol};
use crate::path_pattern::PathPattern;

/// What is wrong with a policy, and where (a JSON pointer into it, RFC 6901).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {detail}")]
pub struct PolicyError {
    /// Where.
    pub pointer: String,
    /// What, in a sentence.
    pub detail: Cow<'static, str>,
}

impl Policy {
    /// Checks what the types can't say. Both planes call this: the control plane before it stores a policy.
    ///
    /// # Errors
    /// The first field that is wrong.
    pub fn check(&self) -> Result<(), PolicyError> {
        counted("/upstreams", self.upstreams.len(), 1, 32)?;
        counted("/selectors", self.selectors.len(), 0, 32)?;
        counted("/session_cookies", self.session_cookies.len(), 0, 16)?;
        counted("/own_hosts", self.own_hosts.len(), 0, 16)?;
        counted("/logins", self.logins.len(), 0, 16)?;
        counted("/plain_paths", self.plain_paths.len(), 0, 64)?;
        counted("/session_families", self.session_families.len(), 0, 16)?;
        counted("/sessions_from", self.sessions_from.len(), 0, 16)?;
        counted("/logouts", self.logouts.len(), 0, 16)?;
        counted("/deep_links", self.deep_links.len(), 0, 64)?;
        counted("/trusted_fields", self.trusted_fields.len(), 0, 16)?;
        if self.public_https_port == 0 {
            return Err(wrong("/public_https_port", "a port is 1 to 65535"));
        }
        if self.health_path.as_ref().is_some_and(PathPattern::names_account) {
            return Err(wrong("/health_path", "a health path names no account"));
        }
        if !self.health_path.as_ref().is_none_or(PathPattern::is_one_path) {
            return Err(wrong("/health_path", "a health path is one path, in visible ASCII and without *"));
        }
        self.deadlines.check().map_err(|(pointer, detail)| wrong(pointer, detail))?;
        if self.websocket && self.upstream_protocol == UpstreamProtocol::Http2 {
            return Err(wrong("/websocket", "a WebSocket needs HTTP/1: /upstream_protocol is http2"));
        }
        self.check_cookies()?;
        self.check_families()?;
        for (index, selector) in self.selectors.iter().enumerate() {
            selector.check().map_err(|detail| wrong(format!("/selectors/{index}"), detail))?;
        }
        self.check_trusted_fields()?;
        self.logins.iter().enumerate().try_for_each(|(index, login)| login.check(index))?;
        self.check_login_order()?;
        self.check_plain_paths()?;
        self.check_sources()?;
        self.check_contact_forms()
    }

    fn check_cookies(&self) -> Result<(), PolicyError> {
        let mut seen = HashSet::new();
        for (index, name) in self.session_cookies.iter().enumerate() {
            let pointer = || format!("/session_cookies/{index}");
            if !is_token(name) {
                return Err(wrong(pointer(), "a cookie's name is a token of 1 to 64 characters"));
            }
            if !seen.insert(name) {
                return Err(wrong(pointer(), "a session cookie is named once"));
            }
            let selected = self.selectors.iter().any(|it| matches!(it, Selector::Cookie(other) if other == name));
            if selected {
                return Err(wrong(pointer(), "a session cookie can't also name an account"));
            }
        }
        Ok(())
    }

    fn check_families(&self) -> Result<(), PolicyError> {
        for (index, family) in self.session_families.iter().enumerate() {
            let pointer = || format!("/session_families/{index}");
            if family.len() < 2 || !is_token(family) {
                return Err(wrong(
                    pointer(),
                    "a family is the beginning of its cookies' names, a token of 2 to 64 characters",
                ));
            }
            let is_in = |name: &String| name.starts_with(family.as_str());
            let clash = self.selectors.iter().position(|it| matches!(it, Selector::Cookie(name) if is_in(name)));
            if let Some(selector) = clash {
                let detail =
                    format!("a session cookie can't also name an account: /selectors/{selector} is of this family");
                return Err(wrong(pointer(), detail));
            }
            let both = self.session_cookies.iter().position(is_in);
            if let Some(cookie) = both {
                return Err(wrong(pointer(), format!("/session_cookies/{cookie} is of this family already")));
            }
        }
        Ok(())
    }

    fn check_trusted_fields(&self) -> Result<(), PolicyError> {
        for (index, field) in self.trusted_fields.iter().enumerate() {
            let pointer = || format!("/trusted_fields/{index}");
            if !is_token(field) {
                return Err(wrong(pointer(), "a name is a token of 1 to 64 characters"));
            }
            if is_needed(field) {
                return Err(wrong(pointer(), "requests can't do without this field"));
            }
            let named = |it: &Selector| matches!(it, Selector::Header(name) if name.eq_ignore_ascii_case(field));
            if let Some(selector) = self.selectors.iter().position(named) {
                let detail =
                    format!("a visitor's field is removed, so that /selectors/{selector} can't name an account");
                return Err(wrong(pointer(), detail));
            }
        }
        Ok(())
    }

    /// The first login whose path is asked counts, so that a later one must not stand in the shadow of an earlier.
    fn check_login_order(&self) -> Result<(), PolicyError> {
        for (later, login) in self.logins.iter().enumerate() {
            let earlier = self.logins[..later].iter().position(|it| it.path.covers(&login.path));
            if let Some(earlier) = earlier {
                let detail = format!("every path of this login is /logins/{earlier}/path already");
                return Err(wrong(format!("/logins/{later}/path"), detail));
            }
        }
        Ok(())
    }

    /// A plain path has a literal where a selector has the account: one that hasn't would hide every account.
    fn check_plain_paths(&self) -> Result<(), PolicyError> {
        for (index, path) in self.plain_paths.iter().enumerate() {
            let pointer = || format!("/plain_paths/{index}");
            if path.names_account() {
                return Err(wrong(pointer(), "a plain path names no account"));
            }
            let is_hidden = |it: &Selector| matches!(it, Selector::Path(pattern) if path.hides_account_of(pattern));
            if let Some(selector) = self.selectors.iter().position(is_hidden) {
                return Err(wrong(pointer(), format!("the path hides every account of /selectors/{selector}")));
            }
        }
        Ok(())
    }

    fn check_sources(&self) -> Result<(), PolicyError> {
        if self.sessions_from.is_empty() {
            return Ok(());
        }
        if !self.has_session_cookies() {
            return Err(wrong("/sessions_from", "no cookie carries a session: /session_cookies is empty"));
        }
        if !self.logins.iter().flat_map(|login| &login.answer).any(AnswerSelector::is_in_head) {
            let detail = "no answer's head tells the account: /logins has no answer by location, header or cookie";
            return Err(wrong("/sessions_from", detail));
        }
        for (index, path) in self.sessions_from.iter().enumerate() {
            if path.names_account() {
                return Err(wrong(format!("/sessions_from/{index}"), "the path names no account; the answer does"));
            }
        }
        Ok(())
    }
}

/// Fields that every request carries for a reason of its own: they name no account, and can't be left out.
fn is_needed(field: &str) -> bool {
    const NEEDED: [&str; 13] = [
        "host",
        "connection",
        "content-length",
        "content-type",
        "content-encoding",
        "transfer-encoding",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "cookie",
        "accept",
        "user-agent",
    ];
    NEEDED.iter().any(|it| it.eq_ignore_ascii_case(field))
}

impl Selector {
    fn check(&self) -> Result<(), &'static str> {
        match self {
            Self::Path(pattern) if !pattern.names_account() => Err("a path selector has an {account} segment"),
            Self::Header(name) | Self::Cookie(name) if !is_token(name) => {
                Err("a name is a token of 1 to 64 characters")
            }
            Self::Header(name) if is_needed(name) => Err("this field says something else in every request"),
            Self::Query(name) if !is_field(name) => Err("a field's name has 1 to 64 characters"),
            _ => Ok(()),
        }
    }
}

impl Login {
    fn check(&self, index: usize) -> Result<(), PolicyError> {
        let at = |field: &str| format!("/logins/{index}/{field}");
        if self.path.names_account() {
            return Err(wrong(at("path"), "a login path names no account; use a path selector"));
        }
        counted(&at("answer"), self.answer.len(), 1, 8)?;
        counted(&at("request"), self.request.len(), 0, 8)?;
        for (place, selector) in self.request.iter().enumerate() {
            selector.check().map_err(|detail| wrong(at(&format!("request/{place}")), detail))?;
        }
        for (place, selector) in self.answer.iter().enumerate() {
            selector.check().map_err(|detail| wrong(at(&format!("answer/{place}")), detail))?;
        }
        Ok(())
    }
}

impl BodySelector {
    fn check(&self) -> Result<(), &'static str> {
        match self {
            Self::Form(name) if !is_field(name) => Err("a field's name has 1 to 64 characters"),
            Self::Json(path) => check_json_path(path),
            Self::Form(_) => Ok(()),
        }
    }
}

impl AnswerSelector {
    fn check(&self) -> Result<(), &'static str> {
        match self {
            Self::Location(pattern) if !pattern.names_account() => Err("a location pattern has an {account} segment"),
            Self::Header(name) | Self::Cookie(name) if !is_token(name) => {
                Err("a name is a token of 1 to 64 characters")
            }
            Self::Json(path) => check_json_path(path),
            _ => Ok(()),
        }
    }
}

fn check_json_path(path: &[String]) -> Result<(), &'static str> {
    if (1..=8).contains(&path.len()) && path.iter().all(|name| is_field(name)) {
        Ok(())
    } else {
        Err("a JSON path has 1 to 8 names of 1 to 64 characters")
    }
}

/// RFC 9110 section 5.6.2, bounded.
fn is_token(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

pub(super) fn is_field(name: &str) -> bool {
    (1..=64).contains(&name.len()) && !name.chars().any(char::is_control)
}

pub(super) fn counted(pointer: &str, count: usize, least: usize, most: usize) -> Result<(), PolicyError> {
    if count < least {
        return Err(wrong(pointer, "at least one is needed"));
    }
    if count > most {
        return Err(wrong(pointer, "there are too many"));
    }
    Ok(())
}

pub(super) fn wrong(pointer: impl Into<String>, detail: impl Into<Cow<'static, str>>) -> PolicyError {
    PolicyError { pointer: pointer.into(), detail: detail.into() }
}

#[cfg(test)]
mod tests;
