use std::fmt::Write;
use std::sync::Arc;

use marque_config::tenant::TenantState;
use proptest::prelude::*;

use super::fixture::{NOW_MS, Request, route};
use super::*;

mod entries;
mod isolation;
mod matrix;

/// An application that names accounts everywhere.
const EVERYWHERE: &str = r#"{
    "websocket": true,
    "selectors": [{"path": "/accounts/{account}"}, {"path": "/v1/*/of/{account}/x"}, {"query": "account"},
                  {"query": "my_id"}, {"header": "X-Account"}, {"cookie": "shop"}],
    "session_cookies": ["till"],
    "logins": [
        {"path": "/login", "request": [{"form": "account"}, {"json": ["user", "account"]}], "answer": [{"header": "x-account"}]},
        {"path": "/api/session", "answer": [{"json": ["account"]}]}
    ]
}"#;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

fn everywhere() -> Route {
    route(EVERYWHERE)
}

fn outcome(request: &Request<'_>) -> &'static str {
    request.decide(&everywhere()).map_or_else(Refusal::code, |_| "passes")
}

fn refused(request: &Request<'_>) -> Refusal {
    request.decide(&everywhere()).expect_err(&format!("{request:?}"))
}

#[test]
fn a_tenant_is_reached_only_while_it_is_active_and_bound() {
    for (state, account, refusal) in [
        (TenantState::Closed, Some("A"), Refusal::UnknownHost),
        (TenantState::Suspended, Some("A"), Refusal::Suspended),
        (TenantState::Suspended, None, Refusal::Suspended),
        (TenantState::Provisioning, Some("A"), Refusal::Provisioning),
        (TenantState::Active, None, Refusal::Provisioning),
    ] {
        let mut route = everywhere();
        let tenant = Arc::make_mut(&mut route.tenant);
        (tenant.state, tenant.account) = (state, account.map(|it| it.parse().unwrap()));
        // Even a request that is wrong in every other way says nothing else.
        let request = Request { method: "TRACE", ..Request::get("//accounts/B") }.with("upgrade", "h2c");
        assert_eq!(request.decide(&route).err(), Some(refusal), "{state:?}");
        assert_eq!(Request::post("/login", FORM, b"account=B").decide(&route).err(), Some(refusal), "{state:?}");
    }
}

#[test]
fn a_contact_form_is_the_edges_in_every_reading_and_state() {
    const POLICY: &str = r#"{"contact_forms": [
        {"path": "/help", "fields": {"email": "e", "text": "t"}, "then": "/thanks"},
        {"path": "/*/contact", "fields": {"email": "e", "text": "t"}, "then": "/thanks"}]}"#;
    let mut route = route(POLICY);
    let asked = |request: &Request<'_>, route: &Route| {
        let found =
            request.with_head(|head| contact_form_of(route, head).map(|form| form.map(|it| it.path.to_string())));
        found.map_err(Refusal::code)
    };
    for path in
        ["/help", "/help/", "/HELP", "//help", "/x/../help", "/h%65lp", "/help;a=b", "/help.php", "/index.php/help"]
    {
        assert_eq!(asked(&Request::post(path, FORM, b"t=a"), &route), Ok(Some("/help".into())), "{path}");
    }
    assert_eq!(asked(&Request::post("/fr/contact", FORM, b""), &route), Ok(Some("/*/contact".into())));
    for request in [
        Request::get("/help"),
        Request { method: "HEAD", ..Request::get("/help") },
        Request { method: "OPTIONS", ..Request::get("/help") },
        Request::post("/help/x", FORM, b"t=a"),
        Request::post("/", FORM, b"t=a"),
    ] {
        assert_eq!(asked(&request, &route), Ok(None), "{request:?}");
    }
    for request in [
        Request { method: "PUT", ..Request::get("/help") },
        Request { body: b"t=a", ..Request::get("/help") },
        Request::get("/help?_method=post"),
        Request::get("/help").with("x-http-method-override", "POST"),
    ] {
        assert_eq!(asked(&request, &route), Err("method_refused"), "{request:?}");
    }
    // What can't be read is no form, and nothing else either.
    let odd = Request::post("/help%00", FORM, b"t=a");
    assert_eq!((asked(&odd, &route), odd.decide(&route).err()), (Ok(None), Some(Refusal::AmbiguousTarget)));
    let tenant = Arc::make_mut(&mut route.tenant);
    (tenant.state, tenant.account) = (TenantState::Suspended, None);
    assert_eq!(asked(&Request::post("/help", FORM, b"t=a"), &route), Ok(Some("/help".into())));
}

