//! Certificates beyond the first one: a newer one, and one that a partner brings.

use anyhow::{Context, Result, ensure};
use marque_tests::api::text;
use marque_tests::authority::{Authority, Leaf};
use marque_tests::installation::{Engine, ISSUANCE, Installation, metrics};
use marque_tests::till::FOURNIL;
use marque_tests::visitor::Visitor;
use marque_tests::wait::until;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_certificate_is_served_and_what_is_open_stays_open() -> Result<()> {
    let installation = Installation::start(Engine::Sqlite).await?;
    let business = installation.open_business().await?;
    let fournil = business.open_tenancy(&installation.operator, FOURNIL).await?;
    let domain = fournil.add_platform_name(&installation.operator, "fournil").await?;
    let host = fournil.platform_host();
    installation.until_served(&host).await?;
    let before = leaf(&installation, &host).await?;
    let mut open = [installation.visitor.http1(&host).await?, installation.visitor.http2(&host).await?];
    installation.operator.post(&format!("/v1/domains/{}/renew", text(&domain, "/id")?), json!({})).await?;
    until("a new certificate is served", ISSUANCE, async || {
        for connection in &mut open {
            assert!(connection.get("/echo").await?.status.is_success(), "an open connection is left alone");
        }
        Ok(leaf(&installation, &host).await? != before)
    })
    .await?;
    for connection in &mut open {
        assert!(connection.get("/echo").await?.status.is_success());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partners_own_certificate_is_served_and_nothing_is_ordered() -> Result<()> {
    const HOST: &str = "fournil.localhost";
    let mut installation = Installation::start(Engine::Sqlite).await?;
    let operator = &installation.operator;
    let business = installation.open_business().await?;
    let fournil = business.open_tenancy(operator, FOURNIL).await?;
    let domain = fournil.claim_custom_domain(operator, HOST).await?;
    let path = format!("/v1/domains/{}/certificate", domain["id"].as_str().unwrap_or_default());
    let authority = Authority::new("The partner's own CA")?;
    let (good, foreign) = (authority.issue(&[HOST, "www.fournil.localhost"])?, authority.issue(&["else.localhost"])?);
    let whole = |leaf: &Leaf| format!("{}{}", leaf.chain, authority.root_pem());
    let (good_chain, foreign_chain) = (whole(&good), whole(&foreign));
    for (chain, key, wrong) in [
        (&foreign_chain, &foreign.key, "a certificate for another name"),
        (&good_chain, &foreign.key, "a key that doesn't fit"),
        (&good.chain, &good.key, "nobody vouches for it"),
        (&good.key, &good.key, "no certificate"),
    ] {
        let body = json!({"chain": chain, "key": key});
        let reply = operator.send(http::Method::PUT, &path, Some(body), &[]).await?;
        assert_eq!(reply.status.as_u16(), 422, "{wrong}: {}", reply.body);
    }
    operator.put(&path, json!({"chain": good_chain, "key": good.key})).await?;
    installation.pebble.dns.create_records_of(&domain).await?;
    installation.visitor = Visitor::new(installation.site.listening.https, &authority.root_pem());
    for host in [HOST, "www.fournil.localhost"] {
        installation.until_served(host).await?;
    }
    assert_eq!(installation.relay.orders(), 0);
    Ok(())
}

/// The certificate that a new visitor is shown.
async fn leaf(installation: &Installation, host: &str) -> Result<Vec<u8>> {
    let stream = installation.visitor.handshake(host, &["h2"]).await?;
    let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first()).context("a certificate")?;
    Ok(shown.to_vec())
}

/// RFC 8737.
#[tokio::test(flavor = "multi_thread")]
async fn where_port_80_is_closed_a_name_is_proved_on_port_443() -> Result<()> {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let installation = Installation::start_without_port_80(engine).await?;
        let (operator, business) = (&installation.operator, installation.open_business().await?);
        let fournil = business.open_tenancy(operator, FOURNIL).await?;
        let domain = text(&fournil.add_platform_name(operator, "fournil").await?, "/id")?;
        let path = format!("/v1/domains/{domain}");
        until("the CA did not get through", ISSUANCE, async || {
            let domain = operator.get(&path).await?.to_string();
            Ok(domain.contains(r#""connection""#))
        })
        .await?;
        operator.post(&format!("{path}/check"), json!({})).await?;
        installation.until_served(&fournil.platform_host()).await?;
        let page = metrics(installation.site.listening.proxy_status).await?;
        ensure!(page.lines().any(|line| line.starts_with("proxy_handshakes_total{outcome=\"acme_tls\"}")), "{page}");
    }
    Ok(())
}
