use proptest::prelude::*;

use super::*;
use crate::lockdown::fixture::{Request, headers, route};

const EVERY: &str = r#"{
    "own_hosts": ["app.example"],
    "logins": [{"path": "/login", "answer": [
        {"location": "/accounts/{account}"}, {"header": "x-account"}, {"cookie": "shop"}, {"json": ["user", "account"]}
    ]}]
}"#;

fn judge(lines: &[(&str, &str)], body: &[u8]) -> bool {
    let permit = Request::post("/login", "text/plain", b"x").decide(&route(EVERY)).unwrap();
    let answer = Answer { status: StatusCode::OK, headers: &headers(lines), body };
    match judge_answer(&permit, permit.login().unwrap(), &answer) {
        Ok(()) => true,
        Err(refusal) => {
            assert_eq!(refusal, Refusal::LoginRefused);
            false
        }
    }
}

#[test]
fn a_redirect_that_repeats_the_request_names_nobody() {
    let judge = |target: &str, body: &'static [u8], lines: &[(&str, &str)]| {
        let permit = Request::post(target, "text/plain", body).decide(&route(EVERY)).unwrap();
        let answer = Answer { status: StatusCode::FOUND, headers: &headers(lines), body: b"" };
        judge_answer(&permit, permit.login().unwrap(), &answer).is_ok()
    };
    let home = [("location", "/accounts/A")];
    for (target, body) in [
        ("/login?next=/accounts/A", b"".as_slice()),
        ("/login?next=%2Faccounts%2F%41%2Fx", b""),
        ("/login?next=%252Faccounts%252FA", b""),
        ("/login", b"user=b&next=https%3A%2F%2Fapp.example%2Faccounts%2FA"),
        ("/login", b"user=b&next=accounts/A"),
        ("/login", br#"{"user":"b","next":"\/accounts\/A"}"#),
    ] {
        assert!(!judge(target, body, &home), "{target}");
        assert!(!judge(target, body, &[("location", "https://app.example/accounts/A/home?x")]), "{target}");
        assert!(judge(target, body, &[home[0], ("x-account", "A")]), "{target}");
    }
    assert!(judge("/login?next=/orders", b"account=A&user=a", &home));
}

fn page(lines: &[(&str, &str)]) -> Result<(), Refusal> {
    let permit = Request::get("/login?user=b&password=x").decide(&route(EVERY)).unwrap();
    judge_login_page(&permit, permit.login_page().unwrap(), &headers(lines))
}

#[test]
fn a_logins_page_names_nobody_else() {
    for lines in [
        [].as_slice(),
        &[("location", "/accounts/A")],
        &[("location", "/login?again")],
        &[("location", "https://elsewhere.example/accounts/B")],
        &[("set-cookie", "x=B"), ("set-cookie", "shop=; Max-Age=0")],
        &[JSON],
    ] {
        assert_eq!(page(lines), Ok(()), "{lines:?}");
    }
    for lines in [
        [("location", "/accounts/B")].as_slice(),
        &[("x-account", "B")],
        &[("set-cookie", "shop=B")],
        &[("x-account", "A"), ("location", "/accounts/A%2f..%2fB")],
    ] {
        assert_eq!(page(lines), Err(Refusal::LoginRefused), "{lines:?}");
    }
}

#[test]
fn a_look_gives_no_session_where_only_a_body_would_tell_whose() {
    let route = route(
        r#"{"logins": [{"path": "/a", "answer": [{"json": ["x"]}]}, {"path": "/b", "answer": [{"json": ["x"]}, {"header": "y"}]}]}"#,
    );
    for (path, is_barred) in [("/a", true), ("/a.json", true), ("/b", false), ("/c", false)] {
        assert_eq!(Request::get(path).decide(&route).unwrap().bars_sessions(), is_barred, "{path}");
    }
    assert!(!Request::post("/a", "text/plain", b"x").decide(&route).unwrap().bars_sessions());
}

const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");

