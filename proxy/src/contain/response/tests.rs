use proptest::prelude::*;

use super::*;
use crate::directory::Route;
use crate::lockdown::fixture::{Fixed, Request, headers, permit, route, secrets};

const OWN: &str = r#"{"own_hosts": ["app.example"], "public_https_port": 8443, "session_cookies": ["till"]}"#;
const PLAIN: &str = r#"{"own_hosts": ["app.example"]}"#;

fn edits(route: &Route, status: u16, fields: &HeaderMap) -> Result<Edits, Refusal> {
    let asked = Asked { path: "/", fields: &headers(&[]), now_ms: 1_000 };
    let status = StatusCode::from_u16(status).unwrap();
    contain(&permit(route), &secrets(), &Fixed, Head { status, fields, asked })
}

/// The lines of a field as the visitor gets them.
fn contained(policy: &str, name: &str, lines: &[&str]) -> Vec<String> {
    let lines: Vec<_> = lines.iter().map(|line| (name, *line)).collect();
    let mut fields = headers(&lines);
    let edits = edits(&route(policy), 200, &fields).unwrap();
    edits.remove.iter().for_each(|name| drop(fields.remove(name)));
    edits.append.into_iter().for_each(|(name, value)| {
        fields.append(name, value);
    });
    fields.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
}

fn location(text: &str) -> Option<String> {
    contained(OWN, "location", &[text]).pop()
}

#[test]
fn a_redirect_to_an_own_host_leads_to_the_address() {
    for (from, to) in [
        ("https://app.example/x?y#z", "https://a.p.example.com:8443/x?y#z"),
        ("HTTP://APP.example.:9000", "https://a.p.example.com:8443"),
        ("//app.example/x", "https://a.p.example.com:8443/x"),
        ("http://127.0.0.1:9000/x", "https://a.p.example.com:8443/x"),
        ("https://a.p.example.com/x", "https://a.p.example.com:8443/x"),
        ("https://a.p.example.com:8443/x", "https://a.p.example.com:8443/x"),
        ("https://app.example/a b\"<é>", "https://a.p.example.com:8443/a%20b%22%3C%C3%A9%3E"),
        ("https://app.example?next=https://app.example/", "https://a.p.example.com:8443?next=https://app.example/"),
        ("/x", "/x"),
        ("?y", "?y"),
        ("", ""),
        ("/caf\u{e9} x", "/caf%C3%A9 x"),
        ("//cdn.example/x", "//cdn.example/x"),
        ("com.example.till:/oauth2redirect?code=1", "com.example.till:/oauth2redirect?code=1"),
        ("till-app://done", "till-app://done"),
        ("intent://x#Intent;scheme=till;end", "intent://x#Intent;scheme=till;end"),
        ("https://elsewhere.example:444/x", "https://elsewhere.example:444/x"),
        ("https://notapp.example/", "https://notapp.example/"),
    ] {
        assert_eq!(location(from).as_deref(), Some(to), "{from}");
    }
    let usual = contained(PLAIN, "content-location", &["http://app.example/x"]);
    assert_eq!(usual, ["https://a.p.example.com/x"]);
}

#[test]
fn a_redirect_that_browsers_read_in_their_own_way_goes() {
    for text in [
        "\\\\evil.example",
        "/\\evil.example",
        "\\evil.example",
        "///evil.example",
        "https:evil.example",
        "https:/evil.example",
        "https://app.example@evil.example/",
        "https://u@app.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "/\tevil",
        "https://app.example\\@evil.example",
        "https://app%2eexample/",
    ] {
        assert_eq!(location(text), None, "{text}");
    }
}

/// C5.
#[test]
fn no_redirect_leaves_without_its_target() {
    for status in [301, 302, 303, 307, 308] {
        for text in ["/\\evil.example", "javascript:alert(1)", "https://u@app.example/"] {
            let fields = headers(&[("location", text)]);
            assert_eq!(edits(&route(OWN), status, &fields), Err(Refusal::RedirectRefused), "{status} {text}");
        }
        let fields = headers(&[("location", "https://app.example/x")]);
        assert!(edits(&route(OWN), status, &fields).unwrap().has(&header::LOCATION));
    }
    // Not modified is no redirect, and neither is one that the application gave no target.
    assert!(edits(&route(OWN), 304, &headers(&[])).is_ok());
}

/// C5.
#[test]
fn a_targets_bytes_are_escaped_as_they_are() {
    let mut fields = headers(&[]);
    fields.append(header::LOCATION, HeaderValue::from_bytes(b"https://app.example/caf\xe9").unwrap());
    let edits = edits(&route(OWN), 302, &fields).unwrap();
    let location = edits.append.iter().find(|(name, _)| name == header::LOCATION).unwrap();
    assert_eq!(location.1, "https://a.p.example.com:8443/caf%E9");
}

/// C4.
#[test]
fn an_interim_answer_has_nothing_of_ours() {
    let fields = headers(&[("link", "<https://app.example/s.css>; rel=preload"), ("set-cookie", "till=x")]);
    let edits = edits(&route(OWN), 103, &fields).unwrap();
    let link = HeaderValue::from_static("<https://a.p.example.com:8443/s.css>; rel=preload");
    assert_eq!(edits.append, [(header::LINK, link)]);
    assert!(edits.remove.contains(&header::SET_COOKIE));
    let upgraded = self::edits(&route(OWN), 101, &headers(&[])).unwrap();
    assert!(upgraded.has(&header::STRICT_TRANSPORT_SECURITY));
}

