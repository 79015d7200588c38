use proptest::prelude::*;

use super::*;
use crate::lockdown::fixture::{Fixed, Request, headers, permit, route, route_of_tenant, secrets};
use crate::route::Route;

const TILL: &str = r#"{"session_cookies": ["till", "my_id"]}"#;

fn sealed_at(route: &Route, set_cookie: &str) -> Option<String> {
    let value = HeaderValue::from_bytes(set_cookie.as_bytes()).unwrap();
    seal(&permit(route), &secrets(), &Fixed, &value).map(|it| it.to_str().unwrap().to_owned())
}

fn opened_at(route: &Route, lines: &[&str]) -> Option<String> {
    let lines: Vec<_> = lines.iter().map(|line| ("cookie", *line)).collect();
    let value = open(&permit(route), &secrets(), &headers(&lines)).unwrap()?;
    Some(value.to_str().unwrap().to_owned())
}

/// The pair that a browser would send back.
fn pair(set_cookie: &str) -> &str {
    set_cookie.split(';').next().unwrap()
}

#[test]
fn a_session_goes_out_sealed_and_comes_back_as_it_was() {
    let route = route(TILL);
    let whole = sealed_at(&route, "till=secret=1; Path=/; Domain=app.example").unwrap();
    assert!(whole.starts_with("__Host-till=") && !whole.contains("secret"), "{whole}");
    assert!(whole.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"), "{whole}");
    assert_eq!(opened_at(&route, &[pair(&whole)]).as_deref(), Some("till=secret=1"));
    let part = sealed_at(&route, "my_id=x; path=/shop; HttpOnly; samesite=Strict; secure; Max-Age=5").unwrap();
    assert!(part.starts_with("__Secure-my_id="), "{part}");
    assert!(part.ends_with("; path=/shop; HttpOnly; samesite=Strict; Max-Age=5; Secure"), "{part}");
    let both = [pair(&whole), "lang=fr", pair(&part)];
    assert_eq!(opened_at(&route, &both).as_deref(), Some("till=secret=1; lang=fr; my_id=x"));
}

#[test]
fn a_look_at_a_login_that_only_a_body_judges_gives_no_session() {
    let route = route(r#"{"session_cookies": ["till"], "logins": [{"path": "/login", "answer": [{"json": ["x"]}]}]}"#);
    let permit = Request::get("/login").decide(&route).unwrap();
    let seal = |text| seal(&permit, &secrets(), &Fixed, &HeaderValue::from_static(text));
    assert_eq!(seal("till=secret; Path=/"), None);
    assert!(seal("till=; Path=/; Max-Age=0").is_some() && seal("lang=fr").is_some());
}

#[test]
fn a_session_of_one_tenant_is_none_at_another() {
    let a = route(TILL);
    let b = route_of_tenant(a.application.policy.clone(), 2);
    let cookie = sealed_at(&a, "till=secret; Path=/").unwrap();
    assert_eq!(opened_at(&a, &[pair(&cookie)]).as_deref(), Some("till=secret"));
    assert_eq!(opened_at(&b, &[pair(&cookie)]), None);
    // Nor is one session's value another's.
    assert_eq!(opened_at(&a, &[&pair(&cookie).replace("till", "my_id")]), None);
}

#[test]
fn a_session_that_we_did_not_seal_is_dropped_in_every_spelling() {
    let long = format!("__Host-till={}", "A".repeat(5000));
    for crumb in [
        "till=raw",
        "TILL=raw",
        " till =raw",
        "till[]=raw",
        "t%69ll=raw",
        "=till=raw",
        "till",
        "x=1, till=raw",
        "my.id=raw",
        "my id=raw",
        "__Host-till=raw",
        "__Secure-till=",
        "__Host-till=AAAA",
        "__Secure-till=AAAA\"",
        long.as_str(),
    ] {
        assert_eq!(opened_at(&route(TILL), &["a=1", crumb]).as_deref(), Some("a=1"), "{crumb}");
        assert_eq!(opened_at(&route(TILL), &[crumb]), None, "{crumb}");
    }
    assert_eq!(opened_at(&route(TILL), &["x=\"a; till=raw\"; b=2"]).as_deref(), Some("x=\"a; b=2"));
}

#[test]
fn other_cookies_pass_and_crumbs_are_joined() {
    for route in [route("{}"), route(TILL)] {
        assert_eq!(opened_at(&route, &[]), None);
        assert_eq!(opened_at(&route, &["a=1; b=2"]).as_deref(), Some("a=1; b=2"));
        assert_eq!(opened_at(&route, &["a=1", "b=2;c=3", "__Host-d=4"]).as_deref(), Some("a=1; b=2; c=3; __Host-d=4"));
    }
    let latin = headers(&[]);
    assert_eq!(open(&permit(&route("{}")), &secrets(), &latin), Ok(None));
    let mut latin = headers(&[("cookie", "a=1")]);
    latin.append(header::COOKIE, HeaderValue::from_bytes(b"n=caf\xe9").unwrap());
    let joined = open(&permit(&route(TILL)), &secrets(), &latin).unwrap().unwrap();
    assert_eq!(joined.as_bytes(), b"a=1; n=caf\xe9");
}

#[test]
fn every_cookie_stays_on_this_host_and_on_tls() {
    let route = route(TILL);
    for (set, expected) in [
        ("lang=fr", "lang=fr; Secure"),
        ("lang=fr; Domain=.p.example.com; Path=/; secure", "lang=fr; Path=/; Secure"),
        ("lang=fr; DOMAIN = app.example ;; Priority=High", "lang=fr; Priority=High; Secure"),
        ("lang=fr; domain", "lang=fr; Secure"),
        ("plain", "plain; Secure"),
    ] {
        assert_eq!(sealed_at(&route, set).as_deref(), Some(expected), "{set}");
    }
}

#[test]
fn a_session_is_taken_away_under_the_name_that_it_was_given() {
    let cookie = sealed_at(&route(TILL), "till=; Path=/; Max-Age=0").unwrap();
    assert_eq!(cookie, "__Host-till=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
}

#[test]
fn the_last_path_counts_as_it_does_for_browsers() {
    for (path, prefix) in [("Path=/", HOST), ("", SECURE), ("Path=/; Path=/a", SECURE), ("Path=/a; path = /", HOST)] {
        let cookie = sealed_at(&route(TILL), &format!("till=x; {path}")).unwrap();
        assert!(cookie.starts_with(prefix), "{cookie}");
    }
}

#[test]
fn what_cannot_be_kept_is_dropped() {
    let route = route(TILL);
    assert_eq!(sealed_at(&route, "__Host-till=mine; Path=/"), None);
    assert_eq!(sealed_at(&route, &format!("till={}; Path=/", "x".repeat(4000))), None);
    assert!(sealed_at(&route, &format!("till={}; Path=/", "x".repeat(3000))).is_some());
    let value = HeaderValue::from_static("till=x");
    assert_eq!(seal(&permit(&route), &Secrets::default(), &Fixed, &value), None);
}

proptest! {
    #[test]
    fn any_value_comes_back_as_it_was(value in "[!-:<-~]{1,200}") {
        let route = route(TILL);
        let cookie = sealed_at(&route, &format!("till={value}; Path=/")).unwrap();
        prop_assert_eq!(opened_at(&route, &[pair(&cookie)]), Some(format!("till={value}")));
    }

    #[test]
    fn no_cookie_makes_it_panic_and_none_unsealed_passes(text in "[ -~]{0,60}") {
        let _ = sealed_at(&route(TILL), &text);
        if let Some(passed) = opened_at(&route(TILL), &[&text, "till=raw"]) {
            prop_assert!(!passed.split("; ").any(|it| it.starts_with("till=")), "{}", passed);
        }
    }
}
