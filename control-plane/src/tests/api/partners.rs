//! Partners: applied, approved with their own two spaces, suspended, closed; regions and who looks after them.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::desk::{Desk, World, partner_to_add};
use super::shop::Shop;

async fn act(desk: &Desk, world: &World, id: &str, action: &str, body: Value) -> (u16, Value, Value) {
    let reply = desk.post(&world.operator, &format!("/v1/partners/{id}/{action}"), body).await;
    let said = if reply.status.is_success() { &reply.body["state"] } else { &reply.body["code"] };
    (reply.status.as_u16(), said.clone(), reply.body["blockers"].clone())
}

/// The spaces of a partner, as kind and plan code.
async fn spaces(desk: &Desk, world: &World, partner: &str) -> Vec<(String, String, Value)> {
    let listed = desk.get(&world.operator, "/v1/tenants?limit=100").await.body;
    let items = listed["items"].as_array().unwrap().iter().filter(|tenant| tenant["partner"] == partner);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    items.map(|it| (text(&it["kind"]), text(&it["id"]), it["plan_code"].clone())).collect()
}

async fn manager(desk: &Desk, world: &World) -> String {
    let manager = json!({ "name": "Dominique", "email": "dominique@marque.example", "phone": "+33 1 23 45 67 89" });
    desk.made(&world.operator, "/v1/account-managers", manager).await
}

#[tokio::test]
async fn s1_2_a_partner_is_an_organisation_apart_from_vendor_and_client() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let [north, south] = &world.partners;
    let shown = desk.get(&north.token, &format!("/v1/partners/{}", north.id)).await.body;
    assert_eq!((&shown["name"], &shown["kind"]), (&json!("Caisse Nord"), &json!("reseller")));
    assert_eq!(desk.get(&north.token, &format!("/v1/partners/{}", south.id)).await.status, StatusCode::NOT_FOUND);
    // It sees itself and no other, and is no operator.
    let listed = desk.get(&north.token, "/v1/partners").await.body;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let refused = desk.post(&north.token, "/v1/partners", partner_to_add("x")).await;
    assert_eq!(refused.refusal(), (403, "operators-only".into(), vec![]));
}

#[tokio::test]
async fn s1_19_nobody_sells_without_proof_of_professional_status() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let manager = manager(&desk, &world).await;
    let bare = json!({ "name": "x", "brand": { "name": "x" } });
    let id = desk.made(&world.operator, "/v1/partners", bare).await;
    let tenant = json!({ "partner": id, "application": world.application, "name": "x" });
    let refused = desk.post(&world.operator, "/v1/tenants", tenant.clone()).await;
    assert_eq!(refused.refusal().1, "partner-not-active");
    let approval = json!({ "account_manager": manager });
    let missing = act(&desk, &world, &id, "approve", approval.clone()).await;
    assert_eq!(missing, (409, json!("partner-not-ready"), json!(["legal_status_missing"])));
    assert!(spaces(&desk, &world, &id).await.is_empty());
    let legal = json!({ "status": "sole_trader", "registration": "SIRENE 123", "evidence": "extract of 2026-11-01" });
    let path = format!("/v1/partners/{id}");
    let changed = desk.ask(Method::PATCH, &world.operator, &path, Some(json!({ "legal": legal }))).await;
    assert_eq!(changed.body["legal"], legal);
    assert_eq!(act(&desk, &world, &id, "approve", approval).await.1, "active");
    assert_eq!(desk.post(&world.operator, "/v1/tenants", tenant).await.status, StatusCode::CREATED);
    // A partner doesn't prove itself.
    let own = format!("/v1/partners/{}", world.partners[0].id);
    let refused = desk.ask(Method::PATCH, &world.partners[0].token, &own, Some(json!({ "legal": legal }))).await;
    assert_eq!(refused.refusal().1, "operators-only");
}

#[tokio::test]
async fn s1_26_a_partner_is_a_reseller_an_integrator_or_an_it_provider() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    for kind in ["reseller", "integrator", "it_provider", "accounting_firm", "oem"] {
        let mut partner = partner_to_add(kind);
        partner["kind"] = json!(kind);
        let id = desk.made(&world.operator, "/v1/partners", partner).await;
        assert_eq!(desk.get(&world.operator, &format!("/v1/partners/{id}")).await.body["kind"], kind);
    }
    let mut partner = partner_to_add("x");
    partner["kind"] = json!("friend");
    let refused = desk.post(&world.operator, "/v1/partners", partner).await;
    assert_eq!(refused.refusal().2, ["/kind"]);
}

