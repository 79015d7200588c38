use std::time::Instant;

use marque_config::feed::{Format, Record};
use marque_config::tenant::TenantState;
use tempfile::TempDir;
use tokio_util::task::AbortOnDropHandle;

use super::*;
use crate::feed;
use crate::test_support::feed::{FeedServer, batch, signed_by, signer, upserts};
use crate::test_support::{FakeClock, Fixed, settings, tenant};

/// A follower of a feed that the test writes.
struct Bench {
    feed: FeedServer,
    files: TempDir,
    directory: Arc<Directory>,
    metrics: Arc<Metrics>,
    task: AbortOnDropHandle<()>,
}

impl Bench {
    async fn start() -> Self {
        Self::start_with(FeedServer::start().await, TempDir::new().unwrap(), async |_| {}).await
    }

    async fn start_with(feed: FeedServer, files: TempDir, prepare: impl AsyncFnOnce(&mut Follower)) -> Self {
        Self::start_between(feed, &[], files, prepare).await
    }

    /// With more control planes to turn to.
    async fn start_between(
        feed: FeedServer,
        others: &[&FeedServer],
        files: TempDir,
        prepare: impl AsyncFnOnce(&mut Follower),
    ) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let metrics = Arc::new(Metrics::new(0));
        let mut settings = settings(files.path(), feed.address).feed;
        settings.url.extend(others.iter().map(|other| format!("http://{}", other.address)));
        let opened = feed::open(&settings, FakeClock::at(0), Arc::new(Fixed(0)), Arc::clone(&metrics));
        let (directory, mut follower) = opened.await.unwrap();
        prepare(&mut follower).await;
        let task = AbortOnDropHandle::new(tokio::spawn(follower.run()));
        Self { feed, files, directory, metrics, task }
    }

    /// Stops, and starts anew from the same file.
    async fn restart(self) -> Self {
        self.task.abort();
        drop(self.task.await);
        Self::start_with(self.feed, self.files, async |_| {}).await
    }

    async fn reached(&self, revision: i64) {
        let mut applied = self.directory.applied();
        let reached = applied.wait_for(|it| it.revision.0 == revision);
        drop(tokio::time::timeout(Duration::from_secs(20), reached).await.unwrap().unwrap());
    }

    fn counted(&self, outcome: &str) -> bool {
        let line = format!("proxy_replica_batches_total{{outcome=\"{outcome}\"}} ");
        self.metrics.text(0, None).unwrap().contains(&line)
    }
}

fn names(count: u8) -> Vec<marque_config::feed::Line> {
    let name = |number| tenant(number, &format!("n{number}.example.com"), TenantState::Active);
    upserts((0..count).flat_map(name).collect())
}

#[tokio::test]
async fn a_batch_is_applied_then_acknowledged_and_survives_a_restart() {
    let mut bench = Bench::start().await;
    let stream = bench.feed.stream().await;
    assert_eq!(stream.query, "proxy=proxy-0000000000000000");
    assert_eq!(stream.format, Some(Format::CURRENT.0.to_string()));
    stream.send(batch(None, 5, &names(2)));
    assert_eq!(bench.feed.acked().await, 5);
    assert!(bench.directory.route("n1.example.com").is_some());
    let suspended = upserts(tenant(1, "n1.example.com", TenantState::Suspended));
    stream.send(batch(Some(5), 6, &suspended));
    assert_eq!(bench.feed.acked().await, 6);
    assert_eq!(bench.directory.route("n1.example.com").unwrap().tenant.state, TenantState::Suspended);

    let mut bench = bench.restart().await;
    let stream = bench.feed.stream().await;
    assert_eq!(stream.query, "proxy=proxy-0000000000000000&epoch=epoch&after=6");
    assert_eq!(bench.feed.acked().await, 6, "said again after connecting");
    assert_eq!(bench.directory.route("n1.example.com").unwrap().tenant.state, TenantState::Suspended);
}

#[tokio::test]
async fn a_heartbeat_is_neither_written_nor_acknowledged() {
    let mut bench = Bench::start().await;
    let stream = bench.feed.stream().await;
    stream.send(batch(None, 5, &names(1)));
    assert_eq!(bench.feed.acked().await, 5);
    stream.send(batch(Some(5), 5, &[]) + &batch(Some(5), 6, &[]));
    assert_eq!(bench.feed.acked().await, 6, "the empty batch at 5 was passed over");
}

