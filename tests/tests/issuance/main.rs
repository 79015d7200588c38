//! Certificates, by the tasks that get them, against a real CA.

mod leading_here;
mod workshop;

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use marque_config::feed::{Format, Revision};
use marque_config::seal::Purpose;
use marque_config::tenant::AddressKind;
use marque_control_plane::domains::acme::failure::Failure;
use marque_control_plane::domains::store::hostnames::{CertificateState, DnsState};
use marque_control_plane::domains::store::issuances::IssuanceState;
use marque_control_plane::kernel::actor::Actor;
use marque_tests::installation::Engine;
use marque_tests::pebble::Pebble;
use marque_tests::process::Output;
use marque_tests::relay::Hold;
use marque_tests::wait::{eventually, until};
use workshop::{PATIENCE, PROXY, Workshop};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);
/// No issuance has more requests than this.
const REQUESTS: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_here_gets_its_certificate_and_a_newer_one_in_time() -> Result<()> {
    issued_and_renewed(Workshop::open().await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn so_it_does_on_postgresql_and_from_a_ca_that_refuses_half_of_all_nonces() -> Result<()> {
    issued_and_renewed(Workshop::open_with(50, Engine::Postgres).await?).await
}

async fn issued_and_renewed(workshop: Workshop) -> Result<()> {
    let _tasks = workshop.start()?;
    let host = workshop.claim_custom("fournil.localhost").await?;
    workshop.until_active(&host).await?;
    let name = workshop.name(&host).await?;
    assert_eq!((name.dns.state, name.certificate.attempts), (DnsState::Verified, 0));
    assert_eq!((workshop.records("certificate").await?, workshop.records("challenge").await?), (1, 0));
    let first = &workshop.issuances(&host).await?[0];
    assert_eq!(first.state, IssuanceState::Issued);
    let tenant = workshop.tenant.to_string();
    let context =
        marque_config::seal::Context { purpose: Purpose::CertificateKey, owner: &tenant, name: host.as_str() };
    workshop.edge_key.open(context, &first.key)?;

    let renew_at_ms = name.certificate.renew_at_ms.context("it says when it's renewed")?;
    let third = (renew_at_ms - workshop.store.now_ms()) / Duration::from_secs(1).as_millis() as i64 / 86_400;
    assert!((59..=60).contains(&third), "ninety days are renewed after {third}");
    workshop.advance(59 * DAY).await?;
    assert_eq!(workshop.issuances(&host).await?.len(), 1, "not before its time");
    workshop.advance(2 * DAY).await?;
    until("a newer certificate", PATIENCE, async || Ok(workshop.issuances(&host).await?.len() == 2)).await?;
    workshop.until_active(&host).await?;
    until("the newer is issued", PATIENCE, async || {
        Ok(workshop.issuances(&host).await?[0].state == IssuanceState::Issued)
    })
    .await?;
    assert_ne!(workshop.issuances(&host).await?[0].key, first.key, "with a key of its own");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_at_any_request_costs_at_most_the_order_whose_answer_was_lost() -> Result<()> {
    let workshop = Workshop::open().await?;
    for hold in [Hold::Request as fn(usize) -> Hold, Hold::Answer] {
        let mut last = None;
        for request in 1..REQUESTS {
            if !crashed_at(&workshop, hold(request), request).await? {
                last = Some(request - 1);
                break;
            }
        }
        let last = last.context("an issuance ends")?;
        ensure!(last > 5, "an issuance has more requests than {last}");
    }
    Ok(())
}

/// Drops the tasks when they are at this request, and lets others go on.
async fn crashed_at(workshop: &Workshop, hold: Hold, request: usize) -> Result<bool> {
    let answer = matches!(hold, Hold::Answer(_));
    let orders = workshop.relay.orders();
    workshop.relay.hold(hold);
    let first = workshop.start()?;
    let host = workshop.claim(&format!("n{request}{answer}.p.localhost"), AddressKind::Platform).await?;
    let held = tokio::select! {
        () = workshop.relay.held() => true,
        active = workshop.until_active(&host) => { active?; false }
    };
    drop(first);
    workshop.relay.release();
    workshop.advance(Duration::from_secs(11)).await?;
    let second = workshop.start()?;
    workshop.until_active(&host).await.with_context(|| format!("after a crash at {hold:?}"))?;
    let made = workshop.relay.orders() - orders;
    // The order of one who died may still arrive, or be lost on its way back.
    let lost = held && workshop.relay.held_line().ends_with("/order-plz");
    ensure!(made == 1 || (made == 2 && lost), "{made} orders after a crash at {hold:?}");
    ensure!(workshop.issuances(&host).await?.len() == 1, "the issuance was taken up, not begun again");
    second.shutdown().await;
    Ok(held)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_make_one_order() -> Result<()> {
    let workshop = Workshop::open().await?;
    let _both = [workshop.start()?, workshop.start()?];
    for index in 0..5 {
        let host = workshop.claim(&format!("n{index}.p.localhost"), AddressKind::Platform).await?;
        workshop.until_active(&host).await?;
    }
    assert_eq!(workshop.relay.orders(), 5);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ca_that_forgot_our_account_gets_a_new_one() -> Result<()> {
    let workshop = Workshop::open().await?;
    let tasks = workshop.start()?;
    let host = workshop.claim("before.p.localhost", AddressKind::Platform).await?;
    workshop.until_active(&host).await?;
    let elsewhere = workshop.directory.path().join("other");
    std::fs::create_dir(&elsewhere)?;
    let other = Pebble::start(&elsewhere, workshop.wanted.clone(), Output::Nowhere).await?;
    workshop.relay.lead_to(&other)?;
    let host = workshop.claim("after.p.localhost", AddressKind::Platform).await?;
    workshop.until_active(&host).await?;
    // The new account was kept: another process uses it.
    tasks.shutdown().await;
    let accounts = || workshop.relay.passed().iter().filter(|line| line.ends_with("/sign-me-up")).count();
    assert_eq!(accounts(), 2);
    let _tasks = workshop.start()?;
    let host = workshop.claim("again.p.localhost", AddressKind::Platform).await?;
    workshop.until_active(&host).await?;
    assert_eq!(accounts(), 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_proxy_nothing_is_ordered_and_with_a_slow_one_the_order_waits() -> Result<()> {
    let workshop = Workshop::open().await?;
    workshop.clock.advance(MINUTE);
    let _tasks = workshop.start()?;
    let host = workshop.claim("n.p.localhost", AddressKind::Platform).await?;
    workshop.until_reason(&host, Failure::NoLiveProxy).await?;
    assert_eq!(workshop.relay.passed(), Vec::<String>::new());
    workshop.store.proxy_came(PROXY, Revision(0), Format::CURRENT).await?;
    until("the proof is published", PATIENCE, async || Ok(workshop.records("challenge").await? == 1)).await?;
    let before = workshop.relay.passed().len();
    let open = workshop.store.open_issuance(&host).await?.context("an order waits")?;
    assert_eq!(open.state, IssuanceState::Published);
    assert_eq!(workshop.relay.passed().len(), before, "the CA is not told yet");
    workshop.proxy_is_there().await?;
    workshop.until_active(&host).await?;
    assert_eq!(workshop.relay.orders(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_proof_is_explained_tried_again_later_and_not_for_ever() -> Result<()> {
    let workshop = Workshop::open().await?;
    // Nobody answers on port 80: the listener is gone.
    workshop.answers.abort();
    let _tasks = workshop.start_on_port_80_alone()?;
    let host = workshop.claim("n.p.localhost", AddressKind::Platform).await?;
    for (attempt, wait) in [(1, MINUTE), (2, 10 * MINUTE), (3, 100 * MINUTE)] {
        let name = eventually("an attempt fails", PATIENCE, async || {
            let name = workshop.name(&host).await?;
            Ok((name.certificate.attempts == attempt).then_some(name))
        })
        .await?;
        assert_eq!(
            (name.certificate.state, name.certificate.reason),
            (CertificateState::Failed, Some(Failure::Connection))
        );
        let next_ms = name.certificate.next_attempt_ms.context("a next attempt")?;
        assert_eq!(next_ms, workshop.store.now_ms() + wait.as_millis() as i64);
        assert_eq!(workshop.relay.orders(), attempt as usize);
        if attempt < 3 {
            workshop.advance(wait).await?;
        }
    }
    assert_eq!(workshop.records("challenge").await?, 0, "failed proofs are taken back");
    let failed = &workshop.issuances(&host).await?[0];
    assert!(failed.detail.as_deref().is_some_and(|detail| detail.contains("n.p.localhost")), "{:?}", failed.detail);
    // A look asked for by hand passes over the waiting, but not over the budget.
    let domain = workshop.name(&host).await?.domain;
    let mut write = workshop.store.begin(&Actor::system("test"), workshop.store.now_ms()).await?;
    write.look_again(domain).await?;
    write.commit().await?;
    workshop.until_reason(&host, Failure::Budget).await?;
    assert_eq!(workshop.relay.orders(), 3);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_has_five_orders_a_day_for_its_custom_names() -> Result<()> {
    let workshop = Workshop::open().await?;
    let _tasks = workshop.start()?;
    for index in 0..5 {
        let host = workshop.claim_custom(&format!("n{index}.localhost")).await?;
        workshop.until_active(&host).await?;
    }
    let sixth = workshop.claim_custom("n5.localhost").await?;
    workshop.until_reason(&sixth, Failure::Budget).await?;
    assert_eq!(workshop.relay.orders(), 5);
    workshop.advance(DAY).await?;
    workshop.until_active(&sixth).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_given_up_meanwhile_gets_nothing() -> Result<()> {
    let workshop = Workshop::open().await?;
    workshop.store.proxy_came(PROXY, Revision(0), Format::CURRENT).await?;
    let _tasks = workshop.start()?;
    let host = workshop.claim("n.p.localhost", AddressKind::Platform).await?;
    until("the proof is published", PATIENCE, async || Ok(workshop.records("challenge").await? == 1)).await?;
    let domain = workshop.name(&host).await?.domain;
    let mut write = workshop.store.begin(&Actor::system("test"), workshop.store.now_ms()).await?;
    write.release_name(&host).await?;
    write.commit().await?;
    workshop.proxy_is_there().await?;
    let other = workshop.claim("other.p.localhost", AddressKind::Platform).await?;
    workshop.until_active(&other).await?;
    let ended = &workshop.store.issuances_of(domain, 1).await?[0];
    assert_eq!((ended.state, ended.reason), (IssuanceState::Failed, Some(Failure::NameRemoved)));
    assert_eq!((workshop.records("certificate").await?, workshop.records("challenge").await?), (1, 0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ca_that_asks_to_be_left_alone_is_left_alone_until_then() -> Result<()> {
    for status in [429, 503] {
        let workshop = Workshop::open().await?;
        workshop.relay.refuse(Some((status, 120)));
        let _tasks = workshop.start()?;
        let host = workshop.claim("one.p.localhost", AddressKind::Platform).await?;
        let reason = if status == 429 { Failure::RateLimited } else { Failure::CaError };
        let name = workshop.until_reason(&host, reason).await?;
        let asked = workshop.relay.passed().len();
        assert_eq!(asked, 1, "{:?}", workshop.relay.passed());
        workshop.relay.refuse(None);
        assert_eq!(name.certificate.next_attempt_ms, Some(workshop.store.now_ms() + 120_000));
        workshop.advance(Duration::from_secs(119)).await?;
        let other = workshop.claim("two.p.localhost", AddressKind::Platform).await?;
        if status == 429 {
            // Another name waits no longer than a minute for the limit of this one.
            workshop.until_active(&other).await?;
        }
        assert_eq!(workshop.name(&host).await?.certificate.state, CertificateState::Issuing);
        workshop.advance(Duration::from_secs(1)).await?;
        workshop.until_active(&host).await?;
        workshop.until_active(&other).await?;
    }
    Ok(())
}
