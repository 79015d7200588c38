//! Bad input anywhere gets one clear error that names the field, and nothing is half written.

use std::process::Command;

use anyhow::{Context, Result};
use http::{Method, StatusCode};
use marque_tests::api::{Api, text};
use marque_tests::component::own;
use marque_tests::installation::{Engine, Installation};
use marque_tests::till::{FOURNIL, policy};
use serde_json::{Value, json};

#[test]
fn wrong_settings_end_a_process_with_one_line_that_names_the_key() -> Result<()> {
    for (binary, settings, key) in [
        ("marque-proxy", "[listen]\nhttps = [\"nowhere\"]", "listen.https[0]"),
        ("marque-proxy", "[limits]\nhead_size = \"much\"", "limits.head_size"),
        ("marque-proxy", "[feed]\nurl = \"http://control.example\"", "feed.url"),
        ("marque-control-plane", "[listen]\napi = \"0.0.0.0:8600\"", "listen.api"),
        ("marque-control-plane", "[database]\nurl = \"mysql://x\"", "database.url"),
        ("marque-control-plane", "[acme]\ndirectory = \"https://ca.example\"", "acme.terms_agreed"),
    ] {
        let directory = tempfile::tempdir()?;
        let file = directory.path().join("settings.toml");
        std::fs::write(&file, settings)?;
        for command in ["check", "serve"] {
            let output = Command::new(own(binary)?).arg(command).arg("--settings").arg(&file).output()?;
            let said = String::from_utf8(output.stderr)?;
            assert_eq!(output.status.code(), Some(64), "{binary} {command}: {said}");
            assert_eq!(said.trim_end().lines().count(), 1, "{binary} {command}: {said}");
            assert!(said.contains(key), "{binary} {command} names {key}: {said}");
        }
        assert_eq!(std::fs::read_dir(directory.path())?.count(), 1, "{binary} wrote nothing");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_bodies_are_refused_with_the_field_and_leave_nothing() -> Result<()> {
    let installation = Installation::start(Engine::Sqlite).await?;
    let operator = &installation.operator;
    let business = installation.open_business().await?;
    let tenant = business.open_tenancy(operator, FOURNIL).await?.id;
    let good_policy = policy(installation.till.address(), 8443);
    let mut bad_policy = good_policy.clone();
    bad_policy["selectors"][0]["path"] = json!("/accounts");
    let mut odd_policy = good_policy;
    odd_policy["colour"] = json!("red");
    let domain = |host: &str| json!({"tenant": tenant, "kind": "custom", "host": host});
    let platform = |label: &str| json!({"tenant": tenant, "kind": "platform", "label": label});
    let before = counts(operator).await?;
    for (path, body, pointer) in [
        ("/v1/partners", json!({"name": "x", "brand": {"name": "x"}, "colour": "red"}), "/colour"),
        ("/v1/partners", json!({"name": "", "brand": {"name": "x"}}), "/name"),
        ("/v1/partners", json!({"brand": {"name": "x"}}), "/name"),
        ("/v1/partners", json!({"name": "nul\u{0}", "brand": {"name": "x"}}), "/name"),
        ("/v1/applications", json!({"name": "x", "policy": bad_policy}), "/policy/selectors/0"),
        ("/v1/applications", json!({"name": "x", "policy": odd_policy}), "/policy/colour"),
        ("/v1/tenants", json!({"partner": "nobody", "application": business.application, "name": "x"}), "/partner"),
        ("/v1/domains", domain("192.0.2.1"), "/host"),
        ("/v1/domains", domain("a..b"), "/host"),
        ("/v1/domains", domain("*.example.com"), "/host"),
        ("/v1/domains", domain("shop.p.localhost"), "/host"),
        ("/v1/domains", domain(&format!("{}.example", "a".repeat(64))), "/host"),
        ("/v1/domains", platform("a.b"), "/label"),
        ("/v1/domains", platform("-a"), "/label"),
        ("/v1/domains", platform("www"), "/label"),
    ] {
        let reply = operator.try_post(path, body.clone()).await?;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {body}: {}", reply.body);
        let kind = reply.headers.get("content-type").context("a type")?.to_str()?.to_owned();
        assert!(kind.starts_with("application/problem+json"), "{kind}");
        let named: Vec<_> = reply.body["errors"].as_array().into_iter().flatten().map(|it| &it["pointer"]).collect();
        assert_eq!(named, [&json!(pointer)], "{path} {body}: {}", reply.body);
    }
    assert_eq!(counts(operator).await?, before, "nothing is half written");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_made_once_under_its_key() -> Result<()> {
    let installation = Installation::start(Engine::Sqlite).await?;
    let operator = &installation.operator;
    let body = json!({"name": "Comptoir", "brand": {"name": "Comptoir"}});
    let other = json!({"name": "Autre", "brand": {"name": "Autre"}});
    let post = async |body: &Value, fields: &[(&str, &str)]| {
        operator.send(Method::POST, "/v1/partners", Some(body.clone()), fields).await
    };
    assert_eq!(post(&body, &[]).await?.status, StatusCode::BAD_REQUEST, "a key is needed");
    let first = post(&body, &[("idempotency-key", "k")]).await?;
    let again = post(&body, &[("idempotency-key", "k")]).await?;
    assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::CREATED));
    assert_eq!(text(&first.body, "/id")?, text(&again.body, "/id")?);
    assert_eq!(again.headers.get("idempotency-replayed").context("says so")?, "true");
    assert_eq!(post(&other, &[("idempotency-key", "k")]).await?.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(operator.get("/v1/partners").await?["items"].as_array().map(Vec::len), Some(1));
    Ok(())
}

async fn counts(operator: &Api) -> Result<Vec<usize>> {
    let mut counts = Vec::new();
    for path in ["/v1/partners", "/v1/applications", "/v1/tenants", "/v1/domains"] {
        counts.push(operator.get(path).await?["items"].as_array().context("a list")?.len());
    }
    Ok(counts)
}
