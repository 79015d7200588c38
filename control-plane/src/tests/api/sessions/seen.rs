//! That somebody is there is noted without waiting for anybody.

use super::*;
use crate::kernel::actor::Actor;

#[tokio::test]
async fn a_session_is_read_while_somebody_else_holds_the_gate() {
    let desk = Desk::open().await;
    let (_, anne) = anne(&desk).await;
    let held = desk.store.begin(&Actor::system("test"), desk.store.now_ms()).await.unwrap();
    let used = desk.store.writes();
    // Used again and again, it lasts, though nothing of it can be written.
    for _ in 0..4 {
        desk.advance_minutes(29);
        assert_eq!(anne.get(&desk, "/v1/sessions").await.body["items"].as_array().unwrap().len(), 1);
    }
    assert_eq!(desk.store.writes(), used, "to read a session is no write");
    drop(held);
    assert_eq!(desk.store.note_sessions().await.unwrap(), 1);
    desk.advance_minutes(31);
    assert_eq!(anne.get(&desk, "/v1/me").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn when_sessions_were_used_is_written_together_and_once_a_minute() {
    let desk = Desk::open().await;
    let (_, first) = anne(&desk).await;
    let mut visitors = vec![first];
    for _ in 0..4 {
        visitors.push(desk.log_in(ANNE).await);
    }
    let use_all = async || {
        for visitor in &visitors {
            assert_eq!(visitor.get(&desk, "/v1/me").await.status, StatusCode::OK);
        }
        desk.store.note_sessions().await.unwrap()
    };
    assert_eq!(use_all().await, 0, "they came just now");
    desk.advance_minutes(2);
    assert_eq!(use_all().await, visitors.len());
    let seen: Vec<i64> =
        sqlx::query_scalar("select seen_ms from session").fetch_all(desk.store.reader()).await.unwrap();
    assert_eq!(seen, vec![desk.store.now_ms(); visitors.len()]);
    assert_eq!(use_all().await, 0);
}
