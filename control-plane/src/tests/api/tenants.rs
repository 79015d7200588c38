//! The life of a tenant, and what the edge is told of it.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::desk::{Desk, World};

async fn act(desk: &Desk, world: &World, action: &str, body: Value) -> (u16, Value) {
    let path = format!("/v1/tenants/{}/{action}", world.partners[0].tenant);
    let reply = desk.post(&world.operator, &path, body).await;
    (
        reply.status.as_u16(),
        if reply.status.is_success() { reply.body["state"].clone() } else { reply.body["code"].clone() },
    )
}

async fn told(desk: &Desk, world: &World) -> Value {
    let line = "select line from feed_record where kind = 'tenant' and name = $1";
    let line = sqlx::query_scalar(line).bind(&world.partners[0].tenant);
    let line: String = line.fetch_one(desk.store.reader()).await.unwrap();
    serde_json::from_str::<Value>(&line).unwrap()["body"]["state"].clone()
}

#[tokio::test]
async fn a_tenant_goes_from_state_to_state_and_the_edge_is_told_each_time() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    assert_eq!(told(&desk, &world).await, "provisioning");
    for (action, body, expected) in [
        ("suspend", json!({ "reason": "unpaid" }), (200, json!("suspended"))),
        ("resume", json!({}), (200, json!("provisioning"))),
        ("bind", json!({ "account": "a1" }), (200, json!("active"))),
        ("bind", json!({ "account": "a1" }), (200, json!("active"))),
        ("bind", json!({ "account": "a2" }), (409, json!("tenant-already-bound"))),
        ("resume", json!({}), (409, json!("tenant-not-suspended"))),
        ("suspend", json!({}), (200, json!("suspended"))),
        ("resume", json!({}), (200, json!("active"))),
        ("close", json!({}), (200, json!("closed"))),
        ("resume", json!({}), (409, json!("tenant-closed"))),
    ] {
        let answer = act(&desk, &world, action, body).await;
        assert_eq!(answer, expected, "{action}");
        if answer.0 == 200 {
            assert_eq!(told(&desk, &world).await, answer.1, "{action}");
        }
    }
}

#[tokio::test]
async fn an_account_is_one_tenants_while_it_lives() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let (one, two) = (&world.partners[0].tenant, &world.partners[1].tenant);
    let bind = async |tenant: &str| {
        let reply = desk.post(&world.operator, &format!("/v1/tenants/{tenant}/bind"), json!({ "account": "a1" })).await;
        reply.status
    };
    assert_eq!(bind(one).await, StatusCode::OK);
    assert_eq!(bind(two).await, StatusCode::CONFLICT);
    desk.post(&world.operator, &format!("/v1/tenants/{one}/close"), json!({})).await;
    assert_eq!(bind(two).await, StatusCode::OK);
}

#[tokio::test]
async fn a_change_and_its_traces_are_one() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    act(&desk, &world, "suspend", json!({ "reason": "unpaid" })).await;
    let (actor, detail): (String, String) =
        sqlx::query_as("select actor, detail from audit_event where action = 'tenant.suspended' and object = $1")
            .bind(&world.partners[0].tenant)
            .fetch_one(desk.store.reader())
            .await
            .unwrap();
    let detail: Value = serde_json::from_str(&detail).unwrap();
    assert!(actor.starts_with("tok_"), "{actor}");
    assert_eq!((&detail["before"]["state"], &detail["after"]["state"]), (&json!("provisioning"), &json!("suspended")));
    // What changes nothing leaves no trace, and costs the edge nothing.
    let before = desk.revision().await;
    act(&desk, &world, "suspend", json!({ "reason": "unpaid" })).await;
    assert_eq!(desk.revision().await, before);
}

#[tokio::test]
async fn what_an_operator_suspended_no_partner_resumes() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let partner = &world.partners[0];
    let path = |action: &str| format!("/v1/tenants/{}/{action}", partner.tenant);
    let by = async |token: &str, action: &str| desk.post(token, &path(action), json!({})).await;
    for (who, holds) in [(&world.operator, "operator"), (&partner.token, "operator")] {
        let suspended = by(who, "suspend").await;
        assert_eq!((suspended.status.as_u16(), &suspended.body["suspended_by"]), (200, &json!(holds)));
    }
    let refused = by(&partner.token, "resume").await;
    assert_eq!((refused.status.as_u16(), &refused.body["code"]), (403, &json!("suspended-by-operator")));
    assert_eq!(told(&desk, &world).await, "suspended");
    assert_eq!(by(&world.operator, "resume").await.status, StatusCode::OK);
    assert_eq!(by(&partner.token, "suspend").await.body["suspended_by"], "partner");
    assert_eq!(by(&partner.token, "resume").await.status, StatusCode::OK);
}