#[tokio::test]
async fn s2_4_every_partner_has_its_two_spaces_for_life() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let manager = manager(&desk, &world).await;
    let id = desk.made(&world.operator, "/v1/partners", partner_to_add("Caisse Est")).await;
    assert!(spaces(&desk, &world, &id).await.is_empty());
    assert_eq!(act(&desk, &world, &id, "approve", json!({ "account_manager": manager })).await.1, "active");
    let own = spaces(&desk, &world, &id).await;
    let mut kinds: Vec<_> = own.iter().map(|(kind, ..)| kind.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["business_free_partner", "sandbox"]);
    for (_, tenant, _) in &own {
        let refused = desk.post(&world.operator, &format!("/v1/tenants/{tenant}/close"), json!({})).await;
        assert_eq!(refused.refusal().1, "tenant-kept");
    }
    // Not twice, and not by hand.
    let again = act(&desk, &world, &id, "approve", json!({})).await;
    assert_eq!((again.0, again.1), (409, json!("partner-approved")));
    for kind in ["business_free_partner", "sandbox"] {
        let tenant = json!({ "partner": id, "application": world.application, "name": "x", "kind": kind });
        assert_eq!(desk.post(&world.operator, "/v1/tenants", tenant).await.refusal().2, ["/kind"]);
    }
    assert_eq!(spaces(&desk, &world, &id).await.len(), 2);
    // They end with the partner.
    assert_eq!(act(&desk, &world, &id, "close", json!({})).await.1, "closed");
    for (_, tenant, _) in &own {
        assert_eq!(desk.get(&world.operator, &format!("/v1/tenants/{tenant}")).await.body["state"], "closed");
    }
}

#[tokio::test]
async fn s2_5_the_partners_own_business_is_known_by_its_plan_code() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let spaces = spaces(&desk, &world, &world.partners[0].id).await;
    let own: Vec<_> = spaces.iter().filter(|(.., plan)| plan == "BUSINESS-FREE-PARTNER").collect();
    assert_eq!(own.len(), 1);
    assert_eq!(own[0].0, "business_free_partner");
}

#[tokio::test]
async fn s2_6_the_sandbox_is_known_by_its_plan_code_and_costs_nothing() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let spaces = spaces(&desk, &world, &world.partners[0].id).await;
    let own: Vec<_> = spaces.iter().filter(|(.., plan)| plan == "SANDBOX").collect();
    assert_eq!(own.len(), 1);
    assert_eq!(own[0].0, "sandbox");
    let charged: i64 =
        sqlx::query_scalar("select count(*) from ledger_tx").fetch_one(desk.store.reader()).await.unwrap();
    assert_eq!(charged, 0);
}

#[tokio::test]
async fn s3_4_an_account_manager_registers_a_dealer_who_does_not_do_so_alone() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let id = desk.made(&world.operator, "/v1/partners", partner_to_add("Dealer")).await;
    let missing = act(&desk, &world, &id, "approve", json!({})).await;
    assert_eq!(missing, (409, json!("partner-not-ready"), json!(["account_manager_missing"])));
    let unknown = json!({ "account_manager": "amg_00000000000000000000000000" });
    let refused = desk.post(&world.operator, &format!("/v1/partners/{id}/approve"), unknown).await;
    assert_eq!(refused.refusal(), (422, "invalid-request".into(), vec!["/account_manager".into()]));
    // Its own token approves nothing.
    let principal = crate::kernel::principal::Principal::Partner(id.parse().unwrap());
    let own = desk.token(principal, &super::desk::everything(principal)).await;
    let refused = desk.post(&own, &format!("/v1/partners/{id}/approve"), json!({})).await;
    assert_eq!(refused.refusal().1, "operators-only");
    let manager = manager(&desk, &world).await;
    let admin = json!({ "email": "chef@dealer.example", "name": "Chef", "language": "fr" });
    let approval = json!({ "account_manager": manager, "admin": admin });
    let approved = desk.post(&world.operator, &format!("/v1/partners/{id}/approve"), approval).await;
    assert_eq!((&approved.body["state"], &approved.body["account_manager"]), (&json!("active"), &json!(manager)));
    // Who is to manage it is invited by mail; no password is sent.
    let (kind, to): (String, String) =
        sqlx::query_as("select kind, to_address from mail").fetch_one(desk.store.reader()).await.unwrap();
    assert_eq!((kind.as_str(), to.as_str()), ("invitation", "chef@dealer.example"));
}

