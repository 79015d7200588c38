//! Logins, read whole in both directions.

use std::time::Duration;

use marque_config::tenant::TenantState;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::{Edge, HOST, edge, get, post};
use crate::serve::tests::application::read_head;

#[tokio::test]
async fn a_login_reaches_its_visitor_only_when_it_lets_in_the_account() {
    let policy = r#"{"logins":[{"path":"/login","request":[{"form":"account"}],"answer":[{"header":"x-account"}]},
        {"path":"/login-b","answer":[{"header":"x-account"}]}]}"#;
    let (application, edge) = edge(policy).await;
    let mut client = edge.http1();
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    client.say(post("/login", &format!("{form}Content-Length: 9\r\nAccept-Encoding: gzip\r\n"), "account=a")).await;
    let (head, body) = client.answer().await;
    assert!(head.starts_with("HTTP/1.1 200") && body == "welcome", "{head}{body}");
    assert_eq!(application.field("Accept-Encoding").as_deref(), Some("identity"));
    assert_eq!(application.field("Content-Length").as_deref(), Some("9"));
    client.say(post("/login", &format!("{form}Transfer-Encoding: chunked\r\n"), "9\r\naccount=b\r\n0\r\n\r\n")).await;
    assert_eq!(client.status().await, 404);
    assert_eq!(application.got().len(), 1);
    client.say(post("/login-b", &format!("{form}Content-Length: 6\r\n"), "user=x")).await;
    let (head, body) = client.answer().await;
    assert!(head.starts_with("HTTP/1.1 403") && !body.contains("secret") && !head.contains("till"), "{head}{body}");
    client.say(post("/login", &format!("{form}Content-Length: 70000\r\n"), "")).await;
    assert_eq!(client.status().await, 413);
}

#[tokio::test]
async fn a_look_that_lets_in_another_account_is_refused_without_its_answer() {
    let policy = r#"{"logins":[{"path":"/login","answer":[{"header":"x-account"}]},
        {"path":"/login-b","answer":[{"header":"x-account"}]}]}"#;
    let (application, edge) = edge(policy).await;
    let mut client = edge.http1();
    client.say(get("/login")).await;
    assert_eq!(client.status().await, 200);
    for method in ["GET", "HEAD"] {
        let mut client = edge.http1();
        client.say(format!("{method} /login-b HTTP/1.1\r\nHost: {HOST}\r\n\r\n")).await;
        let answer = client.rest().await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{method}: {answer}");
        assert!(!answer.contains("secret") && !answer.contains("till") && !answer.contains("x-account"), "{answer}");
    }
    assert_eq!(application.got().len(), 3);
}

#[tokio::test]
async fn a_login_that_its_head_refuses_is_answered_before_its_body() {
    let policy =
        r#"{"selectors":[{"query":"account"}],"logins":[{"path":"/login","answer":[{"header":"x-account"}]}]}"#;
    let (_, edge) = edge(policy).await;
    let at_once = |path: &'static str| async {
        let mut client = edge.http1();
        client.say(post(path, "Content-Length: 9\r\n", "")).await;
        timeout(Duration::from_secs(5), client.status()).await.unwrap()
    };
    assert_eq!(at_once("/login?account=b").await, 404);
    edge.know(TenantState::Suspended);
    assert_eq!(at_once("/login").await, 403);
}

/// What can be read in two ways is judged in neither.
#[tokio::test]
async fn an_ambiguous_answer_to_a_login_is_no_answer() {
    let policy = r#"{"logins":[{"path":"/login","answer":[{"header":"x-account"}]}]}"#;
    for fields in [
        "Content-Length: 3\r\nContent-Length: 5",
        "Content-Length: 3\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: identity",
    ] {
        let edge = Edge::before_one(policy, move |mut stream| async move {
            read_head(&mut stream).await;
            let answer = format!("HTTP/1.1 200 OK\r\nX-Account: a\r\n{fields}\r\n\r\nabcde");
            stream.write_all(answer.as_bytes()).await.unwrap();
        })
        .await;
        let mut client = edge.http1();
        client.say(post("/login", "Content-Length: 0\r\n", "")).await;
        let (head, body) = client.answer().await;
        assert!(head.starts_with("HTTP/1.1 502 ") && !body.contains("abc"), "{fields}: {head}{body}");
    }
}