#[tokio::test]
async fn a_forged_batch_ends_the_stream_and_changes_nothing() {
    let mut bench = Bench::start().await;
    let stream = bench.feed.stream().await;
    stream.send(batch(None, 5, &names(1)));
    assert_eq!(bench.feed.acked().await, 5);
    let other = marque_config::signature::FeedSigner::from_seed(&[6; 32]).unwrap();
    stream.send(signed_by(&other, Some(5), 6, &names(2)));
    let again = bench.feed.stream().await;
    assert!(again.query.ends_with("after=5"), "{}", again.query);
    assert!(bench.directory.route("n1.example.com").is_none());
    assert!(bench.counted("unreadable"));
}

#[tokio::test]
async fn a_snapshot_that_forgets_most_tenants_leaves_the_old_state() {
    let mut bench = Bench::start().await;
    bench.feed.stream().await.send(batch(None, 5, &names(10)));
    assert_eq!(bench.feed.acked().await, 5);
    bench.feed.stream().await.send(batch(None, 6, &names(4)));
    let stream = bench.feed.stream().await;
    assert_eq!(bench.directory.tenant_count(), 10);
    assert!(bench.counted("shrunk"));
    stream.send(batch(None, 7, &names(9)));
    bench.reached(7).await;
    assert_eq!(bench.directory.tenant_count(), 9);
}

#[tokio::test]
async fn a_gap_is_not_skipped() {
    let mut bench = Bench::start().await;
    let stream = bench.feed.stream().await;
    stream.send(batch(None, 5, &names(1)));
    assert_eq!(bench.feed.acked().await, 5);
    stream.send(batch(Some(6), 7, &names(2)));
    assert!(bench.feed.stream().await.query.ends_with("after=5"));
    assert!(bench.counted("gap"));
}

#[tokio::test]
async fn what_cannot_be_written_bites_but_is_not_acknowledged() {
    let read_only = async |follower: &mut Follower| follower.store.fail_writes().await;
    let mut bench = Bench::start_with(FeedServer::start().await, TempDir::new().unwrap(), read_only).await;
    let stream = bench.feed.stream().await;
    stream.send(batch(None, 5, &names(1)));
    bench.reached(5).await;
    let again = bench.feed.stream().await;
    assert!(!again.query.contains("after"), "asked anew from what the file has: {}", again.query);
    assert!(bench.feed.heard_nothing());
    assert!(bench.counted("not_stored"));
    assert!(bench.directory.route("n0.example.com").is_some());
}

async fn between_two() -> (Bench, FeedServer) {
    between_two_with(async |_| {}).await
}

async fn between_two_with(prepare: impl AsyncFnOnce(&mut Follower)) -> (Bench, FeedServer) {
    let (first, second) = (FeedServer::start().await, FeedServer::start().await);
    let bench = Bench::start_between(first, &[&second], TempDir::new().unwrap(), prepare).await;
    (bench, second)
}

#[tokio::test]
async fn when_a_stream_breaks_the_next_control_plane_is_followed_and_never_both() {
    let (mut bench, mut second) = between_two().await;
    let stream = bench.feed.stream().await;
    stream.send(batch(None, 5, &names(1)));
    assert_eq!(bench.feed.acked().await, 5);
    assert!(second.has_no_stream());
    drop(stream);
    let stream = second.stream().await;
    assert!(stream.query.ends_with("after=5"), "{}", stream.query);
    assert_eq!(second.acked().await, 5, "acknowledged where the stream is");
    stream.send(batch(Some(5), 6, &names(2)));
    assert_eq!(second.acked().await, 6);
    assert!(bench.feed.has_no_stream() && bench.feed.heard_nothing());
    drop(stream);
    assert!(bench.feed.stream().await.query.ends_with("after=6"), "the first comes after the last");
}

#[tokio::test]
async fn the_first_control_plane_is_gone_back_to_once_it_takes_acknowledgements_again() {
    let (mut bench, mut second) = between_two_with(async |it| it.away = Duration::from_millis(1)).await;
    let stream = bench.feed.stream().await;
    stream.send(batch(None, 5, &names(1)));
    assert_eq!(bench.feed.acked().await, 5);
    bench.feed.refuse(2);
    drop(stream);
    let away = second.stream().await;
    assert_eq!(second.acked().await, 5);
    bench.feed.refused().await;
    bench.feed.refused().await;
    assert!(bench.feed.has_no_stream(), "it took no acknowledgement yet");
    assert_eq!(bench.feed.acked().await, 5, "asked whether it is back");
    away.left().await;
    let back = bench.feed.stream().await;
    assert!(back.query.ends_with("after=5"), "{}", back.query);
    back.send(batch(Some(5), 6, &names(2)));
    assert_eq!(bench.feed.acked().await, 5, "said again after connecting");
    assert_eq!(bench.feed.acked().await, 6);
    assert!(second.has_no_stream());
}

