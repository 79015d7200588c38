//! Certificates, by the tasks that get them: against a real CA, through a relay that counts and holds, with a clock that
//! the test moves, and a proxy that is no more than an answer on port 80.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use marque_config::feed::Revision;
use marque_config::seal::{KeyRing, Purpose};
use marque_config::settings::{AcmeSettings, ControlPlaneSettings, DatabaseSettings, Milliseconds, NameSettings};
use marque_config::tenant::AddressKind;
use marque_config::{DomainId, Hostname, TenantId};
use marque_control_plane::acme::failure::Failure;
use marque_control_plane::model::actor::Actor;
use marque_control_plane::parts::Parts;
use marque_control_plane::store::Store;
use marque_control_plane::store::hostnames::{CertificateState, ClaimedName, DnsState, Role};
use marque_control_plane::store::issuances::{Issuance, IssuanceState};
use marque_control_plane::tasks::{self, Runs, TaskParts, Tasks};
use marque_tests::clock::{FakeClock, SystemRandom};
use marque_tests::pebble::{Pebble, Wanted};
use marque_tests::port::Port;
use marque_tests::process::Output;
use marque_tests::relay::{Hold, Relay};
use marque_tests::wait::{eventually, until};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const PROXY: &str = "stand-in";
const PATIENCE: Duration = Duration::from_secs(20);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);
/// No issuance has more requests than this.
const REQUESTS: usize = 40;

/// A control plane's tasks with all that they meet, and no API.
struct Workshop {
    store: Store,
    clock: Arc<FakeClock>,
    settings: Arc<ControlPlaneSettings>,
    edge_key: Arc<KeyRing>,
    relay: Relay,
    pebble: Pebble,
    tenant: TenantId,
    answers: JoinHandle<()>,
    wanted: Wanted,
    directory: TempDir,
    _port: Port,
}

impl Workshop {
    async fn open() -> Result<Self> {
        let _ = tracing_subscriber::fmt().with_env_filter("marque_control_plane=debug").try_init();
        let directory = tempfile::Builder::new().prefix("marque-").tempdir()?;
        let port = Port::reserve()?;
        let wanted = Wanted::plain(port.number());
        let pebble = Pebble::start(directory.path(), wanted, Output::Nowhere).await?;
        let relay = Relay::start(&pebble).await?;
        let clock = Arc::new(FakeClock::at_the_real_time());
        let url = format!("sqlite://{}", directory.path().join("marque.db").display());
        let database = DatabaseSettings { url, ..DatabaseSettings::default() };
        let parts = Parts { clock: Arc::clone(&clock) as _, random: Arc::new(SystemRandom) };
        let store = Store::open(&database, parts).await?;
        let settings = Arc::new(settings(&relay, &pebble, database));
        let listener = TcpListener::bind(port.address()).await.context("bind port 80's stand-in")?;
        let answers = serve_answers(store.clone(), listener);
        let edge_key = Arc::new(KeyRing::single(&[9; 32])?);
        let tenant = add_tenant(&store).await?;
        let _port = port;
        let this = Self { store, clock, settings, edge_key, relay, pebble, tenant, answers, wanted, directory, _port };
        this.proxy_is_there().await?;
        Ok(this)
    }

    /// Starts the tasks, as a process of their own would.
    fn start(&self) -> Result<Tasks> {
        Ok(tasks::start(TaskParts {
            store: self.store.clone(),
            settings: Arc::clone(&self.settings),
            store_key: Arc::new(KeyRing::single(&[8; 32])?),
            edge_key: Arc::clone(&self.edge_key),
            runs: Runs::default(),
        })?)
    }

    /// A live proxy that has whatever it's given at once.
    async fn proxy_is_there(&self) -> Result<()> {
        Ok(self.store.proxy_came(PROXY, Revision(i64::MAX)).await?)
    }

    async fn advance(&self, by: Duration) -> Result<()> {
        self.clock.advance(by);
        self.proxy_is_there().await
    }

    async fn claim(&self, name: &str, kind: AddressKind) -> Result<Hostname> {
        let host: Hostname = name.parse()?;
        let now_ms = self.store.now_ms();
        let mut write = self.store.begin(&Actor::system("test"), now_ms).await?;
        let domain: DomainId = write.id();
        let label = host.as_str().replace('.', "-");
        sqlx::query(
            "insert into domain (id, tenant_id, kind, host, target_label, txt_token, created_ms)
             values ($1, $2, $3, $4, $5, 'token', $6)",
        )
        .bind(domain.to_string())
        .bind(self.tenant.to_string())
        .bind(if kind == AddressKind::Custom { "custom" } else { "platform" })
        .bind(host.as_str())
        .bind(&label)
        .bind(now_ms)
        .execute(write.connection())
        .await?;
        ensure!(write.claim_name(&host, domain, (self.tenant, kind, Role::Main)).await?, "{host} is taken");
        write.commit().await?;
        Ok(host)
    }

    /// Claims a custom name and points it here.
    async fn claim_custom(&self, name: &str) -> Result<Hostname> {
        let target = format!("{}.to.localhost", name.replace('.', "-"));
        self.pebble.dns.set_cname(name, &target).await?;
        self.claim(name, AddressKind::Custom).await
    }

