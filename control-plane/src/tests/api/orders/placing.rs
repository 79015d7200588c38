//! What is placed, for whom, and what is refused.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::counter::Counter;
use crate::kernel::principal::Principal;
use crate::tests::api::clients::bakery;
use crate::tests::api::desk::Desk;
use crate::tests::api::shop::Shop;

#[tokio::test]
async fn s3_15_an_order_and_a_trial_take_the_same_steps_and_differ_by_one_word() {
    let counter = Counter::open().await;
    let trial = counter.placed(counter.asked("trial", "a@b.fr")).await;
    let order = counter.placed(counter.asked("order", "c@d.fr")).await;
    assert_eq!((&trial["kind"], &trial["charged"]["amount"]), (&json!("trial"), &json!(0)));
    assert_eq!((&order["kind"], &order["charged"]["amount"]), (&json!("order"), &json!(4_900)));
    // Only the order costs something; the trial knows what it would.
    assert_eq!(trial["price"]["total"], order["price"]["total"]);
    assert_eq!(counter.balance(0).await, 500_000 - 4_900);
    let kinds = counter.count("select count(*) from licence where kind = 'trial' and order_id is not null").await;
    assert_eq!(kinds, 1);
    let client = |order: &Value| format!("/v1/clients/{}", order["client"].as_str().unwrap());
    assert_eq!(counter.desk.get(counter.token(), &client(&trial)).await.body["state"], "prospect");
    assert_eq!(counter.desk.get(counter.token(), &client(&order)).await.body["state"], "customer");
}

#[tokio::test]
async fn s3_17_the_partners_own_number_is_kept_and_found() {
    let counter = Counter::open().await;
    let mut body = counter.asked("order", "a@b.fr");
    body["po_number"] = json!("BC-2026/17");
    let order = counter.placed(body).await;
    counter.placed(counter.asked("order", "c@d.fr")).await;
    let listed = counter.desk.get(counter.token(), "/v1/orders?po_number=BC-2026/17").await.body;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["items"][0]["id"], order["id"]);
    for q in ["BC-2026/17", order["number"].as_str().unwrap()] {
        let found = counter.desk.get(counter.token(), &format!("/v1/search?kinds=order&q={q}")).await.body;
        assert_eq!(found["items"][0]["id"], order["id"], "{q}: {found}");
        let other = &counter.world.partners[1].token;
        assert_eq!(counter.desk.get(other, &format!("/v1/search?q={q}")).await.body["items"], json!([]));
    }
}

#[tokio::test]
async fn s3_25_client_and_order_are_registered_in_one_or_not_at_all() {
    let counter = Counter::open().await;
    let before = counter.everything().await;
    let mut dear = counter.asked("order", "a@b.fr");
    dear["plan"] = json!(counter.shop.production);
    dear["term"] = json!("perpetual");
    dear["components"] = json!([{ "component": counter.shop.printer, "quantity": 100 }]);
    // The client is looked at, the licence issued; then the credit is insufficient, and nothing of it was.
    assert_eq!(counter.place(dear.clone()).await.refusal(), (409, "credit-exceeded".into(), vec![]));
    assert_eq!(counter.everything().await, before);
    counter.pay(0, 5_000_000).await;
    let order = counter.placed(dear).await;
    assert_eq!(order["charged"]["amount"], 150_000 + 100 * 24_000);
    for (what, query) in [
        ("client", "select count(*) from client"),
        ("order", "select count(*) from partner_order"),
        ("licence", "select count(*) from licence where order_id is not null"),
        ("mail", "select count(*) from mail where kind = 'activation_instructions'"),
        ("charge", "select count(*) from ledger_source where kind = 'order' and state = 'posted'"),
    ] {
        assert_eq!(counter.count(query).await, 1, "{what}");
    }
}

