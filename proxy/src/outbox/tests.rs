use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use marque_config::MessageId;
use marque_config::attachment::MediaType;
use marque_config::contact::ContactFile;
use marque_config::edge_events::{EdgeEvents, MOST_BYTES, SettledEvent, SettledEvents, UNKNOWN_KIND};
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use super::*;
use crate::feed::FeedClient;
use crate::test_support::{FakeClock, Fixed, settings, tenant_id};

const DAY_MS: i64 = 24 * 3_600_000;

/// What a control plane does with the next events.
#[derive(Debug, Clone, Copy)]
enum Next {
    /// It is away.
    Away,
    /// It applies them, and is killed before it says so.
    Killed,
    /// It refuses the first, by this code.
    Refuses(&'static str),
}

/// A control plane: what it applied, by the epoch and the event's identity, and how often each came.
#[derive(Default)]
struct Plane {
    came: parking_lot::Mutex<HashMap<(String, String), usize>>,
    next: parking_lot::Mutex<VecDeque<Next>>,
    heard: Notify,
}

struct Bench {
    files: TempDir,
    plane: Arc<Plane>,
    address: SocketAddr,
    clock: Arc<FakeClock>,
    metrics: Arc<Metrics>,
    epochs: watch::Sender<Option<String>>,
    _serving: JoinSet<()>,
}

/// A process of a proxy, as far as its outbox goes; dropped, it is killed.
struct Process {
    outbox: Arc<Outbox>,
    _sending: AbortOnDropHandle<()>,
}

impl Bench {
    async fn start() -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, plane) = (socket.local_addr().unwrap(), Arc::new(Plane::default()));
        let (mut serving, served) = (JoinSet::new(), Arc::clone(&plane));
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = socket.accept().await {
                let plane = Arc::clone(&served);
                let service = service_fn(move |request| answer(request, Arc::clone(&plane)));
                let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                connections.spawn(async move { drop(connection.await) });
            }
        });
        let (clock, metrics) = (FakeClock::at(DAY_MS), Arc::new(Metrics::new(0)));
        let epochs = watch::Sender::new(Some("one".to_owned()));
        let files = TempDir::new().unwrap();
        Self { files, plane, address, clock, metrics, epochs, _serving: serving }
    }

    fn outbox_at(&self, path: PathBuf, seed: u8) -> Arc<Outbox> {
        Outbox::new(path, Arc::clone(&self.clock) as Arc<dyn Clock>, Arc::new(Fixed(seed)), Arc::clone(&self.metrics))
    }

    fn path(&self) -> PathBuf {
        self.files.path().join("replica.outbox")
    }

    async fn process(&self) -> Process {
        let outbox = self.outbox_at(self.path(), 1);
        let settings = settings(self.files.path(), self.address).feed;
        let client = FeedClient::new(&settings, "edge-1".to_owned()).await.unwrap();
        let sending = tokio::spawn(Arc::clone(&outbox).send(client, self.epochs.subscribe()));
        Process { outbox, _sending: AbortOnDropHandle::new(sending) }
    }

    fn does_next(&self, next: &[Next]) {
        self.plane.next.lock().extend(next);
    }

    /// Waits until the control plane was asked and this holds.
    async fn until(&self, mut holds: impl FnMut() -> bool) {
        let looking = async {
            while !holds() {
                let _ = timeout(Duration::from_millis(20), self.plane.heard.notified()).await;
            }
        };
        timeout(Duration::from_secs(20), looking).await.unwrap();
    }

    /// How many events were applied in an epoch.
    fn applied(&self, epoch: &str) -> usize {
        self.plane.came.lock().keys().filter(|(at, _)| at == epoch).count()
    }

    fn says(&self, line: &str) -> bool {
        let text = self.metrics.text(self.clock.now_ms(), None).unwrap();
        text.lines().any(|it| it == line)
    }
}

async fn answer(request: Request<Incoming>, plane: Arc<Plane>) -> Result<Response<Full<Bytes>>, std::io::Error> {
    assert_eq!(request.uri().path(), "/v1/edge/events");
    let sent: EdgeEvents = serde_json::from_slice(&request.into_body().collect().await.unwrap().to_bytes()).unwrap();
    let next = plane.next.lock().pop_front();
    let mut refused = match next {
        Some(Next::Refuses(code)) => Some(code.to_owned()),
        _ => None,
    };
    let mut response = Response::new(Full::default());
    if matches!(next, Some(Next::Away)) {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    } else {
        let mut events = Vec::new();
        for event in sent.events {
            let refused = refused.take();
            if refused.is_none() {
                *plane.came.lock().entry((sent.epoch.clone(), event.id.clone())).or_default() += 1;
            }
            events.push(SettledEvent { id: event.id, refused });
        }
        *response.body_mut() = Full::from(serde_json::to_vec(&SettledEvents { events }).unwrap());
    }
    plane.heard.notify_one();
    if matches!(next, Some(Next::Killed)) { Err(std::io::ErrorKind::BrokenPipe.into()) } else { Ok(response) }
}

