//! White label: what it takes to be live, what it shows, and what stands against taking it apart.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::cast;
use super::desk::{Desk, Reply, World, everything};
use crate::domains::operations::white_label::{self, Setting};
use crate::kernel::actor::Actor;
use crate::kernel::principal::{Principal, Reach};
use crate::kernel::right::Right;

/// A partner's tenant with what white label needs, and the caller.
struct Shop {
    desk: Desk,
    world: World,
    owner: String,
    domain: String,
}

impl Shop {
    async fn open() -> Self {
        let desk = Desk::open().await;
        let world = desk.world().await;
        let partner = &world.partners[0];
        let rights = [Right::WhiteLabelManage, Right::SettingsManage];
        let owner = cast::member(&desk, &partner.id, "moi@nord.example", &rights).await.to_string();
        let label = json!({ "tenant": partner.tenant, "kind": "platform", "label": "fournil" });
        let domain = desk.made(&partner.token, "/v1/domains", label).await;
        Self { desk, world, owner, domain }
    }

    fn path(&self, action: &str) -> String {
        format!("/v1/tenants/{}/white-label{action}", self.world.partners[0].tenant)
    }

    async fn shown(&self) -> Value {
        self.desk.get(&self.world.partners[0].token, &self.path("")).await.body
    }

    async fn put(&self, body: Value) -> Reply {
        self.desk.ask(Method::PUT, &self.world.partners[0].token, &self.path(""), Some(body)).await
    }

    async fn act(&self, action: &str) -> Reply {
        self.desk.post(&self.world.partners[0].token, &self.path(action), json!({})).await
    }

    async fn administrator(&self) {
        cast::administrator(&self.desk, &self.world.partners[0].tenant, "patron@fournil.example").await;
    }

    /// What the edge is told of the white label; none: nothing.
    async fn told(&self) -> Option<Value> {
        let line: Option<Option<String>> =
            sqlx::query_scalar("select line from feed_record where kind = 'white_label' and name = $1")
                .bind(&self.world.partners[0].tenant)
                .fetch_optional(self.desk.store.reader())
                .await
                .unwrap();
        line.flatten().map(|line| serde_json::from_str::<Value>(&line).unwrap()["body"].clone())
    }

    fn whole(&self) -> Value {
        json!({ "owner": self.owner, "primary_domain": self.domain })
    }

    async fn live(&self) {
        self.administrator().await;
        assert_eq!(self.put(self.whole()).await.status, StatusCode::OK);
        let live = self.act("/enable").await;
        assert_eq!(live.body["state"], "live", "{}", live.body);
    }
}

#[tokio::test]
async fn s1_1_white_label_is_a_switch_of_each_tenant_and_off_at_first() {
    let shop = Shop::open().await;
    let off = shop.shown().await;
    assert_eq!((&off["state"], &off["address"]), (&json!("off"), &Value::Null));
    shop.live().await;
    let live = shop.shown().await;
    assert_eq!((&live["state"], &live["brand"]["name"]), (&json!("live"), &json!("Caisse Nord")));
    // Another tenant of the partner is as it was.
    let other = json!({ "partner": shop.world.partners[0].id, "application": shop.world.application, "name": "b" });
    let other = shop.desk.made(&shop.world.partners[0].token, "/v1/tenants", other).await;
    let other = shop.desk.get(&shop.world.partners[0].token, &format!("/v1/tenants/{other}/white-label")).await;
    assert_eq!(other.body["state"], "off");
    let disabled = shop.act("/disable").await;
    assert_eq!((&disabled.body["state"], &disabled.body["owner"]), (&json!("off"), &json!(shop.owner)));
}