    async fn name(&self, host: &Hostname) -> Result<ClaimedName> {
        self.store.name(host).await?.context("the name is claimed")
    }

    async fn until_active(&self, host: &Hostname) -> Result<()> {
        until(&format!("{host} has a certificate"), PATIENCE, async || {
            let name = self.name(host).await?;
            ensure!(name.certificate.state == CertificateState::Active, "{:?}", name.certificate);
            Ok(true)
        })
        .await
    }

    async fn until_reason(&self, host: &Hostname, reason: Failure) -> Result<ClaimedName> {
        eventually(&format!("{host} says {}", reason.code()), PATIENCE, async || {
            let name = self.name(host).await?;
            ensure!(name.certificate.reason == Some(reason), "{:?}", name.certificate);
            Ok(Some(name))
        })
        .await
    }

    async fn issuances(&self, host: &Hostname) -> Result<Vec<Issuance>> {
        Ok(self.store.issuances_of(self.name(host).await?.domain, 100).await?)
    }

    /// How many records of this kind the feed has.
    async fn records(&self, kind: &str) -> Result<i64> {
        let count = "select count(*) from feed_record where kind = $1 and body is not null";
        Ok(sqlx::query_scalar(count).bind(kind).fetch_one(self.store.reader()).await?)
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        self.answers.abort();
    }
}

fn settings(relay: &Relay, pebble: &Pebble, database: DatabaseSettings) -> ControlPlaneSettings {
    let mut settings = ControlPlaneSettings { database, ..ControlPlaneSettings::default() };
    settings.names =
        NameSettings { base: "localhost".parse().expect("a name"), special_use: true, ..NameSettings::default() };
    settings.dns.servers = vec![pebble.dns.address()];
    settings.dns.interval = Milliseconds::new(200);
    settings.acme = AcmeSettings {
        directory: Some(relay.directory()),
        terms_agreed: true,
        root_file: Some(pebble.api_root_file.clone()),
        issuer_names: vec!["pebble.test".into()],
        ..AcmeSettings::default()
    };
    settings
}

async fn add_tenant(store: &Store) -> Result<TenantId> {
    let mut write = store.begin(&Actor::system("test"), store.now_ms()).await?;
    let id: TenantId = write.id();
    for statement in [
        "insert into partner (id, name, brand, state, created_ms) values ('p', 'p', '{}', 'active', 0)".to_owned(),
        "insert into application (id, name, policy, created_ms) values ('a', 'a', '{}', 0)".to_owned(),
        format!(
            "insert into tenant (id, partner_id, application_id, name, state, created_ms)
             values ('{id}', 'p', 'a', 't', 'active', 0)"
        ),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(write.connection()).await?;
    }
    write.commit().await?;
    Ok(id)
}

/// Answers challenges from what the feed has, as a proxy does.
fn serve_answers(store: Store, listener: TcpListener) -> JoinHandle<()> {
    async fn answer(
        State(store): State<Store>,
        Path(token): Path<String>,
        headers: HeaderMap,
    ) -> Result<String, StatusCode> {
        let host = headers.get("host").and_then(|host| host.to_str().ok()).ok_or(StatusCode::BAD_REQUEST)?;
        let name = format!("{}/{token}", host.split(':').next().unwrap_or_default());
        let found = "select body from feed_record where kind = 'challenge' and name = $1 and body is not null";
        let body: Option<String> = sqlx::query_scalar(found)
            .bind(name)
            .fetch_optional(store.reader())
            .await
            .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
        let body: serde_json::Value =
            serde_json::from_str(&body.ok_or(StatusCode::NOT_FOUND)?).map_err(|_| StatusCode::NOT_FOUND)?;
        body.pointer("/challenge/key_authorization")
            .and_then(|it| it.as_str())
            .map(ToOwned::to_owned)
            .ok_or(StatusCode::NOT_FOUND)
    }
    let router =
        Router::new().route("/.well-known/acme-challenge/{token}", axum::routing::get(answer)).with_state(store);
    tokio::spawn(async move {
        let _ = axum::serve(listener, router).await;
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_here_gets_its_certificate_and_a_newer_one_in_time() -> Result<()> {
    let workshop = Workshop::open().await?;
    let _tasks = workshop.start()?;
    let host = workshop.claim_custom("fournil.localhost").await?;
    workshop.until_active(&host).await?;
    let name = workshop.name(&host).await?;
    assert_eq!((name.dns.state, name.certificate.attempts), (DnsState::Verified, 0));
    assert_eq!((workshop.records("certificate").await?, workshop.records("challenge").await?), (1, 0));
    assert_eq!(workshop.relay.orders(), 1);
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
    assert_eq!(workshop.relay.orders(), 1, "not before its time");
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
    let other = Pebble::start(&elsewhere, workshop.wanted, Output::Nowhere).await?;
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
    workshop.store.proxy_came(PROXY, Revision(0)).await?;
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
    let _tasks = workshop.start()?;
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
    workshop.store.proxy_came(PROXY, Revision(0)).await?;
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
