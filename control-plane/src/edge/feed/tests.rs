//! Rules of the feed, read as a proxy reads it.

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use marque_config::certificate::Challenge;
use marque_config::feed::{Begin, Commit, Key, ReadRecord, Reading, Record, Revision};
use marque_config::signature::{BatchDigest, FeedVerifier};
use marque_config::tenant::{Address, AddressKind};
use marque_config::{Hostname, TenantId, TokenId};

use super::*;
use crate::database::task::Runs;
use crate::database::tests::store;
use crate::edge::store::proxies::Barrier;
use crate::identity::operations::tokens::{self, Maker, NewToken};
use crate::kernel::actor::Actor;
use crate::kernel::principal::{Principal, Reach};

/// A stream, as a proxy reads it.
struct Reader {
    stream: BoxStream<'static, Result<Bytes, FeedError>>,
    buffer: Vec<u8>,
    verifier: FeedVerifier,
}

/// A batch whose signature was seen to be right.
#[derive(Debug)]
struct Read {
    epoch: String,
    base: Option<Revision>,
    revision: Revision,
    upserts: Vec<Record>,
    deletes: Vec<Key>,
}

fn server(store: &Store) -> (FeedServer, watch::Sender<bool>, FeedVerifier) {
    let signer = FeedSigner::from_seed(&[7; 32]).unwrap();
    let verifier = FeedVerifier::parse(&signer.public_text()).unwrap();
    let (closing, closed) = watch::channel(false);
    (FeedServer::new(store.clone(), Arc::new(signer), Metrics::new(&Runs::default()), closed), closing, verifier)
}

async fn token(store: &Store, expires_ms: Option<i64>) -> TokenId {
    let reach = Reach::command("test");
    let mut write = store.begin(reach.actor(), store.now_ms()).await.unwrap();
    let scopes = ["edge:sync".parse().unwrap()].into();
    let new = NewToken { name: "edge".into(), principal: Principal::Edge, scopes, expires_ms };
    let (token, _) = tokens::create(&mut write, &reach, Maker::Machine, new).await.unwrap();
    write.commit().await.unwrap();
    token.id
}

async fn open(server: &FeedServer, verifier: &FeedVerifier, epoch: Option<&str>, after: i64) -> Reader {
    open_as(server, verifier, (epoch, after), Format::CURRENT).await
}

async fn open_as(
    server: &FeedServer,
    verifier: &FeedVerifier,
    (epoch, after): (Option<&str>, i64),
    format: Format,
) -> Reader {
    let subscription = Subscription { proxy: "one".into(), epoch: epoch.map(str::to_owned), after: Revision(after) };
    let token = token(&server.store, None).await;
    let stream = server.open(subscription, token, format).await.unwrap().boxed();
    Reader { stream, buffer: Vec::new(), verifier: verifier.clone() }
}

impl Reader {
    async fn line(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(end) = self.buffer.iter().position(|&byte| byte == b'\n') {
                return Some(self.buffer.drain(..=end).collect());
            }
            self.buffer.extend_from_slice(&self.stream.next().await?.unwrap());
        }
    }

    async fn batch(&mut self) -> Read {
        let first = self.line().await.unwrap();
        let Line::Begin(begin) = serde_json::from_slice(&first).unwrap() else { panic!("no begin") };
        let Begin { epoch, base, revision, .. } = begin;
        let mut digest = BatchDigest::begin(&first);
        let mut read = Read { epoch, base, revision, upserts: Vec::new(), deletes: Vec::new() };
        loop {
            let line = self.line().await.unwrap();
            match serde_json::from_slice(&line).unwrap() {
                Line::Upsert(value) => {
                    let found = ReadRecord::read(value.get(), Format::CURRENT).unwrap();
                    let Reading::Known(record) = found.reading else { panic!("{found:?}") };
                    read.upserts.push(*record);
                }
                Line::Delete(key) => read.deletes.push(key.known().unwrap()),
                Line::Commit(Commit { changes, signature }) => {
                    self.verifier.verify(digest, changes, &signature).unwrap();
                    return read;
                }
                other => panic!("{other:?} in a batch"),
            }
            digest.change(&line);
        }
    }

    /// The next batch that has something in it.
    async fn news(&mut self) -> Read {
        loop {
            let batch = self.batch().await;
            if !batch.upserts.is_empty() || !batch.deletes.is_empty() {
                return batch;
            }
        }
    }
}

fn address(name: &str) -> Record {
    let (host, tenant): (Hostname, _) = (name.parse().unwrap(), TenantId::new(1, &[0; 10]));
    Record::Address(Address { host, tenant, kind: AddressKind::Custom, hsts: false })
}