#[tokio::test]
async fn s3_3_a_partner_sees_its_own_regions_contact() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let regions = desk.get(&world.partners[0].token, "/v1/regions").await.body;
    let codes: Vec<_> = regions["items"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect();
    let expected = ["uk", "au", "fr", "nordics", "emea", "north_america", "apac", "japan", "south_america", "brazil"];
    assert_eq!(codes, expected);
    let manager = json!({
        "name": "Sacha", "email": "sacha@marque.example", "phone": "+81 3 1234 5678", "other": "WeChat: sacha",
    });
    let sacha = desk.made(&world.operator, "/v1/account-managers", manager).await;
    let region = json!({ "name_en": "Japan", "name_fr": "Japon", "position": 80, "account_managers": [sacha] });
    let put = desk.ask(Method::PUT, &world.operator, "/v1/regions/japan", Some(region)).await;
    assert_eq!((put.status, &put.body["account_managers"]), (StatusCode::OK, &json!([sacha])));
    let path = format!("/v1/partners/{}", world.partners[1].id);
    desk.ask(Method::PATCH, &world.operator, &path, Some(json!({ "region": "japan" }))).await;
    let people = async |token: &str| {
        let contact = desk.get(token, "/v1/partners/me/contact").await.body;
        let people = contact["people"].as_array().unwrap().clone();
        (contact["region"]["code"].clone(), people)
    };
    let (region, found) = people(&world.partners[1].token).await;
    // Its own account manager first, then the region's.
    assert_eq!((region, &found[0]["name"], &found[1]["name"]), (json!("japan"), &json!("Camille"), &json!("Sacha")));
    assert_eq!((&found[1]["phone"], &found[1]["other"]), (&json!("+81 3 1234 5678"), &json!("WeChat: sacha")));
    let (region, found) = people(&world.partners[0].token).await;
    assert_eq!((region, found.len()), (json!("fr"), 1));
    // The operator's business: a partner neither edits nor lists them.
    let refused = desk.get(&world.partners[0].token, "/v1/account-managers").await;
    assert_eq!(refused.refusal().1, "operators-only");
    let refused = desk.ask(
        Method::PUT,
        &world.operator,
        "/v1/regions/japan",
        Some(json!({
            "name_en": "Japan", "name_fr": "Japon", "account_managers": ["amg_00000000000000000000000000"],
        })),
    );
    assert_eq!(refused.await.refusal().2, ["/account_managers/0"]);
}