#[tokio::test]
async fn s3_25_what_is_wrong_is_pointed_at_and_nothing_is_done() {
    let counter = Counter::open().await;
    let before = counter.everything().await;
    let asked = |pointer: &str, value: Value| {
        let mut body = counter.asked("order", "a@b.fr");
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    let mut none = counter.asked("order", "a@b.fr");
    none.as_object_mut().unwrap().remove("client");
    let mut both = counter.asked("order", "a@b.fr");
    both["client_id"] = json!("cli_00000000000000000000000000");
    let mut unknown = none.clone();
    unknown["client_id"] = json!("cli_00000000000000000000000000");
    let mut priced = counter.asked("order", "a@b.fr");
    priced["price"] = json!(1);
    for (body, pointer) in [
        (none, "/client_id"),
        (both, "/client"),
        (unknown, "/client_id"),
        (priced, "/price"),
        (asked("/client/country", json!("BR")), "/client/tax_id"),
        (asked("/client/company", json!(" ")), "/client/company"),
        (asked("/price_list", json!("prl_00000000000000000000000000")), "/price_list"),
        (asked("/plan", json!("pln_00000000000000000000000000")), "/plan"),
        (asked("/kind", json!("gift")), "/kind"),
    ] {
        assert_eq!(counter.place(body.clone()).await.refusal().2, [pointer], "{body}");
    }
    assert_eq!(counter.everything().await, before);
}

#[tokio::test]
async fn s3_26_the_answer_has_the_number_and_the_link() {
    let counter = Counter::open().await;
    let order = counter.placed(counter.asked("order", "a@b.fr")).await;
    let number = order["number"].as_str().unwrap();
    assert_eq!((number.len(), &number[..5]), (14, "2026-"), "{number}");
    let link = format!("https://portal.marque.fr/activate#{}", order["serial"].as_str().unwrap());
    assert_eq!(order["activation_link"], json!(link));
    assert_eq!((&order["state"], &order["opened_tenant"]), (&json!("fulfilled"), &json!(true)));
    assert_eq!(counter.order(&order).await["number"], order["number"]);
}

#[tokio::test]
async fn s3_27_the_client_is_mailed_how_to_activate_without_a_price_and_again_when_asked() {
    let counter = Counter::open().await;
    let order = counter.placed(counter.asked("order", "Anne@B.fr")).await;
    let again = counter.act(&order, "resend-activation", json!({})).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.body);
    let mails: Vec<(String, String, String)> = sqlx::query_as(
        "select to_address, language, facts from mail where kind = 'activation_instructions' order by id",
    )
    .fetch_all(counter.desk.store.reader())
    .await
    .unwrap();
    assert_eq!(mails.len(), 2);
    for (to, language, values) in mails {
        assert_eq!((to.as_str(), language.as_str()), ("Anne@B.fr", "fr"));
        assert!(values.contains(order["serial"].as_str().unwrap()) && values.contains("/activate#"), "{values}");
        assert!(!values.contains("49") || !values.contains("EUR"), "{values}");
    }
    for _ in 0..8 {
        counter.act(&order, "resend-activation", json!({})).await;
    }
    let reply = counter.act(&order, "resend-activation", json!({})).await;
    assert_eq!(reply.refusal(), (409, "told-too-often".into(), vec![]));
    counter.activate(&order).await.unwrap();
    let reply = counter.act(&order, "resend-activation", json!({})).await;
    assert_eq!(reply.refusal(), (409, "nothing-to-activate".into(), vec![]));
}

#[tokio::test]
async fn s3_8_without_the_right_to_order_the_api_refuses() {
    let counter = Counter::open().await;
    let partner = Principal::Partner(counter.world.partners[0].id.parse().unwrap());
    let reader = counter.desk.token(partner, "orders:read clients:read clients:write tenants:read").await;
    let reply = counter.desk.post(&reader, "/v1/orders", counter.asked("order", "a@b.fr")).await;
    assert_eq!(reply.refusal(), (403, "right-missing".into(), vec![]));
    let order = counter.placed(counter.asked("order", "a@b.fr")).await;
    let id = order["id"].as_str().unwrap();
    for action in ["void", "switch-kind", "convert", "extend", "resend-activation"] {
        let reply = counter.desk.post(&reader, &format!("/v1/orders/{id}/{action}"), json!({})).await;
        assert_eq!(reply.refusal(), (403, "right-missing".into(), vec![]), "{action}");
    }
    // Who may not take it back is told so before trying.
    let blockers = counter.desk.get(&reader, &format!("/v1/orders/{id}/blockers")).await.body;
    assert_eq!((&blockers["voidable"], &blockers["blockers"][0]["code"]), (&json!(false), &json!("right_missing")));
}

