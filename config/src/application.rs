//! An application behind the edge: where it runs, and where in its requests and answers an account is named.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{ApplicationId, Hostname, path_pattern::PathPattern};

/// An application as the edge needs to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// Its identity.
    pub id: ApplicationId,
    /// Who the assertion is for (the JWT's `aud`).
    pub name: String,
    /// What the edge does with its traffic.
    pub policy: Policy,
}

/// How an application's traffic is carried and locked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Where it listens; requests are spread over those that are healthy.
    pub upstreams: Vec<Upstream>,
    /// A path that answers 2xx while an upstream can serve. None: every upstream counts as healthy.
    #[serde(default)]
    pub health_path: Option<PathPattern>,
    /// Hosts by which the application knows itself: redirects and cookies that name one are mapped to the address
    /// that the visitor used.
    #[serde(default)]
    pub own_hosts: Vec<Hostname>,
    /// The port that visitors see, for redirects to `https` and mapped addresses.
    #[serde(default = "https_port")]
    pub public_https_port: u16,
    /// Whether `Upgrade: websocket` is passed on.
    #[serde(default)]
    pub websocket: bool,
    /// Where any request may name an account.
    #[serde(default)]
    pub selectors: Vec<Selector>,
    /// Cookies that carry a session: sealed to the tenant on the way out, opened on the way in.
    #[serde(default)]
    pub session_cookies: Vec<String>,
    /// Where people log in, and what the answer says.
    #[serde(default)]
    pub logins: Vec<Login>,
}

/// One place in a request where an account may be named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selector {
    /// The `{account}` segment of a path that begins as the pattern does.
    Path(PathPattern),
    /// A field of the query; letters match in either case.
    Query(String),
    /// A header's value.
    Header(String),
    /// A cookie's value.
    Cookie(String),
}

/// A path where people log in with POST. Its body is read before the decision (64 KiB at most), and its answer is
/// judged before the visitor sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The path, whole.
    pub path: PathPattern,
    /// Where the body may name an account. May be empty: many logins name only a person.
    #[serde(default)]
    pub request: Vec<BodySelector>,
    /// Where an answer names the account that was entered.
    pub answer: Vec<AnswerSelector>,
}

/// One place in a login's body where an account may be named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodySelector {
    /// A field of `application/x-www-form-urlencoded`; letters match in either case.
    Form(String),
    /// A string in `application/json`, by the names of the objects' members that lead to it.
    Json(Vec<String>),
}

/// One place in a login's answer where the account that was entered is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerSelector {
    /// The `{account}` segment of the `Location` header's path.
    Location(PathPattern),
    /// A header's value.
    Header(String),
    /// The value of a cookie that the answer sets.
    Cookie(String),
    /// A string in a JSON body, by the names of the objects' members that lead to it.
    Json(Vec<String>),
}

/// Where an application listens: `http://HOST:PORT` or `https://HOST:PORT`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Upstream {
    /// Whether TLS is spoken to it, and its certificate checked.
    pub tls: bool,
    /// A name or an IP address (without brackets).
    pub host: Box<str>,
    /// The port.
    pub port: u16,
}

/// Why a text is no upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an upstream is http://HOST:PORT or https://HOST:PORT, without a path")]
pub struct UpstreamError;

impl FromStr for Upstream {
    type Err = UpstreamError;

    fn from_str(text: &str) -> Result<Self, UpstreamError> {
        let (tls, rest) = match text.split_once("://") {
            Some(("http", rest)) => (false, rest),
            Some(("https", rest)) => (true, rest),
            _ => return Err(UpstreamError),
        };
        let (host, port) = rest.strip_suffix('/').unwrap_or(rest).rsplit_once(':').ok_or(UpstreamError)?;
        let port = port.parse().ok().filter(|&port| port != 0).ok_or(UpstreamError)?;
        let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let host = match bracketed {
            Some(v6) => v6.parse::<std::net::Ipv6Addr>().map_err(|_| UpstreamError)?.to_string(),
            None => match host.parse::<std::net::Ipv4Addr>() {
                Ok(v4) => v4.to_string(),
                Err(_) => host.parse::<Hostname>().map_err(|_| UpstreamError)?.to_string(),
            },
        };
        Ok(Self { tls, host: host.into(), port })
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        write!(formatter, "{scheme}://{open}{}{close}:{}", self.host, self.port)
    }
}