#[tokio::test]
async fn a_control_plane_that_falls_silent_is_left_for_the_next_in_time() {
    let (mut bench, mut second) = between_two().await;
    let stream = bench.feed.stream().await;
    stream.send(batch(None, 5, &names(1)));
    assert_eq!(bench.feed.acked().await, 5);
    let silent = Instant::now();
    second.stream().await;
    let taken = silent.elapsed();
    assert!(taken < Duration::from_secs(3), "{taken:?}");
    stream.left().await;
}

#[tokio::test]
async fn a_control_plane_that_makes_wait_is_not_left() {
    let (mut bench, mut second) = between_two().await;
    let stream = bench.feed.stream().await;
    let mut beat = tokio::time::interval(Duration::from_millis(marque_config::feed::HEARTBEAT_MS));
    for _ in 0..5 {
        beat.tick().await;
        stream.send("{\"wait\":{}}\n");
        stream.send("{\"later\":{}}\n");
    }
    stream.send(batch(None, 5, &names(1)));
    assert_eq!(bench.feed.acked().await, 5);
    assert!(second.has_no_stream() && bench.feed.has_no_stream());
}

#[tokio::test]
async fn what_the_stream_s_control_plane_does_not_take_is_acknowledged_at_another() {
    let mut second = FeedServer::start().await;
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let files = TempDir::new().unwrap();
    let mut settings = settings(files.path(), gone).feed;
    settings.url.push(format!("http://{}", second.address));
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = FeedClient::new(&settings, "one".into()).await.unwrap();
    let position = Position { epoch: "epoch".into(), revision: marque_config::feed::Revision(7) };
    client.acknowledge(Plane::default(), &ack("one", &position)).await.unwrap();
    assert_eq!(second.acked().await, 7);
}

/// How long it takes to read what is in a batch.
fn reading(wire: &str) -> Duration {
    let mut reader = BatchReader::new(FeedVerifier::parse(&signer().public_text()).unwrap());
    let heard = wire.split_inclusive('\n').map(|line| reader.line(line.as_bytes()).unwrap());
    let Some(Heard::Batch(batch)) = heard.last() else { panic!("no batch") };
    let begun = Instant::now();
    batch.read().unwrap();
    begun.elapsed()
}

/// A snapshot of so many tenants, each of one name.
fn large(tenants: u32) -> String {
    let mut records = tenant(1, "n.example.com", TenantState::Active);
    let (Record::Tenant(tenant), Record::Address(address)) = (records[2].clone(), records[3].clone()) else {
        unreachable!()
    };
    for number in 0..tenants {
        let [a, b, c, d] = number.to_be_bytes();
        let id = marque_config::TenantId::new(2, &[a, b, c, d, 0, 0, 0, 0, 0, 0]);
        let host = format!("n{number}.example.com").parse().unwrap();
        records.push(Record::Tenant(marque_config::tenant::Tenant { id, ..tenant.clone() }));
        records.push(Record::Address(marque_config::tenant::Address { host, tenant: id, ..address.clone() }));
    }
    batch(None, 5, &upserts(records))
}

/// On one thread: what others wait for is never as long as the reading of the whole.
#[tokio::test]
async fn a_large_snapshot_is_taken_beside_what_is_served() {
    let wire = large(10_000);
    let alone = reading(&wire);
    let mut bench = Bench::start().await;
    let stream = bench.feed.stream().await;
    stream.send(batch(None, 4, &upserts(tenant(1, "n.example.com", TenantState::Active))));
    assert_eq!(bench.feed.acked().await, 4);
    for piece in wire.as_bytes().chunks(64 * 1024) {
        stream.send(piece.to_vec());
    }
    let (mut longest, mut last) = (Duration::ZERO, Instant::now());
    while bench.directory.route("n9999.example.com").is_none() {
        assert!(bench.directory.route("n.example.com").is_some(), "what was known is served meanwhile");
        tokio::task::yield_now().await;
        longest = longest.max(last.elapsed());
        last = Instant::now();
    }
    assert!(longest < alone / 2, "served nobody for {longest:?}, the reading alone takes {alone:?}");
    assert_eq!(bench.feed.acked().await, 5);
}
