//! Clients: one of each mail address, found by it, and what their countries ask.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::desk::{Desk, World};
use crate::kernel::principal::Reach;

pub(super) fn bakery(email: &str) -> Value {
    json!({ "company": "Boulangerie Martin", "email": email, "country": "FR", "postal_code": "59000", "city": "Lille" })
}

async fn looked_up(desk: &Desk, token: &str, email: &str) -> Value {
    let reply = desk.post(token, "/v1/clients/lookup", json!({ "email": email })).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    reply.body
}

async fn count(desk: &Desk) -> i64 {
    sqlx::query_scalar("select count(*) from client").fetch_one(desk.store.reader()).await.unwrap()
}

async fn open() -> (Desk, World) {
    let desk = Desk::open().await;
    let world = desk.world().await;
    (desk, world)
}

#[tokio::test]
async fn s3_23_an_existing_client_is_found_by_mail_address_and_never_added_twice() {
    let (desk, world) = open().await;
    let [mine, other] = &world.partners;
    let id = desk.made(&mine.token, "/v1/clients", bakery("Anne@Bäckerei.de")).await;
    let found = looked_up(&desk, &mine.token, " anne@xn--bckerei-5wa.DE ").await;
    assert_eq!((&found["outcome"], &found["client"]["id"]), (&json!("yours"), &json!(id)));
    let again = desk.post(&mine.token, "/v1/clients", bakery("ANNE@bäckerei.de")).await;
    assert_eq!(again.refusal(), (409, "client-exists".into(), vec![]));
    // Only the whole address finds, and another partner is told of nobody.
    assert_eq!(looked_up(&desk, &mine.token, "ann@bäckerei.de").await, json!({ "outcome": "unknown" }));
    assert_eq!(looked_up(&desk, &other.token, "anne@bäckerei.de").await, json!({ "outcome": "unknown" }));
    // To which the same company may well be a client of its own.
    desk.made(&other.token, "/v1/clients", bakery("anne@bäckerei.de")).await;
    assert_eq!(count(&desk).await, 2);
}

#[tokio::test]
async fn q100_of_many_at_once_with_one_mail_address_one_is_added() {
    let (desk, world) = open().await;
    let token = &world.partners[0].token;
    let asked = (0..30).map(|index| {
        let email = if index % 2 == 0 { "a@b.fr" } else { "A@B.FR" };
        desk.post(token, "/v1/clients", bakery(email))
    });
    let replies = futures_util::future::join_all(asked).await;
    let added = replies.iter().filter(|reply| reply.status == StatusCode::CREATED).count();
    let known = replies.iter().filter(|reply| reply.refusal().1 == "client-exists").count();
    assert_eq!((added, known, count(&desk).await), (1, 29, 1));
}

#[tokio::test]
async fn s3_24_a_new_client_has_what_is_needed_and_a_tax_identity_where_its_country_asks() {
    let (desk, world) = open().await;
    let token = &world.partners[0].token;
    let asked = |country: &str, tax_id: Value| {
        let email = format!("{country}{}@b.fr", tax_id.as_str().unwrap_or_default().len());
        json!({ "company": "X", "email": email, "country": country, "tax_id": tax_id })
    };
    for field in ["company", "email", "country"] {
        let mut body = bakery("x@y.fr");
        body.as_object_mut().unwrap().remove(field);
        let reply = desk.post(token, "/v1/clients", body).await;
        assert_eq!(reply.refusal(), (422, "invalid-request".into(), vec![format!("/{field}")]));
    }
    let missing = desk.post(token, "/v1/clients", asked("BR", Value::Null)).await;
    assert_eq!(missing.refusal(), (422, "invalid-request".into(), vec!["/tax_id".into()]));
    assert_eq!(missing.body["errors"][0]["code"], "tax-id-required");
    let wrong = desk.post(token, "/v1/clients", asked("BR", json!("16.727.230/0001-98"))).await;
    assert_eq!(wrong.body["errors"][0]["code"], "tax-id-invalid");
    let right = desk.post(token, "/v1/clients", asked("BR", json!("16.727.230/0001-97"))).await;
    assert_eq!((right.status, &right.body["tax_id"]), (StatusCode::CREATED, &json!("16727230000197")));
    assert_eq!(right.body["region_rule_version"], 1);
    // Where none is asked for, one that is given is looked at too.
    let wrong = desk.post(token, "/v1/clients", asked("FR", json!("FR 41 303 265 045"))).await;
    assert_eq!(wrong.body["errors"][0]["code"], "tax-id-invalid");
    desk.made(token, "/v1/clients", asked("FR", Value::Null)).await;
    // Operators change what a country asks; a partner doesn't.
    let rule = json!({ "tax_id": "required" });
    let reply = desk.ask(Method::PUT, token, "/v1/region-rules/FR", Some(rule.clone())).await;
    assert_eq!(reply.refusal().1, "operators-only");
    let reply = desk.ask(Method::PUT, &world.operator, "/v1/region-rules/FR", Some(rule)).await;
    assert_eq!((reply.status, &reply.body["version"]), (StatusCode::OK, &json!(1)));
    let refused = desk.post(token, "/v1/clients", bakery("new@y.fr")).await;
    assert_eq!(refused.body["errors"][0]["code"], "tax-id-required");
    let listed = desk.get(token, "/v1/region-rules").await.body;
    assert!(listed["items"].as_array().unwrap().iter().any(|rule| rule["country"] == "FR"));
}