impl Serialize for Upstream {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Upstream {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parse(deserializer)
    }
}

/// What is wrong with a policy, and where (a JSON pointer into it, RFC 6901).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {detail}")]
pub struct PolicyError {
    /// Where.
    pub pointer: String,
    /// What, in a sentence.
    pub detail: &'static str,
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
        if self.public_https_port == 0 {
            return Err(wrong("/public_https_port", "a port is 1 to 65535"));
        }
        if self.health_path.as_ref().is_some_and(PathPattern::names_account) {
            return Err(wrong("/health_path", "a health path names no account"));
        }
        let is_plain =
            |path: &PathPattern| path.to_string().bytes().all(|byte| byte.is_ascii_graphic() && byte != b'*');
        if !self.health_path.as_ref().is_none_or(is_plain) {
            return Err(wrong("/health_path", "a health path is one path, in visible ASCII and without *"));
        }
        self.check_cookies()?;
        for (index, selector) in self.selectors.iter().enumerate() {
            selector.check().map_err(|detail| wrong(format!("/selectors/{index}"), detail))?;
        }
        self.logins.iter().enumerate().try_for_each(|(index, login)| login.check(index))
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
}

impl Selector {
    fn check(&self) -> Result<(), &'static str> {
        match self {
            Self::Path(pattern) if !pattern.names_account() => Err("a path selector has an {account} segment"),
            Self::Header(name) | Self::Cookie(name) if !is_token(name) => {
                Err("a name is a token of 1 to 64 characters")
            }
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

fn is_field(name: &str) -> bool {
    (1..=64).contains(&name.len()) && !name.chars().any(char::is_control)
}

fn counted(pointer: &str, count: usize, least: usize, most: usize) -> Result<(), PolicyError> {
    if count < least {
        return Err(wrong(pointer, "at least one is needed"));
    }
    if count > most {
        return Err(wrong(pointer, "there are too many"));
    }
    Ok(())
}

fn wrong(pointer: impl Into<String>, detail: &'static str) -> PolicyError {
    PolicyError { pointer: pointer.into(), detail }
}

fn https_port() -> u16 {
    443
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(json: &str) -> Policy {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_policy_reads_as_it_is_written_in_the_api() {
        let policy = policy(
            r#"{"upstreams":["http://127.0.0.1:9000"],"selectors":[{"path":"/accounts/{account}"},{"query":"account"}],
                "session_cookies":["till"],"logins":[{"path":"/login","answer":[{"json":["account","id"]}]}]}"#,
        );
        assert_eq!(policy.check(), Ok(()));
        assert_eq!(policy.public_https_port, 443);
        assert!(!policy.websocket);
    }

    #[test]
    fn the_first_wrong_field_is_named() {
        for (json, pointer) in [
            (r#"{"upstreams":[]}"#, "/upstreams"),
            (r#"{"upstreams":["http://a:1"],"public_https_port":0}"#, "/public_https_port"),
            (r#"{"upstreams":["http://a:1"],"health_path":"/up/*"}"#, "/health_path"),
            (r#"{"upstreams":["http://a:1"],"health_path":"/up and running"}"#, "/health_path"),
            (r#"{"upstreams":["http://a:1"],"selectors":[{"path":"/a"}]}"#, "/selectors/0"),
            (r#"{"upstreams":["http://a:1"],"session_cookies":["a b"]}"#, "/session_cookies/0"),
            (r#"{"upstreams":["http://a:1"],"session_cookies":["a","a"]}"#, "/session_cookies/1"),
            (r#"{"upstreams":["http://a:1"],"logins":[{"path":"/l","answer":[]}]}"#, "/logins/0/answer"),
        ] {
            assert_eq!(policy(json).check().unwrap_err().pointer, pointer);
        }
    }

    #[test]
    fn an_upstream_is_a_scheme_a_host_and_a_port() {
        for text in ["http://127.0.0.1:80", "https://till.internal:8443", "http://[::1]:9000"] {
            assert_eq!(text.parse::<Upstream>().unwrap().to_string(), text);
        }
        for text in
            ["127.0.0.1:80", "ftp://a:1", "http://a", "http://a:0", "http://a:1/x", "http://u@a:1", "http://::1:1"]
        {
            assert!(text.parse::<Upstream>().is_err(), "{text}");
        }
    }
}