const ROOM: Room = Room { messages: 100, bytes: 64 << 20 };

/// A message with so many bytes of files.
fn message(number: u8, bytes: usize) -> ContactMessage {
    let content = vec![b'a'; bytes];
    ContactMessage {
        id: MessageId::new(1, &[number; 10]),
        tenant: tenant_id(1),
        name: "Zoé".into(),
        email: "zoe@b.fr".into(),
        language: "fr".into(),
        subject: "Panne".into(),
        text: "x".into(),
        ip: None,
        files: vec![ContactFile { name: "a.txt".into(), media_type: MediaType::Text, content }],
    }
}

fn licence(number: u8) -> LicenceId {
    LicenceId::new(1, &[number; 10])
}

#[tokio::test]
async fn what_was_kept_arrives_once_whoever_is_killed_between_any_two_steps() {
    let bench = Bench::start().await;
    // Killed before anything was sent: nobody sends.
    let alone = bench.outbox_at(bench.path(), 1);
    alone.first_use(tenant_id(1), &[licence(1)]).await;
    assert!(bench.says("proxy_outbox_waiting 1"));
    bench.clock.advance(5_000);
    assert!(bench.says("proxy_outbox_age_seconds 5"));
    drop(alone);
    // The control plane is away, and then killed once it has applied; and so is this process.
    bench.does_next(&[Next::Away, Next::Killed]);
    let process = bench.process().await;
    bench.until(|| bench.applied("one") == 1).await;
    drop(process);
    let process = bench.process().await;
    bench.until(|| bench.says("proxy_outbox_waiting 0")).await;
    assert_eq!(bench.applied("one"), 1, "it came again by the same identity");
    assert!(bench.plane.came.lock().values().all(|times| *times >= 2));
    assert!(bench.says("proxy_outbox_age_seconds 0"));
    // It is remembered, by this process and by the next.
    process.outbox.first_use(tenant_id(1), &[licence(1)]).await;
    drop(process);
    let process = bench.process().await;
    process.outbox.first_use(tenant_id(1), &[licence(1)]).await;
    process.outbox.first_use(tenant_id(1), &[licence(2)]).await;
    bench.until(|| bench.applied("one") == 2).await;
}

#[tokio::test]
async fn a_restored_database_gets_again_what_it_lost_for_a_week() {
    let bench = Bench::start().await;
    let process = bench.process().await;
    process.outbox.first_use(tenant_id(1), &[licence(1)]).await;
    bench.until(|| bench.says("proxy_outbox_waiting 0")).await;
    bench.clock.advance(6 * DAY_MS);
    bench.epochs.send_replace(Some("two".to_owned()));
    bench.until(|| bench.applied("two") == 1).await;
    bench.until(|| bench.says("proxy_outbox_waiting 0")).await;
    bench.clock.advance(8 * DAY_MS);
    process.outbox.first_use(tenant_id(1), &[licence(2)]).await;
    bench.until(|| bench.applied("two") == 2).await;
    bench.until(|| bench.says("proxy_outbox_waiting 0")).await;
    bench.epochs.send_replace(Some("three".to_owned()));
    bench.until(|| bench.applied("three") == 1).await;
    assert!(bench.plane.came.lock().keys().any(|(epoch, id)| epoch == "three" && id.ends_with("-2")));
}

#[tokio::test]
async fn nothing_is_sent_before_it_is_known_whose_it_is() {
    let bench = Bench::start().await;
    bench.epochs.send_replace(None);
    let process = bench.process().await;
    process.outbox.first_use(tenant_id(1), &[licence(1)]).await;
    assert!(bench.says("proxy_outbox_waiting 1"));
    bench.epochs.send_replace(Some("one".to_owned()));
    bench.until(|| bench.applied("one") == 1).await;
    assert_eq!(bench.plane.came.lock().len(), 1);
}

#[tokio::test]
async fn what_is_refused_keeps_no_other_and_may_be_said_again_later() {
    let bench = Bench::start().await;
    bench.does_next(&[Next::Refuses("licence-suspended")]);
    let alone = bench.outbox_at(bench.path(), 1);
    alone.first_use(tenant_id(1), &[licence(1), licence(2)]).await;
    drop(alone);
    let process = bench.process().await;
    bench.until(|| bench.says("proxy_outbox_waiting 0")).await;
    assert_eq!(bench.applied("one"), 1);
    assert!(bench.says("proxy_outbox_settled_total{outcome=\"refused\"} 1"));
    process.outbox.first_use(tenant_id(1), &[licence(1)]).await;
    assert!(bench.says("proxy_outbox_waiting 0"), "not at once");
    bench.clock.advance(REMEMBERED_MS + 1);
    process.outbox.first_use(tenant_id(1), &[licence(1)]).await;
    bench.until(|| bench.applied("one") == 2).await;
}

