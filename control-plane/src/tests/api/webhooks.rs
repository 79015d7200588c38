//! Telling others: an endpoint of ours listens, and checks what it hears with the specification's own library.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::IntoResponse;
use marque_config::settings::WebhookSettings;
use serde_json::{Value, json};

use super::desk::{Desk, Reply, World, send};
use crate::kernel::token::hex;
use crate::notify::tasks::deliver::Deliver;
use crate::web::Api;

/// An endpoint that keeps what it hears, and answers what it was told to.
#[derive(Clone, Default)]
struct Listener {
    heard: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Listener {
    async fn start(&self) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(hear).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    fn answer(&self, statuses: &[u16]) {
        self.answers.lock().unwrap().extend(statuses);
    }

    /// What was heard since the last time, as the type and the object of each.
    fn take(&self) -> Vec<(HeaderMap, Value)> {
        let heard = std::mem::take(&mut *self.heard.lock().unwrap());
        heard.into_iter().map(|(headers, body)| (headers, serde_json::from_slice(&body).unwrap())).collect()
    }

    fn kinds(&self) -> Vec<String> {
        self.take().iter().map(|(_, body)| body["type"].as_str().unwrap().to_owned()).collect()
    }
}

async fn hear(State(listener): State<Listener>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    listener.heard.lock().unwrap().push((headers, body));
    let status = listener.answers.lock().unwrap().pop_front().unwrap_or(204);
    let status = StatusCode::from_u16(status).unwrap();
    (status, [("location", "https://example.net/elsewhere")])
}

/// A desk whose webhooks may go to this machine, and the task that carries them.
struct Office {
    desk: Desk,
    world: World,
    router: Router,
    deliver: Arc<Deliver>,
    listener: Listener,
    url: String,
}

impl Office {
    async fn open() -> Self {
        let desk = Desk::open().await;
        let world = desk.world().await;
        let settings = WebhookSettings { allow_private: true, ..WebhookSettings::default() };
        let inner = &desk.api.inner;
        let api = Api::new(
            inner.store.clone(),
            inner.keys.clone(),
            inner.names.clone(),
            inner.feed.clone(),
            inner.metrics.clone(),
        );
        let router = api.telling(&settings).router();
        let deliver = Arc::new(Deliver::new(&desk.store, &inner.keys.store, &settings).unwrap());
        let listener = Listener::default();
        let url = format!("http://{}/hook", listener.start().await);
        Self { desk, world, router, deliver, listener, url }
    }

    fn token(&self) -> &str {
        &self.world.partners[0].token
    }

    async fn post(&self, path: &str, body: Value) -> Reply {
        let key = hex(&self.desk.store.parts().bytes::<8>());
        let request = Request::post(path)
            .header("authorization", format!("Bearer {}", self.token()))
            .header("content-type", "application/json")
            .header("idempotency-key", key);
        send(&self.router, request.body(body.to_string().into()).unwrap()).await
    }

    async fn endpoint(&self, events: &[&str]) -> (String, String) {
        let reply = self.post("/v1/webhook-endpoints", json!({ "url": self.url, "events": events })).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        let text = |name: &str| reply.body[name].as_str().unwrap().to_owned();
        (text("id"), text("secret"))
    }

    async fn tenant(&self, name: &str) -> String {
        let body = json!({ "partner": self.world.partners[0].id, "application": self.world.application, "name": name });
        self.desk.made(self.token(), "/v1/tenants", body).await
    }

    async fn pass(&self) {
        Arc::clone(&self.deliver).pass().await.unwrap();
    }