#[tokio::test]
async fn s1_5_the_partner_creates_the_tenant_for_its_client() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let partner = &world.partners[0];
    let body = json!({ "partner": partner.id, "application": world.application, "name": "Chez Anne" });
    let made = desk.post(&partner.token, "/v1/tenants", body).await;
    assert_eq!((made.status, &made.body["kind"]), (StatusCode::CREATED, &json!("client")));
    assert_eq!(made.body["partner"], json!(partner.id));
    // The client's own people create none.
    let client = desk.tenant_user(&partner.token, &partner.tenant, "patron@fournil.fr", "administrator").await;
    let body = json!({ "partner": partner.id, "application": world.application, "name": "x" });
    assert_eq!(client.post(&desk, "/v1/tenants", body).await.refusal().1, "right-missing");
}

#[tokio::test]
async fn s1_7_nothing_is_live_without_an_address_an_owner_and_an_administrator() {
    let shop = Shop::open().await;
    let refused = async |missing: &[&str]| {
        let reply = shop.act("/enable").await;
        assert_eq!(reply.refusal().1, "white-label-not-ready");
        assert_eq!(reply.body["blockers"], json!(missing));
        let check = shop.act("/check").await.body;
        assert_eq!((&check["ready"], &check["missing"]), (&json!(false), &json!(missing)));
    };
    refused(&["address_missing", "owner_missing", "client_admin_missing"]).await;
    assert_eq!(shop.put(json!({ "owner": shop.owner })).await.body["state"], "configured");
    refused(&["address_missing", "client_admin_missing"]).await;
    let custom = json!({ "tenant": shop.world.partners[0].tenant, "kind": "custom", "host": "fournil.fr" });
    let custom = shop.desk.made(&shop.world.partners[0].token, "/v1/domains", custom).await;
    shop.put(json!({ "owner": shop.owner, "primary_domain": custom })).await;
    refused(&["address_not_active", "client_admin_missing"]).await;
    shop.put(shop.whole()).await;
    refused(&["client_admin_missing"]).await;
    shop.administrator().await;
    assert_eq!(shop.act("/check").await.body["ready"], true);
    assert_eq!(shop.act("/enable").await.body["state"], "live");
    // What is live stays whole.
    for body in [json!({ "owner": shop.owner }), json!({ "primary_domain": shop.domain })] {
        assert_eq!(shop.put(body).await.refusal().1, "white-label-not-ready");
    }
    assert_eq!(shop.shown().await["address"], "fournil.p.marque.fr");
}

#[tokio::test]
async fn s1_7_a_suspended_partner_switches_nothing_on() {
    let shop = Shop::open().await;
    shop.administrator().await;
    shop.put(shop.whole()).await;
    let suspend = format!("/v1/partners/{}/suspend", shop.world.partners[0].id);
    shop.desk.post(&shop.world.operator, &suspend, json!({})).await;
    assert_eq!(shop.act("/enable").await.refusal().1, "partner-not-active");
}

#[tokio::test]
async fn s1_8_a_live_tenant_has_exactly_one_primary_address() {
    let shop = Shop::open().await;
    shop.live().await;
    let label = json!({ "tenant": shop.world.partners[0].tenant, "kind": "platform", "label": "moulin" });
    let second = shop.desk.made(&shop.world.partners[0].token, "/v1/domains", label).await;
    assert_eq!(shop.shown().await["address"], "fournil.p.marque.fr");
    // Nobody takes it away while it is the one.
    let gone = |id: &str| format!("/v1/domains/{id}");
    let remove = async |id: &str| shop.desk.ask(Method::DELETE, &shop.world.partners[0].token, &gone(id), None).await;
    assert_eq!(remove(&shop.domain).await.refusal().1, "domain-is-primary");
    let mut body = shop.whole();
    body["primary_domain"] = json!(second);
    assert_eq!(shop.put(body).await.body["address"], "moulin.p.marque.fr");
    assert_eq!(remove(&shop.domain).await.status, StatusCode::NO_CONTENT);
    assert_eq!(shop.shown().await["address"], "moulin.p.marque.fr");
    // With the tenant it all ends.
    let close = format!("/v1/tenants/{}/close", shop.world.partners[0].tenant);
    assert_eq!(shop.desk.post(&shop.world.operator, &close, json!({})).await.status, StatusCode::OK);
    let closed = shop.shown().await;
    assert_eq!((&closed["state"], &closed["address"]), (&json!("off"), &Value::Null));
}

