//! Money: balances, payments, credit, corrections by two, statements.

use axum::http::{Method, StatusCode};
use marque_config::PartnerId;
use serde_json::{Value, json};

use super::desk::{Desk, Reply, World};
use crate::database::refused::Refused;
use crate::kernel::money::Money;
use crate::kernel::principal::{Principal, Reach};
use crate::money::model::ledger::{Source, SourceKind};
use crate::money::operations::ledger;

fn euros(minor: i64) -> Value {
    json!({ "amount": minor, "currency": "EUR" })
}

async fn pay(desk: &Desk, world: &World, partner: usize, minor: i64, reference: &str) -> Reply {
    let body = json!({ "partner": world.partners[partner].id, "amount": euros(minor), "reference": reference });
    desk.post(&world.operator, "/v1/payments", body).await
}

/// Charges as an order would.
async fn charge(desk: &Desk, partner: &str, minor: i64, order: &str) -> Result<(), Refused> {
    let reach = Reach::command("test");
    let partner: PartnerId = partner.parse().unwrap();
    let mut write = desk.store.begin(reach.actor(), desk.store.now_ms()).await.unwrap();
    let amount = Money { minor, currency: iso_currency::Currency::EUR };
    let source = Source { kind: SourceKind::Order, id: order.into() };
    ledger::charge(&mut write, partner, amount, &source).await?;
    write.commit().await?;
    Ok(())
}

async fn wallet(desk: &Desk, token: &str) -> Value {
    let wallets = desk.get(token, "/v1/balance").await.body["items"].clone();
    let euros = wallets.as_array().unwrap().iter().find(|wallet| wallet["balance"]["currency"] == "EUR");
    euros.cloned().unwrap()
}

#[tokio::test]
async fn s3_14_a_partner_sees_its_balance_and_its_transactions() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let (mine, theirs) = (&world.partners[0], &world.partners[1]);
    assert_eq!(pay(&desk, &world, 0, 10_000, "VIR 4711").await.status, StatusCode::CREATED);
    assert_eq!(pay(&desk, &world, 1, 77, "OTHER").await.status, StatusCode::CREATED);
    charge(&desk, &mine.id, 2_500, "ord_1").await.unwrap();
    let shown = wallet(&desk, &mine.token).await;
    assert_eq!((&shown["balance"], &shown["available"]), (&euros(7_500), &euros(7_500)));
    assert_eq!(shown["pending"], euros(0));

    let list = desk.get(&mine.token, "/v1/transactions").await.body;
    let told: Vec<_> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tx| (tx["step"].as_str().unwrap(), tx["change"]["amount"].as_i64(), tx["balance"]["amount"].as_i64()))
        .collect();
    let expected =
        [("post", Some(0), Some(7_500)), ("hold", Some(-2_500), Some(7_500)), ("pay", Some(10_000), Some(10_000))];
    assert_eq!(told, expected, "the newest first");
    assert_eq!(list["items"][2]["note"], "VIR 4711");

    // Page by page, and for an operator by partner.
    let first = desk.get(&mine.token, "/v1/transactions?limit=2").await.body;
    let next = first["next_page_token"].as_str().unwrap();
    let second = desk.get(&mine.token, &format!("/v1/transactions?limit=2&page_token={next}")).await.body;
    assert_eq!(second["items"].as_array().unwrap().len(), 1);
    assert_eq!(desk.get(&mine.token, "/v1/transactions?page_token=MTp4").await.refusal().1, "invalid-query");
    let of = async |path: String| desk.get(&world.operator, &path).await.body["items"].as_array().unwrap().len();
    assert_eq!(of(format!("/v1/transactions?partner={}", theirs.id)).await, 1);
    assert_eq!(of("/v1/transactions".into()).await, 4);
    assert_eq!(of(format!("/v1/balance?partner={}", theirs.id)).await, 1);
    // What another has doesn't exist.
    let wallet = shown["id"].as_str().unwrap();
    for path in [format!("/v1/wallets/{wallet}"), format!("/v1/statements?wallet={wallet}&month=2026-11")] {
        assert_eq!(desk.get(&theirs.token, &path).await.refusal().0, 404, "{path}");
    }
    for path in [format!("/v1/transactions?wallet={wallet}"), format!("/v1/transactions?partner={}", mine.id)] {
        assert_eq!(desk.get(&theirs.token, &path).await.body, json!({ "items": [] }), "{path}");
    }
    let payments = desk.get(&theirs.token, "/v1/payments").await.body;
    assert_eq!(payments["items"].as_array().unwrap().len(), 1);
    assert_eq!(payments["items"][0]["reference"], "OTHER");
}