    async fn deliveries(&self, endpoint: &str) -> Vec<Value> {
        let reply =
            self.desk.get(self.token(), &format!("/v1/webhook-endpoints/{endpoint}/deliveries?order=oldest")).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply.body["items"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn what_happens_is_told_and_signed() {
    let office = Office::open().await;
    let (id, secret) = office.endpoint(&[]).await;
    assert!(secret.starts_with("whsec_"));
    let tenant = office.tenant("Moulin").await;
    // What happens at another partner's is none of its business.
    let other = &office.world.partners[1];
    let body = json!({ "partner": other.id, "application": office.world.application, "name": "x" });
    office.desk.made(&other.token, "/v1/tenants", body).await;
    office.pass().await;
    let heard = office.listener.take();
    let created: Vec<_> = heard.iter().filter(|(_, body)| body["type"] == "tenant.created").collect();
    assert_eq!(created.len(), 1);
    let (headers, body) = created[0];
    assert_eq!((&body["data"]["object"], &body["data"]["seq"]), (&json!(tenant), &json!(1)));
    let oracle = standardwebhooks::Webhook::new(&secret).unwrap();
    let text = |name: &str| headers[name].to_str().unwrap().to_owned();
    let timestamp: i64 = text("webhook-timestamp").parse().unwrap();
    assert_eq!(timestamp, office.desk.store.now_ms() / 1000);
    assert_eq!(text("webhook-id"), body["id"].as_str().unwrap());
    let signed = oracle.sign(&text("webhook-id"), timestamp, body.to_string().as_bytes()).unwrap();
    assert_eq!(text("webhook-signature"), signed);
    // Told once; and the same is in the list of events, and among the deliveries.
    office.pass().await;
    assert_eq!(office.listener.kinds(), Vec::<String>::new());
    let events = office.desk.get(office.token(), "/v1/events?limit=100").await.body;
    assert!(events["items"].as_array().unwrap().contains(body), "{events}");
    let deliveries = office.deliveries(&id).await;
    let delivery = deliveries.iter().find(|it| it["object"] == json!(tenant)).unwrap();
    let seen = (&delivery["state"], &delivery["attempts"], &delivery["last_status"]);
    assert_eq!(seen, (&json!("delivered"), &json!(1), &json!(204)));
}

#[tokio::test]
async fn an_endpoint_that_fails_is_told_again_in_order_and_in_the_end_no_more() {
    let office = Office::open().await;
    let (id, _) = office.endpoint(&["tenant.*"]).await;
    let first = office.tenant("Moulin").await;
    for verb in ["suspend", "resume"] {
        let body = if verb == "suspend" { json!({ "reason": "late" }) } else { json!({}) };
        let reply = office.post(&format!("/v1/tenants/{first}/{verb}"), body).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    }
    office.listener.answer(&[500]);
    office.pass().await;
    // The next ones of the same object wait for the first; another object doesn't.
    assert_eq!(office.listener.kinds(), ["tenant.created"]);
    office.tenant("Four").await;
    office.pass().await;
    assert_eq!(office.listener.kinds(), ["tenant.created"]);
    office.desk.advance_seconds(5);
    for kind in ["tenant.created", "tenant.suspended", "tenant.resumed"] {
        office.pass().await;
        assert_eq!(office.listener.kinds(), [kind]);
    }
    let deliveries = office.deliveries(&id).await;
    let again: Vec<_> = deliveries.iter().filter(|it| it["attempts"] == 2).map(|it| &it["type"]).collect();
    assert_eq!((deliveries.len(), again), (4, vec![&json!("tenant.created")]));
    // One that always fails is given up after ten attempts, more than three days later, and the next one goes.
    office.listener.answer(&[503, 302, 404, 500, 500, 500, 500, 500, 500, 500]);
    let third = office.tenant("Lavoir").await;
    office.pass().await;
    for attempts in 1..10 {
        let last = office.deliveries(&id).await.pop().unwrap();
        let error = if attempts == 2 { "redirect" } else { "status" };
        assert_eq!(
            (&last["attempts"], &last["state"], &last["last_error"]),
            (&json!(attempts), &json!("pending"), &json!(error))
        );
        let wait_ms = crate::notify::model::webhook::wait_ms(attempts).unwrap();
        office.desk.advance_seconds(wait_ms / 1000 - 1);
        office.pass().await;
        assert_eq!(office.listener.kinds().len(), 1, "not before its time");
        office.desk.advance_seconds(1);
        office.pass().await;
    }
    let last = office.deliveries(&id).await.pop().unwrap();
    assert_eq!((&last["attempts"], &last["state"], &last["object"]), (&json!(10), &json!("failed"), &json!(third)));
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_told_no_more_until_it_is_enabled_again() {
    let office = Office::open().await;
    let (id, _) = office.endpoint(&["tenant.*"]).await;
    office.tenant("Moulin").await;
    office.listener.answer(&[410]);
    office.pass().await;
    assert_eq!(office.listener.kinds(), ["tenant.created"]);
    let path = format!("/v1/webhook-endpoints/{id}");
    let seen = office.desk.get(office.token(), &path).await.body;
    assert_eq!((&seen["state"], &seen["disabled_reason"]), (&json!("disabled"), &json!("gone")));
    assert_eq!(office.post(&format!("{path}/test"), json!({})).await.refusal().1, "endpoint-disabled");
    let tenant = office.tenant("Four").await;
    office.pass().await;
    assert_eq!(office.listener.kinds(), Vec::<String>::new());
    let enabled = Some(json!({ "state": "enabled" }));
    assert_eq!(office.desk.ask(Method::PATCH, office.token(), &path, enabled).await.status, StatusCode::OK);
    office.pass().await;
    let heard = office.listener.take();
    assert_eq!((heard.len(), &heard[0].1["data"]["object"]), (1, &json!(tenant)));
}

#[tokio::test]
async fn a_new_secret_signs_beside_the_one_before_for_a_day() {
    let office = Office::open().await;
    let (id, before) = office.endpoint(&["tenant.*"]).await;
    let rotated = office.post(&format!("/v1/webhook-endpoints/{id}/rotate-secret"), json!({})).await;
    let after = rotated.body["secret"].as_str().unwrap().to_owned();
    assert_ne!(before, after);
    for (days, secrets) in [(0, vec![&after, &before]), (2, vec![&after])] {
        office.desk.advance_days(days);
        office.tenant("Moulin").await;
        office.pass().await;
        let heard = office.listener.take();
        let (headers, body) = &heard[0];
        let text = |name: &str| headers[name].to_str().unwrap().to_owned();
        let timestamp = text("webhook-timestamp").parse().unwrap();
        let sign = |secret: &&String| {
            let oracle = standardwebhooks::Webhook::new(secret).unwrap();
            oracle.sign(&text("webhook-id"), timestamp, body.to_string().as_bytes()).unwrap()
        };
        let signatures: Vec<_> = secrets.iter().map(sign).collect();
        assert_eq!(text("webhook-signature"), signatures.join(" "));
    }
    let listed = office.desk.get(office.token(), "/v1/webhook-endpoints").await.body.to_string();
    assert!(!listed.contains("whsec_") && !listed.contains("\"secret\""));
    let wrong =
        office.post(&format!("/v1/webhook-endpoints/{id}/rotate-secret"), json!({ "overlap_hours": 169 })).await;
    assert_eq!(wrong.refusal(), (422, "invalid-request".into(), vec!["/overlap_hours".into()]));
}

#[tokio::test]
async fn an_endpoint_can_be_tried_changed_and_removed() {
    let office = Office::open().await;
    let (id, _) = office.endpoint(&["order.*"]).await;
    let (other, _) = office.endpoint(&[]).await;
    let path = format!("/v1/webhook-endpoints/{id}");
    let tried = office.post(&format!("{path}/test"), json!({})).await;
    assert_eq!(tried.status, StatusCode::ACCEPTED, "{}", tried.body);
    office.pass().await;
    assert_eq!(office.listener.kinds(), ["webhook_endpoint.tested"]);
    assert_eq!(office.deliveries(&other).await, Vec::<Value>::new());
    let change = Some(json!({ "events": ["tenant.created"], "description": "Compta" }));
    let changed = office.desk.ask(Method::PATCH, office.token(), &path, change).await;
    assert_eq!((&changed.body["events"], &changed.body["description"]), (&json!(["tenant.created"]), &json!("Compta")));
    // The delivery that is on its way goes with its endpoint.
    office.listener.answer(&[500, 500]);
    office.tenant("Moulin").await;
    office.pass().await;
    assert_eq!(office.desk.ask(Method::DELETE, office.token(), &path, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(office.desk.get(office.token(), &path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(office.listener.kinds().len(), 2);
    office.desk.advance_days(1);
    office.pass().await;
    assert_eq!(office.listener.kinds().len(), 1, "only the other one is told again");
}

#[tokio::test]
async fn no_private_address_is_told_whatever_its_name() {
    let office = Office::open().await;
    let (id, _) = office.endpoint(&[]).await;
    let port = office.url.rsplit_once(':').unwrap().1.to_owned();
    // The rule has changed since: neither a number nor a name that leads here is followed.
    let strict = Arc::new(
        Deliver::new(&office.desk.store, &office.desk.api.inner.keys.store, &WebhookSettings::default()).unwrap(),
    );
    for url in
        [format!("https://127.0.0.1:{port}"), format!("https://localhost:{port}"), format!("http://localhost:{port}")]
    {
        let mut write = office.desk.store.begin(&crate::kernel::actor::Actor::system("test"), 1).await.unwrap();
        sqlx::query("update webhook_endpoint set url = $1").bind(&url).execute(write.connection()).await.unwrap();
        write.commit().await.unwrap();
        let tenant = office.tenant("Moulin").await;
        Arc::clone(&strict).pass().await.unwrap();
        let deliveries = office.deliveries(&id).await;
        let delivery = deliveries.iter().find(|it| it["object"] == json!(tenant)).unwrap();
        assert_eq!(
            (&delivery["last_error"], &delivery["state"]),
            (&json!("private_address"), &json!("pending")),
            "{url}"
        );
    }
    assert_eq!(office.listener.kinds(), Vec::<String>::new());
    // And by the usual rules such an endpoint isn't taken in the first place.
    for url in ["https://127.0.0.1/", "https://[::1]/", "https://0x7f.1/", "http://example.net/", "x"] {
        let reply = office.desk.post(office.token(), "/v1/webhook-endpoints", json!({ "url": url })).await;
        assert_eq!(reply.refusal(), (422, "invalid-request".into(), vec!["/url".into()]), "{url}");
    }
}

#[tokio::test]
async fn endpoints_are_their_partners_and_few() {
    let office = Office::open().await;
    let (id, _) = office.endpoint(&[]).await;
    let (own, other) = (&office.world.partners[0], &office.world.partners[1]);
    for (method, path, body) in [
        (Method::GET, format!("/v1/webhook-endpoints/{id}"), None),
        (Method::PATCH, format!("/v1/webhook-endpoints/{id}"), Some(json!({ "description": "x" }))),
        (Method::DELETE, format!("/v1/webhook-endpoints/{id}"), None),
        (Method::POST, format!("/v1/webhook-endpoints/{id}/test"), Some(json!({}))),
        (Method::POST, format!("/v1/webhook-endpoints/{id}/rotate-secret"), Some(json!({}))),
        (Method::GET, format!("/v1/webhook-endpoints/{id}/deliveries"), None),
    ] {
        let reply = office.desk.ask(method.clone(), &other.token, &path, body).await;
        assert_eq!(reply.refusal(), (404, "not-found".into(), vec![]), "{method} {path}");
    }
    let listed = office.desk.get(&other.token, "/v1/webhook-endpoints").await.body;
    assert_eq!(listed["items"], json!([]));
    let foreign = json!({ "url": "https://example.net/", "partner": own.id });
    let reply = office.desk.post(&other.token, "/v1/webhook-endpoints", foreign.clone()).await;
    assert_eq!(reply.refusal(), (422, "invalid-request".into(), vec!["/partner".into()]));
    let made = office.desk.post(&office.world.operator, "/v1/webhook-endpoints", foreign).await;
    assert_eq!(made.body["partner"], json!(own.id));
    for _ in 2..20 {
        office.endpoint(&[]).await;
    }
    let more = office.post("/v1/webhook-endpoints", json!({ "url": office.url })).await;
    assert_eq!(more.refusal().1, "too-many-endpoints");
    let wrong = json!({ "url": "https://example.net/", "events": ["order.placed", "*"] });
    let reply = office.desk.post(&other.token, "/v1/webhook-endpoints", wrong).await;
    assert_eq!(reply.refusal(), (422, "invalid-request".into(), vec!["/events/1".into()]));
}

#[tokio::test]
async fn events_are_told_for_thirty_days_and_numbered_on() {
    let office = Office::open().await;
    let tenant = &office.world.partners[0].tenant;
    office.desk.advance_days(31);
    let mut write = office
        .desk
        .store
        .begin(&crate::kernel::actor::Actor::system("test"), office.desk.store.now_ms())
        .await
        .unwrap();
    let last = office.desk.store.last_event_before(write.now_ms() - 30 * 86_400_000).await.unwrap();
    assert!(write.forget_events(0, last).await.unwrap() > 0);
    write.commit().await.unwrap();
    let told = office.desk.get(office.token(), "/v1/events").await.body;
    assert_eq!(told["items"], json!([]));
    office.post(&format!("/v1/tenants/{tenant}/suspend"), json!({ "reason": "late" })).await;
    let told = office.desk.get(office.token(), "/v1/events").await.body;
    assert_eq!((&told["items"][0]["type"], &told["items"][0]["data"]["seq"]), (&json!("tenant.suspended"), &json!(2)));
    for query in ["?page_token=x", "?limit=101", "?odd=1"] {
        let reply = office.desk.get(office.token(), &format!("/v1/events{query}")).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn one_delivery_that_cannot_be_read_keeps_no_other_from_being_made() {
    let office = Office::open().await;
    let (id, _) = office.endpoint(&["tenant.created"]).await;
    let (other, _) = office.endpoint(&["tenant.created"]).await;
    // Sealed for another endpoint, its secret doesn't open.
    let foreign =
        "update webhook_endpoint set secret = (select secret from webhook_endpoint where id = $2) where id = $1";
    office.desk.sql(foreign, &[&other, &id]).await;
    let good = office.tenant("Un").await;
    for _ in 0..3 {
        office.pass().await;
    }
    let told =
        "select count(*) from webhook_delivery join outbox_event on outbox_event.seq = webhook_delivery.event_seq
        where webhook_delivery.endpoint_id = $1 and webhook_delivery.state = 'delivered' and outbox_event.object = $2";
    let told: i64 = sqlx::query_scalar(told).bind(&id).bind(&good).fetch_one(office.desk.store.reader()).await.unwrap();
    let list = office.desk.get(&office.world.operator, "/v1/task-troubles").await.body["items"].clone();
    assert_eq!(told, 1, "{list}");
    let waiting = list.as_array().unwrap();
    assert!(!waiting.is_empty() && waiting.iter().all(|one| one["task"] == "deliver"), "{list}");
}
