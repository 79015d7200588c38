//! What the suites of issuance share: a real CA behind a relay that counts and holds, a clock that the test moves, and a
//! proxy that is no more than an answer on port 80.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use marque_config::feed::{Format, Revision};
use marque_config::seal::KeyRing;
use marque_config::settings::{AcmeSettings, ControlPlaneSettings, DatabaseSettings, Milliseconds, NameSettings};
use marque_config::tenant::AddressKind;
use marque_config::{DomainId, Hostname, PartnerId, TenantId};
use marque_control_plane::database::Store;
use marque_control_plane::database::task::Runs;
use marque_control_plane::domains::acme::failure::Failure;
use marque_control_plane::domains::store::hostnames::{CertificateState, ClaimedName, Role};
use marque_control_plane::domains::store::issuances::Issuance;
use marque_control_plane::kernel::actor::Actor;
use marque_control_plane::kernel::parts::Parts;
use marque_control_plane::tasks::{self, TaskParts, Tasks};
use marque_tests::clock::{FakeClock, SystemRandom};
use marque_tests::installation::Engine;
use marque_tests::pebble::{Pebble, Wanted};
use marque_tests::port::Port;
use marque_tests::postgres::Cluster;
use marque_tests::process::Output;
use marque_tests::relay::Relay;
use marque_tests::wait::{eventually, until};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The one proxy.
pub(crate) const PROXY: &str = "stand-in";
/// The longest that a test waits for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A control plane's tasks with all that they meet, and no API.
pub(crate) struct Workshop {
    pub(crate) store: Store,
    pub(crate) clock: Arc<FakeClock>,
    settings: Arc<ControlPlaneSettings>,
    pub(crate) edge_key: Arc<KeyRing>,
    pub(crate) relay: Relay,
    pub(crate) pebble: Pebble,
    pub(crate) tenant: TenantId,
    pub(crate) answers: JoinHandle<()>,
    pub(crate) wanted: Wanted,
    pub(crate) directory: TempDir,
    _port: Port,
    _cluster: Option<Cluster>,
}

impl Workshop {
    pub(crate) async fn open() -> Result<Self> {
        Self::open_with(0, Engine::Sqlite).await
    }

    /// One whose CA refuses so many of a hundred good nonces.
    pub(crate) async fn open_with(nonces_refused: u8, engine: Engine) -> Result<Self> {
        let _ = tracing_subscriber::fmt().with_env_filter("marque_control_plane=debug").try_init();
        let directory = tempfile::Builder::new().prefix("marque-").tempdir()?;
        let port = Port::reserve()?;
        let wanted = Wanted { nonces_refused, ..Wanted::plain(port.number()) };
        let pebble = Pebble::start(directory.path(), wanted.clone(), Output::Nowhere).await?;
        let relay = Relay::start(&pebble).await?;
        let clock = Arc::new(FakeClock::at_the_real_time());
        let (cluster, url) = match engine {
            Engine::Sqlite => (None, format!("sqlite://{}", directory.path().join("marque.db").display())),
            Engine::Postgres | Engine::PostgresDurable => {
                let cluster = Cluster::start().await?;
                let url = cluster.database("issuance").await?;
                (Some(cluster), url)
            }
        };
        let database = DatabaseSettings { url, ..DatabaseSettings::default() };
        let parts = Parts { clock: Arc::clone(&clock) as _, random: Arc::new(SystemRandom) };
        let store = Store::open(&database, parts).await?;
        let settings = Arc::new(settings(&relay, &pebble, database)?);
        let listener = TcpListener::bind(port.address()).await.context("bind port 80's stand-in")?;
        let answers = serve_answers(store.clone(), listener);
        let edge_key = Arc::new(KeyRing::single(&[9; 32])?);
        let tenant = add_tenant(&store).await?;
        let (_port, _cluster) = (port, cluster);
        let this = Self {
            store,
            clock,
            settings,
            edge_key,
            relay,
            pebble,
            tenant,
            answers,
            wanted,
            directory,
            _port,
            _cluster,
        };
        this.proxy_is_there().await?;
        Ok(this)
    }

    /// Starts the tasks, as a process of their own would.
    pub(crate) fn start(&self) -> Result<Tasks> {
        self.start_with(Arc::clone(&self.settings))
    }

