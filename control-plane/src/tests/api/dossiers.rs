//! Dossiers: the rows, their filters, and the numbers that are those of the rows.

use axum::http::Method;
use serde_json::{Value, json};

use super::desk::{Desk, World};
use super::shop::Shop;
use crate::database::Page;
use crate::kernel::principal::Reach;
use crate::kernel::term::Term;
use crate::licences::model::{LicenceKind, Origin};
use crate::licences::operations::{self as licences, NewLicence};

async fn opened() -> (Desk, World, Shop) {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let shop = Shop::open(&desk, &world).await;
    (desk, world, shop)
}

async fn licensed(desk: &Desk, world: &World, shop: &Shop, (tenant, kind, origin): (&str, LicenceKind, Origin)) {
    let mut write = desk.store.begin(Reach::system("test").actor(), desk.store.now_ms()).await.unwrap();
    let new = NewLicence {
        tenant: tenant.parse().unwrap(),
        partner: world.partners[0].id.parse().unwrap(),
        client: None,
        plan: shop.production.parse().unwrap(),
        term: if kind == LicenceKind::Trial { Term::Monthly } else { Term::Perpetual },
        components: Vec::new(),
        kind,
        origin,
        order: None,
        priced: None,
    };
    licences::issue(&mut write, new).await.unwrap();
    write.commit().await.unwrap();
}

async fn space(desk: &Desk, world: &World, name: &str) -> String {
    let party = &world.partners[0];
    let body = json!({ "partner": party.id, "application": world.application, "name": name });
    desk.made(&party.token, "/v1/tenants", body).await
}

async fn rows(desk: &Desk, world: &World, query: &str) -> Vec<Value> {
    let reply = desk.get(&world.partners[0].token, &format!("/v1/dossiers{query}")).await;
    reply.body["items"].as_array().unwrap_or_else(|| panic!("{}", reply.body)).clone()
}

#[tokio::test]
async fn s2_9_a_row_shows_licence_due_date_and_means_of_payment() {
    let (desk, world, shop) = opened().await;
    let tenant = world.partners[0].tenant.clone();
    licensed(&desk, &world, &shop, (&tenant, LicenceKind::Trial, Origin::Manual)).await;
    let statements = [
        "insert into payment_method (id, partner_id, kind, name, created_ms) values ('pmt_1', $1, 'card', 'Carte', 1)",
        "insert into tenant_payment (tenant_id, payment_method_id) values ($1, 'pmt_1')",
    ];
    for (statement, value) in statements.into_iter().zip([&world.partners[0].id, &tenant]) {
        desk.sql(statement, &[value]).await;
    }
    let row = rows(&desk, &world, "").await.remove(0);
    assert_eq!((&row["tenant"], &row["name"]), (&json!(tenant), &json!("Boulangerie")));
    assert_eq!((&row["licence"]["kind"], &row["licence"]["status"]), (&json!("trial"), &json!("issued")), "{row}");
    assert!(row["due_at"].is_string() && row["licence"]["serial"].is_string(), "{row}");
    assert_eq!(row["payment_method"]["name"], "Carte");
    // What the partner agreed with its client is for its own eyes.
    let seen = desk.get(&world.operator, &format!("/v1/dossiers/{tenant}")).await;
    assert_eq!(seen.body["name"], "Boulangerie");
    assert!(!seen.body.to_string().contains("Carte"));
    assert_eq!(desk.get(&world.partners[1].token, &format!("/v1/dossiers/{tenant}")).await.refusal().0, 404);
}

#[tokio::test]
async fn s2_10_and_2_11_a_row_says_how_the_licence_came_and_what_can_be_done_about_it() {
    let (desk, world, shop) = opened().await;
    let tenant = world.partners[0].tenant.clone();
    let row = rows(&desk, &world, "").await.remove(0);
    assert_eq!((&row["licence_needed"], &row["actions"]), (&json!(true), &json!(["add"])));
    licensed(&desk, &world, &shop, (&tenant, LicenceKind::Paid, Origin::Automatic)).await;
    let row = rows(&desk, &world, "").await.remove(0);
    assert_eq!((&row["licence"]["origin"], &row["licence_needed"]), (&json!("automatic"), &json!(false)));
    assert_eq!(row["actions"], json!(["change", "cancel"]));
}

