//! An application behind the edge: where it runs, and where in its requests and answers an account is named.

mod check;
mod contact_form;
mod deadlines;
mod framework;
mod upstream;

use serde::{Deserialize, Serialize};

use crate::{ApplicationId, Hostname, path_pattern::PathPattern};

pub use check::PolicyError;
pub use contact_form::{ContactFields, ContactForm};
pub use deadlines::Deadlines;
pub use framework::{Framework, Habit};
pub use upstream::{Upstream, UpstreamError, UpstreamProtocol};

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
    // What follows came later than the feed's first format, whose readers refuse what they don't know: a field that
    // says nothing is left out.
    /// What the application is written with: which readings of a path are judged.
    #[serde(default, skip_serializing_if = "is_default")]
    pub framework: Framework,
    /// Paths that begin so name no account, though a path selector would find one: literal segments win over
    /// `{account}`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plain_paths: Vec<PathPattern>,
    /// Cookies whose names begin so carry a session, too: an application that splits its session over several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub session_families: Vec<String>,
    /// Paths beside the logins where sessions come from (a link in a mail, the way back from another login service):
    /// an answer there that sets a session names the account as a login's does, or the session isn't set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sessions_from: Vec<PathPattern>,
    /// Paths where sessions end: they are asked by any method while a licence allows reading alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logouts: Vec<PathPattern>,
    /// Paths that begin so are served at whichever of a tenant's names they are asked, though its others are sent to the
    /// primary one (S1.8).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deep_links: Vec<PathPattern>,
    /// Fields by which the application lets somebody before it say who asks: a visitor's are removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trusted_fields: Vec<String>,
    /// What is spoken to the upstreams.
    #[serde(default, skip_serializing_if = "is_default")]
    pub upstream_protocol: UpstreamProtocol,
    /// How long the application may let a visitor wait.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deadlines: Deadlines,
    /// Contact forms of its own: what is sent there goes to the partner.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contact_forms: Vec<ContactForm>,
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

impl Policy {
    /// Whether a cookie of this name carries a session.
    #[must_use]
    pub fn is_session_cookie(&self, name: &[u8]) -> bool {
        self.session_cookies.iter().any(|it| it.as_bytes() == name)
            || self.session_families.iter().any(|family| name.starts_with(family.as_bytes()))
    }

    /// Whether the application has cookies that carry a session.
    #[must_use]
    pub fn has_session_cookies(&self) -> bool {
        !(self.session_cookies.is_empty() && self.session_families.is_empty())
    }

    /// Whether it restricts by a field that readers of the feed's first format don't know: without it they would let more
    /// pass. Without the others they let less pass, or the same.
    #[must_use]
    pub fn restricts_beyond_first_format(&self) -> bool {
        !(self.session_families.is_empty() && self.sessions_from.is_empty() && self.trusted_fields.is_empty())
    }

    /// Whether a reader of the feed's first format knows every field of it.
    #[must_use]
    pub fn is_of_first_format(&self) -> bool {
        is_default(&self.framework)
            && self.plain_paths.is_empty()
            && self.session_families.is_empty()
            && self.sessions_from.is_empty()
            && self.logouts.is_empty()
            && self.deep_links.is_empty()
            && self.trusted_fields.is_empty()
            && is_default(&self.upstream_protocol)
            && is_default(&self.deadlines)
            && self.contact_forms.is_empty()
    }
}

impl AnswerSelector {
    /// Whether the answer's head tells the account, without its body.
    #[must_use]
    pub fn is_in_head(&self) -> bool {
        !matches!(self, Self::Json(_))
    }
}

pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn https_port() -> u16 {
    443
}