#[tokio::test]
async fn a_change_is_looked_at_like_a_new_client_and_null_takes_away() {
    let (desk, world) = open().await;
    let token = &world.partners[0].token;
    let path = format!("/v1/clients/{}", desk.made(token, "/v1/clients", bakery("a@b.fr")).await);
    desk.made(token, "/v1/clients", bakery("c@d.fr")).await;
    let change = async |body: Value| desk.ask(Method::PATCH, token, &path, Some(body)).await;
    assert_eq!(change(json!({ "email": "C@D.fr" })).await.refusal().1, "client-exists");
    assert_eq!(change(json!({ "country": "IT" })).await.body["errors"][0]["code"], "tax-id-required");
    assert_eq!(change(json!({ "company": null, "state": "customer" })).await.refusal().2, ["/state"]);
    let contacts = json!([{ "name": "Anne", "email": "anne@b.fr" }]);
    let changed = change(json!({ "city": null, "country": "IT", "tax_id": "00743110157", "contacts": contacts })).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    assert_eq!((&changed.body["city"], &changed.body["tax_id"]), (&Value::Null, &json!("IT00743110157")));
    assert_eq!(change(json!({ "contacts": vec![json!({ "name": "x" }); 21] })).await.refusal().2, ["/contacts"]);
    let found = desk.get(token, "/v1/clients?country=IT&state=prospect").await;
    assert_eq!(found.body["items"].as_array().unwrap().len(), 1);
    assert_eq!(desk.get(token, "/v1/clients?country=it").await.refusal().1, "invalid-query");
}

#[tokio::test]
async fn an_anonymised_client_leaves_nothing_personal_anywhere() {
    let (desk, world) = open().await;
    let token = &world.partners[0].token;
    let mut body = bakery("anne.martin@fournil.example");
    body["phone"] = json!("+33 1 99 00 11 22");
    body["contacts"] = json!([{ "name": "Anne Martin-Unique" }]);
    let id = desk.made(token, "/v1/clients", body).await;
    let patch = json!({ "address": "7 rue Unique" });
    desk.ask(Method::PATCH, token, &format!("/v1/clients/{id}"), Some(patch)).await;
    let gone = desk.post(token, &format!("/v1/clients/{id}/anonymise"), json!({})).await;
    assert_eq!((gone.status, &gone.body["state"]), (StatusCode::OK, &json!("anonymised")));
    let again = desk.ask(Method::PATCH, token, &format!("/v1/clients/{id}"), Some(json!({ "company": "X" }))).await;
    assert_eq!(again.refusal().1, "client-anonymised");
    let told: Vec<String> = sqlx::query_scalar(
        "select detail from audit_event union all select payload from outbox_event union all
         select company || coalesce(email_written, '') || coalesce(phone, '') || contacts || coalesce(address, '')
         from client",
    )
    .fetch_all(desk.store.reader())
    .await
    .unwrap();
    for personal in ["anne.martin", "99 00 11", "Unique", "Boulangerie Martin"] {
        assert!(!told.iter().any(|text| text.contains(personal)), "{personal}");
    }
    // The mail address is free for somebody new.
    desk.made(token, "/v1/clients", bakery("anne.martin@fournil.example")).await;
}