async fn publish(store: &Store, upserts: &[&str], deletes: &[&str]) -> Revision {
    let mut write = store.begin(&Actor::system("test"), store.now_ms()).await.unwrap();
    upserts.iter().for_each(|name| write.feed(address(name)));
    deletes.iter().for_each(|name| write.feed_delete(address(name).key()));
    write.commit().await.unwrap()
}

#[tokio::test]
async fn a_new_proxy_gets_all_that_is_and_then_what_changes() {
    let (store, _directory) = store().await;
    let (server, _closing, verifier) = server(&store);
    publish(&store, &["a.example", "b.example"], &[]).await;
    publish(&store, &[], &["b.example"]).await;
    let mut reader = open(&server, &verifier, None, 0).await;
    let snapshot = reader.batch().await;
    assert_eq!((snapshot.base, snapshot.revision), (None, Revision(2)));
    assert_eq!((snapshot.upserts, snapshot.deletes), (vec![address("a.example")], vec![]));
    let began = Instant::now();
    publish(&store, &["c.example"], &["a.example"]).await;
    let news = reader.news().await;
    assert!(began.elapsed() < HEARTBEAT / 2, "a commit wakes the stream: {:?}", began.elapsed());
    assert_eq!((news.base, news.revision), (Some(Revision(2)), Revision(3)));
    assert_eq!((news.upserts, news.deletes), (vec![address("c.example")], vec![address("a.example").key()]));
}

#[tokio::test]
async fn a_proxy_goes_on_where_it_was_and_starts_anew_where_it_can_not() {
    let (store, _directory) = store().await;
    let (server, _closing, verifier) = server(&store);
    publish(&store, &["a.example", "b.example"], &[]).await;
    let epoch = open(&server, &verifier, None, 0).await.batch().await.epoch;
    let last = publish(&store, &["c.example"], &["b.example"]).await;
    let news = open(&server, &verifier, Some(&epoch), 1).await.batch().await;
    assert_eq!((news.base, news.upserts.len(), news.deletes.len()), (Some(Revision(1)), 1, 1));
    let nothing = open(&server, &verifier, Some(&epoch), last.0).await.batch().await;
    assert_eq!((nothing.base, nothing.upserts.len()), (Some(last), 0));
    // Another database's revision, one from the future, and one from before what was forgotten.
    for (epoch, after) in [("other", 1), (&*epoch, last.0 + 1)] {
        let snapshot = open(&server, &verifier, Some(epoch), after).await.batch().await;
        assert_eq!((snapshot.base, snapshot.upserts.len()), (None, 2), "{epoch} {after}");
    }
    let mut write = store.begin(&Actor::system("test"), store.now_ms()).await.unwrap();
    write.prune_feed(store.now_ms() + 60_000).await.unwrap();
    write.commit().await.unwrap();
    let snapshot = open(&server, &verifier, Some(&epoch), 1).await.batch().await;
    assert_eq!((snapshot.base, snapshot.upserts.len(), snapshot.deletes.len()), (None, 2, 0));
}

#[tokio::test]
async fn a_large_snapshot_comes_in_pieces_and_whole() {
    let (store, _directory) = store().await;
    let (server, _closing, verifier) = server(&store);
    let names: Vec<String> = (0..3000).map(|index| format!("n{index}.example")).collect();
    publish(&store, &names.iter().map(String::as_str).collect::<Vec<_>>(), &[]).await;
    let mut reader = open(&server, &verifier, None, 0).await;
    let snapshot = reader.batch().await;
    assert_eq!(snapshot.upserts.len(), 3000);
}

#[tokio::test]
async fn an_open_stream_makes_a_proxy_live_with_what_it_has() {
    let (store, _directory) = store().await;
    let (server, _closing, verifier) = server(&store);
    let first = publish(&store, &["a.example"], &[]).await;
    let epoch = store.feed().await.unwrap().position().epoch.clone();
    assert_eq!(store.barrier(first).await.unwrap(), Barrier::NoneLive);
    let _reader = open(&server, &verifier, Some(&epoch), first.0).await;
    assert_eq!(store.barrier(first).await.unwrap(), Barrier::Reached);
    let second = publish(&store, &["b.example"], &[]).await;
    assert_eq!(store.barrier(second).await.unwrap(), Barrier::Waiting { behind: vec!["one".into()] });
}

#[tokio::test]
async fn a_stream_ends_when_the_process_closes() {
    let (store, _directory) = store().await;
    let (server, closing, verifier) = server(&store);
    publish(&store, &["a.example"], &[]).await;
    let mut reader = open(&server, &verifier, None, 0).await;
    reader.batch().await;
    closing.send_replace(true);
    let rest = tokio::time::timeout(Duration::from_secs(5), async { while reader.line().await.is_some() {} }).await;
    assert!(rest.is_ok());
}

