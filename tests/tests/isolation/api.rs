//! Every endpoint that the API's description names, asked by everybody.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use http::Method;
use marque_tests::api::{Api, text};
use marque_tests::authority::{Authority, Leaf};
use marque_tests::installation::{Business, Engine, Installation};
use marque_tests::till::{FOURNIL, policy};
use serde_json::{Value, json};

const PARTNER: [&str; 8] = [
    "partners:read",
    "partners:write",
    "tenants:read",
    "tenants:write",
    "domains:read",
    "domains:write",
    "tokens:read",
    "tokens:write",
];
const APPLICATION: [&str; 2] = ["tenants:read", "tenants:bind"];

/// Somebody with a token, as the table calls them.
struct Caller {
    name: &'static str,
    api: Api,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_answers_everybody_as_the_table_says() -> Result<()> {
    let installation = Installation::start(Engine::Sqlite).await?;
    let business = installation.open_business().await?;
    let callers = callers(&installation, &business).await?;
    let described = installation.operator.get("/v1/openapi.json").await?;
    let leaf = Authority::new("A CA")?.issue(&["else.localhost"])?;
    let mut table = String::new();
    for (method, path) in operations(&described)? {
        write!(table, "{method} {path}")?;
        for caller in &callers {
            // Objects of their own for each question: what one caller does is nothing to the next.
            let asked = filled(&installation.operator, &business, &path).await?;
            let body = (method != Method::GET && method != Method::DELETE).then(|| body(&path, &asked, &leaf));
            let status = caller.api.status(method.clone(), &asked, body).await?;
            write!(table, " | {} {}", caller.name, status.as_u16())?;
        }
        writeln!(table)?;
    }
    insta::assert_snapshot!("api", table);
    Ok(())
}

fn operations(described: &Value) -> Result<Vec<(Method, String)>> {
    let paths = described["paths"].as_object().context("a description has paths")?;
    let mut operations = Vec::new();
    for (path, methods) in paths {
        for method in methods.as_object().into_iter().flatten().map(|(method, _)| method.to_uppercase()) {
            operations.push((method.parse()?, path.clone()));
        }
    }
    Ok(operations)
}

/// A body that is good enough for the object itself to be looked at, where an empty one isn't.
fn body(path: &str, asked: &str, leaf: &Leaf) -> Value {
    match path {
        "/v1/tenants/{id}/bind" => json!({"account": asked}),
        "/v1/domains/{id}/certificate" => json!({"chain": leaf.chain, "key": leaf.key}),
        _ => json!({}),
    }
}

async fn callers(installation: &Installation, business: &Business) -> Result<Vec<Caller>> {
    let operator = &installation.operator;
    let stranger = operator.post("/v1/partners", json!({"name": "Autre", "brand": {"name": "Autre"}})).await?;
    let other = json!({"name": "other", "policy": policy(installation.till.address(), 8443)});
    let other = operator.post("/v1/applications", other).await?;
    let owner = format!("partner:{}", business.partner);
    let stranger = format!("partner:{}", text(&stranger, "/id")?);
    let application = format!("application:{}", business.application);
    let other = format!("application:{}", text(&other, "/id")?);
    let mut callers = vec![Caller { name: "operator", api: operator.clone() }];
    for (name, principal, scopes) in [
        ("partner", &owner, &PARTNER[..]),
        ("another partner", &stranger, &PARTNER[..]),
        ("application", &application, &APPLICATION[..]),
        ("another application", &other, &APPLICATION[..]),
    ] {
        callers.push(Caller { name, api: operator.with_token(token(operator, principal, scopes).await?) });
    }
    let edge = std::fs::read_to_string(installation.site.edge_token())?;
    callers.push(Caller { name: "edge", api: operator.with_token(edge.trim()) });
    callers.push(Caller { name: "nobody", api: operator.with_token("") });
    Ok(callers)
}

async fn token(operator: &Api, principal: &str, scopes: &[&str]) -> Result<String> {
    let body = json!({"name": principal, "principal": principal, "scopes": scopes});
    text(&operator.post("/v1/tokens", body).await?, "/token")
}

/// The path with the id of a fresh object of the partner's in it.
async fn filled(operator: &Api, business: &Business, path: &str) -> Result<String> {
    let made = |value: Value| text(&value, "/id");
    // Who asked before may have suspended it.
    operator.status(Method::POST, &format!("/v1/partners/{}/resume", business.partner), Some(json!({}))).await?;
    let id = match path.split('/').nth(2).unwrap_or_default() {
        "applications" => business.application.clone(),
        "partners" => business.partner.clone(),
        "tenants" => tenant(operator, business).await?,
        "domains" | "issuances" => {
            let tenant = tenant(operator, business).await?;
            let body = json!({"tenant": tenant, "kind": "custom", "host": format!("{}.localhost", &tenant[4..])});
            made(operator.post("/v1/domains", body).await?)?
        }
        "tokens" => {
            let principal = format!("partner:{}", business.partner);
            let body = json!({"name": "one more", "principal": principal, "scopes": ["tenants:read"]});
            made(operator.post("/v1/tokens", body).await?)?
        }
        _ => String::new(),
    };
    let query = match path {
        "/v1/issuances" => format!("?domain={id}"),
        "/v1/edge/feed" => "?proxy=table".to_owned(),
        _ => String::new(),
    };
    Ok(format!("{}{query}", path.replace("{id}", &id)))
}

async fn tenant(operator: &Api, business: &Business) -> Result<String> {
    let body = json!({"partner": business.partner, "application": business.application, "name": FOURNIL.shop});
    text(&operator.post("/v1/tenants", body).await?, "/id")
}
