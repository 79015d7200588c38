use std::time::Duration;

use sqlx::AssertSqlSafe;

use super::*;
use crate::database::Signal;
use crate::database::tests::store;

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
    let prune = Arc::new(Prune::new(&store, RetentionSettings::default(), &Runs::default()));
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
    let prune = Arc::new(Prune::new(&store, RetentionSettings::default(), &Runs::default()));
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
    let pruning = tokio::spawn(Arc::new(Prune::new(&store, RetentionSettings::default(), &Runs::default())).pass());
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

/// Three support messages, received so many days ago, each with a reply, a file and where it came from.
async fn messages(store: &Store, now_ms: i64, days: [i64; 3]) {
    fill(store, "insert into partner (id, name, brand, state, created_ms) values ('p', 'p', '{}', 'active', 0)").await;
    fill(store, "insert into application (id, name, policy, created_ms) values ('a', 'a', '{}', 0)").await;
    fill(
        store,
        "insert into tenant (id, partner_id, application_id, name, kind, state, created_ms)
         values ('t', 'p', 'a', 'n', 'test', 'active', 0)",
    )
    .await;
    for (number, days) in days.iter().enumerate() {
        let at_ms = now_ms - days * DAY_MS;
        for insert in [
            format!(
                "insert into support_message (id, tenant_id, partner_id, channel, sender, language, subject, body,
                state, ip, received_ms, changed_ms)
                values ('m{number}', 't', 'p', 'portal', 's', 'fr', 's', 'b', 'closed', '192.0.2.1', {at_ms}, {at_ms})"
            ),
            format!(
                "insert into support_reply (id, message_id, side, author, body, at_ms)
                values ('r{number}', 'm{number}', 'partner', 'usr_1', 'b', {at_ms})"
            ),
            format!(
                "insert into support_attachment (message_id, number, name, media_type, size, content)
                values ('m{number}', 1, 'a', 'text/plain', 1, cast('x' as blob))"
            ),
        ] {
            fill(store, &insert).await;
        }
    }
}

#[tokio::test]
async fn messages_files_and_addresses_are_forgotten_when_the_settings_say() {
    let (store, _directory) = store().await;
    let now_ms = store.now_ms();
    messages(&store, now_ms, [5, 15, 25]).await;
    let retention = RetentionSettings { message_days: 20, attachment_days: 10, address_days: 10 };
    assert_eq!(Arc::new(Prune::new(&store, retention, &Runs::default())).pass().await.unwrap(), Pass::Worked);
    for (what, left) in [
        ("support_message", 2),
        ("support_reply", 2),
        ("support_attachment", 1),
        ("support_message where ip is not null", 1),
    ] {
        assert_eq!(count(&store, what).await, left, "{what}");
    }
    assert_eq!(Arc::new(Prune::new(&store, retention, &Runs::default())).pass().await.unwrap(), Pass::Idle);
}

#[tokio::test]
async fn from_where_things_were_done_is_forgotten_and_the_trail_stays_whole() {
    let (store, _directory) = store().await;
    let now_ms = store.now_ms();
    let ip = Some("203.0.113.9".parse().unwrap());
    for at_ms in [now_ms - 200 * DAY_MS, now_ms] {
        let asked = crate::kernel::actor::Asked { request_id: None, ip };
        let mut write = store.begin(&Actor::command("test").asking(asked), at_ms).await.unwrap();
        for _ in 0..10 {
            write.audit("test.done", &"it", crate::database::Whose::VENDOR, serde_json::json!({}));
        }
        write.commit().await.unwrap();
    }
    assert_eq!(count(&store, "audit_address").await, 20);
    assert_eq!(count(&store, "audit_event where ip like '%203%.113%'").await, 0, "the trail itself has marks alone");
    let before = crate::backup::verify(&store).await.unwrap();
    let prune = Arc::new(Prune::new(&store, RetentionSettings::default(), &Runs::default()));
    assert_eq!(prune.pass().await.unwrap(), Pass::Worked);
    assert_eq!(count(&store, "audit_address").await, 10);
    assert_eq!(crate::backup::verify(&store).await.unwrap(), before);
    assert_eq!(store.broken().await.unwrap(), []);
    let events = store.audit_span(1, 100).await.unwrap();
    let known: Vec<_> = events.iter().map(|event| event.ip().is_some()).collect();
    assert_eq!(known, [[false; 10], [true; 10]].concat());
    // Who puts another address in its place is found.
    fill(&store, "update audit_address set ip = '203.0.113.10' where seq = 15").await;
    assert!(crate::backup::verify(&store).await.is_err());
}

#[tokio::test]
async fn trouble_with_what_is_gone_is_listed_a_day_and_no_longer() {
    let (store, _directory) = store().await;
    let now_ms = store.now_ms();
    let mut write = store.begin(&Actor::system("test"), now_ms - 3 * DAY_MS).await.unwrap();
    write.note_trouble("verify", "gone.example", "unreadable").await.unwrap();
    write.commit().await.unwrap();
    let mut write = store.begin(&Actor::system("test"), now_ms).await.unwrap();
    write.note_trouble("verify", "there.example", "unreadable").await.unwrap();
    write.note_trouble("issue", "there.example", "unreadable").await.unwrap();
    write.commit().await.unwrap();
    let runs = Runs::default();
    runs.troubles(&store.trouble_counts().await.unwrap(), "verify");
    Arc::new(Prune::new(&store, RetentionSettings::default(), &runs)).pass().await.unwrap();
    let left: Vec<_> = store.troubles_of("verify").await.unwrap().into_keys().collect();
    assert_eq!(left, ["there.example"]);
    let mut registry = prometheus_client::registry::Registry::default();
    runs.register(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    assert!(text.contains("task_objects_waiting{task=\"verify\"} 1\n"), "{text}");
}
