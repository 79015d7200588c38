//! Power cuts: a proxy that starts with everything else dead, and a control plane that dies in the middle of an issuance.

use std::time::Duration;

use anyhow::{Result, ensure};
use http::StatusCode;
use marque_tests::installation::{Business, Engine, Installation};
use marque_tests::relay::Hold;
use marque_tests::till::FOURNIL;
use marque_tests::wait::until;

/// No issuance has more steps than this.
const STEPS: usize = 40;

/// How many installations share them.
const LANES: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_starts_with_everything_dead_serves_all_it_knew() -> Result<()> {
    let installation = Installation::start(Engine::Sqlite).await?;
    let [fournil, moulin] = installation.open_both().await?;
    fournil.add_custom_domain(&installation.operator, &installation.pebble.dns, "fournil.localhost").await?;
    let hosts =
        [fournil.platform_host(), moulin.platform_host(), "fournil.localhost".into(), "www.fournil.localhost".into()];
    for host in &hosts {
        installation.until_served(host).await?;
    }
    moulin.suspend(&installation.operator).await?;
    until("the proxy knows of the suspension", Duration::from_secs(5), async || {
        Ok(installation.visitor.get(&moulin.platform_host(), "/echo").await?.status == StatusCode::FORBIDDEN)
    })
    .await?;
    let Installation { mut control, mut proxy, relay, pebble, site, visitor, till: _till, .. } = installation;
    control.kill()?;
    drop((relay, pebble));
    for file in ["marque.db", "marque.db-wal", "marque.db-shm"] {
        let _ = std::fs::remove_file(site.directory.join(file));
    }
    proxy.kill()?;
    proxy.start().await?;
    for host in &hosts {
        let expected = if *host == moulin.platform_host() { StatusCode::FORBIDDEN } else { StatusCode::OK };
        assert_eq!(visitor.get(host, "/echo").await?.status, expected, "{host}");
    }
    let mut connection = visitor.http2(&fournil.platform_host()).await?;
    assert_eq!(connection.log_in(&FOURNIL).await?.status, StatusCode::SEE_OTHER);
    assert_eq!(connection.get("/accounts/fournil/till").await?.status, StatusCode::OK);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuance_survives_a_kill_before_each_of_its_requests() -> Result<()> {
    killed_at_each(Hold::Request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuance_survives_a_kill_before_each_of_its_answers() -> Result<()> {
    killed_at_each(Hold::Answer).await
}

/// Several installations share the steps: each kill costs the time in which the dead process's lease ends.
async fn killed_at_each(hold: fn(usize) -> Hold) -> Result<()> {
    let lanes = futures_util::future::try_join_all((1..=LANES).map(|first| lane(hold, first))).await?;
    let steps = lanes.into_iter().min().unwrap_or_default();
    println!("an issuance has {steps} requests");
    ensure!(steps > 5, "an order has more steps than that");
    Ok(())
}

/// A name for each step; gives the number of the last step that was reached.
async fn lane(hold: fn(usize) -> Hold, first: usize) -> Result<usize> {
    let mut installation = Installation::start(Engine::Sqlite).await?;
    let business = installation.open_business().await?;
    let mut step = first;
    // The first issuance of a database also makes the account: it is the same for all steps when it has gone before.
    issue(&installation, &business, 0).await?;
    while killed_at(&mut installation, &business, hold(step), step).await? {
        step += LANES;
        ensure!(step < STEPS, "an issuance of more than {STEPS} requests");
    }
    Ok(step - 1)
}

async fn killed_at(installation: &mut Installation, business: &Business, hold: Hold, step: usize) -> Result<bool> {
    let orders = installation.relay.orders();
    installation.relay.hold(hold);
    let was_held = tokio::select! {
        () = installation.relay.held() => true,
        served = issue(installation, business, step) => { served?; false }
    };
    if was_held {
        installation.control.kill()?;
        installation.relay.vanish();
        installation.control.start().await?;
        installation.until_served(&host(step)).await?;
    }
    // Only an order whose answer was lost may be made again: nobody knows of the first.
    let lost = matches!(hold, Hold::Answer(_)) && installation.relay.held_line().ends_with("/order-plz");
    let made = installation.relay.orders() - orders;
    ensure!(made == 1 || (made == 2 && lost), "{made} orders for {}, killed at {hold:?}", host(step));
    Ok(was_held)
}

async fn issue(installation: &Installation, business: &Business, step: usize) -> Result<()> {
    let account = format!("step-{step}");
    // A tenant for each name: what one tenant may order in a day is bounded.
    let tenancy = business.open_tenancy_for(&installation.operator, FOURNIL, &account).await?;
    tenancy.add_platform_name(&installation.operator, &account).await?;
    installation.until_served(&host(step)).await
}

fn host(step: usize) -> String {
    format!("step-{step}.p.localhost")
}