#[test]
fn trailers_say_nothing_that_belongs_to_a_head() {
    let mut trailers = headers(&[
        ("grpc-status", "0"),
        ("grpc-message", "ok"),
        ("x-checksum", "1"),
        ("set-cookie", "till=x"),
        ("Marque-Tenant", "x"),
        ("location", "https://app.example/"),
        ("server", "x"),
        ("keep-alive", "x"),
    ]);
    contain_trailers(&mut trailers);
    let left: Vec<_> = trailers.keys().map(HeaderName::as_str).collect();
    assert_eq!(left, ["grpc-status", "grpc-message", "x-checksum"]);
}

/// Sessions come from a link in a mail only when the answer names the account.
#[test]
fn a_source_gives_a_session_only_with_the_account() {
    let route = route(
        r#"{"session_cookies": ["till"], "sessions_from": ["/magic/*"],
            "logins": [{"path": "/login", "answer": [{"location": "/accounts/{account}"}, {"json": ["x"]}]}]}"#,
    );
    let sets = |target: &str, location: &str| {
        let permit = Request::get(target).decide(&route).unwrap();
        let fields = headers(&[("set-cookie", "till=x; Path=/"), ("location", location)]);
        let asked = Asked { path: target, fields: &headers(&[]), now_ms: 1_000 };
        let head = Head { status: StatusCode::FOUND, fields: &fields, asked };
        contain(&permit, &secrets(), &Fixed, head).map(|edits| edits.has(&header::SET_COOKIE))
    };
    assert_eq!(sets("/magic/t", "/accounts/A/home"), Ok(true));
    assert_eq!(sets("/magic/t", "/home"), Ok(false));
    assert_eq!(sets("/magic/t", "/accounts/B/home"), Err(Refusal::LoginRefused));
    assert_eq!(sets("/magic/t?next=/accounts/A", "/accounts/A"), Ok(false));
    assert_eq!(sets("/%6dagic/t", "/accounts/B"), Err(Refusal::LoginRefused));
    // Elsewhere a session is one from before the login.
    assert_eq!(sets("/home", "/home"), Ok(true));
}

#[test]
fn refresh_is_a_redirect_too() {
    for (from, to) in [
        ("5", Some("5")),
        ("5; url=/x", Some("5; url=/x")),
        ("0;URL=\"http://app.example/x\"", Some("0;url=https://a.p.example.com:8443/x")),
        ("0, http://app.example/x", Some("0;url=https://a.p.example.com:8443/x")),
        ("1; url = 'https://elsewhere.example/'", Some("1; url = 'https://elsewhere.example/'")),
        ("0; url=//elsewhere.example", Some("0; url=//elsewhere.example")),
        ("0; url=/\\evil.example", None),
        ("0; url=javascript:x", None),
    ] {
        assert_eq!(contained(OWN, "refresh", &[from]).pop().as_deref(), to, "{from}");
    }
}

#[test]
fn links_to_own_hosts_are_mapped_and_others_left() {
    let link = "<https://app.example/a>; rel=next, <//cdn.example/b>; rel=preload, </c>, <http://app.example>";
    let mapped = "<https://a.p.example.com:8443/a>; rel=next, <//cdn.example/b>; rel=preload, </c>, <https://a.p.example.com:8443>";
    assert_eq!(contained(OWN, "link", &[link, "<unfinished"]), [mapped, "<unfinished"]);
}

#[test]
fn an_answer_says_nothing_of_what_stands_behind() {
    for name in ["server", "x-powered-by", "alt-svc", "marque-assertion", "Marque-Tenant"] {
        assert!(contained(OWN, name, &["x", "y"]).is_empty(), "{name}");
    }
    assert_eq!(contained(OWN, "x-other", &["x"]), ["x"]);
}

#[test]
fn transport_security_is_the_address_s_affair() {
    let theirs = "max-age=1; includeSubDomains; preload";
    assert_eq!(contained(OWN, "strict-transport-security", &[theirs]), ["max-age=31536000"]);
    let mut off = route(OWN);
    std::sync::Arc::make_mut(&mut off.address).hsts = false;
    let fields = headers(&[("strict-transport-security", theirs)]);
    let edits = edits(&off, 200, &fields).unwrap();
    assert_eq!(edits.remove, [header::STRICT_TRANSPORT_SECURITY]);
    assert!(edits.append.is_empty());
}

#[test]
fn every_cookie_line_is_contained() {
    let cookies = contained(OWN, "set-cookie", &["lang=fr; Domain=app.example", "till=x; Path=/", "__Host-till=x"]);
    assert_eq!(cookies.len(), 2);
    assert_eq!(cookies[0], "lang=fr; Secure");
    assert!(cookies[1].starts_with("__Host-till="));
}

#[test]
fn an_answer_without_anything_to_change_is_left_alone() {
    let mut off = route(PLAIN);
    std::sync::Arc::make_mut(&mut off.address).hsts = false;
    let fields = headers(&[("location", "/x"), ("link", "</y>"), ("content-type", "text/html")]);
    assert_eq!(edits(&off, 200, &fields), Ok(Edits::default()));
}

proptest! {
    #[test]
    fn what_is_mapped_is_a_well_formed_reference_to_the_address(rest in "[/?#][ -~é]{0,30}", scheme in "(https?:)?") {
        let Some(mapped) = location(&format!("{scheme}//app.example{rest}")) else { return Ok(()) };
        prop_assert!(mapped.starts_with("https://a.p.example.com:8443"), "{}", mapped);
        prop_assert!(mapped.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b)), "{}", mapped);
    }

    #[test]
    fn no_answer_makes_it_panic(text in "\\PC{0,40}") {
        for name in ["location", "refresh", "link", "set-cookie"] {
            contained(OWN, name, &[&text]);
        }
    }
}
