//! One certificate for every platform name: proved to a real CA by `dns-01`, which the proxy answers, by way of a real
//! resolver.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use http::Method;
use http::header::HOST;
use marque_config::settings::DatabaseSettings;
use marque_control_plane::database::Store;
use marque_control_plane::domains::acme::failure::Failure;
use marque_control_plane::kernel::parts::Parts;
use marque_tests::installation::{Engine, ISSUANCE, Installation, metrics};
use marque_tests::till::FOURNIL;
use marque_tests::visitor::nothing;
use marque_tests::wait::until;
use serde_json::json;

/// How long a name may take from the API's answer to being served.
const AT_ONCE: Duration = Duration::from_secs(1);
const NAMES: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn new_platform_names_are_served_at_once_and_nothing_is_ordered_for_them() -> Result<()> {
    served_at_once(Engine::Sqlite).await
}

#[tokio::test(flavor = "multi_thread")]
async fn so_they_are_on_postgresql() -> Result<()> {
    served_at_once(Engine::Postgres).await
}

async fn served_at_once(engine: Engine) -> Result<()> {
    let installation = Installation::start_with_wildcard(engine).await?;
    let store = open(&installation).await?;
    until("the wildcard is there", ISSUANCE, async || Ok(store.wildcards().await?.iter().any(|it| it.covers))).await?;
    let business = installation.open_business().await?;
    let operator = &installation.operator;
    let first = business.open_tenancy(operator, FOURNIL).await?;
    first.add_platform_name(operator, "fournil").await?;
    installation.until_served("fournil.p.localhost").await?;
    let orders = installation.relay.orders();
    assert_eq!(orders, 1);
    let leaf = leaf(&installation, "fournil.p.localhost").await?;

    let mut slowest = Duration::ZERO;
    for number in 0..NAMES {
        let account = format!("baker-{number}");
        let tenancy = business.open_tenancy_for(operator, FOURNIL, &account).await?;
        let domain = tenancy.add_platform_name(operator, &account).await?;
        assert_eq!(domain["hostnames"][0]["certificate"]["source"], json!("wildcard"));
        assert_eq!(domain["hostnames"][0]["live"], json!(true));
        let (host, begun) = (format!("{account}.p.localhost"), tokio::time::Instant::now());
        until(&format!("{host} is served"), ISSUANCE, async || {
            Ok(installation.visitor.get(&host, "/login").await?.status.is_success())
        })
        .await?;
        slowest = slowest.max(begun.elapsed());
    }
    ensure!(slowest < AT_ONCE, "a new name was served after {slowest:?}");
    assert_eq!(installation.relay.orders(), orders, "{NAMES} new names, and no order for any of them");
    // One certificate, and still each name leads to its own tenant alone.
    assert_eq!(foreign_host(&installation, "baker-1.p.localhost", "baker-2.p.localhost").await?, 421);
    assert!(installation.visitor.handshake("nobody.p.localhost", &["h2"]).await.is_err(), "nobody brought it");

    installation.site.renew_wildcard()?;
    until("a newer one is served", ISSUANCE, async || {
        Ok(self::leaf(&installation, "baker-7.p.localhost").await? != leaf)
    })
    .await?;
    assert_eq!(installation.relay.orders(), orders + 1);
    assert!(installation.visitor.get("fournil.p.localhost", "/login").await?.status.is_success());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_asked_of_the_ca_while_the_zone_leads_to_nobody_who_answers() -> Result<()> {
    let mut installation = Installation::start_with_wildcard(Engine::Sqlite).await?;
    let store = open(&installation).await?;
    until("the wildcard is there", ISSUANCE, async || Ok(store.wildcards().await?.iter().any(|it| it.covers))).await?;
    // The proxy that the zone is delegated to is gone; another one knows the zone, and nobody asks it.
    installation.proxy.kill()?;
    let _edge = installation.start_proxy("elsewhere", &[installation.site.listening.api]).await?;
    installation.site.renew_wildcard()?;
    until("it is told why", ISSUANCE, async || {
        Ok(store.wildcards().await?.iter().any(|it| it.reason == Some(Failure::NotDelegated)))
    })
    .await?;
    assert_eq!(installation.relay.orders(), 1, "the first one");
    installation.proxy.start().await?;
    until("a newer one is there", ISSUANCE, async || {
        Ok(store.wildcards().await?.iter().any(|it| it.covers && it.reason.is_none() && !it.is_open))
    })
    .await?;
    assert_eq!(installation.relay.orders(), 2);
    let page = metrics(installation.site.listening.control_status).await?;
    let days = page.lines().find_map(|line| line.strip_prefix("control_wildcard_days ")).context("the metric")?;
    assert!((88..=90).contains(&days.parse::<i64>()?), "{days}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dns_server_of_ones_own_proves_the_zone_too() -> Result<()> {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let installation = Installation::start_with_updates(engine).await?;
        let store = open(&installation).await?;
        until("the wildcard is there", ISSUANCE, async || Ok(store.wildcards().await?.iter().any(|it| it.covers)))
            .await?;
        let business = installation.open_business().await?;
        let fournil = business.open_tenancy(&installation.operator, FOURNIL).await?;
        fournil.add_platform_name(&installation.operator, "fournil").await?;
        installation.until_served("fournil.p.localhost").await?;
        assert_eq!(installation.relay.orders(), 1);
        installation.site.renew_wildcard()?;
        until("a newer one is ordered", ISSUANCE, async || {
            Ok(installation.relay.orders() == 2 && store.wildcards().await?.iter().any(|it| !it.is_open))
        })
        .await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_the_dns_server_does_not_know_costs_no_order() -> Result<()> {
    let mut installation = Installation::start_with_updates(Engine::Sqlite).await?;
    let store = open(&installation).await?;
    until("the wildcard is there", ISSUANCE, async || Ok(store.wildcards().await?.iter().any(|it| it.covers))).await?;
    let key_file = installation.site.update_key();
    let right = std::fs::read(&key_file)?;
    std::fs::write(&key_file, "YW5vdGhlciBrZXksIGFzIGxvbmcgYXMgdGhlIHJpZ2h0IG9uZQ==")?;
    installation.control.stop().await?;
    installation.control.start().await?;
    installation.site.renew_wildcard()?;
    until("it's refused", ISSUANCE, async || {
        Ok(store.wildcards().await?.iter().any(|it| it.reason == Some(Failure::UpdateRefused)))
    })
    .await?;
    assert_eq!(installation.relay.orders(), 1);
    std::fs::write(&key_file, right)?;
    installation.control.stop().await?;
    installation.control.start().await?;
    until("it goes on by itself", ISSUANCE, async || {
        Ok(installation.relay.orders() == 2
            && store.wildcards().await?.iter().all(|it| !it.is_open && it.reason.is_none()))
    })
    .await
}

/// The control plane's database, to look at.
async fn open(installation: &Installation) -> Result<Store> {
    let database = DatabaseSettings { url: installation.database.0.clone(), ..DatabaseSettings::default() };
    Ok(Store::connect(&database, Parts::real()).await?)
}

/// The status of a request for a host on a connection to another.
async fn foreign_host(installation: &Installation, sni: &str, host: &str) -> Result<u16> {
    let mut connection = installation.visitor.http1(sni).await?;
    let mut request = connection.request(Method::GET, "/login").body(nothing())?;
    request.headers_mut().insert(HOST, installation.visitor.authority_of(host).parse()?);
    Ok(connection.send(request).await?.status.as_u16())
}

/// The certificate that a new visitor is shown.
async fn leaf(installation: &Installation, host: &str) -> Result<Vec<u8>> {
    let stream = installation.visitor.handshake(host, &["h2"]).await?;
    let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first()).context("a certificate")?;
    Ok(shown.to_vec())
}
