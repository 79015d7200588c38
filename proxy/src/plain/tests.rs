use http_body_util::BodyExt;
use marque_config::certificate::Challenge;
use marque_config::feed::Record;

use super::*;
use crate::test_support::{snapshot, tenant};

const TOKEN: &str = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";

fn directory(state: TenantState) -> Directory {
    let directory = Directory::default();
    let mut records = tenant(1, "a.example.com", state);
    records.extend(tenant(2, "b.example.com", state));
    records.push(Record::Challenge(Challenge {
        host: "a.example.com".parse().unwrap(),
        token: TOKEN.into(),
        key_authorization: format!("{TOKEN}.thumbprint"),
    }));
    directory.apply(snapshot(1, records));
    directory
}

fn ask(directory: &Directory, method: &str, host: &str, target: &str) -> Response<Full<Bytes>> {
    let request = Request::builder().method(method).uri(target).header(HOST, host).body(()).unwrap();
    answer(directory, &request)
}

async fn body(answer: Response<Full<Bytes>>) -> String {
    String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn a_challenge_is_answered_for_its_host_in_every_state_of_the_tenant() {
    let path = format!("{CHALLENGES}{TOKEN}");
    for state in [TenantState::Active, TenantState::Suspended, TenantState::Provisioning] {
        let directory = directory(state);
        for host in ["a.example.com", "A.Example.com.", "a.example.com:5080"] {
            let found = ask(&directory, "GET", host, &path);
            assert_eq!(found.status(), StatusCode::OK, "{host}");
            assert_eq!(body(found).await, format!("{TOKEN}.thumbprint"));
        }
    }
}

#[test]
fn below_the_challenges_path_there_is_nothing_else() {
    let directory = directory(TenantState::Active);
    for (method, host, target) in [
        ("GET", "b.example.com", format!("{CHALLENGES}{TOKEN}")),
        ("GET", "a.example.com", format!("{CHALLENGES}other")),
        ("GET", "a.example.com", CHALLENGES.to_owned()),
        ("POST", "a.example.com", format!("{CHALLENGES}other")),
        ("GET", "a.example.com", format!("{CHALLENGES}{TOKEN}/x")),
        ("GET", "a.example.com", format!("{CHALLENGES}../{TOKEN}")),
    ] {
        let answer = ask(&directory, method, host, &target);
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method} {host} {target}");
    }
    let posted = ask(&directory, "POST", "a.example.com", &format!("{CHALLENGES}{TOKEN}"));
    assert_eq!(posted.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[test]
fn a_known_host_is_sent_to_https_with_its_target() {
    let directory = directory(TenantState::Suspended);
    for method in ["GET", "POST", "DELETE"] {
        let answer = ask(&directory, method, "a.example.com:80", "/orders?state=open&x=%2F");
        assert_eq!(answer.status(), StatusCode::PERMANENT_REDIRECT);
        assert_eq!(answer.headers()[LOCATION], "https://a.example.com/orders?state=open&x=%2F");
    }
}

#[test]
fn an_unknown_or_closed_host_gets_one_and_the_same_answer() {
    let closed = directory(TenantState::Closed);
    for host in ["a.example.com", "unknown.example.com"] {
        assert_eq!(ask(&closed, "GET", host, "/").status(), StatusCode::NOT_FOUND);
    }
}

#[test]
fn a_host_with_two_readings_is_refused() {
    let directory = directory(TenantState::Active);
    for host in [
        "",
        "a.example.com, b.example.com",
        "a.example.com:x",
        "u@a.example.com",
        "a.example.com:+80",
        "a.example.com:",
        "[::1]",
    ] {
        assert_eq!(ask(&directory, "GET", host, "/").status(), StatusCode::BAD_REQUEST, "{host}");
    }
    assert_eq!(ask(&directory, "GET", "a.example.com", "http://a.example.com/").status(), StatusCode::BAD_REQUEST);
    assert_eq!(ask(&directory, "OPTIONS", "a.example.com", "*").status(), StatusCode::BAD_REQUEST);
    let twice = Request::builder().header(HOST, "a.example.com").header(HOST, "a.example.com").body(()).unwrap();
    assert_eq!(answer(&directory, &twice).status(), StatusCode::BAD_REQUEST);
    let none = Request::builder().body(()).unwrap();
    assert_eq!(answer(&directory, &none).status(), StatusCode::BAD_REQUEST);
}
