//! A fresh installation to ask things of: one application, two partners with a tenant each.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::{Router, body};
use marque_config::clock::Clock;
use marque_config::feed::Revision;
use marque_config::seal::KeyRing;
use marque_config::settings::{DatabaseSettings, NameSettings, PasswordSettings, QuotaSettings};
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt;

use crate::database::Store;
use crate::database::tests::migrated;
use crate::edge::feed::FeedServer;
use crate::identity::operations::tokens::{self, Maker, NewToken};
use crate::kernel::parts::Parts;
use crate::kernel::principal::{Principal, Reach};
use crate::kernel::scope::Scope;
use crate::keys::{self, Keys};
use crate::telemetry::Metrics;
use crate::web::Api;

pub(crate) struct Desk {
    pub(crate) router: Router,
    pub(crate) store: Store,
    pub(super) store_key: Arc<KeyRing>,
    pub(super) api: Api,
    clock: Arc<TestClock>,
    keys_used: AtomicU64,
    _closing: watch::Sender<bool>,
    _directory: tempfile::TempDir,
}

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    /// The body, letter by letter.
    pub(crate) text: String,
}

/// What every test may start from.
pub(crate) struct World {
    pub(crate) operator: String,
    pub(crate) application: String,
    pub(crate) partners: [Party; 2],
}

pub(crate) struct Party {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) tenant: String,
}

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

const NOON_MS: i64 = 1_795_000_000_000;

/// Every scope that somebody may hold; the feed is for proxies.
pub(super) fn everything(principal: Principal) -> String {
    let wanted = Scope::all().filter(|scope| principal.may_hold(*scope) && *scope != Scope::EdgeSync);
    let held: Vec<_> = wanted.map(Scope::as_str).collect();
    held.join(" ")
}

/// A partner as it is added, with what its approval needs.
pub(super) fn partner_to_add(name: &str) -> Value {
    let legal = json!({ "status": "company", "registration": "RCS 123", "evidence": "Kbis, 2026-11-01" });
    json!({ "name": name, "brand": { "name": name }, "region": "fr", "legal": legal })
}