#[test]
fn a_permit_tells_its_account_and_its_login() {
    let permit = Request::post("/login", FORM, b"account=A").decide(&everywhere()).unwrap();
    assert_eq!(permit.account().as_str(), "A");
    assert_eq!(permit.login().map(|it| it.path.to_string()).as_deref(), Some("/login"));
    assert!(Request::get("/login").decide(&everywhere()).unwrap().login().is_none());
}

#[test]
fn a_login_is_not_decided_without_its_body() {
    let login = Request::post("/login", FORM, b"account=A");
    assert!(matches!(login.with_head(|head| decide(&everywhere(), head, NOW_MS)), Ok(Decision::Login)));
    let other = route(r#"{"logins": [{"path": "/x", "answer": [{"header": "y"}]}]}"#);
    let foreign = &other.application.policy.logins[0];
    let decided = login.with_head(|head| decide_login(&everywhere(), head, (foreign, b""), NOW_MS));
    assert_eq!(decided.err(), Some(Refusal::Undecided));
}

#[test]
fn every_spelling_of_a_login_is_a_login_or_refused() {
    let post = |target: &str| Request::post(target, FORM, b"account=A");
    for target in [
        "/login",
        "/login/",
        "/LOGIN",
        "/%6Cogin",
        "/login?next=/",
        "/login.json",
        "/login.",
        "/login..",
        "/login.x.y",
        "/Login.php/",
    ] {
        assert!(post(target).is_login(&everywhere()), "{target}");
    }
    for target in [
        "//login",
        "/login//",
        "/./login",
        "/x/../login",
        "/login;a=b",
        "/login%2f",
        "/login%5c",
        "/login%3bx",
        "/login%3fx",
        "/login%20",
        "/%20login",
        "/%256Cogin",
        "/log%2569n.",
        "/login%252f",
        "/%252e%252e/login",
        "/api/%C5%BFe%C5%BFsion",
        "/login%0a",
        "/index.php/login",
        "/%u006cogin",
    ] {
        assert!(post(target).is_login(&everywhere()), "{target}");
        assert_eq!(outcome(&post(target)), "passes", "{target}");
        // The other login looks at no body: its answer decides.
        if !target.starts_with("/api") {
            assert_eq!(refused(&Request::post(target, FORM, b"account=B")), Refusal::ForeignAccount, "{target}");
        }
    }
    for target in ["/login%00", "/login%2500", "/login\\", "/x\\y"] {
        assert_eq!(refused(&post(target)), Refusal::AmbiguousTarget, "{target}");
    }
    for target in ["/logins", "/login/x", "/xlogin", "/", "/x.login"] {
        assert!(!post(target).is_login(&everywhere()), "{target}");
    }
}

#[test]
fn only_a_plain_look_at_a_login_path_is_no_login() {
    let on = |method| Request { method, ..Request::get("/login") };
    for method in ["GET", "HEAD", "OPTIONS", "DELETE"] {
        assert!(!on(method).is_login(&everywhere()), "{method}");
        assert!(Request { body: b"x", ..on(method) }.is_login(&everywhere()), "{method} with a body");
    }
    for method in ["POST", "PUT", "PATCH", "QUERY", "get"] {
        assert!(on(method).is_login(&everywhere()), "{method}");
    }
    for name in ["x-http-method-override", "X-HTTP-Method", "x-method-override"] {
        assert!(on("GET").with(name, "POST").is_login(&everywhere()), "{name}");
    }
    for query in ["_method=post", "a=1&_METHOD=POST", "%5Fmethod=POST", "a;_method=POST", "_method[]=POST", "%zz=1"] {
        assert!(Request::get(format!("/login?{query}")).is_login(&everywhere()), "{query}");
    }
}

#[test]
fn only_a_websocket_that_is_wanted_is_an_upgrade() {
    let upgrade = |target: &str, to: &str| Request::get(target).with("upgrade", to);
    assert_eq!(outcome(&upgrade("/live", "WebSocket")), "passes");
    for request in [
        upgrade("/live", "h2c"),
        upgrade("/live", "websocket, h2c"),
        upgrade("/live", ""),
        upgrade("/live", "websocket").with("upgrade", "websocket"),
        Request { method: "POST", ..upgrade("/live", "websocket") },
        upgrade("/login", "websocket"),
    ] {
        assert_eq!(refused(&request), Refusal::UpgradeRefused, "{request:?}");
    }
    assert_eq!(upgrade("/live", "websocket").decide(&route("{}")).err(), Some(Refusal::UpgradeRefused));
    // The lock holds for what is upgraded, too.
    assert_eq!(refused(&upgrade("/accounts/B/live", "websocket")), Refusal::ForeignAccount);
}

#[test]
fn connect_and_trace_never_pass() {
    for method in ["CONNECT", "TRACE"] {
        assert_eq!(refused(&Request { method, ..Request::get("/") }), Refusal::MethodRefused);
    }
}

#[test]
fn paths_are_looked_at_only_where_the_policy_does() {
    let free = route(r#"{"selectors": [{"query": "account"}]}"#);
    for target in ["//x", "/a%2fb", "/a;b", "/a."] {
        assert!(Request::get(target).decide(&free).is_ok(), "{target}");
    }
    for target in ["/wiki/Inc.", "/x%20/y", "/faq/why%3F", "/caf%C3%A9", "/caf%E9", "/a/", "/100%"] {
        assert_eq!(outcome(&Request::get(target)), "passes", "{target}");
    }
}

/// C8: what no reading gives an account passes as it came.
#[test]
fn ordinary_paths_pass_in_whatever_spelling() {
    for target in [
        "/a//b",
        "/api/projects/group%2Fproject",
        "/@scope%2fpackage",
        "/x;v=1",
        "/a%252Fb",
        "/proxy/https://app.example/a%20b",
        "/files/a.b.c.tar.gz",
        "/accounts/A/files/x%2Fy;v=1//z.",
        "/accounts/A//orders",
        "/c%2B%2B/%F0%9F%8D%9E",
    ] {
        assert_eq!(outcome(&Request::get(target)), "passes", "{target}");
    }
    for target in [
        "/accounts//B",
        "/x/..;/accounts/B",
        "/accounts%252fB",
        "/accounts/A/..%2fB",
        "/accounts/A%2f..%2fB",
        "/accounts/A;/../B",
        "/index.php/accounts/B",
        "/accounts/B.json",
    ] {
        assert_eq!(refused(&Request::get(target)), Refusal::ForeignAccount, "{target}");
    }
}

#[test]
fn a_framework_tells_which_readings_count() {
    let under = |framework: &str, target: &str| {
        let policy = format!(r#"{{"framework": "{framework}", "selectors": [{{"path": "/accounts/{{account}}"}}]}}"#);
        Request::get(target).decide(&route(&policy)).is_ok()
    };
    for (framework, target, passes) in [
        ("any", "/accounts/A.json", false),
        ("rails", "/accounts/A.json", true),
        ("rails", "/accounts/B.json", false),
        ("spring", "/accounts/A;v=1", true),
        ("spring", "/accounts/B;v=1", false),
        ("any", "/ACCOUNTS/B", false),
        ("express", "/ACCOUNTS/B", false),
        ("rails", "/ACCOUNTS/B", true),
        ("express", "/accounts%2fB", true),
        ("django", "/accounts%2fB", false),
        ("php", "/index.php/accounts/B", false),
        ("django", "/index.php/accounts/B", true),
    ] {
        assert_eq!(under(framework, target), passes, "{framework} {target}");
    }
}

/// C6: a word that a more exact pattern has at the account's place is no account.
#[test]
fn literal_segments_win_over_a_pattern() {
    let route = route(
        r#"{"selectors": [{"path": "/users/{account}"}, {"path": "/users/archive/{account}"}],
            "plain_paths": ["/users/password", "/users/sign_out"], "session_cookies": ["till"],
            "sessions_from": ["/users/magic"],
            "logins": [{"path": "/users/sign_in", "answer": [{"header": "x-account"}]}]}"#,
    );
    let outcome = |request: Request<'_>| request.decide(&route).map_or_else(Refusal::code, |_| "passes");
    for target in [
        "/users/sign_in",
        "/users/sign_in.json",
        "/users/SIGN_IN",
        "/users//sign_in",
        "/users/password/new",
        "/users/sign_out",
        "/users/magic",
        "/users/archive/A",
        "/users/A",
        "/users/A/sign_in",
    ] {
        assert_eq!(outcome(Request::get(target)), "passes", "{target}");
    }
    let login = Request::post("/users/sign_in", FORM, b"user=a");
    assert!(login.is_login(&route));
    assert_eq!(outcome(login), "passes");
    for target in [
        "/users/B",
        "/users/sign_in/x",
        "/users/B/sign_in",
        "/users/archive/B",
        "/users/passwords",
        "/users/sign_in%2f..%2fB",
        "/users/password/../B",
        "/users/magic/x",
    ] {
        assert_eq!(outcome(Request::get(target)), "foreign_account", "{target}");
    }
}

#[test]
fn a_second_reading_is_compared_pattern_by_pattern() {
    let route = route(
        r#"{"selectors": [{"path": "/t/{account}"}, {"path": "/t/*/u/{account}"}],
            "logins": [{"path": "/t/*/login", "answer": [{"header": "x"}]}, {"path": "/s/login", "answer": [{"header": "x"}]},
                       {"path": "/s/*", "answer": [{"header": "y"}]}]}"#,
    );
    for target in ["/t/A/u./B", "/t/A/u%20/B", "/t/A%20", "/t/A./x", "/%20/t/B", "/t/%20/B"] {
        assert_eq!(Request::get(target).decide(&route).err(), Some(Refusal::ForeignAccount), "{target}");
    }
    // Two readings are two logins'.
    let decided = Request::post("/s/login%20", FORM, b"x=y").decide(&route).err();
    assert_eq!(decided, Some(Refusal::AmbiguousTarget));
    for target in ["/t/A/login%20", "/t/A/%20login", "/t/A/login/%20/"] {
        assert!(Request::post(target, FORM, b"x=y").decide(&route).unwrap().login().is_some(), "{target}");
    }
    assert_eq!(Request::get("/t/A/u/B").decide(&route).err(), Some(Refusal::ForeignAccount));
    for target in ["/t/A/u/A/Inc.", "/t/A/x%20/y", "/wiki/Inc.", "/t/A/caf%C3%A9"] {
        assert!(Request::get(target).decide(&route).is_ok(), "{target}");
    }
    for target in ["/t/A/login", "/t/A/login.json", "/s/login"] {
        assert!(Request::post(target, FORM, b"x=y").decide(&route).unwrap().login().is_some(), "{target}");
    }
}

#[test]
fn a_login_body_that_cannot_be_judged_is_refused() {
    let post = |media: &str, body: &'static [u8]| Request::post("/login", media, body);
    for request in [
        post(
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=account\r\n\r\nB\r\n--x--",
        ),
        post("text/plain", b"account=A"),
        post("", b"account=A"),
        post("application/x-www-form-urlencoded; charset=utf-16", b"account=A"),
        post("application/json; charset=\"UTF-16LE\"", b"{}"),
        post("application/json, text/plain", b"{}"),
        post("application/vnd.api+json", b"{}"),
        post(JSON, b"{\"user\":{}"),
        post(JSON, b"\xef\xbb\xbf{}"),
        post(JSON, b"\xff\xfe{\0}\0"),
        post(JSON, b"account=A"),
        post(JSON, br#"{"a":1,"a":2}"#),
        post(JSON, br#"{"x":{"y":[{"a":1,"\u0061":2}]}}"#),
        post(FORM, b"acc%zzount=B"),
        post(FORM, b"%u0061ccount=B"),
        post(FORM, b"account=%E9"),
        post(FORM, b"account=A").with("content-encoding", "gzip"),
        post(FORM, b"account=A").with("content-type", JSON),
        post(FORM, b"account=A").with("content-encoding", "identity").with("content-encoding", "gzip"),
    ] {
        assert_eq!(refused(&request), Refusal::LoginUnreadable, "{request:?}");
    }
    for request in [
        post("Application/X-WWW-Form-URLencoded ; Charset=\"UTF-8\"", b"account=A&name=%E9&x=100%"),
        post(JSON, br#"{"user":{"name":"x"},"n":[1.5,true,null]}"#),
        post(FORM, b"email=a@b.example&password=x").with("content-encoding", "identity"),
        post("", b""),
        // Here the policy looks at no body: the answer decides.
        Request::post("/api/session", "multipart/form-data; boundary=x", b"--x--"),
    ] {
        assert_eq!(outcome(&request), "passes", "{request:?}");
    }
}

/// A text with some of its characters percent-encoded.
fn percent(text: &str, mask: u64) -> String {
    let encode = |(index, byte): (usize, u8)| match mask >> (index % 64) & 1 {
        0 => char::from(byte).to_string(),
        _ => format!("%{byte:02x}"),
    };
    text.bytes().enumerate().map(encode).collect()
}

fn letters(text: &str, mask: u64) -> String {
    let turn = |(index, c): (usize, char)| if mask >> (index % 64) & 1 == 1 { c.to_ascii_uppercase() } else { c };
    text.chars().enumerate().map(turn).collect()
}

/// A request that names these accounts, each in one place.
fn naming_all(accounts: &[Option<&str>; 5], mask: u64) -> Request<'static> {
    let [path, query, header, cookie, body] = accounts;
    let name = |text: &str| percent(&letters(text, mask), mask.rotate_left(7));
    let mut target = "/other".to_owned();
    if let Some(account) = path {
        target = format!("/{}/{}/orders", name("accounts"), percent(account, mask.rotate_left(19)));
    }
    if body.is_some() {
        target = format!("/{}", name("login"));
    }
    if let Some(account) = query {
        write!(target, "?x=1&{}={}", name("account"), percent(account, mask.rotate_left(31))).unwrap();
    }
    let mut request = Request::get(target);
    if let Some(account) = header {
        request = request.with("x-account", *account);
    }
    if let Some(account) = cookie {
        request = request.with("cookie", format!("y=2; shop={}", percent(account, mask.rotate_left(43))));
    }
    if let Some(account) = body {
        let text = format!("z=3&{}={}", name("account"), percent(account, mask.rotate_left(53)));
        request = Request { method: "POST", body: text.into_bytes().leak(), ..request.with("content-type", FORM) };
    }
    request
}

proptest! {
    #[test]
    fn a_request_that_names_its_own_account_or_none_passes(named in any::<[bool; 5]>(), mask: u64) {
        let request = naming_all(&named.map(|it| it.then_some("A")), mask);
        prop_assert_eq!(outcome(&request), "passes", "{:?}", request);
    }

    #[test]
    fn a_request_that_names_another_account_never_passes(
        named in any::<[Option<bool>; 5]>(), mask: u64, at in 0..5_usize, other in "[B-Z][a-z0-9 .%+-]{0,6}"
    ) {
        let mut accounts = named.map(|it| it.map(|own| if own { "A" } else { other.trim() }));
        accounts[at] = Some(other.trim());
        if accounts[4].is_some() {
            // A login's path is its own.
            accounts[0] = None;
        }
        prop_assume!(accounts.contains(&Some(other.trim())));
        let other_is_encoded = mask | 1;
        let request = naming_all(&accounts, other_is_encoded);
        prop_assert_ne!(outcome(&request), "passes", "{:?}", request);
    }

    #[test]
    fn no_request_makes_a_decision_panic(
        target in "/[a-z%.;/?&=\\[\\]0-9]{0,40}", cookie in "[ -~]{0,40}", value in "[ -~]{0,20}", body: Vec<u8>, json: bool
    ) {
        let media = if json { JSON } else { FORM };
        let body: &'static [u8] = body.leak();
        let request = Request::post("/login", media, body).with("cookie", cookie).with("x-account", value);
        let _ = request.decide(&everywhere());
        let _ = Request { target, ..request }.decide(&everywhere());
    }
}
