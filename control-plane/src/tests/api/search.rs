//! The one search: exact and prefix, accents folded, and only what the caller may see.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::desk::{Desk, World};
use crate::database::{Indexed, Whose};
use crate::kernel::principal::Principal;
use crate::kernel::search::SearchKind;

async fn found(desk: &Desk, token: &str, query: &str) -> Vec<(String, String)> {
    let reply = desk.get(token, &format!("/v1/search?{query}")).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let items = reply.body["items"].as_array().unwrap();
    items.iter().map(|item| (text(&item["kind"]), text(&item["id"]))).collect()
}

async fn tenant(desk: &Desk, world: &World, partner: usize, name: &str) -> String {
    let party = &world.partners[partner];
    let tenant = json!({ "partner": party.id, "application": world.application, "name": name });
    desk.made(&party.token, "/v1/tenants", tenant).await
}

#[tokio::test]
async fn a_name_is_found_by_the_beginnings_of_its_words() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let id = tenant(&desk, &world, 0, "Crêperie de l’Écluse — Łódź 12-34").await;
    let token = &world.partners[0].token;
    for query in ["creperie", "CR%C3%8AP", "ecluse%20crep", "l%E2%80%99ecl", "lodz", "12-34", "1234", "34"] {
        assert_eq!(found(&desk, token, &format!("q={query}")).await, [("tenant".into(), id.clone())], "{query}");
    }
    for query in ["reperie", "creperie%20x", "%20", "..", "12345"] {
        assert_eq!(found(&desk, token, &format!("q={query}")).await, [], "{query}");
    }
    assert_eq!(found(&desk, token, "q=creperie&kinds=order,client").await, []);
    assert_eq!(found(&desk, token, "q=creperie&kinds=order,tenant").await.len(), 1);
}

#[tokio::test]
async fn s3_9_one_search_finds_only_what_the_caller_may_see() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let mine = tenant(&desk, &world, 0, "Fournil Marqueur").await;
    let theirs = tenant(&desk, &world, 1, "Fournil Marqueur").await;
    let of = async |token: &str| found(&desk, token, "q=marqueur").await;
    assert_eq!(of(&world.partners[0].token).await, [("tenant".into(), mine.clone())]);
    assert_eq!(of(&world.partners[1].token).await, [("tenant".into(), theirs.clone())]);
    assert_eq!(of(&world.operator).await.len(), 2);
    let partner = Principal::Partner(world.partners[0].id.parse().unwrap());
    let no_tenants = desk.token(partner, "search:read orders:read").await;
    assert_eq!(of(&no_tenants).await, []);
    // What belongs to nobody but the vendor, and what another partner has of the same person, isn't told either.
    let mut write = desk.store.begin(&crate::kernel::actor::Actor::system("test"), 1).await.unwrap();
    for whose in [Whose::VENDOR, Whose::partner(world.partners[1].id.parse().unwrap())] {
        let thing = Indexed { kind: SearchKind::User, object: "usr_x", whose, label: "Ana", texts: &["Ana Unique"] };
        write.index(&thing);
    }
    write.commit().await.unwrap();
    assert_eq!(found(&desk, &world.partners[0].token, "q=unique").await, []);
    assert_eq!(found(&desk, &world.partners[1].token, "q=unique").await, [("user".into(), "usr_x".into())]);
    assert_eq!(found(&desk, &world.operator, "q=unique").await, [("user".into(), "usr_x".into())]);
}

#[tokio::test]
async fn a_new_name_takes_the_place_of_the_old_one() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let (id, token) = (&world.partners[0].id, &world.partners[0].token);
    let change = json!({ "name": "Grands Fours" });
    let path = format!("/v1/partners/{id}");
    assert_eq!(desk.ask(axum::http::Method::PATCH, token, &path, Some(change)).await.status, StatusCode::OK);
    assert_eq!(found(&desk, token, "q=grands+fours").await, [("partner".into(), id.clone())]);
    // The brand is as it was.
    assert_eq!(found(&desk, token, "q=nord").await, [("partner".into(), id.clone())]);
    assert_eq!(found(&desk, token, "q=sud").await, []);
}

#[tokio::test]
async fn a_wrong_search_is_refused() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let long = "a".repeat(201);
    for query in ["", "q=", &format!("q={long}"), "q=a&kinds=invoice", "q=a&limit=51", "q=a&limit=0", "q=a&x=1"] {
        let reply = desk.get(&world.operator, &format!("/v1/search?{query}")).await;
        assert_eq!(reply.refusal().1, "invalid-query", "{query}");
    }
}