#[tokio::test]
async fn s1_11_applications_are_locked_in_the_white_label_settings() {
    let shop = Shop::open().await;
    assert_eq!(shop.shown().await["app_lock"], false);
    let mut body = shop.whole();
    body["app_lock"] = json!(true);
    assert_eq!(shop.put(body).await.body["app_lock"], true);
    // The application reads it there; another one finds nothing.
    let application = Principal::Application(shop.world.application.parse().unwrap());
    let application = shop.desk.token(application, &everything(application)).await;
    assert_eq!(shop.desk.get(&application, &shop.path("")).await.body["app_lock"], true);
    let refused = shop.desk.ask(Method::PUT, &application, &shop.path(""), Some(shop.whole())).await;
    assert_eq!(refused.refusal().1, "right-missing");
}

#[tokio::test]
async fn s1_16_either_sort_of_address_is_entered_in_the_same_place() {
    let shop = Shop::open().await;
    let custom = json!({ "tenant": shop.world.partners[0].tenant, "kind": "custom", "host": "fournil.fr" });
    let custom = shop.desk.made(&shop.world.partners[0].token, "/v1/domains", custom).await;
    for (domain, address) in [(&shop.domain, "fournil.p.marque.fr"), (&custom, "fournil.fr")] {
        let put = shop.put(json!({ "primary_domain": domain })).await;
        assert_eq!((&put.body["primary_domain"], &put.body["address"]), (&json!(domain), &json!(address)));
    }
    // The check shows each name of it apart.
    let check = shop.act("/check").await.body;
    let hosts: Vec<_> = check["address"]["hostnames"].as_array().unwrap().iter().map(|it| &it["host"]).collect();
    assert_eq!(hosts, ["fournil.fr", "www.fournil.fr"]);
    // Only a domain of this very tenant.
    let theirs = json!({ "tenant": shop.world.partners[1].tenant, "kind": "platform", "label": "sud" });
    let theirs = shop.desk.made(&shop.world.partners[1].token, "/v1/domains", theirs).await;
    assert_eq!(shop.put(json!({ "primary_domain": theirs })).await.refusal().2, ["/primary_domain"]);
}

#[tokio::test]
async fn s1_17_the_partner_is_in_charge_of_billing_and_support() {
    let shop = Shop::open().await;
    shop.live().await;
    let partner = &shop.world.partners[0];
    let client = shop.desk.tenant_user(&partner.token, &partner.tenant, "elle@fournil.fr", "administrator").await;
    let shown = client.get(&shop.desk, &shop.path("")).await.body;
    let expected =
        json!({ "billing": "partner", "support": "partner", "said": "Caisse Nord bills you and helps you." });
    assert_eq!(shown["in_charge"], expected);
}