#[tokio::test]
async fn s3_32_what_the_client_has_already_is_warned_of() {
    let counter = Counter::open().await;
    let first = counter.placed(counter.asked("trial", "a@b.fr")).await;
    assert_eq!(first["warnings"], json!([]));
    let again = |kind: &str| {
        let mut body = counter.asked(kind, "a@b.fr");
        body.as_object_mut().unwrap().remove("client");
        body["client_id"] = first["client"].clone();
        body
    };
    let codes = |order: &Value| -> Vec<String> {
        let warnings = order["warnings"].as_array().unwrap().iter();
        warnings.map(|warning| warning["code"].as_str().unwrap().to_owned()).collect()
    };
    let second = counter.placed(again("order")).await;
    assert_eq!(codes(&second), ["client-has-open-trial"]);
    counter.activate(&second).await.unwrap();
    let third = counter.placed(again("order")).await;
    assert_eq!(codes(&third), ["client-has-open-trial", "client-has-licence"]);
    let fourth = counter.placed(again("order")).await;
    assert_eq!(codes(&fourth), ["client-has-open-order", "client-has-open-trial", "client-has-licence"]);
    // A voided one doesn't count.
    for order in [&first, &third, &fourth] {
        assert_eq!(counter.act(order, "void", json!({})).await.status, StatusCode::OK);
    }
    assert_eq!(codes(&counter.placed(again("order")).await), ["client-has-licence"]);
}

#[tokio::test]
async fn s3_2_a_clients_sites_are_its_own_spaces_and_an_order_may_be_for_one_of_them() {
    let counter = Counter::open().await;
    let mut body = counter.asked("order", "a@b.fr");
    body["tenant_name"] = json!("Lille");
    let first = counter.placed(body.clone()).await;
    body.as_object_mut().unwrap().remove("client");
    body["client_id"] = first["client"].clone();
    body["tenant_name"] = json!("Roubaix");
    counter.placed(body.clone()).await;
    body.as_object_mut().unwrap().remove("tenant_name");
    body["tenant"] = first["tenant"].clone();
    let third = counter.placed(body.clone()).await;
    assert_eq!((&third["tenant"], &third["opened_tenant"]), (&first["tenant"], &json!(false)));
    let path = format!("/v1/clients/{}/tenants", first["client"].as_str().unwrap());
    let sites = counter.desk.get(counter.token(), &path).await.body;
    let mut names: Vec<_> = sites["items"].as_array().unwrap().iter().map(|site| site["name"].to_string()).collect();
    names.sort();
    assert_eq!(names, ["\"Lille\"", "\"Roubaix\""]);
    // Another client's space is none, and nothing is ordered for the partner's own (Q80).
    let other = counter.placed(counter.asked("order", "c@d.fr")).await;
    body["tenant"] = other["tenant"].clone();
    assert_eq!(counter.place(body.clone()).await.refusal().2, ["/tenant"]);
    let own = counter.count_own_tenant().await;
    body["tenant"] = json!(own);
    assert_eq!(counter.place(body).await.refusal(), (409, "tenant-not-for-sale".into(), vec![]));
}

#[tokio::test]
async fn s3_35_orders_and_trials_are_listed_with_their_state_and_filtered() {
    let counter = Counter::open().await;
    let order = counter.placed(counter.asked("order", "a@b.fr")).await;
    let trial = counter.placed(counter.asked("trial", "c@d.fr")).await;
    let used = counter.placed(counter.asked("order", "e@f.fr")).await;
    let voided = counter.placed(counter.asked("order", "g@h.fr")).await;
    counter.activate(&used).await.unwrap();
    counter.act(&voided, "void", json!({})).await;
    let listed = async |query: &str| -> Vec<Value> {
        let reply = counter.desk.get(counter.token(), &format!("/v1/orders{query}")).await;
        sorted(reply.body["items"].as_array().unwrap())
    };
    let ids = |orders: &[&Value]| -> Vec<Value> { sorted(orders.iter().copied()) };
    assert_eq!(listed("").await, ids(&[&order, &trial, &used]));
    assert_eq!(listed("?state=fulfilled").await, ids(&[&order, &trial]));
    assert_eq!(listed("?state=completed").await, ids(&[&used]));
    assert_eq!(listed("?state=voided").await, ids(&[&voided]));
    assert_eq!(listed("?kind=trial").await, ids(&[&trial]));
    assert_eq!(listed(&format!("?client={}", order["client"].as_str().unwrap())).await, ids(&[&order]));
    assert_eq!(listed(&format!("?number={}", used["number"].as_str().unwrap())).await, ids(&[&used]));
    let first = counter.desk.get(counter.token(), "/v1/orders?limit=1&kind=order").await.body;
    let next = first["next_page_token"].as_str().unwrap();
    let second = counter.desk.get(counter.token(), &format!("/v1/orders?limit=1&kind=order&page_token={next}")).await;
    assert_eq!(sorted([&first["items"][0], &second.body["items"][0]]), ids(&[&order, &used]));
    assert_eq!(counter.desk.get(counter.token(), "/v1/orders?state=draft").await.refusal().1, "invalid-query");
    let other = &counter.world.partners[1].token;
    assert_eq!(counter.desk.get(other, "/v1/orders").await.body["items"], json!([]));
}