#[tokio::test]
async fn what_no_control_plane_knows_yet_is_sent_to_the_next_version() {
    let bench = Bench::start().await;
    bench.does_next(&[Next::Refuses(UNKNOWN_KIND)]);
    let process = bench.process().await;
    process.outbox.first_use(tenant_id(1), &[licence(1)]).await;
    bench.until(|| bench.says("proxy_outbox_settled_total{outcome=\"refused\"} 1")).await;
    bench.until(|| bench.says("proxy_outbox_waiting 0")).await;
    bench.clock.advance(REMEMBERED_MS + 1);
    // Something else has the file looked at.
    process.outbox.first_use(tenant_id(1), &[licence(2)]).await;
    bench.until(|| bench.applied("one") == 2).await;
}

#[tokio::test]
async fn a_damaged_file_is_set_aside_and_a_new_one_makes_other_identities() {
    let bench = Bench::start().await;
    let first = bench.outbox_at(bench.path(), 1);
    first.first_use(tenant_id(1), &[licence(1)]).await;
    first.file.lock().await.take().unwrap().close().await;
    std::fs::write(bench.path(), "no database at all, whatever it was before").unwrap();
    let outbox = bench.outbox_at(bench.path(), 2);
    outbox.first_use(tenant_id(1), &[licence(1)]).await;
    assert!(bench.says("proxy_outbox_set_aside_total 1") && bench.says("proxy_outbox_waiting 1"));
    let names = std::fs::read_dir(bench.files.path()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    assert!(names.collect::<Vec<_>>().iter().any(|name| name.starts_with("replica.outbox.damaged-")));
    let mut place = outbox.file.lock().await;
    assert_eq!(place.as_mut().unwrap().waiting(9, 1).await.unwrap()[0].id, "0202020202020202-1");
}

#[tokio::test]
async fn messages_arrive_whole_whatever_their_size_and_stop_no_first_use() {
    let bench = Bench::start().await;
    let alone = bench.outbox_at(bench.path(), 1);
    for number in 1..=4 {
        let message = message(number, 3 << 20);
        assert_eq!(alone.message(&message, ROOM).await, Ok(Appended::New));
        assert_eq!(alone.message(&message, ROOM).await, Ok(Appended::Same));
    }
    assert_eq!(
        alone.message(&ContactMessage { text: "y".into(), ..message(1, 3 << 20) }, ROOM).await,
        Ok(Appended::Other)
    );
    alone.first_use(tenant_id(1), &[licence(1)]).await;
    assert!(bench.says("proxy_outbox_waiting 5"));
    {
        let mut place = alone.file.lock().await;
        let first = place.as_mut().unwrap().waiting(20, MOST_BYTES).await.unwrap();
        assert_eq!(first.len(), 1, "two don't fit together");
        assert_eq!(serde_json::from_value::<ContactMessage>(first[0].body.clone()).unwrap(), message(1, 3 << 20));
        assert_eq!(place.as_mut().unwrap().waiting(20, 1).await.unwrap().len(), 1, "one goes alone");
    }
    drop(alone);
    bench.does_next(&[Next::Away, Next::Killed]);
    let _process = bench.process().await;
    bench.until(|| bench.applied("one") == 5).await;
    bench.until(|| bench.says("proxy_outbox_waiting 0") && bench.says("proxy_outbox_waiting_bytes 0")).await;
}

#[tokio::test]
async fn messages_are_bounded_and_first_uses_are_not() {
    let bench = Bench::start().await;
    let outbox = bench.outbox_at(bench.path(), 1);
    let few = Room { messages: 2, ..ROOM };
    assert_eq!(outbox.message(&message(1, 10), few).await, Ok(Appended::New));
    assert_eq!(outbox.message(&message(2, 10), few).await, Ok(Appended::New));
    assert_eq!(outbox.message(&message(3, 10), few).await, Err(Unkept::Full));
    assert_eq!(outbox.message(&message(2, 10), few).await, Ok(Appended::Same), "it is there");
    let small = Room { bytes: 1_000, ..ROOM };
    assert_eq!(outbox.message(&message(3, 10), small).await, Ok(Appended::New));
    assert_eq!(outbox.message(&message(4, 300), small).await, Err(Unkept::Full));
    outbox.first_use(tenant_id(1), &[licence(1)]).await;
    assert!(bench.says("proxy_outbox_waiting 4") && bench.says("proxy_outbox_unkept_total{outcome=\"full\"} 2"));
}

#[tokio::test]
async fn messages_that_have_arrived_make_room_the_oldest_first() {
    let bench = Bench::start().await;
    let process = bench.process().await;
    let room = Room { bytes: 2_500, ..ROOM };
    for number in 1..=3 {
        bench.clock.advance(1);
        assert_eq!(process.outbox.message(&message(number, 600), room).await, Ok(Appended::New));
        bench.until(|| bench.says("proxy_outbox_waiting 0")).await;
    }
    // The first made room for the third, and a restored database gets the others again.
    bench.epochs.send_replace(Some("two".to_owned()));
    bench.until(|| bench.applied("two") == 2).await;
    bench.until(|| bench.says("proxy_outbox_waiting 0")).await;
    let ids = bench
        .plane
        .came
        .lock()
        .keys()
        .filter(|(epoch, _)| epoch == "two")
        .map(|(_, id)| id.clone())
        .collect::<Vec<_>>();
    assert!(ids.iter().all(|id| !id.ends_with("-1")), "{ids:?}");
}

#[tokio::test]
async fn a_message_that_a_full_disk_or_a_damaged_file_refuses_is_kept_when_it_comes_again() {
    let bench = Bench::start().await;
    let outbox = bench.outbox_at(bench.path(), 1);
    outbox.first_use(tenant_id(1), &[licence(1)]).await;
    outbox.file.lock().await.as_mut().unwrap().limit(1).await;
    assert_eq!(outbox.message(&message(1, 1 << 20), ROOM).await, Err(Unkept::NoSpace));
    outbox.file.lock().await.as_mut().unwrap().limit(1_000_000).await;
    assert_eq!(outbox.message(&message(1, 1 << 20), ROOM).await, Ok(Appended::New));
    outbox.file.lock().await.take().unwrap().close().await;
    std::fs::write(bench.path(), "no database at all, whatever it was before").unwrap();
    assert_eq!(outbox.message(&message(2, 10), ROOM).await, Ok(Appended::New));
    assert!(bench.says("proxy_outbox_set_aside_total 1") && bench.says("proxy_outbox_waiting 1"));
}

#[tokio::test]
async fn a_file_from_before_sizes_were_kept_is_read_on() {
    let bench = Bench::start().await;
    let mut old = SqliteConnection::connect(&format!("sqlite://{}?mode=rwc", bench.path().display())).await.unwrap();
    for statement in [
        "create table event (seq integer primary key autoincrement, kind text not null, once text unique,
         body text not null, at_ms integer not null, settled_ms integer, refused text)",
        "create index event_waiting on event (seq) where settled_ms is null",
        "insert into event (kind, body, at_ms) values ('first_use', '{}', 1)",
    ] {
        sqlx::query(statement).execute(&mut old).await.unwrap();
    }
    old.close().await.unwrap();
    let outbox = bench.outbox_at(bench.path(), 1);
    assert_eq!(outbox.message(&message(1, 10), ROOM).await, Ok(Appended::New));
    assert!(bench.says("proxy_outbox_waiting 2") && bench.says("proxy_outbox_set_aside_total 0"));
}

