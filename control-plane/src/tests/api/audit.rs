//! The audit trail: who reads what of it, and that nobody alters it unseen.

mod export;

use axum::http::StatusCode;
use marque_config::TenantId;
use serde_json::{Value, json};

use super::desk::{Desk, World, everything};
use crate::database::{AuditFilter, Page};
use crate::kernel::actor::Actor;
use crate::kernel::principal::{Principal, Reach};
use crate::reports::api::audit::AuditEvent;

async fn proof(desk: &Desk, token: &str) -> Value {
    let reply = desk.get(token, "/v1/audit-events/proof").await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    reply.body
}

async fn tamper(desk: &Desk, statement: &'static str) {
    let mut write = desk.store.begin(&Actor::system("test"), desk.store.now_ms()).await.unwrap();
    sqlx::query(statement).execute(write.connection()).await.unwrap();
    write.commit().await.unwrap();
}

async fn events(desk: &Desk, token: &str, query: &str) -> Vec<Value> {
    let reply = desk.get(token, &format!("/v1/audit-events{query}")).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    reply.body["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_trail_is_proved_as_it_was_written() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let proved = proof(&desk, &world.operator).await;
    let head = desk.store.audit_head().await.unwrap();
    assert_eq!((&proved["intact"], &proved["complete"]), (&json!(true), &json!(true)));
    assert_eq!((proved["last"].as_i64(), proved["head_hash"].as_str()), (Some(head.seq), Some(&*head.hash)));
    // In stretches it is the same chain: each one begins where the last ended.
    let mut before = String::new();
    for from in 1..=head.seq {
        let part = desk.get(&world.operator, &format!("/v1/audit-events/proof?from={from}&most=1")).await.body;
        assert_eq!((&part["intact"], part["previous"].as_str()), (&json!(true), Some(&*before)), "{part}");
        before = part["hash"].as_str().unwrap().to_owned();
    }
    assert_eq!(before, head.hash);
    let beyond = desk.get(&world.operator, &format!("/v1/audit-events/proof?from={}", head.seq + 5)).await.body;
    assert_eq!(beyond["intact"], json!(true));
}

/// Everything that somebody with access to the database might try, and what is then found.
#[tokio::test]
async fn an_event_that_was_altered_added_taken_out_or_cut_off_is_found() {
    for (statement, seq, kind) in [
        ("update audit_event set actor = 'somebody-else' where seq = 3", 3, "altered"),
        ("update audit_event set detail = '{}' where seq = 2", 2, "altered"),
        ("update audit_event set at_ms = at_ms + 1 where seq = 1", 1, "altered"),
        ("update audit_event set tenant_id = 'ten_1' where seq = 1", 1, "altered"),
        ("update audit_event set ip = '' where seq = 1", 1, "altered"),
        ("update audit_event set hash = prev_hash where seq = 3", 3, "altered"),
        ("update audit_event set prev_hash = '' where seq = 3", 3, "unchained"),
        ("delete from audit_event where seq = 1", 1, "missing"),
        ("delete from audit_event where seq = 3", 3, "missing"),
    ] {
        let desk = Desk::open().await;
        let world = desk.world().await;
        tamper(&desk, statement).await;
        let proved = proof(&desk, &world.operator).await;
        assert_eq!(proved["intact"], json!(false), "{statement}");
        assert_eq!(proved["fault"], json!({ "seq": seq, "kind": kind }), "{statement}");
        assert_eq!(proved["last"], json!(seq - 1), "{statement}");
    }
}

#[tokio::test]
async fn a_trail_whose_end_was_cut_off_or_continued_is_found() {
    let cut = "delete from audit_event where seq = (select max(seq) from audit_event)";
    let more = "insert into audit_event (seq, id, at_ms, actor, action, object, detail, prev_hash, hash)
        select seq + 1, 'aud_x', 1, 'a', 'b', 'c', '{}', hash, 'h' from audit_head";
    for (statement, kind) in [(cut, "missing"), (more, "head")] {
        let desk = Desk::open().await;
        let world = desk.world().await;
        let head = desk.store.audit_head().await.unwrap();
        tamper(&desk, statement).await;
        let proved = proof(&desk, &world.operator).await;
        assert_eq!(proved["fault"], json!({ "seq": head.seq, "kind": kind }), "{statement}");
    }
}

#[tokio::test]
async fn a_partner_reads_what_concerns_it_and_nobody_elses() {
    let desk = Desk::open().await;
    let World { operator, partners, .. } = desk.world().await;
    let own = events(&desk, &partners[0].token, "?limit=100").await;
    assert!(
        own.iter().any(|event| event["action"] == "tenant.created" && event["object"] == json!(partners[0].tenant))
    );
    assert!(own.iter().all(|event| event["partner"] == json!(partners[0].id) && event["chain"].is_null()));
    assert!(own.iter().any(|event| event["detail"].is_object()));
    let all = events(&desk, &operator, "?limit=100").await;
    assert!(all.len() > own.len() && all.iter().all(|event| event["chain"]["hash"].is_string()));
    let found = events(&desk, &partners[1].token, &format!("?object={}", partners[0].tenant)).await;
    assert_eq!(found, Vec::<Value>::new());
    let refused = desk.get(&partners[0].token, "/v1/audit-events/proof").await;
    assert_eq!(refused.refusal().1, "operators-only");
}

#[tokio::test]
async fn a_client_reads_what_was_done_to_its_tenant_without_what_is_in_it() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let tenant: TenantId = world.partners[0].tenant.parse().unwrap();
    let page = Page::first(100);
    let client = Reach::of(Principal::Tenant(tenant), Actor::system("test"));
    let seen = desk.store.audit_events(&client, &AuditFilter::default(), &page).await.unwrap();
    assert!(!seen.is_empty());
    for event in seen.clone() {
        let event = serde_json::to_value(AuditEvent::of(event, &client)).unwrap();
        assert_eq!(event["tenant"], json!(world.partners[0].tenant));
        let hidden = ["detail", "ip", "chain"].iter().all(|field| event.get(field).is_none());
        assert!(hidden, "{event}");
    }
    // And who is limited to a tenant reads of no other, nor of the partner itself.
    let partner = Principal::Partner(world.partners[0].id.parse().unwrap());
    let limited = Reach::of(partner, Actor::system("test")).limited_to(Some([tenant].into()));
    assert_eq!(desk.store.audit_events(&limited, &AuditFilter::default(), &page).await.unwrap(), seen);
    let edge = Reach::of(Principal::Edge, Actor::system("test"));
    assert_eq!(desk.store.audit_events(&edge, &AuditFilter::default(), &page).await.unwrap(), []);
}