#[tokio::test]
async fn a_proxy_that_does_not_read_is_let_go() {
    let (store, _directory) = store().await;
    let (server, _closing, _) = server(&store);
    let stream = store.open_stream("one", Revision(0), Format::CURRENT).await.unwrap();
    let (out, chunks) = mpsc::channel(1);
    let (token, patience) = (token(&store, None).await, Duration::from_millis(20));
    let follower = Follower { server, stream, token, format: Format::CURRENT, out, patience };
    follower.out("one".into()).await.unwrap();
    assert!(matches!(follower.out("two".into()).await, Err(FeedError::Stuck)));
    drop(chunks);
    assert!(matches!(follower.out("two".into()).await, Err(FeedError::Left)));
}

/// Records of some megabytes.
async fn publish_much(store: &Store) {
    let mut write = store.begin(&Actor::system("test"), store.now_ms()).await.unwrap();
    for index in 0..40 {
        let (token, key_authorization) = (format!("t{index}"), "x".repeat(150_000));
        write.feed(Record::Challenge(Challenge { host: "a.example".parse().unwrap(), token, key_authorization }));
    }
    write.commit().await.unwrap();
}

#[tokio::test]
async fn who_reads_slowly_holds_neither_the_database_nor_those_who_read() {
    let (store, _directory) = store().await;
    let (server, _closing, verifier) = server(&store);
    publish_much(&store).await;
    let mut slow = Vec::new();
    for index in 0..12 {
        let subscription = Subscription { proxy: format!("slow{index}"), epoch: None, after: Revision(0) };
        let token = token(&store, None).await;
        let mut stream = server.open(subscription, token, Format::CURRENT).await.unwrap().boxed();
        stream.next().await.unwrap().unwrap();
        slow.push(stream);
    }
    // Every connection that feeds are read over is free.
    let mut all = Vec::new();
    for _ in 0..8 {
        all.push(store.feed().await.unwrap());
    }
    drop(all);
    let snapshot = open(&server, &verifier, None, 0).await.batch().await;
    assert_eq!(snapshot.upserts.len(), 40);
}

#[tokio::test]
async fn a_batch_is_built_once_for_all_who_need_it() {
    let (store, _directory) = store().await;
    let (server, _closing, _) = server(&store);
    let first = publish(&store, &["a.example"], &[]).await;
    publish(&store, &["b.example"], &[]).await;
    let epoch = store.feed().await.unwrap().position().epoch.clone();
    let wanted = |base| Wanted { epoch: epoch.clone(), base, format: Format::CURRENT };
    let get = async |wanted: Wanted, news| server.batches.get(&wanted, news).await.unwrap();
    let built = futures_util::future::join_all((0..100).map(|_| get(wanted(Some(first)), 1))).await;
    assert!(built.iter().all(|it| Arc::ptr_eq(it, &built[0])));
    // What was built before the news may not have them in it.
    assert!(!Arc::ptr_eq(&get(wanted(Some(first)), 2).await, &built[0]));
    let landed = Wanted { format: Format::LANDED, ..wanted(Some(first)) };
    assert!(!Arc::ptr_eq(&get(landed, 1).await, &built[0]));
    let snapshot = get(wanted(None), 1).await;
    assert!(Arc::ptr_eq(&get(wanted(None), 2).await, &snapshot));
}

#[tokio::test]
async fn what_came_while_a_snapshot_was_shared_follows_at_once() {
    let (store, _directory) = store().await;
    let (server, _closing, verifier) = server(&store);
    publish(&store, &["a.example"], &[]).await;
    assert_eq!(open(&server, &verifier, None, 0).await.batch().await.upserts.len(), 1);
    let last = publish(&store, &["b.example"], &[]).await;
    let mut reader = open(&server, &verifier, None, 0).await;
    let mut read = reader.batch().await;
    if read.revision < last {
        assert_eq!((read.base, read.upserts.len()), (None, 1));
        read = reader.batch().await;
        assert_eq!(read.base, Some(Revision(1)));
    }
    assert_eq!(read.revision, last);
}

#[tokio::test]
async fn who_waits_for_its_turn_is_told_so() {
    let (store, _directory) = store().await;
    let (server, _closing, verifier) = server(&store);
    publish(&store, &["a.example"], &[]).await;
    let held = server.batches.hold_every_file().await;
    let mut reader = open(&server, &verifier, None, 0).await;
    for _ in 0..2 {
        assert_eq!(reader.line().await.unwrap(), b"{\"wait\":{}}\n");
    }
    drop(held);
    let mut line = reader.line().await.unwrap();
    while line == b"{\"wait\":{}}\n" {
        line = reader.line().await.unwrap();
    }
    assert!(matches!(serde_json::from_slice(&line).unwrap(), Line::Begin(_)));
    // Who doesn't know the word doesn't hear it.
    let held = server.batches.hold_every_file().await;
    let mut landed = open_as(&server, &verifier, (None, 0), Format::LANDED).await;
    assert!(timeout(2 * HEARTBEAT + HEARTBEAT / 2, landed.line()).await.is_err());
    drop(held);
    assert_eq!(landed.batch().await.upserts.len(), 1);
}

