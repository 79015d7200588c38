//! Names that lead here, that don't yet, and that no longer do.

use std::time::Duration;

use anyhow::{Result, ensure};
use marque_config::Hostname;
use marque_config::tenant::AddressKind;
use marque_control_plane::domains::acme::failure::Failure;
use marque_control_plane::domains::store::hostnames::{CertificateState, DnsState};
use marque_tests::wait::{eventually, until};

use crate::workshop::{PATIENCE, Workshop};
use crate::{DAY, MINUTE};

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_does_not_lead_here_costs_no_request() -> Result<()> {
    let workshop = Workshop::open().await?;
    let _tasks = workshop.start()?;
    workshop.pebble.dns.set_cname("fournil.localhost", "elsewhere.to.localhost").await?;
    let host = workshop.claim("fournil.localhost", AddressKind::Custom).await?;
    let reason = eventually("a reason", PATIENCE, async || Ok(workshop.name(&host).await?.dns.reason)).await?;
    assert_eq!(reason.code(), "wrong_target");
    assert_eq!(workshop.relay.passed(), Vec::<String>::new());
    assert_eq!(workshop.records("address").await?, 0);
    workshop.pebble.dns.set_cname("fournil.localhost", "fournil-localhost.to.localhost").await?;
    workshop.advance(Duration::from_secs(1)).await?;
    workshop.until_active(&host).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_lost_is_served_for_three_days_and_comes_back_by_itself() -> Result<()> {
    let workshop = Workshop::open().await?;
    let _tasks = workshop.start()?;
    let host = workshop.claim_custom("fournil.localhost").await?;
    workshop.until_active(&host).await?;
    workshop.pebble.dns.set_servfail(host.as_str()).await?;
    workshop.advance(DAY).await?;
    eventually("that could not be asked", PATIENCE, async || Ok(workshop.name(&host).await?.dns.reason)).await?;
    assert_eq!(workshop.name(&host).await?.dns.state, DnsState::Verified, "which takes nothing away");
    workshop.pebble.dns.clear_servfail(host.as_str()).await?;
    workshop.pebble.dns.set_cname(host.as_str(), "elsewhere.localhost").await?;
    workshop.advance(MINUTE).await?;
    until_state(&workshop, &host, DnsState::Lost).await?;
    assert_eq!(workshop.records("address").await?, 1, "still served");
    workshop.advance(2 * DAY).await?;
    until_state(&workshop, &host, DnsState::Lost).await?;
    workshop.advance(DAY).await?;
    until_state(&workshop, &host, DnsState::Pending).await?;
    assert_eq!(workshop.records("address").await?, 0, "no longer served");
    workshop.pebble.dns.set_cname(host.as_str(), "fournil-localhost.to.localhost").await?;
    workshop.advance(DAY).await?;
    until_state(&workshop, &host, DnsState::Verified).await?;
    assert_eq!(workshop.records("address").await?, 1);
    assert_eq!(workshop.relay.orders(), 1, "its certificate was kept");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_forbid_our_ca_cost_no_request_before_the_first_order_nor_at_renewal() -> Result<()> {
    let workshop = Workshop::open().await?;
    let _tasks = workshop.start()?;
    workshop.pebble.dns.set_caa("localhost", "other.test").await?;
    let host = workshop.claim_custom("fournil.localhost").await?;
    let reason = eventually("a reason", PATIENCE, async || Ok(workshop.name(&host).await?.dns.reason)).await?;
    assert_eq!(reason.code(), "caa_forbids");
    let platform = workshop.claim("n.p.localhost", AddressKind::Platform).await?;
    workshop.until_reason(&platform, Failure::CaaForbids).await?;
    assert_eq!(workshop.relay.passed(), Vec::<String>::new());
    workshop.pebble.dns.set_caa("localhost", "pebble.test").await?;
    workshop.advance(MINUTE).await?;
    workshop.until_active(&host).await?;
    workshop.until_active(&platform).await?;

    workshop.pebble.dns.set_caa("localhost", "other.test").await?;
    let asked = workshop.relay.passed().len();
    workshop.advance(61 * DAY).await?;
    let name = workshop.until_reason(&host, Failure::CaaForbids).await?;
    assert_eq!((name.certificate.state, name.dns.state), (CertificateState::Active, DnsState::Verified));
    assert_eq!(workshop.relay.passed().len(), asked, "{:?}", &workshop.relay.passed()[asked..]);
    Ok(())
}

async fn until_state(workshop: &Workshop, host: &Hostname, state: DnsState) -> Result<()> {
    until(&format!("{host} is {state:?}"), PATIENCE, async || {
        let name = workshop.name(host).await?;
        ensure!(name.dns.state == state, "{:?}", name.dns);
        // The look of now, not that of before.
        Ok(name.dns.checked_ms == Some(workshop.store.now_ms()))
    })
    .await
}