#[tokio::test]
async fn another_partners_client_does_not_exist() {
    let (desk, world) = open().await;
    let [mine, other] = &world.partners;
    let id = desk.made(&mine.token, "/v1/clients", bakery("a@b.fr")).await;
    let absent = "cli_00000000000000000000000000";
    for (method, path, body) in [
        (Method::GET, "", None),
        (Method::PATCH, "", Some(json!({ "company": "X" }))),
        (Method::POST, "/anonymise", Some(json!({}))),
    ] {
        let foreign = desk.ask(method.clone(), &other.token, &format!("/v1/clients/{id}{path}"), body.clone()).await;
        let missing = desk.ask(method, &other.token, &format!("/v1/clients/{absent}{path}"), body).await;
        assert_eq!(foreign.refusal(), (404, "not-found".into(), vec![]));
        assert_eq!(foreign.refusal(), missing.refusal());
    }
    assert!(!desk.get(&other.token, "/v1/clients").await.body.to_string().contains(&id));
    let mut body = bakery("x@y.fr");
    body["partner"] = json!(mine.id);
    let reply = desk.post(&other.token, "/v1/clients", body.clone()).await;
    assert_eq!(reply.refusal(), (422, "invalid-request".into(), vec!["/partner".into()]));
    // An operator says whose client it is.
    desk.made(&world.operator, "/v1/clients", body.clone()).await;
    body.as_object_mut().unwrap().remove("partner");
    assert_eq!(desk.post(&world.operator, "/v1/clients", body).await.refusal().2, ["/partner"]);
}

#[tokio::test]
async fn look_ups_are_counted() {
    let (desk, world) = open().await;
    let [mine, other] = &world.partners;
    for _ in 0..30 {
        looked_up(&desk, &mine.token, "a@b.fr").await;
    }
    let reply = desk.post(&mine.token, "/v1/clients/lookup", json!({ "email": "a@b.fr" })).await;
    assert_eq!(reply.refusal(), (429, "quota-exceeded".into(), vec![]));
    looked_up(&desk, &other.token, "a@b.fr").await;
}

#[tokio::test]
async fn clients_are_written_out_as_a_table_in_which_nothing_is_a_formula() {
    let (desk, world) = open().await;
    let [mine, other] = &world.partners;
    let mut evil = bakery("evil@b.fr");
    evil["company"] = json!("=HYPERLINK(\"http://x\", \"y\")");
    evil["phone"] = json!("+33 3 20 00 00 00");
    let id = desk.made(&mine.token, "/v1/clients", evil).await;
    desk.made(&mine.token, "/v1/clients", bakery("zoe@b.fr")).await;
    let mut abroad = bakery("ana@b.be");
    abroad["country"] = json!("BE");
    desk.made(&mine.token, "/v1/clients", abroad).await;
    desk.made(&other.token, "/v1/clients", bakery("theirs@b.fr")).await;

    let (headers, text) = desk.text(&mine.token, "/v1/clients/export").await;
    assert_eq!(headers["content-type"], "text/csv; charset=utf-8");
    let lines: Vec<_> = text.split("\r\n").collect();
    let head = "id,partner,company,email,phone,address,postal_code,city,country,tax_id,language,state,created_at";
    let head = format!("\u{feff}\"{}\"", head.replace(',', "\",\""));
    assert_eq!((lines.len(), lines[0]), (5, head.as_str()), "{text}");
    let line = lines.iter().find(|line| line.starts_with(&format!("\"{id}"))).unwrap();
    let quoted = "\"'=HYPERLINK(\"\"http://x\"\", \"\"y\"\")\",\"evil@b.fr\",\"'+33 3 20 00 00 00\",";
    assert!(line.contains(quoted), "{line}");
    assert!(!text.contains("theirs@b.fr"));
    let (_, belgian) = desk.text(&mine.token, "/v1/clients/export?country=BE&state=prospect").await;
    assert_eq!(belgian.lines().count(), 2, "{belgian}");
    let wrong = desk.get(&mine.token, "/v1/clients/export?country=Belgium").await;
    assert_eq!(wrong.refusal().1, "invalid-query");
}

/// More than are read at once are each written once.
#[tokio::test]
async fn a_long_table_of_clients_has_each_once() {
    let (desk, world) = open().await;
    let mut write = desk.store.begin(Reach::system("test").actor(), desk.store.now_ms()).await.unwrap();
    sqlx::query(
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < 1234)
         insert into client (id, partner_id, company, country, region_rule_version, language, contacts, state, created_ms)
         select 'cli_' || substr('00000000000000000000000000' || i, length('' || i) + 1), $1, 'Four', 'FR', 0, 'fr', '[]',
         'prospect', 1 from n",
    )
    .bind(&world.partners[0].id)
    .execute(write.connection())
    .await
    .unwrap();
    write.commit().await.unwrap();
    let (_, text) = desk.text(&world.partners[0].token, "/v1/clients/export").await;
    let ids: std::collections::BTreeSet<_> = text.lines().skip(1).map(|line| &line[1..31]).collect();
    assert_eq!((text.lines().count(), ids.len()), (1235, 1234));
}