#[tokio::test]
async fn a_balance_goes_as_far_as_the_credit_and_no_further() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let mine = &world.partners[0];
    let code = |refused: Refused| match refused {
        Refused::Conflict(conflict) => conflict.code(),
        other => panic!("{other}"),
    };
    assert_eq!(code(charge(&desk, &mine.id, 1, "ord_1").await.unwrap_err()), "credit-exceeded");
    let opened = json!({ "partner": mine.id, "currency": "CHF", "credit_limit": 5 });
    assert_eq!(desk.post(&world.operator, "/v1/wallets", opened.clone()).await.status, StatusCode::CREATED);
    assert_eq!(desk.post(&world.operator, "/v1/wallets", opened).await.refusal().1, "wallet-exists");
    pay(&desk, &world, 0, 100, "a").await;
    let id = wallet(&desk, &mine.token).await["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/wallets/{id}");
    let limit = async |minor: i64| {
        desk.ask(Method::PATCH, &world.operator, &path, Some(json!({ "credit_limit": minor }))).await
    };
    assert_eq!(limit(1_000).await.body["available"], euros(1_100));
    charge(&desk, &mine.id, 1_100, "ord_2").await.unwrap();
    assert_eq!(code(charge(&desk, &mine.id, 1, "ord_3").await.unwrap_err()), "credit-exceeded");
    assert_eq!(code(charge(&desk, &mine.id, 1, "ord_2").await.unwrap_err()), "already-charged");
    assert_eq!(limit(999).await.refusal().1, "limit-below-debt");
    assert_eq!(limit(-1).await.refusal().2, ["/credit_limit"]);
    assert_eq!(wallet(&desk, &mine.token).await["balance"], euros(-1_000));
}

#[tokio::test]
async fn payments_are_the_vendors_to_record() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let mine = &world.partners[0];
    let body = json!({ "partner": mine.id, "amount": euros(1), "reference": "x" });
    assert_eq!(desk.post(&mine.token, "/v1/payments", body).await.refusal().0, 403);
    for minor in [0, -5, 1_000_000_000_001, i64::MAX, i64::MIN] {
        assert_eq!(pay(&desk, &world, 0, minor, "x").await.refusal().0, 422, "{minor}");
    }
    assert_eq!(pay(&desk, &world, 0, 1_000_000_000_000, "x").await.status, StatusCode::CREATED);
    assert_eq!(pay(&desk, &world, 0, 1, "more than is counted").await.refusal().0, 422);
    assert_eq!(pay(&desk, &world, 1, 1, "a\nb").await.refusal().2, ["/reference"]);
    let body = json!({ "partner": "ptr_00000000000000000000000000", "amount": euros(1), "reference": "x" });
    assert_eq!(desk.post(&world.operator, "/v1/payments", body).await.refusal().2, ["/partner"]);
    assert_eq!(wallet(&desk, &mine.token).await["balance"], euros(1_000_000_000_000));
}