#[tokio::test]
async fn s2_12_the_counters_are_those_of_the_rows() {
    let (desk, world, shop) = opened().await;
    let spaces =
        [space(&desk, &world, "Un").await, space(&desk, &world, "Deux").await, space(&desk, &world, "Trois").await];
    licensed(&desk, &world, &shop, (&spaces[0], LicenceKind::Paid, Origin::Manual)).await;
    licensed(&desk, &world, &shop, (&spaces[1], LicenceKind::Trial, Origin::Manual)).await;
    desk.advance_days(28);
    let counted = desk.get(&world.partners[0].token, "/v1/dossiers/counters").await.body;
    assert_eq!(counted["files"], 4, "{counted}");
    for status in ["issued", "active", "expiring", "expired", "suspended", "cancelled"] {
        let found = rows(&desk, &world, &format!("?status={status}")).await.len();
        assert_eq!(counted["status"][status], json!(found), "{status}: {counted}");
    }
    assert_eq!(counted["status"]["none"], 2);
    assert_eq!(counted["licence_needed"], json!(rows(&desk, &world, "?licence_needed=true").await.len()));
    assert_eq!(counted["without_collaborator"], json!(rows(&desk, &world, "?without_collaborator=true").await.len()));
    assert_eq!(rows(&desk, &world, "?expiring=7").await.len(), 1);
    // The sandbox and the partner's own business are no files, and another partner's are not counted.
    let other = desk.get(&world.partners[1].token, "/v1/dossiers/counters").await.body;
    assert_eq!((&other["files"], &other["status"]["none"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn s2_13_a_row_shows_where_the_subscription_stands() {
    let (desk, world, shop) = opened().await;
    let tenant = world.partners[0].tenant.clone();
    licensed(&desk, &world, &shop, (&tenant, LicenceKind::Trial, Origin::Manual)).await;
    let row = rows(&desk, &world, "").await.remove(0);
    assert_eq!(row["subscription"]["state"], "trialing", "{row}");
}

#[tokio::test]
async fn s2_15_a_file_appears_with_its_space_and_by_nothing_else() {
    let (desk, world, _shop) = opened().await;
    let before = rows(&desk, &world, "").await.len();
    space(&desk, &world, "Nouvelle").await;
    assert_eq!(rows(&desk, &world, "").await.len(), before + 1);
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let reply = desk.ask(method, &world.partners[0].token, "/v1/dossiers", Some(json!({}))).await;
        assert_eq!(reply.refusal().1, "method-not-allowed");
    }
    let description = serde_json::to_value(crate::routes::description()).unwrap();
    for (path, methods) in description["paths"].as_object().unwrap() {
        if path.starts_with("/v1/dossiers") {
            assert_eq!(methods.as_object().unwrap().keys().collect::<Vec<_>>(), ["get"], "{path}");
        }
    }
}

#[tokio::test]
async fn a_table_of_dossiers_has_no_formula_and_every_row() {
    let (desk, world, _shop) = opened().await;
    space(&desk, &world, "=HYPERLINK(1)").await;
    let request = axum::http::Request::get("/v1/dossiers?format=csv")
        .header("authorization", format!("Bearer {}", world.partners[0].token))
        .body(axum::body::Body::empty())
        .unwrap();
    let response = tower::ServiceExt::oneshot(desk.router.clone(), request).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8");
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(text.contains(",\"'=HYPERLINK(1)\","), "{text}");
    let page = Page::first(100);
    let reach = Reach::of(
        crate::kernel::principal::Principal::Partner(world.partners[0].id.parse().unwrap()),
        crate::kernel::actor::Actor::system("test"),
    );
    let all =
        desk.store.dossiers(&reach, &crate::reports::store::dossiers::DossierFilter::default(), &page).await.unwrap();
    assert_eq!(text.lines().count(), all.len() + 1);
}
