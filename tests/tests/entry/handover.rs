//! C16: before the handover a space is set up and nothing else, so that a partner uses nothing that it takes back.

use anyhow::{Context, Result, ensure};
use http::StatusCode;
use marque_tests::api::{Api, text};
use marque_tests::installation::{Engine, ISSUANCE, Installation};
use marque_tests::shop::{MONTH, Shop};
use marque_tests::till::FOURNIL;
use marque_tests::visitor::Connection;
use marque_tests::wait::until;
use serde_json::{Value, json};

use super::door::{BAKER, DEADLINE, Person, asserted, refused, ticket};
use super::{ask, post_ticket};

const TILL: &str = "/accounts/fournil/till";

#[tokio::test(flavor = "multi_thread")]
async fn before_the_handover_only_setup_passes_and_uses_nothing() -> Result<()> {
    let installation = Installation::start(Engine::Sqlite).await?;
    let business = installation.open_business().await?;
    let Shop { partner, goods, .. } = Shop::of(&installation.operator, &business, 2 * MONTH).await?;
    let order = partner.post("/v1/orders", goods.order("order", FOURNIL.email, 0)).await?;
    let tenant = text(&order, "/tenant")?;
    serve(&installation, &tenant).await?;
    let anne = Person::invited(&installation, &business).await?;
    installation.operator.post(&format!("/v1/tenants/{tenant}/setup-access"), json!({"member": anne.member})).await?;

    // Who knows the password is let in as little as who doesn't.
    let mut visitor = installation.visitor.http1(BAKER).await?;
    refused(&ask(&mut visitor, TILL).await?, (StatusCode::SERVICE_UNAVAILABLE, "being_set_up"))?;
    let page = visitor.log_in(&FOURNIL).await?;
    ensure!(page.status == StatusCode::SERVICE_UNAVAILABLE && page.text().contains("being set up"), "{}", page.text());
    ensure!(installation.till.journal().is_empty(), "{:?}", installation.till.journal());

    let mut setup = enter(&installation, &anne.api, &tenant).await?;
    assert_eq!(asserted(&setup.get("/echo").await?)?["entry"]["kind"], "setup");
    ensure!(setup.log_in(&FOURNIL).await?.status.is_redirection() && setup.get(TILL).await?.status == StatusCode::OK);
    let mut still_out = installation.visitor.http1(BAKER).await?;
    refused(&ask(&mut still_out, TILL).await?, (StatusCode::SERVICE_UNAVAILABLE, "being_set_up"))?;

    // The client takes it over: whoever set it up is out, and the client's login is the first use.
    let void = format!("/v1/orders/{}/void", text(&order, "/id")?);
    ensure!(licence(&partner, &order).await?["activated_at"].is_null(), "setting up uses nothing");
    installation.hand_over(&tenant, FOURNIL.email).await?;
    until("the space is the client's", DEADLINE, async || {
        Ok(installation.visitor.get(BAKER, "/echo").await?.status == StatusCode::OK)
    })
    .await?;
    refused(&ask(&mut setup, TILL).await?, (StatusCode::FORBIDDEN, "entry_ended"))?;
    ensure!(licence(&partner, &order).await?["activated_at"].is_null());
    let mut client = installation.visitor.http1(BAKER).await?;
    ensure!(client.log_in(&FOURNIL).await?.status.is_redirection());
    until("the first use has arrived", DEADLINE, async || {
        Ok(!licence(&partner, &order).await?["activated_at"].is_null())
    })
    .await?;
    let voided = partner.try_post(&void, json!({})).await?;
    assert_eq!((voided.status, &voided.body["code"]), (StatusCode::CONFLICT, &json!("licence-already-activated")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_only_set_up_is_taken_back() -> Result<()> {
    let installation = Installation::start(Engine::Sqlite).await?;
    let business = installation.open_business().await?;
    let Shop { partner, goods, .. } = Shop::of(&installation.operator, &business, 2 * MONTH).await?;
    let order = partner.post("/v1/orders", goods.order("order", FOURNIL.email, 0)).await?;
    let tenant = text(&order, "/tenant")?;
    serve(&installation, &tenant).await?;
    let anne = Person::invited(&installation, &business).await?;
    installation.operator.post(&format!("/v1/tenants/{tenant}/setup-access"), json!({"member": anne.member})).await?;
    let mut setup = enter(&installation, &anne.api, &tenant).await?;
    ensure!(setup.log_in(&FOURNIL).await?.status.is_redirection());
    let voided = partner.post(&format!("/v1/orders/{}/void", text(&order, "/id")?), json!({})).await?;
    assert_eq!(voided["state"], "voided", "{voided}");
    until("the space is gone, for whoever set it up too", DEADLINE, async || {
        Ok(setup.get(TILL).await?.status != StatusCode::OK)
    })
    .await
}

/// Serves a space at its platform name.
async fn serve(installation: &Installation, tenant: &str) -> Result<()> {
    let operator = &installation.operator;
    operator.post(&format!("/v1/tenants/{tenant}/bind"), json!({"account": FOURNIL.account})).await?;
    let name = json!({"tenant": tenant, "kind": "platform", "label": FOURNIL.account});
    operator.post("/v1/domains", name).await?;
    until(&format!("{BAKER} has a certificate"), ISSUANCE, async || {
        Ok(installation.visitor.get(BAKER, "/echo").await.is_ok())
    })
    .await
}

async fn enter(installation: &Installation, person: &Api, tenant: &str) -> Result<Connection> {
    let mut connection = installation.visitor.http1(BAKER).await?;
    let entered = post_ticket(&mut connection, &ticket(person, tenant).await?).await?;
    ensure!(entered.status == StatusCode::SEE_OTHER, "{}: {}", entered.status, entered.text());
    Ok(connection)
}

async fn licence(partner: &Api, order: &Value) -> Result<Value> {
    let licence = order["licence"].as_str().context("the order's licence")?;
    partner.get(&format!("/v1/licences/{licence}")).await
}