#[tokio::test]
async fn an_adjustment_takes_two_people() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let mine = &world.partners[0];
    let body = json!({ "partner": mine.id, "amount": euros(300), "reason": "Geste commercial" });
    let id = desk.made(&world.operator, "/v1/adjustments", body.clone()).await;
    let confirm = format!("/v1/adjustments/{id}/confirm");
    assert_eq!(desk.post(&world.operator, &confirm, json!({})).await.refusal().1, "second-operator-needed");
    // A token that the first one made is the same person.
    let new = json!({ "name": "t", "principal": "operator", "scopes": ["ledger:adjust", "tokens:write"] });
    let child = desk.post(&world.operator, "/v1/tokens", new).await;
    assert_eq!(child.status, StatusCode::CREATED, "{}", child.body);
    let child = child.body["token"].as_str().unwrap().to_owned();
    assert_eq!(desk.post(&child, &confirm, json!({})).await.refusal().1, "second-operator-needed");
    assert_eq!(desk.get(&mine.token, "/v1/transactions").await.body, json!({ "items": [] }));
    let second = desk.token(Principal::Operator, "ledger:adjust").await;
    assert_eq!(desk.post(&second, &confirm, json!({})).await.body["state"], "confirmed");
    assert_eq!(desk.post(&second, &confirm, json!({})).await.refusal().1, "adjustment-decided");
    assert_eq!(wallet(&desk, &mine.token).await["balance"], euros(300));
    // What is taken needs to be there; who proposed it may drop it.
    let body = json!({ "partner": mine.id, "amount": euros(-301), "reason": "Erreur" });
    let id = desk.made(&world.operator, "/v1/adjustments", body).await;
    let confirm = format!("/v1/adjustments/{id}/confirm");
    assert_eq!(desk.post(&second, &confirm, json!({})).await.refusal().1, "credit-exceeded");
    let reject = format!("/v1/adjustments/{id}/reject");
    assert_eq!(desk.post(&world.operator, &reject, json!({})).await.body["state"], "rejected");
    assert_eq!(desk.post(&mine.token, "/v1/adjustments", json!({})).await.refusal().0, 403);
    assert_eq!(desk.get(&world.operator, "/v1/adjustments").await.body["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn c15_one_transfer_is_recorded_once_and_another_one_says_so() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let mine = &world.partners[0];
    let first = pay(&desk, &world, 0, 10_000, "VIR 2026-117").await.body["id"].clone();
    let second = desk.token(Principal::Operator, "balance:write").await;
    let body = |partner: usize, minor: i64, reference: &str, besides: &serde_json::Value| {
        json!({
            "partner": world.partners[partner].id, "amount": euros(minor), "reference": reference, "besides": besides,
        })
    };
    let none = json!(null);
    for typed in ["VIR 2026-117", "vir  2026-117"] {
        let reply = desk.post(&second, "/v1/payments", body(0, 10_000, typed, &none)).await;
        assert_eq!((reply.refusal().0, reply.refusal().1.as_str()), (409, "payment-already-recorded"));
        assert_eq!(reply.body["blockers"], json!([first]));
    }
    assert_eq!(wallet(&desk, &mine.token).await["balance"], euros(10_000));
    // Something else: another partner, amount or reference.
    for (partner, minor, reference) in
        [(1, 10_000, "VIR 2026-117"), (0, 10_001, "VIR 2026-117"), (0, 10_000, "VIR 118")]
    {
        let reply = desk.post(&second, "/v1/payments", body(partner, minor, reference, &none)).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    }
    // It is another one: then it names the newest, so that two people don't both say so.
    let other = desk.post(&second, "/v1/payments", body(0, 10_000, "VIR 2026-117", &first)).await;
    assert_eq!(other.status, StatusCode::CREATED, "{}", other.body);
    let again = desk.post(&world.operator, "/v1/payments", body(0, 10_000, "VIR 2026-117", &first)).await;
    assert_eq!((again.refusal().0, &again.body["blockers"]), (409, &json!([other.body["id"]])));
    let wrong = desk.post(&second, "/v1/payments", body(0, 7, "none such", &first)).await;
    assert_eq!(wrong.refusal().2, ["/besides"]);
    assert_eq!(wallet(&desk, &mine.token).await["balance"], euros(40_001));
}

#[tokio::test]
async fn four_eyes_look_at_the_whole_chain_and_refuse_when_it_was_cut() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let new = json!({ "name": "t", "principal": "operator", "scopes": ["ledger:adjust", "tokens:write"] });
    let child = async |token: &str| {
        let reply = desk.post(token, "/v1/tokens", new.clone()).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        (reply.body["id"].as_str().unwrap().to_owned(), reply.body["token"].as_str().unwrap().to_owned())
    };
    let body = json!({ "partner": world.partners[0].id, "amount": euros(300), "reason": "Geste commercial" });
    let id = desk.made(&world.operator, "/v1/adjustments", body).await;
    let confirm = format!("/v1/adjustments/{id}/confirm");
    // Forty tokens away is the same person still.
    let mut chain = vec![child(&world.operator).await];
    for _ in 0..40 {
        let next = child(&chain.last().unwrap().1).await;
        chain.push(next);
    }
    let (last_id, last) = chain.pop().unwrap();
    assert_eq!(desk.post(&last, &confirm, json!({})).await.refusal().1, "second-operator-needed");
    // A token in the place of another is whoever had it made.
    let roll = desk.post(&last, &format!("/v1/tokens/{last_id}/roll"), json!({})).await;
    assert_eq!(roll.status, StatusCode::CREATED, "{}", roll.body);
    let rolled = roll.body["token"].as_str().unwrap();
    assert_eq!(desk.post(rolled, &confirm, json!({})).await.refusal().1, "second-operator-needed");
    // Nobody knows who made one in between.
    desk.sql("update api_token set made_by = null where id = $1", &[&chain[20].0]).await;
    assert_eq!(desk.post(rolled, &confirm, json!({})).await.refusal().1, "maker-unknown");
    desk.sql("update api_token set made_by = 'tok_gone' where id = $1", &[&chain[20].0]).await;
    assert_eq!(desk.post(rolled, &confirm, json!({})).await.refusal().1, "maker-unknown");
    let second = desk.token(Principal::Operator, "ledger:adjust").await;
    assert_eq!(desk.post(&second, &confirm, json!({})).await.body["state"], "confirmed");
}

