//! What a person sees: headless Chromium logs in to both cash registers, over HTTP/2, without a warning.

use anyhow::{Result, ensure};
use fantoccini::{Client, Locator};
use marque_tests::browser::Browser;
use marque_tests::installation::{Engine, Installation, Tenancy};

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
    ensure!(text(&browser.client, "#who").await? == tenancies[0].person.email);
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
    ensure!(text(client, "h1").await? == person.shop);
    ensure!(client.current_url().await?.as_str() == format!("{base}/accounts/{}/till", person.account));
    let form = client.form(Locator::Css("#sale")).await?;
    form.set_by_name("article", "pain de campagne").await?;
    form.set_by_name("cents", "420").await?;
    form.submit().await?;
    ensure!(text(client, "#total").await? == "4.20 EUR");
    let protocol =
        client.execute("return performance.getEntriesByType('navigation')[0].nextHopProtocol", vec![]).await?;
    ensure!(protocol == "h2", "the page came over {protocol}");
    Ok(())
}

async fn text(client: &Client, selector: &str) -> Result<String> {
    Ok(client.wait().for_element(Locator::Css(selector)).await?.text().await?)
}