#[tokio::test]
async fn an_order_that_is_only_worked_out_leaves_nothing() {
    let counter = Counter::open().await;
    let before = counter.everything().await;
    let body = counter.asked("order", "a@b.fr");
    let tried = counter.desk.post(counter.token(), "/v1/orders?dry_run=true", body.clone()).await;
    assert_eq!((tried.status, &tried.body["charged"]["amount"]), (StatusCode::OK, &json!(4_900)));
    assert_eq!(counter.everything().await, before);
    let order = counter.placed(body).await;
    let path = format!("/v1/orders/{}/void?dry_run=true", order["id"].as_str().unwrap());
    let tried = counter.desk.post(counter.token(), &path, json!({})).await;
    assert_eq!((&tried.body["returned"]["amount"], &tried.body["closed_tenant"]), (&json!(4_900), &json!(true)));
    assert_eq!(counter.order(&order).await["state"], "fulfilled");
}

#[tokio::test]
async fn an_order_keeps_to_its_quote() {
    let counter = Counter::open().await;
    let mut basket = counter.shop.basket(&[]);
    let quote = counter.desk.post(counter.token(), "/v1/quotes", basket.clone()).await.body;
    let mut body = counter.asked("order", "a@b.fr");
    body["quote"] = quote["quote"].clone();
    counter.placed(body.clone()).await;
    let row = |cents: i64| json!([{ "plan": counter.shop.production, "term": "monthly", "amount": cents }]);
    let dearer = row(5_900);
    counter.desk.advance_days(1);
    let price = match dearer {
        Value::Array(mut rows) => {
            rows[0]["from_quantity"] = json!(1);
            Value::Array(rows)
        }
        other => other,
    };
    Shop::publish(&counter.desk, &counter.world, &counter.shop.euros, price).await;
    body["client"] = bakery("c@d.fr");
    assert_eq!(counter.place(body.clone()).await.refusal(), (409, "price-changed".into(), vec![]));
    basket["country"] = json!("DE");
    let elsewhere = counter.desk.post(counter.token(), "/v1/quotes", basket).await.body;
    body["quote"] = elsewhere["quote"].clone();
    assert_eq!(counter.place(body.clone()).await.refusal().2, ["/quote"]);
    body["quote"] = json!("nonsense");
    assert_eq!(counter.place(body).await.refusal().2, ["/quote"]);
}

#[tokio::test]
async fn a_partner_that_is_not_active_orders_nothing() {
    let counter = Counter::open().await;
    let trial = counter.placed(counter.asked("trial", "x@y.fr")).await;
    let path = format!("/v1/partners/{}/suspend", counter.world.partners[0].id);
    let reply = counter.desk.post(&counter.world.operator, &path, json!({})).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    for reply in [
        counter.place(counter.asked("order", "a@b.fr")).await,
        counter.act(&trial, "convert", json!({})).await,
        counter.act(&trial, "switch-kind", json!({})).await,
    ] {
        assert_eq!(reply.refusal(), (409, "partner-not-active".into(), vec![]));
    }
}

