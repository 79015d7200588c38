//! What the edge answers itself: its contact form, and the application's.

use marque_config::settings::{Milliseconds, ProxySettings};
use marque_config::tenant::TenantState;
use tempfile::TempDir;

use super::application::Application;
use super::http1::{get, post};
use super::{Edge, HOST};

const FORM: &str = r#"{"contact_forms":[
    {"path":"/help","fields":{"email":"mail","text":"body","subject":"about"},"then":"/thanks"}]}"#;
const URLENCODED: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

struct Bench {
    application: Application,
    edge: Edge,
    _files: TempDir,
}

impl Bench {
    async fn new(change: impl FnOnce(&mut ProxySettings)) -> Self {
        let (application, files) = (Application::start().await, TempDir::new().unwrap());
        let edge = Edge::new(application.port, FORM, |settings| {
            settings.feed.outbox = Some(files.path().join("outbox"));
            change(settings);
        });
        Self { application, edge, _files: files }
    }

    /// The status of an answer on a connection of its own, and all of it.
    async fn ask(&self, request: impl AsRef<[u8]>) -> (u16, String) {
        let mut client = self.edge.http1();
        client.say(request).await;
        let (head, body) = client.answer().await;
        (head.split(' ').nth(1).unwrap().parse().unwrap(), head + &body)
    }

    async fn send(&self, path: &str, form: &str) -> (u16, String) {
        self.ask(post(path, &format!("{URLENCODED}Content-Length: {}\r\n", form.len()), form)).await
    }
}

#[tokio::test]
async fn the_form_is_there_in_every_state_but_closed_and_never_the_applications() {
    let bench = Bench::new(|_| {}).await;
    for (state, status) in [
        (TenantState::Active, 200),
        (TenantState::Suspended, 200),
        (TenantState::Provisioning, 200),
        (TenantState::Closed, 404),
    ] {
        bench.edge.know(state);
        let (seen, answer) = bench.ask(get("/.well-known/marque/contact")).await;
        assert_eq!((seen, answer.contains("name=\"form\"")), (status, status == 200), "{state:?} {answer}");
        assert_eq!(bench.send("/.well-known/marque/contact", "name=a").await.0, if status == 200 { 422 } else { 404 });
        assert_eq!(bench.ask(get("/.well-known/marque/nothing")).await.0, 404, "{state:?}");
    }
    bench.edge.know(TenantState::Active);
    for path in ["/.well-known//marque/contact", "/%2ewell-known/marque/contact", "/.well-known/marque"] {
        assert_eq!(bench.ask(get(path)).await.0, 404, "{path}");
    }
    let (status, answer) = bench.ask(get("/.well-known/marque/contact").replace("GET", "PUT")).await;
    assert!(status == 405 && answer.to_ascii_lowercase().contains("allow: get, head, post"), "{answer}");
    let mut client = bench.edge.http1();
    let head =
        get("/.well-known/marque/contact").replace("GET", "HEAD").replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    client.say(head).await;
    let answer = client.rest().await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\n"), "{answer}");
    assert_eq!(bench.application.got().len(), 0);
}

#[tokio::test]
async fn the_applications_form_is_answered_by_the_edge_and_nothing_else_is() {
    let bench = Bench::new(|_| {}).await;
    let multipart = "--x\r\nContent-Disposition: form-data; name=\"mail\"\r\n\r\nzoe@b.fr\r\n\
                     --x\r\nContent-Disposition: form-data; name=\"body\"\r\n\r\nBonjour\r\n--x--\r\n";
    let fields = format!("Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {}\r\n", multipart.len());
    bench.edge.know(TenantState::Suspended);
    for (status, answer) in [
        bench.send("/help", "mail=zoe%40b.fr&body=Bonjour").await,
        bench.send("/h%65lp/", "mail=zoe%40b.fr&body=Bonjour").await,
        bench.ask(post("/help", &fields, multipart)).await,
        bench.ask(post("/help", &format!("{fields}Expect: 100-continue\r\n"), multipart)).await,
    ] {
        let interim = answer.starts_with("HTTP/1.1 100");
        assert!(interim || (status == 303 && answer.to_ascii_lowercase().contains("location: /thanks")), "{answer}");
    }
    let (status, answer) = bench.send("/help", "mail=zoe&body=Bonjour&about=Panne").await;
    assert!(status == 422 && answer.contains("value=\"Panne\"") && answer.contains("id=\"email-error\""), "{answer}");
    assert_eq!(bench.send("/help", "nothing of it").await.0, 422);
    assert_eq!(bench.ask(post("/help", "Content-Type: text/plain\r\nContent-Length: 1\r\n", "a")).await.0, 400);
    bench.edge.know(TenantState::Active);
    assert_eq!(bench.ask(get("/help").replace("GET", "PUT")).await.0, 405);
    assert_eq!(bench.application.got().len(), 0);
    assert_eq!(bench.ask(get("/help")).await.0, 200);
    assert_eq!(bench.send("/other", "mail=a").await.0, 200);
    assert_eq!(bench.application.got().len(), 2);
}

#[tokio::test]
async fn a_connection_goes_on_after_a_message() {
    let bench = Bench::new(|_| {}).await;
    let mut client = bench.edge.http1();
    let form = "mail=zoe%40b.fr&body=Bonjour";
    let sent = post("/help", &format!("{URLENCODED}Content-Length: {}\r\n", form.len()), form);
    client.say([sent, get("/after")].concat()).await;
    assert_eq!((client.status().await, client.status().await), (303, 200));
}

#[tokio::test]
async fn a_message_that_does_not_come_in_is_cut() {
    let bench = Bench::new(|settings| settings.contact.deadline = Milliseconds::new(50)).await;
    let mut client = bench.edge.http1();
    client.say(post("/help", &format!("{URLENCODED}Content-Length: 9\r\n"), "mail")).await;
    let answer = client.rest().await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let mut client = bench.edge.http1();
    client
        .say(format!("POST /help HTTP/1.1\r\nHost: {HOST}\r\n{URLENCODED}Transfer-Encoding: chunked\r\n\r\nzz\r\n"))
        .await;
    let answer = client.rest().await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert_eq!(bench.application.got().len(), 0);
}
