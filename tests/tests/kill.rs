//! Power cuts: a proxy that starts with everything else dead, and a control plane that dies in the middle of an issuance.

use anyhow::{Result, ensure};
use http::StatusCode;
use marque_tests::installation::{Engine, Installation, Tenancy};
use marque_tests::relay::Hold;
use marque_tests::till::FOURNIL;

/// No issuance has more steps than this.
const STEPS: usize = 40;

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

/// One name for each step; the last one gets through without having reached its step.
async fn killed_at_each(hold: impl Fn(usize) -> Hold) -> Result<()> {
    let mut installation = Installation::start(Engine::Sqlite).await?;
    let business = installation.open_business().await?;
    let fournil = business.open_tenancy(&installation.operator, FOURNIL).await?;
    for step in 1..STEPS {
        if !killed_at(&mut installation, &fournil, hold(step), step).await? {
            println!("an issuance has {} requests", step - 1);
            ensure!(step > 5, "an order has more steps than that");
            return Ok(());
        }
    }
    anyhow::bail!("an issuance of more than {STEPS} requests");
}

async fn killed_at(installation: &mut Installation, fournil: &Tenancy, hold: Hold, step: usize) -> Result<bool> {
    let host = format!("step-{step}.p.localhost");
    let orders = installation.relay.orders();
    installation.relay.hold(hold);
    fournil.add_platform_name(&installation.operator, &format!("step-{step}")).await?;
    let was_held = tokio::select! {
        () = installation.relay.held() => true,
        served = installation.until_served(&host) => { served?; false }
    };
    if was_held {
        installation.control.kill()?;
        installation.relay.release();
        installation.control.start().await?;
        installation.until_served(&host).await?;
    }
    // Only an order whose answer was lost may be made again: nobody knows of the first.
    let lost = matches!(hold, Hold::Answer(_)) && installation.relay.held_line().ends_with("/order-plz");
    let made = installation.relay.orders() - orders;
    ensure!(made == 1 || (made == 2 && lost), "{made} orders for {host}, killed at {hold:?}");
    Ok(was_held)
}
