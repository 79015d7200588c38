//! Who may ask for what, of whose: every route of the description, asked by everybody, as a table that is committed. A
//! change to it is a change that somebody has read. What is another's and what nobody has are answered alike.

use std::fmt::Write;

use axum::http::Method;
use serde_json::{Value, json};

use super::desk::{Reply, everything};
use super::stage::{Sample, Stage};
use super::{idempotent, versions};
use crate::api::description;
use crate::model::actor::Actor;
use crate::model::principal::Principal;
use crate::model::token::TokenText;

/// Somebody with a token, as the table calls them.
struct Caller {
    name: &'static str,
    token: String,
}

/// Who asks for what is none of theirs.
async fn strangers(stage: &Stage) -> Vec<Caller> {
    let world = &stage.world;
    let policy = json!({ "upstreams": ["http://127.0.0.1:9000"] });
    let other = stage.made("/v1/applications", json!({ "name": "other", "policy": policy })).await;
    let application = |id: &str| Principal::Application(id.parse().unwrap());
    let token = async |principal| stage.desk.token(principal, &everything(principal)).await;
    vec![
        Caller { name: "nobody", token: String::new() },
        Caller { name: "edge", token: stage.edge.clone() },
        Caller { name: "another application", token: token(application(&other)).await },
        Caller { name: "another client", token: client(stage).await },
        Caller { name: "another partner", token: world.partners[1].token.clone() },
    ]
}

/// A client's people have sessions; a token stands for one here.
async fn client(stage: &Stage) -> String {
    let of: Principal = format!("tenant:{}", stage.world.partners[1].tenant).parse().unwrap();
    let token = stage.desk.token(Principal::Operator, "tenants:read").await;
    let mut write = stage.desk.store.begin(&Actor::system("test"), stage.desk.store.now_ms()).await.unwrap();
    sqlx::query("update api_token set principal = $1, scopes = $2 where hash = $3")
        .bind(of.to_string())
        .bind(everything(of))
        .bind(TokenText::parse(&token).unwrap().hash().as_str())
        .execute(write.connection())
        .await
        .unwrap();
    write.commit().await.unwrap();
    token
}

/// Every operation of the description.
fn operations() -> Vec<(Method, String)> {
    let document = serde_json::to_value(description()).unwrap();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let methods = methods.as_object().unwrap().keys().map(|method| method.to_uppercase().parse().unwrap());
        operations.extend(methods.map(|method| (method, path.clone())));
    }
    operations
}

/// A request that its owner may make; a question is asked about what another route's sample made.
async fn sample(stage: &Stage, method: &Method, route: &str) -> Option<Sample> {
    match *method {
        Method::POST => idempotent::sample(stage, route).await,
        Method::GET if route.contains("{id}") => asked(stage, route).await,
        Method::GET => Some(stage.by_partner(with_query(route), Value::Null)),
        _ => versions::sample(stage, method.as_str(), route).await,
    }
}

async fn asked(stage: &Stage, route: &str) -> Option<Sample> {
    let collection = route.split("{id}").next()?;
    for (method, sibling) in operations() {
        if method == Method::GET || !sibling.starts_with(&format!("{collection}{{id}}")) {
            continue;
        }
        if let Some(made) = Box::pin(sample(stage, &method, &sibling)).await {
            let id = made.path.strip_prefix(collection)?.split(['/', '?']).next()?;
            return Some(Sample { path: with_query(&route.replace("{id}", id)), body: Value::Null, ..made });
        }
    }
    None
}

fn with_query(path: &str) -> String {
    let query = match path.rsplit('/').next().unwrap_or_default() {
        "issuances" => "?domain=dom_00000000000000000000000000",
        "statements" => "?wallet=wal_00000000000000000000000000&month=2026-11",
        "offers" => "?country=FR",
        "search" => "?q=a",
        "diff" => "?against=plv_00000000000000000000000000",
        _ => "",
    };
    format!("{}{query}", path.replace("{country}", "FR").replace("{code}", "fr").replace("{number}", "1"))
}

async fn ask(stage: &Stage, method: &Method, sample: &Sample, (token, path): (&str, &str)) -> Reply {
    let body = (*method != Method::GET && *method != Method::DELETE).then(|| sample.body.clone());
    stage.desk.ask(method.clone(), token, path, body).await
}

/// The path of the same thing that nobody has; none where the path names nothing.
fn absent(path: &str) -> Option<String> {
    let at = path.find('_').filter(|at| path[at + 1..].len() >= 26 && path[..*at].len() > 4)?;
    Some(format!("{}_{}{}", &path[..at], "0".repeat(26), &path[at + 27..]))
}

async fn row(stage: &Stage, strangers: &[Caller], (method, route): &(Method, String)) -> String {
    let mut row = format!("{method} {route}");
    let Some(made) = sample(stage, method, route).await else { return row + " | shown elsewhere" };
    for caller in strangers {
        let reply = ask(stage, method, &made, (&caller.token, &made.path)).await;
        // What is for everybody stands in the table as such.
        if let Some(path) = absent(&made.path).filter(|_| !reply.status.is_success()) {
            let nothing = ask(stage, method, &made, (&caller.token, &path)).await;
            assert_eq!(reply.refusal(), nothing.refusal(), "{}: {method} {path}", caller.name);
        }
        write!(row, " | {} {}", caller.name, reply.status.as_u16()).unwrap();
    }
    let owner = ask(stage, method, &made, (&stage.world.partners[0].token, &made.path)).await;
    write!(row, " | partner {}", owner.status.as_u16()).unwrap();
    if let Some(again) = sample(stage, method, route).await {
        let token = if made.token == stage.second { &stage.second } else { &stage.world.operator };
        let operator = ask(stage, method, &again, (token, &again.path)).await;
        write!(row, " | operator {}", operator.status.as_u16()).unwrap();
    }
    row
}

#[tokio::test]
async fn every_route_answers_everybody_as_the_table_says() {
    let stage = Stage::open().await;
    let strangers = strangers(&stage).await;
    let mut table = String::new();
    for operation in operations().iter().filter(|(_, route)| route != "/v1/edge/feed") {
        let row = row(&stage, &strangers, operation).await;
        writeln!(table, "{row}").unwrap();
    }
    insta::assert_snapshot!("rights", table);
}