    /// The same, where names are proved on port 80 and nowhere else.
    pub(crate) fn start_on_port_80_alone(&self) -> Result<Tasks> {
        let mut settings = (*self.settings).clone();
        settings.acme.tls_alpn = false;
        self.start_with(Arc::new(settings))
    }

    fn start_with(&self, settings: Arc<ControlPlaneSettings>) -> Result<Tasks> {
        Ok(tasks::start(TaskParts {
            store: self.store.clone(),
            settings,
            store_key: Arc::new(KeyRing::single(&[8; 32])?),
            edge_key: Arc::clone(&self.edge_key),
            runs: Runs::default(),
        })?)
    }

    /// A live proxy that has whatever it's given at once.
    pub(crate) async fn proxy_is_there(&self) -> Result<()> {
        self.store.proxy_came(PROXY, Revision(i64::MAX), Format::CURRENT).await?;
        Ok(())
    }

    pub(crate) async fn advance(&self, by: Duration) -> Result<()> {
        self.clock.advance(by);
        self.proxy_is_there().await
    }

    pub(crate) async fn claim(&self, name: &str, kind: AddressKind) -> Result<Hostname> {
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
    pub(crate) async fn claim_custom(&self, name: &str) -> Result<Hostname> {
        let target = format!("{}.to.localhost", name.replace('.', "-"));
        self.pebble.dns.set_cname(name, &target).await?;
        self.claim(name, AddressKind::Custom).await
    }

    pub(crate) async fn name(&self, host: &Hostname) -> Result<ClaimedName> {
        self.store.name(host).await?.context("the name is claimed")
    }

    pub(crate) async fn until_active(&self, host: &Hostname) -> Result<()> {
        until(&format!("{host} has a certificate"), PATIENCE, async || {
            let name = self.name(host).await?;
            ensure!(name.certificate.state == CertificateState::Active, "{:?}", name.certificate);
            Ok(true)
        })
        .await
    }

    pub(crate) async fn until_reason(&self, host: &Hostname, reason: Failure) -> Result<ClaimedName> {
        eventually(&format!("{host} says {}", reason.code()), PATIENCE, async || {
            let name = self.name(host).await?;
            ensure!(name.certificate.reason == Some(reason), "{:?}", name.certificate);
            Ok(Some(name))
        })
        .await
    }

    pub(crate) async fn issuances(&self, host: &Hostname) -> Result<Vec<Issuance>> {
        Ok(self.store.issuances_of(self.name(host).await?.domain, 100).await?)
    }

    /// How many records of this kind the feed has.
    pub(crate) async fn records(&self, kind: &str) -> Result<i64> {
        let count = "select count(*) from feed_record where kind = $1 and body is not null";
        Ok(sqlx::query_scalar(count).bind(kind).fetch_one(self.store.reader()).await?)
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        self.answers.abort();
    }
}

fn settings(relay: &Relay, pebble: &Pebble, database: DatabaseSettings) -> Result<ControlPlaneSettings> {
    let mut settings = ControlPlaneSettings { database, ..ControlPlaneSettings::default() };
    settings.names = NameSettings { base: "localhost".parse()?, special_use: true, ..NameSettings::default() };
    settings.dns.servers = vec![pebble.dns.address()];
    settings.dns.interval = Milliseconds::new(200);
    settings.acme = AcmeSettings {
        directory: Some(relay.directory()),
        terms_agreed: true,
        root_file: Some(pebble.api_root_file.clone()),
        issuer_names: vec!["pebble.test".into()],
        ..AcmeSettings::default()
    };
    Ok(settings)
}

async fn add_tenant(store: &Store) -> Result<TenantId> {
    let mut write = store.begin(&Actor::system("test"), store.now_ms()).await?;
    let id: TenantId = write.id();
    let partner: PartnerId = write.id();
    for statement in [
        format!(
            "insert into partner (id, name, brand, state, created_ms) values ('{partner}', 'p', '{{}}', 'active', 0)"
        ),
        "insert into application (id, name, policy, created_ms) values ('a', 'a', '{}', 0)".to_owned(),
        format!(
            "insert into tenant (id, partner_id, application_id, name, kind, state, created_ms)
             values ('{id}', '{partner}', 'a', 't', 'client', 'active', 0)"
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
