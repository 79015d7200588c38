//! The trail as a file: whole and checked by a stranger, or a part of it for who sees a part.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::database::Whose;
use crate::kernel::actor::Actor;
use crate::reports::operations::audit::{FileFault, verify_file};
use crate::tests::api::collaborators::client;
use crate::tests::api::desk::{Desk, World};

async fn exported(desk: &Desk, token: &str) -> String {
    let (headers, text) = desk.text(token, "/v1/audit-events/export").await;
    assert_eq!(headers["content-type"], "application/x-ndjson");
    assert_eq!(headers["content-disposition"], "attachment; filename=\"audit-events.ndjson\"");
    text
}

fn events(text: &str) -> Vec<Value> {
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let end = lines.pop().unwrap();
    assert_eq!(end["end"]["events"].as_i64(), i64::try_from(lines.len()).ok(), "{end}");
    lines
}

#[tokio::test]
async fn a_stranger_checks_the_whole_trail_with_the_file_alone() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    // More than is read at once, and texts that JSON writes otherwise than they are.
    let mut write = desk.store.begin(&Actor::system("test"), desk.store.now_ms()).await.unwrap();
    for number in 0..1100 {
        write.audit(
            "test.done",
            &number,
            Whose::VENDOR,
            json!({ "said": "l’« Écluse »\n\"\\ \u{1f950}", "b": 1, "a": 2 }),
        );
    }
    write.commit().await.unwrap();
    let text = exported(&desk, &world.operator).await;
    let head = desk.store.audit_head().await.unwrap();
    let end = verify_file(text.as_bytes()).unwrap();
    assert_eq!((end.events, &end.hash), (head.seq, &head.hash));
    assert_eq!(events(&text).len(), usize::try_from(head.seq).unwrap());
}

#[tokio::test]
async fn a_file_that_was_altered_is_found_out() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let text = exported(&desk, &world.operator).await;
    let lines: Vec<&str> = text.lines().collect();
    let fault = |lines: &[&str]| verify_file(lines.join("\n").as_bytes()).unwrap_err().to_string();
    let without = |at: usize| [&lines[..at], &lines[at + 1..]].concat();
    let mut swapped = lines.clone();
    swapped.swap(1, 2);
    let altered = lines[2].replacen("\"actor\":\"", "\"actor\":\"x", 1);
    let absent = lines[2].replacen(",\"detail\"", ",\"ip\":\"\",\"detail\"", 1);
    let with =
        |line: &str| verify_file([&lines[..2], &[line], &lines[3..]].concat().join("\n").as_bytes()).unwrap_err();
    assert_eq!(with(&altered).to_string(), "event 3 was altered");
    assert_eq!(with(&absent).to_string(), "event 3 was altered", "nothing said is not an empty text");
    assert!(matches!(with("{}"), FileFault::Line { line: 3, .. }));
    assert_eq!(fault(&without(2)), "event 3 is missing");
    assert_eq!(fault(&without(0)), "event 1 is missing");
    assert_eq!(fault(&swapped), "event 2 is missing");
    assert!(matches!(verify_file(without(lines.len() - 1).join("\n").as_bytes()), Err(FileFault::CutOff)));
    assert!(matches!(verify_file(without(lines.len() - 2).join("\n").as_bytes()), Err(FileFault::CutOff)));
    let longer = [&lines[..], &lines[..1]].concat();
    assert!(matches!(verify_file(longer.join("\n").as_bytes()), Err(FileFault::CutOff)));
    assert!(matches!(verify_file(&b""[..]), Err(FileFault::CutOff)));
}

#[tokio::test]
async fn a_part_of_the_trail_is_for_who_sees_it_and_each_event_is_found_in_the_whole() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let World { operator, partners, .. } = &world;
    let whole = events(&exported(&desk, operator).await);
    let text = exported(&desk, &partners[0].token).await;
    assert!(matches!(verify_file(text.as_bytes()), Err(FileFault::Partial(1))));
    let own = events(&text);
    assert!(!own.is_empty() && own.len() < whole.len());
    for event in &own {
        assert_eq!(event["partner"], json!(partners[0].id));
        assert!(
            event["seq"].is_null() && event["previous"].is_null(),
            "how much there is of others isn't told: {event}"
        );
        let same = whole.iter().find(|one| one["hash"] == event["hash"]).unwrap();
        assert_eq!((&same["id"], &same["detail"]), (&event["id"], &event["detail"]));
    }
    let seen = events(&exported(&desk, &client(&desk, &partners[0].tenant).await).await);
    assert!(!seen.is_empty());
    for event in seen {
        assert_eq!(event["tenant"], json!(partners[0].tenant));
        assert!(event["detail"].is_null() && event["ip"].is_null() && event["seq"].is_null(), "{event}");
    }
    let nobody = desk.get("", "/v1/audit-events/export").await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
}
