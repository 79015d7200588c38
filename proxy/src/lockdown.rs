//! 5. The decision: a route and a head become a permit or a refusal. Pure: no I/O, no clock.
//!
//! What isn't understood is refused, never interpreted: an account that is named in two places of one kind, or in a
//! spelling that one parser reads and another doesn't, could be read by the application as another account.

#[cfg(test)]
pub(crate) mod fixture;
mod json;
mod licence;
mod login_answer;
mod login_request;
mod named_accounts;
mod paths;
mod primary;
mod readings;
mod request_text;
mod spelling;

use http::{Method, header};
use marque_config::Account;
use marque_config::application::{AnswerSelector, ContactForm, Login, Policy};
use marque_config::entry::{Entry, EntryKind};
use marque_config::tenant::TenantState;

use crate::directory::Route;
use crate::head::{RequestHead, is_refused_method};
use crate::refusal::Refusal;

pub use licence::Standing;
pub use login_answer::{Answer, failure_of_login, judge_answer, judge_login_page, judge_source, lets_in};
use named_accounts::NamedAccounts;
use paths::Path;
pub(crate) use readings::{in_some_reading, is_plain};
use request_text::RequestText;
pub(crate) use spelling::{Naming, begins_as, decoded, naming};

/// Proof that this request may reach this tenant's account. Fields are private: only [`decide`] and
/// [`decide_login`] make one.
#[derive(Debug, Clone)]
pub struct Permit {
    route: Route,
    login: Option<usize>,
    login_page: Option<usize>,
    is_source: bool,
    /// What a login said.
    request_text: Option<RequestText>,
    licence: Standing,
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

    /// The login whose page this request only fetches: its answer passes [`judge_login_page`].
    #[must_use]
    pub fn login_page(&self) -> Option<&Login> {
        self.login_number(self.login_page)
    }

    /// Whether an answer may give no session: it's the page of a login whose answers say in their body alone whom they
    /// let in, and a page's body isn't read.
    #[must_use]
    pub fn bars_sessions(&self) -> bool {
        self.login_page().is_some_and(|login| login.answer.iter().all(|it| matches!(it, AnswerSelector::Json(_))))
    }

    /// Whether sessions come from the path that is asked, though it's no login's: its answer passes [`judge_source`]
    /// when it sets one.
    #[must_use]
    pub fn is_source(&self) -> bool {
        self.is_source
    }

    /// The entry by which somebody asks who is none of the client's people.
    #[must_use]
    pub fn entry(&self) -> Option<&Entry> {
        self.route.entry.as_deref()
    }

    /// Whose the sessions are that the application gives: the tenant's, and where somebody asks by an entry, that entry's
    /// alone. They are worthless without it, and after it.
    #[must_use]
    pub fn session_owner(&self) -> String {
        match self.entry() {
            None => self.route.tenant.id.to_string(),
            Some(entry) => format!("{}/{}", self.route.tenant.id, entry.id),
        }
    }

    /// How the tenant's licence stood when this was decided.
    #[must_use]
    pub fn licence(&self) -> Standing {
        self.licence
    }

    fn login_number(&self, index: Option<usize>) -> Option<&Login> {
        index.and_then(|index| self.route.application.policy.logins.get(index))
    }
}

/// The login that a request is, if it is one: anything on a login path but fetching its page. Its body has to be read
/// before [`decide_login`] can decide.
#[must_use]
pub fn login_of<'a>(route: &'a Route, head: &RequestHead<'_>) -> Option<&'a Login> {
    let policy = &route.application.policy;
    let login = Path::read(policy, head.target.path).and_then(|path| path.login()).ok()??;
    policy.logins.get(login).filter(|_| may_log_in(head))
}

/// The application's contact form that a request sends, if it does: the edge answers it, and the application never sees it,
/// whatever the state of the tenant. What can't be read is no form, and is refused by [`decide`].
///
/// # Errors
/// [`Refusal::MethodRefused`] for what would change something there by another method than POST.
pub fn contact_form_of<'a>(route: &'a Route, head: &RequestHead<'_>) -> Result<Option<&'a ContactForm>, Refusal> {
    let policy = &route.application.policy;
    if policy.contact_forms.is_empty() || !may_log_in(head) {
        return Ok(None);
    }
    let form = Path::read(policy, head.target.path).ok().and_then(|path| path.contact_form());
    let form = form.and_then(|form| policy.contact_forms.get(form));
    if form.is_some() && *head.method != Method::POST { Err(Refusal::MethodRefused) } else { Ok(form) }
}

/// What a request's head leads to, unless it's refused.
#[derive(Debug, Clone)]
pub enum Decision {
    /// The request may pass.
    Permitted(Permit),
    /// It's a login: [`decide_login`] decides, once its body is read.
    Login,
    /// It may pass, and is sent to this address, at the tenant's primary name.
    Redirect(String),
}