#[tokio::test]
async fn a_first_order_code_is_for_the_first_order() {
    let counter = Counter::open().await;
    Shop::promo(&counter.desk, &counter.world, "WELCOME", json!({ "first_order_only": true })).await;
    let mut body = counter.asked("order", "a@b.fr");
    body["promo_code"] = json!("welcome");
    let first = counter.placed(body.clone()).await;
    assert_eq!(first["charged"]["amount"], 4_410);
    body.as_object_mut().unwrap().remove("client");
    body["client_id"] = first["client"].clone();
    let second = counter.place(body).await;
    assert_eq!((second.refusal().1.as_str(), &second.body["blockers"]), ("promo-invalid", &json!(["not_first_order"])));
    // And so says a look before it is ordered, where the client is.
    let mut basket = counter.shop.basket(&[]);
    basket["promo_code"] = json!("welcome");
    basket["client"] = first["client"].clone();
    let checked = counter.desk.post(counter.token(), "/v1/promo-codes/check", basket.clone()).await.body;
    assert_eq!((&checked["usable"], &checked["reason"]), (&json!(false), &json!("not_first_order")));
    basket["country"] = json!("DE");
    let refused = counter.desk.post(counter.token(), "/v1/quotes", basket.clone()).await;
    assert_eq!(refused.refusal(), (422, "invalid-request".into(), vec!["/country".into()]));
    let foreign = counter.desk.post(&counter.world.partners[1].token, "/v1/quotes", basket).await;
    assert_eq!(foreign.refusal(), (422, "invalid-request".into(), vec!["/client".into()]));
}

#[tokio::test]
async fn nobody_orders_for_another_partner() {
    let counter = Counter::open().await;
    let order = counter.placed(counter.asked("order", "a@b.fr")).await;
    let other = &counter.world.partners[1];
    let mut body = counter.asked("order", "c@d.fr");
    body["partner"] = json!(counter.world.partners[0].id);
    assert_eq!(counter.desk.post(&other.token, "/v1/orders", body.clone()).await.refusal().2, ["/partner"]);
    let mut foreign = counter.asked("order", "c@d.fr");
    foreign.as_object_mut().unwrap().remove("client");
    foreign["client_id"] = order["client"].clone();
    assert_eq!(counter.desk.post(&other.token, "/v1/orders", foreign).await.refusal().2, ["/client_id"]);
    let id = order["id"].as_str().unwrap();
    let absent = "ord_00000000000000000000000000";
    for action in ["", "/blockers"] {
        let foreign = counter.desk.get(&other.token, &format!("/v1/orders/{id}{action}")).await;
        let missing = counter.desk.get(&other.token, &format!("/v1/orders/{absent}{action}")).await;
        assert_eq!((foreign.refusal().0, foreign.refusal()), (404, missing.refusal()));
    }
    for action in ["void", "switch-kind", "convert", "extend", "resend-activation"] {
        let foreign = counter.desk.post(&other.token, &format!("/v1/orders/{id}/{action}"), json!({})).await;
        assert_eq!(foreign.refusal(), (404, "not-found".into(), vec![]), "{action}");
    }
    // An operator orders for whom it says.
    counter.desk.made(&counter.world.operator, "/v1/orders", body).await;
}

/// The ids, in their order: those of one millisecond have none of their own.
fn sorted<'a>(orders: impl IntoIterator<Item = &'a Value>) -> Vec<Value> {
    let mut ids: Vec<Value> = orders.into_iter().map(|order| order["id"].clone()).collect();
    ids.sort_by_key(Value::to_string);
    ids
}

impl Counter {
    /// One of the partner's own spaces.
    async fn count_own_tenant(&self) -> String {
        sqlx::query_scalar("select id from tenant where partner_id = $1 and kind = 'sandbox'")
            .bind(&self.world.partners[0].id)
            .fetch_one(self.desk.store.reader())
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn the_rules_are_versions_and_only_operators_change_them() {
    let counter = Counter::open().await;
    let desk: &Desk = &counter.desk;
    let order = counter.placed(counter.asked("order", "a@b.fr")).await;
    assert_eq!(order["policy_version"], 1);
    let rules = json!({ "void_days": 3, "claim_days": 10 });
    let put = async |token: &str, rules: Value| {
        desk.ask(axum::http::Method::PUT, token, "/v1/order-policy", Some(rules)).await
    };
    assert_eq!(put(counter.token(), rules.clone()).await.refusal().1, "operators-only");
    let operator = &counter.world.operator;
    assert_eq!(put(operator, json!({ "void_days": -1, "claim_days": 10 })).await.refusal().2, ["/void_days"]);
    assert_eq!(put(operator, rules).await.body["version"], 2);
    assert_eq!(counter.placed(counter.asked("order", "c@d.fr")).await["policy_version"], 2);
    desk.advance_days(3);
    assert_eq!(counter.act(&order, "void", json!({})).await.body["blockers"], json!(["window_passed"]));
}
