//! What a person sees: headless Chromium logs in to both cash registers, over HTTP/2, without a warning.

use std::time::Duration;

use anyhow::{Result, ensure};
use fantoccini::{Client, Locator};
use marque_tests::browser::Browser;
use marque_tests::installation::{Engine, Installation, Tenancy};
use marque_tests::wait::until;

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_logs_in_to_both_cash_registers_over_http2() -> Result<()> {
    let installation = Installation::start(Engine::Sqlite).await?;
    let tenancies = installation.open_both().await?;
    let browser = Browser::start(&installation.pebble.issuing_root).await?;
    for tenancy in &tenancies {
        let base = format!("https://{}", installation.visitor.authority_of(&tenancy.platform_host()));
        sells_something(&browser.client, &base, tenancy).await?;
    }
    // The baker is still logged in at its own address, after the miller has been at another.
    let base = format!("https://{}", installation.visitor.authority_of(&tenancies[0].platform_host()));
    browser.client.goto(&format!("{base}/")).await?;
    shows(&browser.client, "#who", tenancies[0].person.email).await?;
    browser.close().await
}

async fn sells_something(client: &Client, base: &str, tenancy: &Tenancy) -> Result<()> {
    let person = tenancy.person;
    client.goto(&format!("{base}/")).await?;
    let form = client.form(Locator::Css("#login")).await?;
    form.set_by_name("account", person.account).await?;
    form.set_by_name("email", person.email).await?;
    form.set_by_name("password", person.password).await?;
    form.submit().await?;
    shows(client, "h1", person.shop).await?;
    ensure!(client.current_url().await?.as_str() == format!("{base}/accounts/{}/till", person.account));
    let form = client.form(Locator::Css("#sale")).await?;
    form.set_by_name("article", "pain de campagne").await?;
    form.set_by_name("cents", "420").await?;
    form.submit().await?;
    shows(client, "#total", "4.20 EUR").await?;
    let protocol =
        client.execute("return performance.getEntriesByType('navigation')[0].nextHopProtocol", vec![]).await?;
    ensure!(protocol == "h2", "the page came over {protocol}");
    Ok(())
}

/// Waits until an element says so: after a form was sent, the page before is still there for a moment.
async fn shows(client: &Client, selector: &str, expected: &str) -> Result<()> {
    until(&format!("{selector} shows {expected}"), Duration::from_secs(20), async || {
        let found = client.find(Locator::Css(selector)).await?.text().await?;
        ensure!(found == expected, "it shows {found}");
        Ok(true)
    })
    .await
}
