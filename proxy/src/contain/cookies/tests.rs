use proptest::prelude::*;

use super::*;
use crate::directory::Route;
use crate::lockdown::fixture::{Fixed, headers, permit, route, route_of_tenant, secrets};

const TILL: &str = r#"{"session_cookies": ["till", "my_id"]}"#;

fn answer_at(route: &Route, path: &str, cookies: &str, lines: &[&str]) -> Result<Vec<String>, Refusal> {
    let lines: Vec<_> = lines.iter().map(|line| HeaderValue::from_bytes(line.as_bytes()).unwrap()).collect();
    let fields = headers(&[("cookie", cookies)]);
    let asked = Asked { path, fields: &fields, now_ms: 1_000 };
    let sealed = seal_all(&permit(route), (&secrets(), &Fixed), asked, true, lines.iter())?;
    Ok(sealed.iter().map(|it| it.to_str().unwrap().to_owned()).collect())
}

/// As an answer to `/some/page` sets it, by a browser without cookies.
fn sealed_at(route: &Route, set_cookie: &str) -> Option<String> {
    let mut lines = answer_at(route, "/some/page", "", &[set_cookie]).unwrap();
    assert!(lines.len() < 2, "{lines:?}");
    lines.pop()
}

/// The cookies of a browser: by name and path, as RFC 6265 section 5.3 keeps them.
#[derive(Debug, Default)]
struct Jar(Vec<(String, String, String)>);

impl Jar {
    fn visit(&mut self, route: &Route, path: &str, lines: &[&str]) {
        let cookies = self.header();
        for line in answer_at(route, path, &cookies, lines).unwrap() {
            let (pair, attributes) = line.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            assert!(pair.len() <= 4096, "a browser drops this");
            let default = &path[..path.rfind('/').unwrap().max(1)];
            let mut at = default.to_owned();
            let mut is_removal = false;
            for attribute in attributes.split(';').map(str::trim) {
                match attribute.split_once('=') {
                    Some((name, value)) if name.eq_ignore_ascii_case("path") => at = value.to_owned(),
                    Some((name, value)) if name.eq_ignore_ascii_case("max-age") => is_removal = value == "0",
                    _ => {}
                }
            }
            assert!(!name.starts_with("__Host-") || at == "/", "a browser refuses this: {line}");
            self.0.retain(|(it, place, _)| (it.as_str(), place) != (name, &at));
            if !is_removal {
                self.0.push((name.to_owned(), at, value.to_owned()));
            }
        }
    }

