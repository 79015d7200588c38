//! C16: what was used at its address is not taken back, whoever is killed between the use and its arrival.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use http::StatusCode;
use marque_tests::api::{Api, text};
use marque_tests::installation::{Business, Engine, ISSUANCE, Installation};
use marque_tests::shop::{MONTH, Shop};
use marque_tests::till::FOURNIL;
use marque_tests::wait::until;
use serde_json::{Value, json};

const BAKER: &str = "fournil.p.localhost";
const DEADLINE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_used_is_not_taken_back() -> Result<()> {
    let mut installation = Installation::start(Engine::Sqlite).await?;
    let business = installation.open_business().await?;
    let (partner, order) = order(&installation.operator, &business).await?;
    let tenant = text(&order, "/tenant")?;
    open(&installation, &tenant).await?;

    // Before the handover nobody is let in, whatever they know.
    let refused = installation.visitor.http1(BAKER).await?.log_in(&FOURNIL).await?;
    ensure!(refused.status == StatusCode::SERVICE_UNAVAILABLE, "{}: {}", refused.status, refused.text());
    let void = format!("/v1/orders/{}/void", text(&order, "/id")?);
    installation.hand_over(&tenant, "anne@fournil.example").await?;
    until("the space is theirs", DEADLINE, async || {
        Ok(installation.visitor.get(BAKER, "/echo").await?.status == StatusCode::OK)
    })
    .await?;
    ensure!(order_of(&partner, &order).await?["activated_at"].is_null());

    // The control plane is dead when the space is used, and the proxy dies with the answer.
    installation.control.kill()?;
    log_in(&installation).await?;
    installation.proxy.kill()?;
    installation.control.start().await?;
    installation.proxy.start().await?;
    until("the first use has arrived", DEADLINE, async || {
        Ok(!order_of(&partner, &order).await?["activated_at"].is_null())
    })
    .await?;
    let voided = partner.try_post(&void, json!({})).await?;
    assert_eq!(voided.status, StatusCode::CONFLICT, "{}", voided.body);
    assert_eq!(voided.body["code"], "licence-already-activated");
    Ok(())
}

/// A partner's token, and an order that it placed.
async fn order(operator: &Api, business: &Business) -> Result<(Api, Value)> {
    let Shop { partner, goods, .. } = Shop::of(operator, business, 2 * MONTH).await?;
    let order = partner.post("/v1/orders", goods.order("order", "anne@fournil.example", 0)).await?;
    Ok((partner, order))
}

/// Serves the order's space at its platform name.
async fn open(installation: &Installation, tenant: &str) -> Result<()> {
    let operator = &installation.operator;
    operator.post(&format!("/v1/tenants/{tenant}/bind"), json!({"account": FOURNIL.account})).await?;
    let name = json!({"tenant": tenant, "kind": "platform", "label": FOURNIL.account});
    operator.post("/v1/domains", name).await?;
    until(&format!("{BAKER} has a certificate"), ISSUANCE, async || {
        Ok(installation.visitor.get(BAKER, "/echo").await.is_ok())
    })
    .await
}

async fn log_in(installation: &Installation) -> Result<()> {
    let answer = installation.visitor.http1(BAKER).await?.log_in(&FOURNIL).await?;
    ensure!(answer.status.is_redirection(), "{}: {}", answer.status, answer.text());
    Ok(())
}

async fn order_of(partner: &Api, order: &Value) -> Result<Value> {
    let licence = order["licence"].as_str().context("the order's licence")?;
    partner.get(&format!("/v1/licences/{licence}")).await
}
