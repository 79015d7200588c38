//! Rules of the store, on SQLite in a temporary directory; on PostgreSQL where `MARQUE_TEST_POSTGRES` holds the URL of
//! a server's database, without a name after the last slash: each test makes its own there.

pub(crate) mod landed;
mod lists;

use marque_config::feed::{Format, Record, Revision};
use marque_config::settings::DatabaseSettings;
use marque_config::tenant::{Address, AddressKind};
use marque_config::{Hostname, TenantId};

use sqlx::Connection;

use super::*;
use crate::edge::store::proxies::Barrier;

/// A store on a fresh database.
pub(crate) async fn store() -> (Store, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let settings = DatabaseSettings { url: migrated(directory.path()).await, ..DatabaseSettings::default() };
    (Store::open(&settings, Parts::real()).await.unwrap(), directory)
}

/// The URL of a database that has nothing in it.
pub(crate) async fn fresh(directory: &std::path::Path) -> String {
    made(directory, async |_| "template1").await
}

/// The URL of a database for `Store::open`: on PostgreSQL a copy of one that was opened already, for copying is quicker.
pub(crate) async fn migrated(directory: &std::path::Path) -> String {
    made(directory, opened_once).await
}

async fn made(directory: &std::path::Path, template: impl AsyncFnOnce(&str) -> &'static str) -> String {
    let Some(server) = std::env::var_os("MARQUE_TEST_POSTGRES") else {
        return format!("sqlite://{}/marque.db", directory.display());
    };
    let server = server.into_string().unwrap();
    let template = template(&server).await;
    let name = format!("t{}", u64::from_ne_bytes(Parts::real().bytes()));
    run(&mut connect(&server).await, &format!("create database {name} template {template}")).await;
    named(&server, &name)
}

/// The database that others are copies of. The first test that comes makes it; those that come meanwhile wait.
async fn opened_once(server: &str) -> &'static str {
    let mut connection = connect(server).await;
    run(&mut connection, "select pg_advisory_lock(1)").await;
    let there = "select 1 from pg_database where datname = 'opened'";
    if sqlx::query(there).fetch_optional(&mut connection).await.unwrap().is_none() {
        run(&mut connection, "create database opening").await;
        let settings = DatabaseSettings { url: named(server, "opening"), ..DatabaseSettings::default() };
        Store::open(&settings, Parts::real()).await.unwrap().close().await;
        run(&mut connection, "alter database opening rename to opened").await;
    }
    connection.close().await.unwrap();
    "opened"
}

async fn connect(server: &str) -> sqlx::PgConnection {
    sqlx::PgConnection::connect(&named(server, "postgres")).await.unwrap()
}

async fn run(connection: &mut sqlx::PgConnection, statement: &str) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(connection).await.unwrap();
}

fn named(server: &str, database: &str) -> String {
    server.replacen('?', &format!("{database}?"), 1)
}

fn address(name: &str) -> Record {
    let tenant = TenantId::new(1, &[0; 10]);
    Record::Address(Address { host: host(name), tenant, kind: AddressKind::Custom, hsts: false })
}

fn host(name: &str) -> Hostname {
    name.parse().unwrap()
}

pub(crate) async fn publish(store: &Store, name: &str) -> Revision {
    let mut write = store.begin(&Actor::system("test"), store.now_ms()).await.unwrap();
    write.feed(address(name));
    write.commit().await.unwrap()
}

async fn rows(store: &Store, after: i64) -> Vec<(String, i64, bool)> {
    let mut feed = store.feed().await.unwrap();
    let rows = feed.page(Revision(after), None).await.unwrap();
    rows.into_iter().map(|row| (row.name, row.revision, row.body.is_some())).collect()
}

#[tokio::test]
async fn a_commit_takes_one_revision_and_wakes_the_feed() {
    let (store, _directory) = store().await;
    let mut feed = store.watch(Signal::Feed);
    assert_eq!(publish(&store, "a.example").await, Revision(1));
    assert!(feed.has_changed().unwrap());
    feed.mark_unchanged();
    assert_eq!(publish(&store, "b.example").await, Revision(2));
    assert_eq!(publish(&store, "a.example").await, Revision(3));
    let expected = vec![("b.example".to_owned(), 2, true), ("a.example".to_owned(), 3, true)];
    assert_eq!(rows(&store, 0).await, expected);
    assert_eq!(rows(&store, 2).await, expected[1..]);
    assert_eq!(rows(&store, 3).await, []);
}

#[tokio::test]
async fn a_write_that_is_dropped_did_not_happen() {
    let (store, _directory) = store().await;
    let mut write = store.begin(&Actor::system("test"), 0).await.unwrap();
    write.feed(address("a.example"));
    sqlx::query("insert into acme_account (directory, credentials, created_ms) values ('d', $1, 0)")
        .bind(&b"x"[..])
        .execute(write.connection())
        .await
        .unwrap();
    drop(write);
    assert_eq!(rows(&store, 0).await, []);
    let count: i64 = sqlx::query_scalar("select count(*) from acme_account").fetch_one(store.reader()).await.unwrap();
    assert_eq!(count, 0);
    assert_eq!(publish(&store, "b.example").await, Revision(1));
}