#[tokio::test]
async fn s1_24_one_named_person_holds_the_rights_and_is_chosen_in_the_settings() {
    let shop = Shop::open().await;
    let partner = &shop.world.partners[0];
    assert_eq!(shop.put(json!({ "owner": shop.owner })).await.body["owner"], json!(shop.owner));
    let stranger = cast::member(&shop.desk, &shop.world.partners[1].id, "eux@sud.example", &[]).await;
    for unknown in [stranger.to_string(), "usr_00000000000000000000000000".to_owned()] {
        assert_eq!(shop.put(json!({ "owner": unknown })).await.refusal().2, ["/owner"]);
    }
    // A colleague without the partner's settings doesn't change what somebody else owns.
    let colleague = cast::member(&shop.desk, &partner.id, "elle@nord.example", &[Right::WhiteLabelManage]).await;
    let principal = Principal::Partner(partner.id.parse().unwrap());
    let scopes = Right::WhiteLabelManage.scopes().iter().copied().collect();
    let put = async |user| {
        let reach = Reach::of(principal, Actor::user(user)).of_person(Some(user)).holding(&scopes);
        let mut write = shop.desk.store.begin(reach.actor(), shop.desk.store.now_ms()).await.unwrap();
        let setting = Setting { owner: Some(shop.owner.parse().unwrap()), app_lock: true, ..Setting::default() };
        white_label::put(&mut write, &reach, partner.tenant.parse().unwrap(), setting)
            .await
            .map_err(|error| error.to_string())
    };
    assert_eq!(put(colleague).await.unwrap_err(), "Somebody else holds the rights on this white label.");
    assert!(put(shop.owner.parse().unwrap()).await.unwrap().label.app_lock);
    // An owner who left can't keep it live.
    let mut write = shop.desk.store.begin(&Actor::system("test"), shop.desk.store.now_ms()).await.unwrap();
    sqlx::query("update member set state = 'removed' where user_id = $1")
        .bind(&shop.owner)
        .execute(write.connection())
        .await
        .unwrap();
    write.commit().await.unwrap();
    let missing = shop.act("/check").await.body["missing"].clone();
    assert!(missing.as_array().unwrap().contains(&json!("owner_not_active")), "{missing}");
}

#[tokio::test]
async fn s1_25_a_partner_tries_white_label_on_a_space_for_tests_without_charge() {
    let shop = Shop::open().await;
    let partner = &shop.world.partners[0];
    let test = json!({
        "partner": partner.id, "application": shop.world.application, "name": "Essai", "kind": "test",
    });
    let test = shop.desk.made(&partner.token, "/v1/tenants", test).await;
    let label = json!({ "tenant": test, "kind": "platform", "label": "essai" });
    let domain = shop.desk.made(&partner.token, "/v1/domains", label).await;
    let path = format!("/v1/tenants/{test}/white-label");
    let body = json!({ "owner": shop.owner, "primary_domain": domain });
    assert_eq!(shop.desk.ask(Method::PUT, &partner.token, &path, Some(body)).await.status, StatusCode::OK);
    let check = shop.desk.post(&partner.token, &format!("{path}/check"), json!({})).await.body;
    assert_eq!(check["ready"], true);
    let live = shop.desk.post(&partner.token, &format!("{path}/enable"), json!({})).await;
    assert_eq!(live.body["state"], "live");
    let charged: i64 =
        sqlx::query_scalar("select count(*) from ledger_tx").fetch_one(shop.desk.store.reader()).await.unwrap();
    assert_eq!(charged, 0);
    // The partner's own business has none.
    let listed = shop.desk.get(&partner.token, "/v1/tenants").await.body;
    let own = listed["items"].as_array().unwrap().iter().find(|it| it["kind"] == "business_free_partner").unwrap();
    let path = format!("/v1/tenants/{}/white-label/enable", own["id"].as_str().unwrap());
    assert_eq!(shop.desk.post(&partner.token, &path, json!({})).await.refusal().1, "no-white-label");
}

#[tokio::test]
async fn a_tenant_may_have_a_brand_of_its_own() {
    let shop = Shop::open().await;
    let mut body = shop.whole();
    body["brand"] = json!({ "name": "Le Fournil", "colour": "#aa5500" });
    let put = shop.put(body).await.body;
    assert_eq!((&put["brand"]["name"], &put["own_brand"]["colour"]), (&json!("Le Fournil"), &json!("#aa5500")));
    let put = shop.put(shop.whole()).await.body;
    assert_eq!((&put["brand"]["name"], &put["own_brand"]), (&json!("Caisse Nord"), &Value::Null));
}

#[tokio::test]
async fn another_partners_white_label_does_not_exist() {
    let shop = Shop::open().await;
    let stranger = &shop.world.partners[1].token;
    assert_eq!(shop.desk.get(stranger, &shop.path("")).await.status, StatusCode::NOT_FOUND);
    let put = shop.desk.ask(Method::PUT, stranger, &shop.path(""), Some(json!({}))).await;
    assert_eq!(put.status, StatusCode::NOT_FOUND);
    for action in ["/enable", "/disable", "/check"] {
        let reply = shop.desk.post(stranger, &shop.path(action), json!({})).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{action}");
    }
}