#[tokio::test]
async fn an_account_manager_goes_when_they_look_after_nobody() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let manager = manager(&desk, &world).await;
    let id = desk.made(&world.operator, "/v1/partners", partner_to_add("x")).await;
    act(&desk, &world, &id, "approve", json!({ "account_manager": manager })).await;
    let path = format!("/v1/account-managers/{manager}");
    let refused = desk.ask(Method::DELETE, &world.operator, &path, None).await;
    assert_eq!(refused.refusal().1, "account-manager-in-use");
    act(&desk, &world, &id, "close", json!({})).await;
    assert_eq!(desk.ask(Method::DELETE, &world.operator, &path, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(desk.get(&world.operator, &path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_suspended_partner_sells_nothing_and_its_clients_are_served() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let north = &world.partners[0];
    assert_eq!(act(&desk, &world, &north.id, "suspend", json!({ "reason": "unpaid" })).await.1, "suspended");
    let tenant = json!({ "partner": north.id, "application": world.application, "name": "x" });
    assert_eq!(desk.post(&north.token, "/v1/tenants", tenant.clone()).await.refusal().1, "partner-not-active");
    assert_ne!(desk.get(&north.token, &format!("/v1/tenants/{}", north.tenant)).await.body["state"], "suspended");
    assert_eq!(act(&desk, &world, &north.id, "resume", json!({})).await.1, "active");
    assert_eq!(act(&desk, &world, &north.id, "resume", json!({})).await.1, "partner-not-suspended");
    assert_eq!(desk.post(&north.token, "/v1/tenants", tenant).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_partner_is_closed_when_no_client_is_left_and_its_tokens_end() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let north = &world.partners[0];
    assert_eq!(act(&desk, &world, &north.id, "close", json!({})).await.1, "partner-has-clients");
    desk.post(&north.token, &format!("/v1/tenants/{}/close", north.tenant), json!({})).await;
    let test = json!({ "partner": north.id, "application": world.application, "name": "x", "kind": "test" });
    let test = desk.made(&north.token, "/v1/tenants", test).await;
    assert_eq!(act(&desk, &world, &north.id, "close", json!({})).await.1, "closed");
    assert_eq!(desk.get(&north.token, "/v1/tenants").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(desk.get(&world.operator, &format!("/v1/tenants/{test}")).await.body["state"], "closed");
    for (action, code) in [("approve", "partner-closed"), ("suspend", "partner-closed"), ("resume", "partner-closed")] {
        assert_eq!(act(&desk, &world, &north.id, action, json!({})).await.1, code);
    }
}

#[tokio::test]
async fn s2_24_integrated_partners_help_first_and_others_may() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let path = format!("/v1/partners/{}", world.partners[0].id);
    let change = async |token: &str, body: Value| desk.ask(Method::PATCH, token, &path, Some(body)).await;
    let own = &world.partners[0].token;
    assert_eq!(desk.get(own, &path).await.body["distribution_mode"], "no_code");
    assert_eq!(change(own, json!({ "support_level1": true })).await.body["support_level1"], true);
    assert_eq!(change(own, json!({ "support_level1": false })).await.body["support_level1"], false);
    let refused = change(own, json!({ "distribution_mode": "integrated" })).await;
    assert_eq!(refused.refusal().1, "operators-only");
    let integrated = change(&world.operator, json!({ "distribution_mode": "integrated" })).await;
    assert_eq!(integrated.body["support_level1"], true);
    assert_eq!(change(own, json!({ "support_level1": false })).await.body["support_level1"], true);
}

#[tokio::test]
async fn s2_p6_buttons_are_hidden_but_what_the_law_wants() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let (own, path) = (&world.partners[0].token, format!("/v1/partners/{}", world.partners[0].id));
    let hide = async |hidden: Value| desk.ask(Method::PATCH, own, &path, Some(json!({ "hidden": hidden }))).await;
    let hidden = hide(json!(["referral", "live_chat"])).await;
    assert_eq!(hidden.body["hidden"], json!(["live_chat", "referral"]));
    for law in ["legal_notice", "privacy", "data_export", "account_deletion"] {
        let refused = hide(json!([law])).await;
        assert_eq!(refused.body["errors"][0]["code"], "required-by-law", "{law}");
    }
    assert_eq!(hide(json!(["everything"])).await.refusal().0, 422);
    assert_eq!(desk.get(own, &path).await.body["hidden"], json!(["live_chat", "referral"]));
    assert_eq!(hide(json!([])).await.body["hidden"], json!([]));
}

#[tokio::test]
async fn s1_p2_the_partner_subscribes_its_client_to_the_plan_of_its_choice() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let shop = Shop::open(&desk, &world).await;
    let partner = &world.partners[0];
    let paid = json!({ "partner": partner.id, "amount": { "amount": 20_000, "currency": "EUR" }, "reference": "r 1" });
    assert_eq!(desk.post(&world.operator, "/v1/payments", paid).await.status, StatusCode::CREATED);
    for plan in [&shop.production, &shop.connect] {
        let tenant = json!({ "partner": partner.id, "application": world.application, "name": "Fournil" });
        let tenant = desk.made(&partner.token, "/v1/tenants", tenant).await;
        let taken = json!({ "tenant": tenant, "plan": plan, "term": "monthly", "price_list": shop.euros });
        let taken = desk.post(&partner.token, "/v1/licences", taken).await;
        assert_eq!((taken.status, &taken.body["licence"]["plan"]), (StatusCode::CREATED, &json!(plan)));
    }
    // The plan that each new client gets by itself is the partner's choice too.
    let path = format!("/v1/partners/{}", partner.id);
    let choose = async |plan: Value| {
        desk.ask(Method::PATCH, &partner.token, &path, Some(json!({ "auto_licence_plan": plan }))).await
    };
    assert_eq!(choose(json!(shop.connect)).await.body["auto_licence_plan"], json!(shop.connect));
    let refused = choose(json!("pln_00000000000000000000000000")).await;
    assert_eq!(refused.refusal().2, ["/auto_licence_plan"]);
    assert_eq!(choose(Value::Null).await.body["auto_licence_plan"], Value::Null);
}

#[tokio::test]
async fn a_brand_is_checked_before_anybody_sees_it() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let path = format!("/v1/partners/{}", world.partners[0].id);
    let brand = async |more: Value| {
        let mut brand = json!({ "name": "Caisse Nord" });
        brand.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        desk.ask(Method::PATCH, &world.partners[0].token, &path, Some(json!({ "brand": brand }))).await
    };
    for (more, pointer) in [
        (json!({ "logo": "http://nord.fr/logo.svg" }), "/brand/logo"),
        (json!({ "logo": "javascript:alert(1)" }), "/brand/logo"),
        (json!({ "website": "https://user:pw@nord.fr/" }), "/brand/website"),
        (json!({ "colour": "red" }), "/brand/colour"),
        (json!({ "accent": "#12345g" }), "/brand/accent"),
        (json!({ "mail_name": "a\r\nBcc: b" }), "/brand/mail_name"),
        (json!({ "reply_to": "nobody" }), "/brand/reply_to"),
    ] {
        assert_eq!(brand(more.clone()).await.refusal().2, [pointer], "{more}");
    }
    let whole = json!({
        "logo": "https://nord.fr/logo.svg", "website": "https://nord.fr", "colour": "#112233", "accent": "#AABBCC",
        "mail_name": "Caisse Nord", "reply_to": "aide@nord.fr", "support": "aide@nord.fr",
    });
    let shown = brand(whole.clone()).await.body["brand"].clone();
    for (key, value) in whole.as_object().unwrap() {
        assert_eq!(&shown[key], value, "{key}");
    }
}