#[tokio::test]
async fn a_full_disk_and_a_file_that_cannot_be_are_named_and_stop_nobody() {
    let bench = Bench::start().await;
    let outbox = bench.outbox_at(bench.path(), 1);
    outbox.first_use(tenant_id(1), &[licence(0)]).await;
    outbox.file.lock().await.as_mut().unwrap().limit(1).await;
    let many: Vec<LicenceId> = (1..=200).map(licence).collect();
    outbox.first_use(tenant_id(1), &many).await;
    let unkept = |count: usize| bench.says(&format!("proxy_outbox_unkept_total{{outcome=\"no_space\"}} {count}"));
    let kept = (1..=200).find(|kept| unkept(200 - kept)).expect("some had no place, and that is counted");
    assert!(bench.says(&format!("proxy_outbox_waiting {}", kept + 1)));
    // There is space again: the next login keeps what the last couldn't.
    outbox.file.lock().await.as_mut().unwrap().limit(1_000_000).await;
    outbox.first_use(tenant_id(1), &many).await;
    assert!(bench.says("proxy_outbox_waiting 201"));

    let nowhere = bench.outbox_at(bench.files.path().join("nowhere/outbox"), 1);
    nowhere.first_use(tenant_id(1), &[licence(1)]).await;
    assert!(bench.says("proxy_outbox_unkept_total{outcome=\"unusable\"} 1"));
}
