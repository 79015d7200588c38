//! What a tenant's licence allows at an instant, by its state and its dates alone: it ends while nobody can be asked.

use http::{Method, header};
use marque_config::tenant::{Access, LicenceState, Licensing, Tenant};

use super::paths::Path;
use super::spelling;
use crate::head::RequestHead;
use crate::refusal::Refusal;

/// How a licence stands for a request that may pass: what the application is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Nobody said whether one is required.
    Unsaid,
    /// None is required.
    NotRequired,
    /// It allows use.
    Usable,
    /// It has expired and allows use for some time more.
    Grace,
    /// It allows no use any more, and the plan lets the tenant be read.
    ReadOnly,
}

/// What matters of a request to a tenant that can only be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    /// Whether it only reads.
    pub(super) reads: bool,
    /// Whether it logs somebody in or out.
    pub(super) is_of_session: bool,
}

impl Standing {
    /// The word for it, in the assertion and in the header.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Unsaid => "unsaid",
            Self::NotRequired => "not_required",
            Self::Usable => "usable",
            Self::Grace => "grace",
            Self::ReadOnly => "read_only",
        }
    }

    /// How far the request was allowed.
    #[must_use]
    pub fn access(self) -> Access {
        match self {
            Self::Unsaid | Self::NotRequired | Self::Usable | Self::Grace => Access::Full,
            Self::ReadOnly => Access::ReadOnly,
        }
    }
}

impl Asked {
    /// Reads a request's head. What asks for another method, for another protocol, or brings a body is no plain look.
    pub(super) fn read(head: &RequestHead<'_>, path: Option<&Path<'_>>) -> Self {
        let is_safe = *head.method == Method::GET || *head.method == Method::HEAD;
        let is_plain = !head.has_body && !head.fields.contains_key(header::UPGRADE);
        let reads = is_safe && is_plain && !spelling::overrides_method(head);
        Self { reads, is_of_session: path.is_some_and(Path::is_of_session) }
    }
}