#[tokio::test]
async fn each_format_is_spoken_as_it_is_read() {
    let (store, _directory) = store().await;
    let (server, _closing, verifier) = server(&store);
    publish(&store, &["a.example", "b.example"], &[]).await;
    publish(&store, &[], &["b.example"]).await;
    // As a control plane of the version before changes a record.
    let mut write = store.begin(&Actor::system("test"), store.now_ms()).await.unwrap();
    write.feed(address("c.example"));
    write.commit().await.unwrap();
    let mut write = store.begin(&Actor::system("test"), store.now_ms()).await.unwrap();
    let changed =
        "update feed_record set revision = revision + 1, body = replace(body, 'false', 'true') where name = $1";
    sqlx::query(changed).bind("c.example").execute(write.connection()).await.unwrap();
    sqlx::query("update feed_counter set revision = revision + 1").execute(write.connection()).await.unwrap();
    write.commit().await.unwrap();
    let epoch = store.feed().await.unwrap().position().epoch.clone();
    let lines = async |format| {
        let mut reader = open_as(&server, &verifier, (Some(&epoch), 1), format).await;
        let mut lines = Vec::new();
        for _ in 0..3 {
            lines.push(String::from_utf8(reader.line().await.unwrap()).unwrap());
        }
        let snapshot = open_as(&server, &verifier, (None, 0), format).await.batch().await;
        assert_eq!(snapshot.upserts.len(), 2, "{format:?}");
        lines
    };
    let tenant = TenantId::new(1, &[0; 10]);
    let landed = format!(r#"{{"host":"c.example","tenant":"{tenant}","kind":"custom","hsts":true}}"#);
    let begin = |format| format!("{{\"begin\":{{\"epoch\":\"{epoch}\",\"base\":1,\"revision\":4{format}}}}}\n");
    let deleted = "{\"delete\":{\"kind\":\"address\",\"name\":\"b.example\"}}\n".to_owned();
    let sent: serde_json::Value = serde_json::from_str(&landed).unwrap();
    for (format, said) in [(Format::LANDED, ""), (Format(1), ",\"format\":1")] {
        let told = lines(format).await;
        assert_eq!(told[..2], [begin(said), deleted.clone()]);
        let changed: serde_json::Value = serde_json::from_str(&told[2]).unwrap();
        assert_eq!(changed["upsert"]["address"], sent, "{format:?}: what it wrote is the truth");
    }
    let whole = async |format| {
        let mut reader = open_as(&server, &verifier, (None, 0), format).await;
        reader.line().await.unwrap();
        String::from_utf8(reader.line().await.unwrap()).unwrap()
    };
    assert!(whole(Format::LANDED).await.starts_with("{\"upsert\":{\"address\":{"));
    let envelope = "{\"upsert\":{\"kind\":\"address\",\"name\":\"a.example\",\"body\":{";
    assert!(whole(Format(1)).await.starts_with(envelope));
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let (store, _directory) = store().await;
    let (server, _closing, _) = server(&store);
    let revoked = token(&store, None).await;
    let over = token(&store, Some(store.now_ms() + 500)).await;
    for token in [revoked, over] {
        let subscription = Subscription { proxy: "one".into(), epoch: None, after: Revision(0) };
        let mut stream = server.open(subscription, token, Format::CURRENT).await.unwrap().boxed();
        stream.next().await.unwrap().unwrap();
        if token == revoked {
            let reach = Reach::command("test");
            let mut write = store.begin(reach.actor(), store.now_ms()).await.unwrap();
            tokens::revoke(&mut write, &reach, token).await.unwrap();
            write.commit().await.unwrap();
        }
        let rest = async { while stream.next().await.is_some() {} };
        tokio::time::timeout(5 * REFRESH, rest).await.expect("it ends");
    }
}

#[tokio::test]
async fn a_second_stream_under_one_name_ends_the_first() {
    let (store, _directory) = store().await;
    let (server, _closing, verifier) = server(&store);
    let mut first = open(&server, &verifier, None, 0).await;
    let mut second = open(&server, &verifier, None, 0).await;
    let rest = async { while first.line().await.is_some() {} };
    tokio::time::timeout(3 * REFRESH, rest).await.expect("the first ends");
    second.batch().await;
    let still = async { while second.line().await.is_some() {} };
    assert!(tokio::time::timeout(REFRESH + REFRESH / 2, still).await.is_err(), "the second goes on");
}