#[tokio::test]
async fn a_statement_goes_from_one_balance_to_the_next() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let mine = &world.partners[0];
    pay(&desk, &world, 0, 10_000, "=cmd|' /C calc'!A0").await;
    charge(&desk, &mine.id, 1_000, "ord_1").await.unwrap();
    desk.advance_days(31);
    charge(&desk, &mine.id, 250, "ord_2").await.unwrap();
    let id = wallet(&desk, &mine.token).await["id"].as_str().unwrap().to_owned();
    let month = async |month: &str| desk.get(&mine.token, &format!("/v1/statements?wallet={id}&month={month}")).await;
    let (first, second, third) =
        (month("2026-11").await.body, month("2026-12").await.body, month("2027-01").await.body);
    assert_eq!((&first["opening"], &first["closing"]), (&euros(0), &euros(9_000)));
    assert_eq!(first["lines"].as_array().unwrap().len(), 2, "{first}");
    assert_eq!((&second["opening"], &second["closing"]), (&euros(9_000), &euros(8_750)));
    assert_eq!((&third["opening"], &third["closing"]), (&euros(8_750), &euros(8_750)));
    assert_eq!(month("2026-13").await.refusal().1, "invalid-query");
    let path = format!("/v1/statements?wallet={id}&month=2026-11&format=csv");
    let (headers, text) = desk.text(&mine.token, &path).await;
    assert_eq!(headers["content-type"], "text/csv; charset=utf-8");
    let lines: Vec<_> = text.lines().collect();
    let head = "\u{feff}\"at\",\"step\",\"source\",\"source_id\",\"change\",\"balance\",\"currency\",\"note\"";
    assert_eq!(lines[0], head);
    assert!(lines[1].ends_with(",100.00,100.00,\"EUR\",\"'=cmd|' /C calc'!A0\""), "{}", lines[1]);
    assert!(lines[2].contains(",\"hold\",\"order\",\"ord_1\",-10.00,90.00,\"EUR\","), "{}", lines[2]);
}

#[tokio::test]
async fn a_low_balance_is_told_once() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let mine = &world.partners[0];
    for (email, right) in [("compta@a.fr", "billing.read"), ("aide@a.fr", "support.handle")] {
        let member = json!({ "partner": mine.id, "email": email, "name": email, "rights": [right] });
        assert_eq!(desk.post(&world.operator, "/v1/members", member).await.status, StatusCode::CREATED);
        let came = desk.accept(email).await;
        assert!(came.status.is_success(), "{}", came.body);
    }
    pay(&desk, &world, 0, 1_000, "a").await;
    let id = wallet(&desk, &mine.token).await["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/wallets/{id}");
    let warned = desk.ask(Method::PATCH, &world.operator, &path, Some(json!({ "warn_below": 500 }))).await;
    assert_eq!(warned.body["is_low"], false);
    let told = async || {
        let count: i64 = sqlx::query_scalar("select count(*) from outbox_event where kind = 'balance.low'")
            .fetch_one(desk.store.reader())
            .await
            .unwrap();
        count
    };
    for (order, low) in [("ord_1", 0), ("ord_2", 1), ("ord_3", 1)] {
        charge(&desk, &mine.id, 300, order).await.unwrap();
        assert_eq!(told().await, low, "{order}");
    }
    assert_eq!(wallet(&desk, &mine.token).await["is_low"], true);
    let mailed: Vec<String> = sqlx::query_scalar("select to_address from mail where kind = 'balance_low'")
        .fetch_all(desk.store.reader())
        .await
        .unwrap();
    assert_eq!(mailed, ["compta@a.fr"], "who sees the balance is written to, once");
    pay(&desk, &world, 0, 1_000, "b").await;
    assert_eq!(wallet(&desk, &mine.token).await["is_low"], false);
    charge(&desk, &mine.id, 800, "ord_4").await.unwrap();
    assert_eq!(told().await, 2);
    let cleared = desk.ask(Method::PATCH, &world.operator, &path, Some(json!({ "warn_below": null }))).await;
    assert_eq!((cleared.body["is_low"].as_bool(), cleared.body.get("warn_below")), (Some(false), None));
}