#[tokio::test]
async fn the_trail_is_told_in_pages_from_either_end() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let token = desk.token(Principal::Operator, &everything(Principal::Operator)).await;
    let whole: Vec<i64> = events(&desk, &token, "?limit=100&order=oldest")
        .await
        .iter()
        .map(|event| event["chain"]["seq"].as_i64().unwrap())
        .collect();
    for order in ["oldest", "newest"] {
        let (mut seen, mut path) = (Vec::new(), format!("/v1/audit-events?limit=2&order={order}"));
        loop {
            let page = desk.get(&token, &path).await.body;
            seen.extend(page["items"].as_array().unwrap().iter().map(|event| event["chain"]["seq"].as_i64().unwrap()));
            let Some(next) = page["next_page_token"].as_str() else { break };
            path = format!("/v1/audit-events?limit=2&order={order}&page_token={next}");
        }
        if order == "newest" {
            seen.reverse();
        }
        assert_eq!(seen, whole, "{order}");
    }
    for query in ["?order=other", "?page_token=x", "?object=", "?limit=0", "?odd=1"] {
        let reply = desk.get(&world.operator, &format!("/v1/audit-events{query}")).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{query}");
    }
    let created = events(&desk, &token, "?action=partner.created").await;
    assert_eq!(created.len(), 2);
}
