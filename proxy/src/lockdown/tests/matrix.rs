//! The whole decision as a table that is committed: licence × handover × session × way of asking × account. What changes in
//! it is a change that somebody has read; what has no cell doesn't compile.

use std::fmt::Write as _;

use marque_config::entry::{Entry, EntryKind};
use marque_config::tenant::{Licence, LicenceState, LicenceUse, Licensing, WhenOver};

use super::*;
use crate::lockdown::fixture;

/// An application that names accounts in every way.
const POLICY: &str = r#"{
    "websocket": true,
    "selectors": [{"path": "/accounts/{account}"}, {"query": "account"}, {"header": "x-account"}, {"cookie": "shop"}],
    "session_cookies": ["till"],
    "logouts": ["/logout"],
    "logins": [{"path": "/login", "request": [{"form": "account"}, {"json": ["account"]}], "answer": [{"header": "x-account"}]}]
}"#;

/// Every way in which a licence may stand.
const LICENCES: [&str; 9] = [
    "not required",
    "usable",
    "usable, without end",
    "in grace",
    "over",
    "over, may be read",
    "suspended",
    "given up, may be read",
    "required, none there",
];

/// Everybody who may ask.
const SESSIONS: [&str; 5] = ["visitor", "setup", "collaborator", "support", "support that looks"];

/// Ways to ask, with the account named in them; and whether a login's body is read.
const WAYS: [&str; 10] =
    ["path", "query", "header", "cookie", "form", "json", "write", "override", "upgrade", "logout"];

#[test]
fn every_cell_of_the_decision_is_as_the_table_says() {
    let mut table = String::new();
    for awaits_handover in [false, true] {
        for licence in LICENCES {
            for session in SESSIONS {
                let route = asked_of(licence, session, awaits_handover);
                let cells = WAYS.map(|way| format!("{way} {}", cell(&route, way)));
                let handover = if awaits_handover { "before the handover" } else { "handed over" };
                writeln!(table, "{handover} | {licence} | {session} | {}", cells.join(" | ")).unwrap();
            }
        }
    }
    insta::assert_snapshot!("matrix", table);
}

/// What becomes of a request that names no account, the tenant's own, and another's.
fn cell(route: &Route, way: &str) -> String {
    let outcomes: Vec<_> =
        ["", "A", "B"].iter().filter_map(|account| Some(outcome(route, &request(way, account)?))).collect();
    outcomes.join("/")
}

fn outcome(route: &Route, request: &Request<'_>) -> &'static str {
    match request.decide(route) {
        Ok(permit) if permit.login().is_some() => "login",
        Ok(_) => "passes",
        Err(refusal) => refusal.code(),
    }
}

/// A request by a way; none where the way can't name nobody.
fn request(way: &str, account: &str) -> Option<Request<'static>> {
    let named = !account.is_empty();
    let plain = Request::get("/sales");
    Some(match (way, named) {
        ("path", true) => Request::get(format!("/accounts/{account}/till")),
        ("query", true) => Request::get(format!("/report?account={account}")),
        ("header", true) => plain.with("x-account", account),
        ("cookie", true) => plain.with("cookie", format!("shop={account}")),
        ("form", _) => {
            Request::post("/login", FORM, body(&[("A", b"account=A"), ("B", b"account=B"), ("", b"email=a")], account))
        }
        ("json", _) => {
            let bodies: [(&str, &[u8]); 3] = [("A", br#"{"account":"A"}"#), ("B", br#"{"account":"B"}"#), ("", b"{}")];
            Request::post("/login", JSON, body(&bodies, account))
        }
        ("write", true) => Request { method: "POST", ..Request::get(format!("/accounts/{account}/sales")) },
        ("override", true) => Request::get(format!("/accounts/{account}/sales?_method=delete")),
        ("upgrade", true) => Request::get(format!("/accounts/{account}/live")).with("upgrade", "websocket"),
        ("logout", true) => return (account == "A").then(|| Request { method: "POST", ..Request::get("/logout") }),
        _ => return (way == "path").then_some(plain),
    })
}

fn body(bodies: &[(&str, &'static [u8])], account: &str) -> &'static [u8] {
    bodies.iter().find(|(name, _)| *name == account).map_or(b"", |(_, body)| body)
}

fn asked_of(licence: &str, session: &str, awaits_handover: bool) -> Route {
    let mut route = fixture::route(POLICY);
    let tenant = Arc::make_mut(&mut route.tenant);
    (tenant.licence, tenant.licence_use) = licensed(licence);
    tenant.awaits_handover = awaits_handover;
    route.entry = entered(session).map(Arc::new);
    route
}

fn licensed(licence: &str) -> (Licensing, LicenceUse) {
    let of = |state, until_ms, when_over| Licensing::Required(Some(Licence { state, until_ms, when_over }));
    let (later, before) = (Some(NOW_MS + 1), Some(NOW_MS));
    let licensing = match licence {
        "not required" => Licensing::NotRequired,
        "usable" | "in grace" => of(LicenceState::Usable, later, WhenOver::Block),
        "usable, without end" => of(LicenceState::Usable, None, WhenOver::Block),
        "over" => of(LicenceState::Usable, before, WhenOver::Block),
        "over, may be read" => of(LicenceState::Usable, before, WhenOver::ReadOnly),
        "suspended" => of(LicenceState::Suspended, later, WhenOver::Block),
        "given up, may be read" => of(LicenceState::Ended, None, WhenOver::ReadOnly),
        _ => Licensing::Required(None),
    };
    let grace_from_ms = (licence == "in grace").then_some(NOW_MS - 1);
    (licensing, LicenceUse { grace_from_ms, ..LicenceUse::default() })
}

fn entered(session: &str) -> Option<Entry> {
    let kind = match session {
        "setup" => EntryKind::Setup,
        "collaborator" => EntryKind::Collaborator,
        "support" | "support that looks" => EntryKind::Support,
        _ => return None,
    };
    Some(Entry { kind, reads_only: session == "support that looks", ..fixture::entry(NOW_MS + 1) })
}
