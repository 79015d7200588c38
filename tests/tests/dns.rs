//! A name that doesn't lead to us costs the CA nothing, and the API says in two languages what is wrong.

use std::time::Duration;

use anyhow::{Context, Result};
use http::Method;
use marque_tests::api::text;
use marque_tests::installation::{Engine, Installation};
use marque_tests::till::{FOURNIL, MOULIN};
use marque_tests::wait::eventually;
use serde_json::Value;

const HOST: &str = "fournil.localhost";

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_name_costs_no_request_to_the_ca_and_says_why() -> Result<()> {
    let installation = Installation::start(Engine::Sqlite).await?;
    let (operator, dns) = (&installation.operator, &installation.pebble.dns);
    let business = installation.open_business().await?;
    let fournil = business.open_tenancy(operator, FOURNIL).await?;
    let moulin = business.open_tenancy(operator, MOULIN).await?;
    let foreign = moulin.claim_custom_domain(operator, "moulin.localhost").await?;
    let foreign_target = text(&foreign, "/hostnames/0/dns/records/0/value")?;
    let before = installation.relay.passed().len();

    let domain = fournil.claim_custom_domain(operator, HOST).await?;
    let path = format!("/v1/domains/{}", text(&domain, "/id")?);
    dns.set_cname(HOST, &foreign_target).await?;
    reason(&installation, &path, 0, "txt_missing").await?;
    dns.set_a(&foreign_target, &["192.0.2.7"]).await?;
    reason(&installation, &path, 0, "wrong_target").await?;
    dns.clear_cname(HOST).await?;
    dns.set_a(HOST, &["192.0.2.7"]).await?;
    reason(&installation, &path, 0, "foreign_address").await?;
    dns.set_servfail(HOST).await?;
    let english = reason(&installation, &path, 0, "servfail").await?;
    let french = in_french(&installation, &path).await?;
    assert_ne!(english["message"], french["message"]);
    assert_eq!(english["code"], french["code"]);
    assert_eq!(installation.relay.passed().len(), before, "the CA was asked {:?}", installation.relay.passed());
    let issuances = operator.get(&format!("/v1/issuances?domain={}", text(&domain, "/id")?)).await?;
    assert_eq!(issuances["items"], serde_json::json!([]));

    let domain = operator.get(&path).await?;
    dns.clear_servfail(HOST).await?;
    dns.create_records_of(&domain).await?;
    operator.post(&format!("{path}/check"), serde_json::json!({})).await?;
    installation.until_served(HOST).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apex_is_proved_by_its_address_and_a_text_record() -> Result<()> {
    let installation = Installation::start(Engine::Sqlite).await?;
    let (operator, dns) = (&installation.operator, &installation.pebble.dns);
    let fournil = installation.open_business().await?.open_tenancy(operator, FOURNIL).await?;
    let domain = fournil.claim_custom_domain(operator, HOST).await?;
    let path = format!("/v1/domains/{}", text(&domain, "/id")?);
    dns.set_a(HOST, &["127.0.0.1"]).await?;
    reason(&installation, &path, 0, "txt_missing").await?;
    let domain = operator.get(&path).await?;
    let records = domain["hostnames"][0]["dns"]["records"].as_array().context("records")?;
    let proof = records.iter().find(|record| record["type"] == "TXT").context("a text record to create")?;
    let (name, value) = (text(proof, "/name")?, text(proof, "/value")?);
    dns.set_txt(&name, "somebody else's").await?;
    reason(&installation, &path, 0, "txt_wrong").await?;
    dns.set_txt(&name, &value).await?;
    operator.post(&format!("{path}/check"), serde_json::json!({})).await?;
    installation.until_served(HOST).await
}

#[tokio::test(flavor = "multi_thread")]
async fn s1_14_one_half_of_a_domain_never_waits_for_the_other() -> Result<()> {
    let installation = Installation::start(Engine::Sqlite).await?;
    let business = installation.open_business().await?;
    let fournil = business.open_tenancy(&installation.operator, FOURNIL).await?;
    let domain = fournil.claim_custom_domain(&installation.operator, HOST).await?;
    let www = text(&domain, "/hostnames/1/host")?;
    let target = text(&domain, "/hostnames/1/dns/records/0/value")?;
    installation.pebble.dns.set_servfail(HOST).await?;
    installation.pebble.dns.set_cname(&www, &target).await?;
    installation.until_served(&www).await?;
    assert!(installation.visitor.handshake(HOST, &["h2"]).await.is_err(), "the other half is not served");
    Ok(())
}

/// Waits until the API gives this reason for a hostname of a domain, and gives it whole.
async fn reason(installation: &Installation, path: &str, index: usize, code: &str) -> Result<Value> {
    // A look asked for by hand goes before the one that is due.
    installation.operator.post(&format!("{path}/check"), serde_json::json!({})).await?;
    eventually(&format!("{HOST} is refused for {code}"), Duration::from_secs(30), async || {
        let domain = installation.operator.get(path).await?;
        let reason = &domain["hostnames"][index]["dns"]["reason"];
        anyhow::ensure!(reason["code"] == code, "the reason is {reason}");
        Ok(Some(reason.clone()))
    })
    .await
}

async fn in_french(installation: &Installation, path: &str) -> Result<Value> {
    let reply = installation.operator.send(Method::GET, path, None, &[("accept-language", "fr")]).await?;
    let domain = reply.expect_success(path)?;
    domain.pointer("/hostnames/0/dns/reason").cloned().context("a reason in French")
}