/// Decides by its head, and by the time, whether a request may pass.
///
/// # Errors
/// The refusal that the visitor gets.
pub fn decide(route: &Route, head: &RequestHead<'_>, now_ms: i64) -> Result<Decision, Refusal> {
    let Admitted { policy, account, path, login_path, licence } = admitted(route, head, now_ms)?;
    NamedAccounts::in_head(policy, head, &path)?.all_are(account)?;
    if login_path.is_some() && may_log_in(head) {
        return Ok(Decision::Login);
    }
    if let Some(address) = primary::redirect(route, head, &path) {
        return Ok(Decision::Redirect(address));
    }
    let is_source = login_path.is_none() && path.is_source();
    let request_text = is_source.then(|| RequestText::read(head, b""));
    let route = route.clone();
    Ok(Decision::Permitted(Permit { route, login: None, login_page: login_path, is_source, request_text, licence }))
}

/// Decides whether a login may pass, its whole body at hand.
///
/// # Errors
/// The refusal that the visitor gets; [`Refusal::Undecided`] when `login` isn't one of the route's.
pub fn decide_login(
    route: &Route,
    head: &RequestHead<'_>,
    (login, body): (&Login, &[u8]),
    now_ms: i64,
) -> Result<Permit, Refusal> {
    let Admitted { policy, account, path, licence, .. } = admitted(route, head, now_ms)?;
    let index = policy.logins.iter().position(|it| it == login).ok_or(Refusal::Undecided)?;
    let mut named = NamedAccounts::in_head(policy, head, &path)?;
    login_request::read(login, head.fields, body, &mut named)?;
    named.all_are(account)?;
    let request_text = Some(RequestText::read(head, body));
    let route = route.clone();
    Ok(Permit { route, login: Some(index), login_page: None, is_source: false, request_text, licence })
}

/// A request that isn't refused for what holds of every request.
struct Admitted<'a> {
    policy: &'a Policy,
    account: &'a Account,
    path: Path<'a>,
    /// The login at whose path it is.
    login_path: Option<usize>,
    licence: Standing,
}

/// What holds for every request, whatever it names.
fn admitted<'a>(route: &'a Route, head: &'a RequestHead<'_>, now_ms: i64) -> Result<Admitted<'a>, Refusal> {
    let policy = &route.application.policy;
    let account = account_of(route)?;
    check_handover(route)?;
    if is_refused_method(head.method.as_str()) {
        return Err(Refusal::MethodRefused);
    }
    let path = Path::read(policy, head.target.path);
    let licence = licence::decide(&route.tenant, now_ms, || licence::Asked::read(head, path.as_ref().ok()))?;
    let login_path = path.as_ref().map_err(|refusal| *refusal).and_then(Path::login);
    check_upgrade(policy, head, login_path.is_ok_and(|login| login.is_none()))?;
    check_entry(route, || licence::Asked::read(head, path.as_ref().ok()))?;
    Ok(Admitted { policy, account, path: path?, login_path: login_path?, licence })
}

/// The account that a route leads to, unless its tenant isn't reached.
///
/// # Errors
/// Why it isn't.
pub(crate) fn account_of(route: &Route) -> Result<&Account, Refusal> {
    match (route.tenant.state, &route.tenant.account) {
        (TenantState::Closed, _) => Err(Refusal::UnknownHost),
        (TenantState::Suspended, _) => Err(Refusal::Suspended),
        #[cfg(feature = "rehearsal")]
        (TenantState::Paused, _) => Err(Refusal::Suspended),
        (TenantState::Provisioning, _) | (TenantState::Active, None) => Err(Refusal::Provisioning),
        (TenantState::Active, Some(account)) => Ok(account),
    }
}

/// Before its client has taken a tenant over, only whoever sets it up is let in: what is used by others is used up.
fn check_handover(route: &Route) -> Result<(), Refusal> {
    let sets_up = route.entry.as_ref().is_some_and(|entry| entry.kind == EntryKind::Setup);
    if route.tenant.awaits_handover && !sets_up { Err(Refusal::BeingSetUp) } else { Ok(()) }
}

/// Who comes in by a client's consent to look only looks. Logging in and out changes nothing of the client's.
fn check_entry(route: &Route, asked: impl FnOnce() -> licence::Asked) -> Result<(), Refusal> {
    if !route.entry.as_ref().is_some_and(|entry| entry.reads_only) {
        return Ok(());
    }
    let licence::Asked { reads, is_of_session } = asked();
    if reads || is_of_session { Ok(()) } else { Err(Refusal::EntryReadOnly) }
}

/// Only `websocket`, only by GET, only where the application takes it, and never where people log in: what is said
/// inside can't be judged.
fn check_upgrade(policy: &Policy, head: &RequestHead<'_>, is_elsewhere: bool) -> Result<(), Refusal> {
    let mut wishes = head.fields.get_all(header::UPGRADE).iter();
    let Some(wish) = wishes.next() else { return Ok(()) };
    let is_websocket = wishes.next().is_none() && wish.as_bytes().eq_ignore_ascii_case(b"websocket");
    let is_taken = policy.websocket && *head.method == Method::GET && is_elsewhere;
    if is_websocket && is_taken { Ok(()) } else { Err(Refusal::UpgradeRefused) }
}

/// Whether a request on a login path may log somebody in, and one to a contact form may send it: all do but those that fetch
/// the page or take a session away.
fn may_log_in(head: &RequestHead<'_>) -> bool {
    let harmless = [Method::GET, Method::HEAD, Method::OPTIONS, Method::DELETE];
    head.has_body || !harmless.contains(head.method) || spelling::overrides_method(head)
}

#[cfg(test)]
mod tests;
