use proptest::prelude::*;

use super::*;
use crate::lockdown::fixture::{Fixed, headers, permit, route, secrets};

const OWN: &str = r#"{"own_hosts": ["app.example"], "public_https_port": 8443, "session_cookies": ["till"]}"#;
const PLAIN: &str = r#"{"own_hosts": ["app.example"]}"#;

/// The lines of a field as the visitor gets them.
fn contained(policy: &str, name: &str, lines: &[&str]) -> Vec<String> {
    let lines: Vec<_> = lines.iter().map(|line| (name, *line)).collect();
    let mut fields = headers(&lines);
    let edits = contain(&permit(&route(policy)), &secrets(), &Fixed, &fields);
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
        ("/caf\u{e9} x", "/caf\u{e9} x"),
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
        "//evil.example/x",
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

#[test]
fn refresh_is_a_redirect_too() {
    for (from, to) in [
        ("5", Some("5")),
        ("5; url=/x", Some("5; url=/x")),
        ("0;URL=\"http://app.example/x\"", Some("0;url=https://a.p.example.com:8443/x")),
        ("0, http://app.example/x", Some("0;url=https://a.p.example.com:8443/x")),
        ("1; url = 'https://elsewhere.example/'", Some("1; url = 'https://elsewhere.example/'")),
        ("0; url=//evil.example", None),
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
    let edits = contain(&permit(&off), &secrets(), &Fixed, &fields);
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
    assert_eq!(contain(&permit(&off), &secrets(), &Fixed, &fields), Edits::default());
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