#[test]
fn an_answer_that_names_the_account_lets_in() {
    for lines in [
        [("location", "/accounts/A")].as_slice(),
        &[("location", "/Accounts/%41/x?y=B#z")],
        &[("location", "/accounts/A/caf\u{e9} x")],
        &[("location", "https://app.example:9000/accounts/A")],
        &[("location", "http://A.P.example.com/accounts/A/")],
        &[("location", "http://127.0.0.1:9000/accounts/A")],
        &[("location", "/"), ("x-account", "A")],
        &[("location", "https://elsewhere.example/accounts/B"), ("x-account", "A")],
        &[("set-cookie", "shop=A; Path=/; HttpOnly"), ("set-cookie", "x=B")],
        &[("set-cookie", "shop=\"%41\"")],
        &[("content-type", "text/html; charset=iso-8859-1"), ("x-account", "A")],
    ] {
        assert!(judge(lines, b"<html>"), "{lines:?}");
    }
    assert!(judge(&[JSON], br#"{"user":{"account":"A"},"x":{"account":"B"}}"#));
    assert!(judge(&[JSON, ("set-cookie", "shop=A"), ("x-account", "A"), ("location", "/accounts/A")], b""));
}

#[test]
fn an_answer_that_names_nobody_or_another_does_not() {
    for lines in [
        [].as_slice(),
        &[("location", "/accounts/B")],
        &[("location", "/accounts")],
        &[("location", "/accounts/")],
        &[("location", "/login?error=1")],
        &[("location", "https://elsewhere.example/accounts/A")],
        &[("location", "https://app.example@elsewhere.example/accounts/A")],
        &[("location", "/\\elsewhere.example/accounts/A")],
        &[("location", "accounts/A"), ("x-account", "A")],
        &[("location", "/accounts/A"), ("location", "/accounts/A")],
        &[("location", "/x/..//accounts/B"), ("x-account", "A")],
        &[("location", "/accounts/A%2f..%2fB")],
        &[("location", "/accounts/A"), ("x-account", "B")],
        &[("x-account", "A"), ("x-account", "A")],
        &[("x-account", "A, B")],
        &[("x-account", "A"), ("set-cookie", "shop=B")],
        &[("set-cookie", "shop=A"), ("set-cookie", "shop=B")],
        &[("set-cookie", "shop=A"), ("set-cookie", "shop[]=B")],
        &[("set-cookie", "shop=; Max-Age=0")],
        &[("set-cookie", "x=A; shop=A")],
    ] {
        assert!(!judge(lines, b"wrong password"), "{lines:?}");
    }
}

#[test]
fn a_body_that_is_said_to_be_json_is_read_in_one_way_or_refused() {
    for body in [
        br#"{"user":{"account":"B"}}"#.as_slice(),
        br#"{"user":{"account":"A","account":"A"}}"#,
        br#"{"user":{"account":["A"]}}"#,
        br#"{"user":{"account":"A"}"#,
        br#"{"error":"wrong password"}"#,
        b"null",
    ] {
        assert!(!judge(&[JSON], body), "{}", String::from_utf8_lossy(body));
    }
    let good = br#"{"user":{"account":"A"}}"#;
    assert!(!judge(&[("content-type", "text/html")], good));
    assert!(!judge(&[JSON, ("content-encoding", "gzip")], good));
    assert!(!judge(&[("content-type", "application/json; charset=utf-16"), ("x-account", "A")], good));
    assert!(!judge(&[JSON, ("x-account", "A")], b"{"));
}

proptest! {
    #[test]
    fn no_answer_makes_it_panic(location in "[ -~]{0,30}", cookie in "[ -~]{0,30}", body: Vec<u8>) {
        judge(&[JSON, ("location", &location), ("set-cookie", &cookie)], &body);
    }

    #[test]
    fn an_answer_that_names_another_never_lets_in(account in "[B-Z][a-z]{0,5}", place in 0..4_usize, own in any::<[bool; 3]>()) {
        let location = format!("/accounts/{account}");
        let cookie = format!("shop={account}");
        let body = format!(r#"{{"user":{{"account":"{account}"}}}}"#);
        let foreign = [("location", location.as_str()), ("x-account", &account), ("set-cookie", &cookie), JSON];
        let fine = [("location", "/accounts/A"), ("x-account", "A"), ("set-cookie", "shop=A")];
        let mut lines: Vec<_> = fine.into_iter().zip(own).enumerate().filter(|(at, (_, is))| *is && *at != place).map(|(_, (line, _))| line).collect();
        lines.push(foreign[place]);
        let lets_in = judge(&lines, if place == 3 { body.as_bytes() } else { b"" });
        prop_assert!(!lets_in);
    }
}
