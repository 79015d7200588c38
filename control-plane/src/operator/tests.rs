//! The command line against an API that is really served.

use clap::Parser;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::tests::api::desk::{Desk, World};

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    operator: Operator,
}

/// A desk that is listened at, and the file with its operator's token.
struct Counter {
    desk: Desk,
    world: World,
    api: String,
    directory: tempfile::TempDir,
}

impl Counter {
    async fn open() -> Self {
        let desk = Desk::open().await;
        let world = desk.world().await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = format!("http://{}", listener.local_addr().unwrap());
        let router = desk.router.clone();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let directory = tempfile::tempdir().unwrap();
        let counter = Self { desk, world, api, directory };
        counter.keep(&counter.world.operator, 0o600);
        counter
    }

    fn keep(&self, token: &str, mode: u32) {
        let file = self.directory.path().join("token");
        std::fs::write(&file, format!("{token}\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    async fn run(&self, line: &str) -> Result<Value, ClientError> {
        let file = self.directory.path().join("token").display().to_string();
        let mut words = vec!["operator", "--api", &self.api, "--token-file", &file];
        words.extend(line.split_whitespace());
        Line::try_parse_from(words).unwrap().operator.run().await
    }
}

#[tokio::test]
async fn what_the_api_shows_and_does_is_shown_and_done() {
    let counter = Counter::open().await;
    let partner = &counter.world.partners[0].id;
    let listed = counter.run("partners list").await.unwrap();
    assert!(listed["items"].as_array().unwrap().iter().any(|it| it["id"] == json!(partner)));
    assert_eq!(counter.run(&format!("partners show {partner}")).await.unwrap()["id"], json!(partner));
    let tenant = &counter.world.partners[0].tenant;
    let line = format!("--key once post /v1/tenants/{tenant}/suspend --body {{\"reason\":\"late\"}}");
    let first = counter.run(&line).await.unwrap();
    assert_eq!((first["state"].as_str(), &counter.run(&line).await.unwrap()), (Some("suspended"), &first));
    let refused = counter.run("--language fr get /v1/tenants/ten_1").await.unwrap_err();
    assert!(refused.to_string().contains("n’existe pas") && refused.to_string().contains("(not-found)"), "{refused}");
}

#[tokio::test]
async fn the_trail_is_verified_and_compared_with_what_was_kept() {
    let counter = Counter::open().await;
    let kept = counter.run("audit verify").await.unwrap();
    let head = kept["head"].as_str().unwrap().to_owned();
    assert_eq!(kept["intact"], json!(true));
    counter.run(&format!("post /v1/tenants/{}/close", counter.world.partners[0].tenant)).await.unwrap();
    assert!(
        counter.run(&format!("audit verify --head {head}")).await.unwrap()["events"].as_i64() > kept["events"].as_i64()
    );
    let (seq, hash) = head.split_once(':').unwrap();
    let other = format!("audit verify --head {seq}:{}", hash.replace(|it: char| it.is_ascii_digit(), "a"));
    assert!(matches!(counter.run(&other).await, Err(ClientError::Broken(_))));
    let newest = counter.run("audit list").await.unwrap();
    assert_eq!(newest["items"][0]["object"], json!(counter.world.partners[0].tenant));
    let mut write = counter.desk.store.begin(&crate::kernel::actor::Actor::system("test"), 1).await.unwrap();
    sqlx::query("update audit_event set action = 'x' where seq = 2").execute(write.connection()).await.unwrap();
    write.commit().await.unwrap();
    let broken = counter.run("audit verify").await.unwrap_err();
    assert_eq!(broken.to_string(), "THE AUDIT TRAIL IS BROKEN: event 2: altered");
}

#[tokio::test]
async fn a_token_goes_over_no_open_network_and_lies_in_no_open_file() {
    let counter = Counter::open().await;
    counter.keep(&counter.world.operator, 0o644);
    assert!(matches!(counter.run("partners list").await, Err(ClientError::Token(_))));
    for api in ["http://example.net", "http://127.0.0.1.example.net", "ftp://127.0.0.1", "x"] {
        let words = ["operator", "--api", api, "--token-file", "x", "partners", "list"];
        let ran = Line::try_parse_from(words).unwrap().operator.run().await;
        assert!(matches!(ran, Err(ClientError::Address(_))), "{api}");
    }
    for id in ["../tokens", "a?b", "", "é"] {
        assert!(plain(id).is_err(), "{id}");
    }
}

#[test]
fn every_command_asks_what_the_description_has() {
    let described = serde_json::to_value(crate::routes::description()).unwrap();
    let lines = [
        "partners list",
        "partners show ptr_1",
        "partners approve ptr_1",
        "partners suspend ptr_1",
        "partners resume ptr_1",
        "partners close ptr_1",
        "orders list",
        "orders show ord_1",
        "orders blockers ord_1",
        "orders void ord_1 --dry-run",
    ];
    for line in lines {
        let words = std::iter::once("operator").chain(line.split_whitespace());
        let asked = match Line::try_parse_from(words).unwrap().operator.command {
            Command::Partners(partners) => partners.asked().unwrap(),
            Command::Orders(orders) => orders.asked().unwrap(),
            other => panic!("{other:?}"),
        };
        let path = asked.path.split('?').next().unwrap().replace("ptr_1", "{id}").replace("ord_1", "{id}");
        let method = asked.method.as_str().to_lowercase();
        assert!(described["paths"][&path][&method].is_object(), "{line}: {method} {path}");
    }
}

#[tokio::test]
async fn a_person_is_erased_by_their_address() {
    let counter = Counter::open().await;
    let member = json!({
        "partner": counter.world.partners[0].id, "email": "zoe@nord.example", "name": "Zoé", "rights": ["clients.manage"],
    });
    let member =
        counter.run(&format!("post /v1/members --body {}", member.to_string().replace(' ', ""))).await.unwrap();
    let erased = counter.run("erase --email zoe@nord.example").await.unwrap();
    assert_eq!(erased["user"], member["user"]);
    let user = counter.run(&format!("get /v1/users/{}", member["user"].as_str().unwrap())).await.unwrap();
    assert_eq!((&user["name"], &user["state"]), (&json!("—"), &json!("deactivated")));
}