#[tokio::test]
async fn a_white_label_that_was_changed_meanwhile_is_not_overwritten() {
    let shop = Shop::open().await;
    let put = |tag: &str| {
        axum::http::Request::put(shop.path(""))
            .header("authorization", format!("Bearer {}", shop.world.partners[0].token))
            .header("content-type", "application/json")
            .header("if-match", tag)
            .body(axum::body::Body::from(shop.whole().to_string()))
            .unwrap()
    };
    let seen = shop.desk.get(&shop.world.partners[0].token, &shop.path("")).await;
    let tag = seen.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(shop.desk.send(put(&tag)).await.status, StatusCode::OK);
    assert_eq!(shop.desk.send(put(&tag)).await.status, StatusCode::PRECONDITION_FAILED);
}

#[tokio::test]
async fn s1_8_the_edge_is_told_of_the_primary_address_while_white_label_is_live() {
    let shop = Shop::open().await;
    shop.put(shop.whole()).await;
    assert_eq!(shop.told().await, None, "it isn't live");
    shop.live().await;
    let tenant = &shop.world.partners[0].tenant;
    assert_eq!(shop.told().await, Some(json!({ "tenant": tenant, "primary": ["fournil.p.marque.fr"] })));
    let mut body = shop.whole();
    body["redirect_to_primary"] = json!(false);
    assert_eq!(shop.put(body).await.body["redirect_to_primary"], false);
    assert_eq!(shop.told().await, Some(json!({ "tenant": tenant })), "every name is served");
    let custom = json!({ "tenant": tenant, "kind": "custom", "host": "fournil.fr" });
    let custom = shop.desk.made(&shop.world.partners[0].token, "/v1/domains", custom).await;
    shop.act("/disable").await;
    assert_eq!(shop.told().await, None);
    let put = shop.put(json!({ "owner": shop.owner, "primary_domain": custom })).await;
    assert_eq!(put.body["redirect_to_primary"], true, "so it is when nothing is said");
    assert_eq!(shop.act("/enable").await.refusal().1, "white-label-not-ready");
    assert_eq!(shop.told().await, None);
}

#[tokio::test]
async fn the_edge_is_told_of_a_tenant_s_own_brand_and_of_what_its_partner_hides() {
    let shop = Shop::open().await;
    shop.live().await;
    let mut body = shop.whole();
    body["brand"] = json!({ "name": "Fournil", "support": "0102030405", "logo": "https://fournil.example/logo.svg",
        "colour": "#0A5C36", "accent": "#c8102e", "language": "fr", "website": "https://fournil.example" });
    assert_eq!(shop.put(body.clone()).await.status, StatusCode::OK);
    assert_eq!(shop.shown().await["own_brand"], body["brand"]);
    let told = shop.told().await.unwrap();
    assert_eq!(told["brand"], json!({ "name": "Fournil", "support": "0102030405" }));
    let look = json!({ "logo": "https://fournil.example/logo.svg", "colour": "#0a5c36", "accent": "#c8102e", "language": "fr" });
    assert_eq!(told["look"], look);
    let partner = format!("/v1/partners/{}", shop.world.partners[0].id);
    let change = json!({ "hidden": ["news", "live_chat"], "brand": { "name": "Nord", "colour": "#123456" } });
    let changed = shop.desk.ask(Method::PATCH, &shop.world.partners[0].token, &partner, Some(change)).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    let line: String = sqlx::query_scalar("select line from feed_record where kind = 'partner' and name = $1")
        .bind(&shop.world.partners[0].id)
        .fetch_one(shop.desk.store.reader())
        .await
        .unwrap();
    let told = &serde_json::from_str::<Value>(&line).unwrap()["body"];
    assert_eq!((&told["look"], &told["hidden"]), (&json!({ "colour": "#123456" }), &json!(["live_chat", "news"])));
}