impl Desk {
    pub(crate) async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock(AtomicI64::new(NOON_MS)));
        let parts = Parts { clock: Arc::clone(&clock) as Arc<dyn Clock>, random: Parts::real().random };
        keys::make(directory.path(), &*parts.random).unwrap();
        let mut settings = marque_config::settings::ControlPlaneSettings::default();
        settings.keys.store_key_file = directory.path().join("store.key");
        settings.keys.edge_key_file = directory.path().join("edge.key");
        settings.keys.feed_key_file = directory.path().join("feed.key");
        let keys = Keys::read(&settings).unwrap();
        let database = DatabaseSettings { url: migrated(directory.path()).await, ..DatabaseSettings::default() };
        let store = Store::open(&database, parts).await.unwrap().sealed_by(Arc::clone(&keys.store));
        let store_key = Arc::clone(&keys.store);
        let metrics = Metrics::new(&crate::database::task::Runs::default());
        let (closing, closed) = watch::channel(false);
        let feed = FeedServer::new(store.clone(), Arc::clone(&keys.feed), Arc::clone(&metrics), closed);
        let names = NameSettings { base: "marque.fr".parse().unwrap(), ..NameSettings::default() };
        // The clock stands still, so a bucket never fills again: a race asks more than anybody may in a minute.
        let limits = QuotaSettings {
            requests_per_minute: NonZeroU32::MAX,
            operator_requests_per_minute: NonZeroU32::MAX,
            failures_per_minute: NonZeroU32::MAX,
            ..QuotaSettings::default()
        };
        let quick = PasswordSettings { memory_kib: 64, passes: 1, ..PasswordSettings::default() };
        let api = Api::new(store.clone(), keys, names, feed, metrics).limited(&limits).hashing(&quick);
        let router = api.clone().router();
        let keys_used = AtomicU64::new(0);
        Self { router, store, store_key, api, clock, keys_used, _closing: closing, _directory: directory }
    }

    pub(super) fn advance_days(&self, days: i64) {
        self.clock.0.fetch_add(days * 86_400_000, Ordering::Relaxed);
    }

    pub(super) fn advance_minutes(&self, minutes: i64) {
        self.clock.0.fetch_add(minutes * 60_000, Ordering::Relaxed);
    }

    pub(super) fn advance_seconds(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    pub(super) async fn token(&self, principal: Principal, scopes: &str) -> String {
        let reach = Reach::command("test");
        let scopes = scopes.split_whitespace().map(|scope| scope.parse::<Scope>().unwrap()).collect();
        let mut write = self.store.begin(reach.actor(), self.store.now_ms()).await.unwrap();
        let new = NewToken { name: "test".into(), principal, scopes, expires_ms: None };
        let (_, text) = tokens::create(&mut write, &reach, Maker::Machine, new).await.unwrap();
        write.commit().await.unwrap();
        text.reveal().to_owned()
    }

    pub(crate) async fn world(&self) -> World {
        let operator = self.token(Principal::Operator, &everything(Principal::Operator)).await;
        let application = json!({ "name": "till", "policy": { "upstreams": ["http://127.0.0.1:9000"] } });
        let application = self.made(&operator, "/v1/applications", application).await;
        let manager = json!({ "name": "Camille", "email": "camille@marque.example" });
        let manager = self.made(&operator, "/v1/account-managers", manager).await;
        let partners = [
            self.party(&operator, &application, &manager, "Caisse Nord").await,
            self.party(&operator, &application, &manager, "Caisse Sud").await,
        ];
        World { operator, application, partners }
    }

    async fn party(&self, operator: &str, application: &str, manager: &str, name: &str) -> Party {
        let id = self.made(operator, "/v1/partners", partner_to_add(name)).await;
        let approval = json!({ "application": application, "account_manager": manager });
        let approved = self.post(operator, &format!("/v1/partners/{id}/approve"), approval).await;
        assert_eq!(approved.body["state"], "active", "{}", approved.body);
        let partner = Principal::Partner(id.parse().unwrap());
        let token = self.token(partner, &everything(partner)).await;
        let tenant = json!({ "partner": id, "application": application, "name": "Boulangerie" });
        let tenant = self.made(&token, "/v1/tenants", tenant).await;
        Party { id, token, tenant }
    }

    /// Posts what must be taken, and gives the id of what was made.
    pub(super) async fn made(&self, token: &str, path: &str, body: Value) -> String {
        let reply = self.post(token, path, body).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        reply.body["id"].as_str().unwrap().to_owned()
    }

    pub(super) async fn get(&self, pass: &str, path: &str) -> Reply {
        self.ask(Method::GET, pass, path, None).await
    }

    /// Asks for what isn't JSON.
    pub(super) async fn text(&self, token: &str, path: &str) -> (HeaderMap, String) {
        let request = Request::builder().uri(path).header("authorization", format!("Bearer {token}"));
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body::to_bytes(body, 1 << 22).await.unwrap();
        (parts.headers, String::from_utf8(bytes.to_vec()).unwrap())
    }

    pub(super) async fn post(&self, pass: &str, path: &str, body: Value) -> Reply {
        self.ask(Method::POST, pass, path, Some(body)).await
    }

    /// Sends what a proxy saw, as the proxy `one`.
    pub(super) async fn edge_events(&self, events: &[Value]) -> Reply {
        let edge = self.token(Principal::Edge, "edge:sync").await;
        let epoch = self.store.feed().await.unwrap().position().epoch.clone();
        self.post(&edge, "/v1/edge/events", json!({ "proxy": "one", "epoch": epoch, "events": events })).await
    }

    /// Asks with JSON, with a key that was never used, and for whatever version there is.
    pub(crate) async fn ask(&self, method: Method, pass: &str, path: &str, body: Option<Value>) -> Reply {
        let key = self.next_key();
        let request = showing(Request::builder().method(method).uri(path), pass)
            .header("content-type", "application/json")
            .header("idempotency-key", format!("key {key}"))
            .header("if-match", "*");
        self.send(request.body(body.map_or_else(Body::empty, |body| Body::from(body.to_string()))).unwrap()).await
    }

    /// Changes rows behind the API's back; the values are texts.
    pub(super) async fn sql(&self, statement: &'static str, values: &[&str]) {
        let mut write = self.store.begin(Reach::system("test").actor(), self.store.now_ms()).await.unwrap();
        let query = values.iter().fold(sqlx::query(statement), |query, value| query.bind((*value).to_owned()));
        query.execute(write.connection()).await.unwrap();
        write.commit().await.unwrap();
    }

    pub(super) fn next_key(&self) -> u64 {
        self.keys_used.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Reply {
        send(&self.router, request).await
    }

    /// What the edge is told from a revision on, as JSON; a deletion is null.
    pub(super) async fn fed(&self, after: i64) -> Vec<(String, String, Value)> {
        let mut feed = self.store.feed().await.unwrap();
        let rows = feed.page(Revision(after), None).await.unwrap();
        let body = |body: Option<String>| body.map_or(Value::Null, |body| serde_json::from_str(&body).unwrap());
        rows.into_iter().map(|row| (row.kind, row.name, body(row.body))).collect()
    }

    pub(super) async fn revision(&self) -> i64 {
        self.store.feed().await.unwrap().position().revision.0
    }
}

/// A request that shows a pass: a token, or a session's cookie and after a space its CSRF token.
pub(super) fn showing(request: Builder, pass: &str) -> Builder {
    match pass.split_once(' ') {
        Some((cookie, csrf)) => request.header("cookie", cookie).header("x-csrf-token", csrf),
        None => request.header("authorization", format!("Bearer {pass}")),
    }
}

pub(super) async fn send(router: &Router, request: Request<Body>) -> Reply {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body::to_bytes(body, 1 << 22).await.unwrap();
    let (body, text) = (serde_json::from_slice(&bytes).unwrap_or_default(), String::from_utf8_lossy(&bytes).into());
    Reply { status: parts.status, headers: parts.headers, body, text }
}

impl Reply {
    /// The code of a refusal, and the pointers of its fields.
    pub(super) fn refusal(&self) -> (u16, String, Vec<String>) {
        let fields = self.body["errors"].as_array().cloned().unwrap_or_default();
        let pointers = fields.iter().map(|field| field["pointer"].as_str().unwrap().to_owned()).collect();
        (self.status.as_u16(), self.body["code"].as_str().unwrap_or_default().to_owned(), pointers)
    }
}
