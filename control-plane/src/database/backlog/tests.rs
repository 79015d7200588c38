use marque_config::feed::{Format, Revision};

use super::*;
use crate::database::tests::landed::landed;
use crate::kernel::actor::Actor;
use crate::kernel::parts::Parts;

async fn execute(store: &Store, statement: String) {
    let mut write = store.begin(&Actor::system("test"), 0).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(statement)).execute(write.connection()).await.unwrap();
    write.commit().await.unwrap();
}

#[tokio::test]
async fn what_waits_is_counted_with_how_long_it_has() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&landed(directory.path()).await, Parts::real()).await.unwrap();
    let due_ms = store.now_ms() - 60_000;
    execute(&store, format!("update mail set next_ms = {due_ms} where state = 'waiting'")).await;
    execute(&store, format!("update subscription set next_ms = {due_ms}")).await;
    execute(&store, "update hostname set certificate_not_after_ms = 77 where certificate_state = 'active'".into())
        .await;
    store.proxy_came("edge-1", Revision(3), Format::CURRENT).await.unwrap();
    execute(&store, "insert into edge_proxy (name, acked_revision, live_until_ms) values ('old', 0, 0)".into()).await;
    let found = store.backlog().await.unwrap();
    let overdue = |waiting: Waiting| waiting.count == 1 && (60_000..120_000).contains(&waiting.overdue_ms);
    assert!(overdue(found.mails) && overdue(found.renewals), "{found:?}");
    assert_eq!((found.deliveries, found.certificate_ends_ms), (Waiting::default(), Some(77)));
    let feed = store.feed().await.unwrap().position().revision.0;
    let lag = |proxy: &str, revisions, is_live| Lag { proxy: proxy.into(), revisions, is_live };
    assert_eq!(found.proxies, [lag("edge-1", feed - 3, true), lag("old", feed, false)]);
    assert!(found.readers.0 >= found.readers.1);
}
