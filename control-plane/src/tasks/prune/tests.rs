use std::time::Duration;

use sqlx::AssertSqlSafe;

use super::*;
use crate::store::Signal;
use crate::store::tests::store;

const MANY: i64 = 2 * BATCH + 1;
/// Numbers from 1 to [`MANY`].
const NUMBERS: &str = "with recursive number (n) as (select 1 union all select n + 1 from number where n < 1001)";

async fn fill(store: &Store, insert: &str) {
    let mut write = store.begin(&Actor::system("test"), 0).await.unwrap();
    sqlx::query(AssertSqlSafe(insert.to_owned())).execute(write.connection()).await.unwrap();
    write.commit().await.unwrap();
}

async fn count(store: &Store, table: &str) -> i64 {
    let statement = AssertSqlSafe(format!("select count(*) from {table}"));
    sqlx::query_scalar(statement).fetch_one(store.reader()).await.unwrap()
}

async fn filled() -> (Store, tempfile::TempDir, i64) {
    let (store, directory) = store().await;
    let now_ms = store.now_ms();
    let old_ms = now_ms - 100 * DAY_MS;
    for rows in [
        format!(
            "insert into idempotency (principal, key, request_hash, status, body, created_ms, kept_until_ms)
            {NUMBERS} select 'operator', 'k' || n, 'h', 200, '', {old_ms}, {old_ms} from number"
        ),
        format!(
            "insert into released_name (host, partner_id, until_ms)
            {NUMBERS} select 'h' || n, 'p', {old_ms} from number"
        ),
        format!(
            "insert into mail (id, to_address, kind, language, facts, state, attempts, next_ms, created_ms)
            {NUMBERS} select 'm' || n, 'a@b.fr', 'invitation', 'fr', '', 'sent', 1, 0, {old_ms} from number"
        ),
        format!(
            "insert into feed_record (kind, name, revision, body, changed_ms)
            {NUMBERS} select 'address', 'a' || n, n, null, {old_ms} from number"
        ),
        // The last of each of ten objects stays.
        format!(
            "insert into outbox_event (seq, id, at_ms, kind, object, object_seq, payload)
            {NUMBERS} select n, 'e' || n, {old_ms}, 'k', 'o' || (n % 10), n, '' from number"
        ),
    ] {
        fill(&store, &rows).await;
    }
    (store, directory, now_ms)
}

#[tokio::test]
async fn all_that_is_over_is_forgotten_batch_by_batch_and_what_is_not_stays() {
    let (store, _directory, now_ms) = filled().await;
    let waiting = format!("insert into mail (id, to_address, kind, language, facts, state, attempts, next_ms, created_ms)
        values ('w', 'a@b.fr', 'invitation', 'fr', '', 'waiting', 1, 0, 0), ('n', 'a@b.fr', 'invitation', 'fr', '', 'sent', 1, 0, {now_ms})");
    fill(&store, &waiting).await;
    let mut commits = 0;
    let prune = Arc::new(Prune::new(&store));
    let mut write = store.begin(&Actor::system("test"), now_ms).await.unwrap();
    assert_eq!(write.forget(Old::Mails, now_ms - 90 * DAY_MS).await.unwrap(), BATCH, "no more at once");
    drop(write);
    assert_eq!(Arc::clone(&prune).pass().await.unwrap(), Pass::Worked);
    for (table, left) in
        [("idempotency", 0), ("released_name", 0), ("mail", 2), ("feed_record", 0), ("outbox_event", 10)]
    {
        assert_eq!(count(&store, table).await, left, "{table}");
        commits += 1;
    }
    assert_eq!(commits, 5);
    assert_eq!(store.feed().await.unwrap().position().floor.0, MANY);
    assert_eq!(prune.pass().await.unwrap(), Pass::Idle);
}

#[tokio::test]
async fn an_object_that_changes_again_lets_its_old_events_go_within_a_day() {
    let (store, _directory, now_ms) = filled().await;
    let prune = Arc::new(Prune::new(&store));
    Arc::clone(&prune).pass().await.unwrap();
    fill(
        &store,
        &format!(
            "insert into outbox_event (seq, id, at_ms, kind, object, object_seq, payload)
        values (2000, 'new', {now_ms}, 'k', 'o1', 2000, '')"
        ),
    )
    .await;
    prune.again_ms.store(0, Ordering::Relaxed);
    assert_eq!(prune.pass().await.unwrap(), Pass::Worked);
    assert_eq!(count(&store, "outbox_event").await, 10);
}

#[tokio::test]
async fn somebody_who_writes_comes_between_two_batches() {
    let (store, _directory, now_ms) = filled().await;
    let pruning = tokio::spawn(Arc::new(Prune::new(&store)).pass());
    // As a heavy day has it: nobody pauses, and yet everybody gets the gate long before the pruning is over.
    let mut written = 0;
    while !pruning.is_finished() {
        let mut write = store.begin(&Actor::system("test"), now_ms).await.unwrap();
        write.wake(Signal::Tasks);
        write.commit().await.unwrap();
        written += 1;
        tokio::task::yield_now().await;
    }
    pruning.await.unwrap().unwrap();
    assert!(written > 10, "{written} writes between the batches");
    tokio::time::timeout(Duration::from_secs(5), store.ping()).await.unwrap().unwrap();
}