async fn prune(store: &Store, before_ms: i64) {
    let mut write = store.begin(&Actor::system("test"), store.now_ms()).await.unwrap();
    write.prune_feed(before_ms).await.unwrap();
    write.commit().await.unwrap();
}

#[tokio::test]
async fn a_deleted_record_is_told_until_it_is_pruned_and_then_the_floor_says_so() {
    let (store, _directory) = store().await;
    publish(&store, "a.example").await;
    let mut write = store.begin(&Actor::system("test"), store.now_ms()).await.unwrap();
    write.feed_delete(address("a.example").key());
    write.commit().await.unwrap();
    assert_eq!(rows(&store, 1).await, [("a.example".to_owned(), 2, false)]);
    prune(&store, store.now_ms() - 60_000).await;
    assert_eq!(store.feed().await.unwrap().position().floor, Revision(0));
    prune(&store, store.now_ms() + 60_000).await;
    assert_eq!(store.feed().await.unwrap().position().floor, Revision(2));
    assert_eq!(rows(&store, 0).await, []);
}

#[tokio::test]
async fn the_barrier_waits_for_every_live_proxy_and_for_at_least_one() {
    let (store, _directory) = store().await;
    let revision = publish(&store, "a.example").await;
    let epoch = store.feed().await.unwrap().position().epoch.clone();
    assert_eq!(store.barrier(revision).await.unwrap(), Barrier::NoneLive);
    store.proxy_came("one", Revision(0), Format::CURRENT).await.unwrap();
    store.proxy_came("two", revision, Format::CURRENT).await.unwrap();
    assert_eq!(store.barrier(revision).await.unwrap(), Barrier::Waiting { behind: vec!["one".into()] });
    assert!(!store.acknowledge("one", "another epoch", revision).await.unwrap());
    assert!(!store.acknowledge("one", &epoch, Revision(99)).await.unwrap());
    assert!(store.acknowledge("one", &epoch, revision).await.unwrap());
    assert_eq!(store.barrier(revision).await.unwrap(), Barrier::Reached);
    store.proxy_came("one", Revision(0), Format::CURRENT).await.unwrap();
    assert_eq!(store.barrier(revision).await.unwrap(), Barrier::Waiting { behind: vec!["one".into()] });
}

#[tokio::test]
async fn writers_are_serial_and_lose_nothing() {
    let (store, _directory) = store().await;
    let tasks: Vec<_> = (0..20)
        .map(|index| {
            let store = store.clone();
            tokio::spawn(async move { publish(&store, &format!("n{index}.example")).await })
        })
        .collect();
    let mut revisions = Vec::new();
    for task in tasks {
        revisions.push(task.await.unwrap().0);
    }
    revisions.sort_unstable();
    assert_eq!(revisions, (1..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_reader_can_not_write() {
    let (store, _directory) = store().await;
    assert!(sqlx::query("delete from write_gate").execute(store.reader()).await.is_err());
}

#[tokio::test]
async fn another_process_sees_a_commit_and_on_postgresql_hears_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let settings = DatabaseSettings { url: migrated(directory.path()).await, ..DatabaseSettings::default() };
    let here = Store::open(&settings, Parts::real()).await.unwrap();
    let there = Store::open(&settings, Parts::real()).await.unwrap();
    let mut heard = there.watch(Signal::Feed);
    publish(&here, "a.example").await;
    if there.inner.backend == Backend::Postgres {
        let changed = tokio::time::timeout(std::time::Duration::from_secs(5), heard.changed()).await;
        changed.expect("the signal arrives").unwrap();
    }
    assert_eq!(rows(&there, 0).await.len(), 1);
    let epoch = async |store: &Store| store.feed().await.unwrap().position().epoch.clone();
    assert_eq!(epoch(&here).await, epoch(&there).await);
}

#[tokio::test]
async fn a_transaction_that_the_database_ended_does_not_block_the_next() {
    let (store, _directory) = store().await;
    let mut write = store.begin(&Actor::system("test"), 0).await.unwrap();
    sqlx::raw_sql("rollback").execute(write.connection()).await.unwrap();
    drop(write);
    assert_eq!(publish(&store, "a.example").await, Revision(1));
}

#[tokio::test]
async fn a_new_epoch_changes_nothing_else() {
    let (store, _directory) = store().await;
    let revision = publish(&store, "a.example").await;
    let before = store.feed().await.unwrap().position().clone();
    store.new_epoch(&Actor::system("test")).await.unwrap();
    let after = store.feed().await.unwrap().position().clone();
    assert_ne!(after.epoch, before.epoch);
    assert_eq!((after.revision, after.floor), (revision, before.floor));
}
