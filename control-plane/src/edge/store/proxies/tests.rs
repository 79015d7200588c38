//! Who is live and who has what, with one control plane and with two.

use std::time::Duration;

use marque_config::settings::DatabaseSettings;

use super::*;
use crate::database::tests::{migrated, publish, store};
use crate::kernel::actor::Actor;
use crate::kernel::parts::Parts;

/// Two control planes on one database.
async fn two() -> (Store, Store, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let settings = DatabaseSettings { url: migrated(directory.path()).await, ..DatabaseSettings::default() };
    let open = async || Store::open(&settings, Parts::real()).await.unwrap();
    (open().await, open().await, directory)
}

async fn epoch(store: &Store) -> String {
    store.feed().await.unwrap().position().epoch.clone()
}

async fn row(store: &Store) -> (i64, i64) {
    sqlx::query_as("select acked_revision, live_until_ms from edge_proxy").fetch_one(store.reader()).await.unwrap()
}

#[tokio::test]
async fn a_hundred_proxies_take_the_gate_no_more_often_than_none() {
    let (store, _directory) = store().await;
    let revision = publish(&store, "a.example").await;
    let epoch = epoch(&store).await;
    let before = store.writes();
    let mut streams = Vec::new();
    for index in 0..100 {
        streams.push(store.open_stream(&format!("p{index}"), Revision(0), Format::CURRENT).await.unwrap());
        assert!(store.acknowledge(&format!("p{index}"), &epoch, revision).await.unwrap());
    }
    assert_eq!(store.barrier(revision).await.unwrap(), Barrier::Reached, "before it is written");
    store.note_proxies().await.unwrap();
    assert_eq!(store.writes(), before);
    let written: i64 = sqlx::query_scalar("select count(*) from edge_proxy where acked_revision = $1")
        .bind(revision.0)
        .fetch_one(store.reader())
        .await
        .unwrap();
    assert_eq!(written, 100);
}

#[tokio::test]
async fn while_nothing_can_be_written_a_serving_proxy_is_live_and_acknowledges() {
    let (store, _directory) = store().await;
    let revision = publish(&store, "a.example").await;
    let epoch = epoch(&store).await;
    let stream = store.open_stream("one", Revision(0), Format::CURRENT).await.unwrap();
    // As if its row had not been renewed for long.
    let mut write = store.begin(&Actor::system("test"), 0).await.unwrap();
    sqlx::query("update edge_proxy set live_until_ms = 0").execute(write.connection()).await.unwrap();
    write.commit().await.unwrap();
    let gate = store.begin(&Actor::system("test"), 0).await.unwrap();
    assert_eq!(store.barrier(revision).await.unwrap(), Barrier::Waiting { behind: vec!["one".into()] });
    let acknowledged = tokio::time::timeout(Duration::from_secs(2), store.acknowledge("one", &epoch, revision));
    assert!(acknowledged.await.expect("it waits for nobody").unwrap());
    assert_eq!(store.barrier(revision).await.unwrap(), Barrier::Reached);
    drop(gate);
    drop(stream);
    assert_eq!(store.barrier(revision).await.unwrap(), Barrier::Reached, "it left a moment ago");
    store.note_proxies().await.unwrap();
    let (acked, live_until_ms) = row(&store).await;
    assert!(acked == revision.0 && live_until_ms > store.now_ms());
}

#[tokio::test]
async fn outside_of_the_gate_is_outside_of_the_gate() {
    let (store, _directory) = store().await;
    let _stream = store.open_stream("one", Revision(0), Format::CURRENT).await.unwrap();
    let gate = store.begin(&Actor::system("test"), 0).await.unwrap();
    if store.inner.backend.has_others() {
        let noted = tokio::time::timeout(Duration::from_secs(2), store.note_proxies());
        noted.await.expect("the gate is not waited for").unwrap();
    }
    drop(gate);
}

#[tokio::test]
async fn an_acknowledgement_counts_wherever_it_arrives() {
    let (here, there, _directory) = two().await;
    let revision = publish(&here, "a.example").await;
    let _stream = here.open_stream("one", Revision(0), Format::CURRENT).await.unwrap();
    for store in [&here, &there] {
        assert_eq!(store.barrier(revision).await.unwrap(), Barrier::Waiting { behind: vec!["one".into()] });
    }
    assert!(there.acknowledge("one", &epoch(&there).await, revision).await.unwrap());
    for store in [&here, &there] {
        assert_eq!(store.barrier(revision).await.unwrap(), Barrier::Reached);
    }
    // What is written down later of the stream's own control plane takes nothing back.
    here.note_proxies().await.unwrap();
    assert_eq!(there.barrier(revision).await.unwrap(), Barrier::Reached);
}

#[tokio::test]
async fn a_proxy_that_moved_has_what_it_says_there() {
    let (here, there, _directory) = two().await;
    let revision = publish(&here, "a.example").await;
    let before = here.open_stream("one", Revision(0), Format::CURRENT).await.unwrap();
    assert!(here.acknowledge("one", &epoch(&here).await, revision).await.unwrap());
    // It has lost everything, and begins anew elsewhere, before the first control plane wrote down what it had.
    let _after = there.open_stream("one", Revision(0), Format::CURRENT).await.unwrap();
    for store in [&here, &there] {
        assert_eq!(store.barrier(revision).await.unwrap(), Barrier::Waiting { behind: vec!["one".into()] });
    }
    here.note_proxies().await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), before.replaced()).await.expect("the older stream ends");
    drop(before);
    here.note_proxies().await.unwrap();
    assert_eq!(there.barrier(revision).await.unwrap(), Barrier::Waiting { behind: vec!["one".into()] });
    assert_eq!(row(&there).await.0, 0);
}

#[tokio::test]
async fn a_format_counts_for_the_stream_that_said_it() {
    let (store, _directory) = store().await;
    let lacking = async |store: &Store| {
        let mut write = store.begin(&Actor::system("test"), 0).await.unwrap();
        write.proxies_below(Format(1)).await.unwrap()
    };
    let _stream = store.open_stream("one", Revision(0), Format(1)).await.unwrap();
    assert_eq!(lacking(&store).await, Vec::<String>::new());
    // As a control plane of the version before opens a stream.
    let mut write = store.begin(&Actor::system("test"), 0).await.unwrap();
    sqlx::query("update edge_proxy set stream = 'other'").execute(write.connection()).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(lacking(&store).await, ["one"]);
    let _stream = store.open_stream("two", Revision(0), Format::LANDED).await.unwrap();
    assert_eq!(lacking(&store).await, ["one", "two"]);
}

#[tokio::test]
async fn a_proxy_that_does_not_understand_what_is_told_is_not_taken_for_one_that_acts_on_it() {
    let (store, _directory) = store().await;
    let revision = publish(&store, "a.example").await;
    let barrier = async || store.barrier_among(revision, Format::WILDCARDS).await.unwrap();
    let old = store.open_stream("old", revision, Format(1)).await.unwrap();
    assert_eq!(store.barrier(revision).await.unwrap(), Barrier::Reached);
    assert_eq!((barrier().await, store.all_read(Format::WILDCARDS).await.unwrap()), (Barrier::NoneLive, false));
    let _new = store.open_stream("new", Revision(0), Format::WILDCARDS).await.unwrap();
    assert_eq!(barrier().await, Barrier::Waiting { behind: vec!["new".into()] });
    let _again = store.open_stream("new", revision, Format::WILDCARDS).await.unwrap();
    assert_eq!(barrier().await, Barrier::Reached);
    drop(old);
}