/// Decides whether a tenant's licence lets a request pass. What is `asked` is only looked at when that matters.
///
/// # Errors
/// [`Refusal::LicenceRequired`], [`Refusal::LicenceExpired`] or [`Refusal::LicenceSuspended`].
pub(super) fn decide(tenant: &Tenant, now_ms: i64, asked: impl FnOnce() -> Asked) -> Result<Standing, Refusal> {
    let licence = match tenant.licence {
        Licensing::Unsaid => return Ok(Standing::Unsaid),
        Licensing::NotRequired => return Ok(Standing::NotRequired),
        Licensing::Required(None) => return Err(Refusal::LicenceRequired),
        Licensing::Required(Some(licence)) => licence,
    };
    let is_allowed = match tenant.licence.access(now_ms) {
        Access::Full if tenant.licence_use.grace_from_ms.is_some_and(|from_ms| from_ms <= now_ms) => {
            return Ok(Standing::Grace);
        }
        Access::Full => return Ok(Standing::Usable),
        Access::ReadOnly => {
            let Asked { reads, is_of_session } = asked();
            reads || is_of_session
        }
        Access::None => false,
    };
    match licence.state {
        _ if is_allowed => Ok(Standing::ReadOnly),
        LicenceState::Suspended => Err(Refusal::LicenceSuspended),
        LicenceState::Usable | LicenceState::Ended => Err(Refusal::LicenceExpired),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use marque_config::tenant::{Licence, LicenceUse, WhenOver};

    use super::*;
    use crate::directory::Route;
    use crate::lockdown::fixture::{NOW_MS, Request, route};

    const FORM: &str = "application/x-www-form-urlencoded";
    const POLICY: &str = r#"{"websocket": true, "logouts": ["/logout"], "session_cookies": ["till"],
        "logins": [{"path": "/login", "answer": [{"location": "/accounts/{account}"}]}]}"#;

    /// A route whose licence is so, with a grace that begins 10 ms before its end at `NOW_MS + left_ms`.
    fn licensed(state: LicenceState, left_ms: i64, when_over: WhenOver) -> Route {
        let until_ms = NOW_MS + left_ms;
        let licence = Licence { state, until_ms: Some(until_ms), when_over };
        let mut route = with(Licensing::Required(Some(licence)));
        let licence_use = LicenceUse { grace_from_ms: Some(until_ms - 10), unused: Vec::new() };
        Arc::make_mut(&mut route.tenant).licence_use = licence_use;
        route
    }

    fn with(licence: Licensing) -> Route {
        let mut route = route(POLICY);
        Arc::make_mut(&mut route.tenant).licence = licence;
        route
    }

    /// What becomes of each kind of request, in this order: look, ask for the head, look with a body, look as another
    /// method, tunnel, write, log in, log out, and write by a path that one reading takes for the logout.
    fn outcomes(route: &Route) -> Vec<&'static str> {
        let head = Request { method: "HEAD", ..Request::get("/sales") };
        let body = Request { body: b"x", ..Request::get("/sales") };
        let requests = [
            Request::get("/sales"),
            head,
            body,
            Request::get("/sales?_method=delete"),
            Request::get("/live").with("upgrade", "websocket"),
            Request::post("/sales", FORM, b"a=b"),
            Request::post("/login", FORM, b"user=b"),
            Request::post("/logout", FORM, b""),
            Request::post("/sales/..;/logout", FORM, b"a=b"),
        ];
        let outcome = |it: &Request<'_>| it.decide(route).map_or_else(Refusal::code, |permit| permit.licence().word());
        requests.iter().map(outcome).collect()
    }

    #[test]
    fn each_state_at_each_moment_lets_pass_what_the_plan_says() {
        use LicenceState::{Ended, Suspended, Usable};
        use WhenOver::{Block, ReadOnly};
        for (route, all) in [
            (with(Licensing::Unsaid), "unsaid"),
            (with(Licensing::NotRequired), "not_required"),
            (with(Licensing::Required(None)), "licence_required"),
            (licensed(Usable, 11, Block), "usable"),
            (licensed(Usable, 10, Block), "grace"),
            (licensed(Usable, 1, ReadOnly), "grace"),
            (licensed(Usable, 0, Block), "licence_expired"),
            (licensed(Usable, -1, Block), "licence_expired"),
            (licensed(Ended, 11, Block), "licence_expired"),
            (licensed(Suspended, 11, Block), "licence_suspended"),
            (licensed(Suspended, -1, Block), "licence_suspended"),
        ] {
            assert_eq!(outcomes(&route), [all; 9], "{:?}", route.tenant.licence);
        }
        for (state, left_ms, refused) in
            [(Usable, 0, "licence_expired"), (Ended, 11, "licence_expired"), (Suspended, 11, "licence_suspended")]
        {
            let (passes, route) = ("read_only", licensed(state, left_ms, ReadOnly));
            let expected = [passes, passes, refused, refused, refused, refused, passes, passes, refused];
            assert_eq!(outcomes(&route), expected, "{:?}", route.tenant.licence);
        }
    }

    #[test]
    fn a_licence_says_nothing_of_another_account() {
        let route = licensed(LicenceState::Usable, 0, WhenOver::ReadOnly);
        let mut route = Route {
            tenant: route.tenant,
            ..crate::lockdown::fixture::route(r#"{"selectors": [{"query": "account"}]}"#)
        };
        assert_eq!(Request::get("/?account=B").decide(&route).err(), Some(Refusal::ForeignAccount));
        Arc::make_mut(&mut route.tenant).state = marque_config::tenant::TenantState::Suspended;
        assert_eq!(
            Request::get("/").decide(&route).err(),
            Some(Refusal::Suspended),
            "the tenant's own state goes first"
        );
    }
}