    fn header(&self) -> String {
        self.0.iter().map(|(name, _, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn seen_by_application(&self, route: &Route) -> Option<String> {
        opened_at(route, &[&self.header()])
    }
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
fn where_no_session_is_given_none_is_set_and_one_may_be_taken_away() {
    let route = route(TILL);
    let fields = headers(&[]);
    let asked = Asked { path: "/", fields: &fields, now_ms: 1_000 };
    let seal = |text| {
        let line = HeaderValue::from_static(text);
        seal_all(&permit(&route), (&secrets(), &Fixed), asked, false, [&line].into_iter()).unwrap().len()
    };
    assert_eq!(seal("till=secret; Path=/"), 0);
    assert_eq!(seal("till=; Path=/; Max-Age=0") + seal("till=deleted; Max-Age=0") + seal("lang=fr"), 3);
}

/// C2.
#[test]
fn a_session_is_one_cookie_whether_its_path_is_said_or_not() {
    let route = route(TILL);
    let mut jar = Jar::default();
    jar.visit(&route, "/", &["till=anon; Path=/"]);
    jar.visit(&route, "/login", &["till=user"]);
    assert_eq!(jar.seen_by_application(&route).as_deref(), Some("till=user"));
    jar.visit(&route, "/logout", &["till=; Max-Age=0"]);
    assert_eq!(jar.seen_by_application(&route), None);
    jar.visit(&route, "/login", &["till=user; path="]);
    jar.visit(&route, "/orders", &["till=again; Path=orders"]);
    jar.visit(&route, "/x", &["till=last; Path=/"]);
    assert_eq!(jar.seen_by_application(&route).as_deref(), Some("till=last"));
    // Below a path it's another cookie, as it would be without us.
    jar.visit(&route, "/shop/cart", &["till=shop"]);
    assert_eq!(jar.0.len(), 2);
    jar.visit(&route, "/shop/leave", &["till=; Max-Age=0"]);
    assert_eq!(jar.seen_by_application(&route).as_deref(), Some("till=last"));
}

#[test]
fn a_session_that_was_kept_under_the_other_prefix_goes() {
    let route = route(TILL);
    let mut jar = Jar(vec![("__Secure-till".into(), "/".into(), "old".into())]);
    jar.visit(&route, "/login", &["till=user"]);
    assert_eq!(jar.0.len(), 1, "{jar:?}");
}

/// C3.
#[test]
fn a_long_session_survives_in_pieces_and_leaves_none_behind() {
    let route = route(TILL);
    let mut jar = Jar::default();
    for length in [3_300, 16 << 10, 9_000, 4_000, 10, 8_000] {
        let value: String =
            (0..length).map(|at| char::from(b'!' + (at % 25) as u8)).map(|c| if c == ';' { 'x' } else { c }).collect();
        jar.visit(&route, "/login", &[&format!("till={value}")]);
        assert_eq!(jar.seen_by_application(&route), Some(format!("till={value}")), "{length}");
        assert!(length > 2_900 || jar.0.len() == 1, "{length}: {}", jar.0.len());
    }
    let other = route_of_tenant(route.application.policy.clone(), 2);
    assert_eq!(jar.seen_by_application(&other), None);
    let cut = jar.header().rsplit_once("; ").unwrap().0.to_owned();
    assert_eq!(opened_at(&route, &[&cut]), None, "a piece is missing");
    jar.visit(&route, "/logout", &["till=; Max-Age=0"]);
    assert_eq!(jar.header(), "");
}

#[test]
fn a_session_that_no_head_could_carry_is_refused() {
    let long = format!("till={}", "x".repeat((16 << 10) + 1));
    assert_eq!(answer_at(&route(TILL), "/", "", &["a=b", &long]), Err(Refusal::SessionTooLarge));
    let line = HeaderValue::from_static("till=x");
    let fields = headers(&[]);
    let asked = Asked { path: "/", fields: &fields, now_ms: 1_000 };
    let keyless = seal_all(&permit(&route(TILL)), (&Secrets::default(), &Fixed), asked, true, [&line].into_iter());
    assert_eq!(keyless, Err(Refusal::NoReplica));
}

#[test]
fn a_family_of_cookies_is_sealed_each_under_its_name() {
    let route = route(r#"{"session_families": ["till."]}"#);
    let mut jar = Jar::default();
    jar.visit(&route, "/", &["till.0=a; Path=/", "till.1=b; Path=/", "lang=fr; Path=/"]);
    assert!(jar.header().contains("__Host-till.0=") && !jar.header().contains("till.1=b"), "{jar:?}");
    assert_eq!(jar.seen_by_application(&route).as_deref(), Some("till.0=a; till.1=b; lang=fr"));
    let swapped = jar.header().replace("till.0", "till.2");
    assert_eq!(opened_at(&route, &[&swapped]).as_deref(), Some("till.1=b; lang=fr"));
    for crumb in ["till.0=raw", "TILL.9=raw", " till.x=raw", "x=1, till.0=raw", "__Host-till.0=raw", "till_0=raw"] {
        assert_eq!(opened_at(&route, &["a=1", crumb]).as_deref(), Some("a=1"), "{crumb}");
    }
}

#[test]
fn every_session_that_a_request_carries_is_taken_away_after_a_refused_login() {
    let route = route(TILL);
    let fields = headers(&[("cookie", "__Host-till=~2~a~x; __Host-till~1=a~y; lang=fr; __Secure-my_id=z; till=raw")]);
    let names: Vec<_> = take_away(&permit(&route), &fields).iter().map(|it| it.to_str().unwrap().to_owned()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names.iter().all(|it| it.starts_with("__") && it.contains("=; Path=/; Max-Age=0")));
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
    for (path, prefix) in
        [("Path=/", HOST), ("", SECURE), ("Path=", SECURE), ("Path=/; Path=/a", SECURE), ("Path=/a; path = /", HOST)]
    {
        let cookie = sealed_at(&route(TILL), &format!("till=x; {path}")).unwrap();
        assert!(cookie.starts_with(prefix), "{cookie}");
    }
}

#[test]
fn an_application_does_not_write_into_the_names_that_are_sealed() {
    for set in ["__Host-till=mine; Path=/", "__Secure-till=mine", "__Host-till~1=mine; Path=/"] {
        assert_eq!(sealed_at(&route(TILL), set), None, "{set}");
    }
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
        let _ = answer_at(&route(TILL), "/", &text, &[&text]);
        if let Some(passed) = opened_at(&route(TILL), &[&text, "till=raw"]) {
            prop_assert!(!passed.split("; ").any(|it| it.starts_with("till=")), "{}", passed);
        }
    }
}

#[test]
fn the_edges_own_cookie_is_neither_seen_nor_set_by_an_application() {
    for policy in [TILL, "{}"] {
        let route = route(policy);
        for (sent, seen) in [
            ("__Host-entry-session=x", None),
            ("a=1; __Host-entry-session=x; b=2", Some("a=1; b=2")),
            ("a=1; __host-ENTRY-session=x", Some("a=1")),
            ("a=1", Some("a=1")),
        ] {
            assert_eq!(opened_at(&route, &[sent]).as_deref(), seen, "{policy} {sent}");
        }
        assert_eq!(sealed_at(&route, "__Host-entry-session=x; Path=/; Secure"), None);
    }
}

#[test]
fn what_an_application_gives_by_an_entry_opens_by_that_entry_alone() {
    let own = route(TILL);
    let entered = own.entered_by(std::sync::Arc::new(crate::lockdown::fixture::entry(7)));
    let other = marque_config::entry::Entry {
        id: marque_config::EntryId::new(1, &[9; 10]),
        ..crate::lockdown::fixture::entry(7)
    };
    let other = own.entered_by(std::sync::Arc::new(other));
    for (given, opens, not) in [(&entered, &entered, [&own, &other]), (&own, &own, [&entered, &other])] {
        let line = sealed_at(given, "till=secret; Path=/").unwrap();
        let carried = line.split(';').next().unwrap();
        assert_eq!(opened_at(opens, &[carried]).as_deref(), Some("till=secret"));
        assert!(not.iter().all(|route| opened_at(route, &[carried]).is_none()), "{carried}");
    }
}
