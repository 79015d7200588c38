//! Mails that tell of what happened: each is sent once, to those whom it concerns, in the right brand and language.

use axum::http::{Method, StatusCode};
use marque_config::settings::NameSettings;
use serde_json::{Value, json};

use super::clients::bakery;
use super::desk::{Desk, World, partner_to_add};
use super::people::{ANNE, BEA, person};
use super::shop::Shop;
use crate::kernel::language::Language;
use crate::kernel::principal::Reach;
use crate::licences::tasks as renew;
use crate::notify::mail::Words;
use crate::notify::model::mail::MailKind;

const CARL: &str = "carl@caisse-nord.fr";

/// A mail that waits, as who gets it will read it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) to: String,
    pub(super) language: Language,
    pub(super) partner: Option<String>,
    pub(super) subject: String,
    pub(super) text: String,
}

/// The mails of a kind that wait, oldest first. Each can be put into words.
pub(super) async fn waiting(desk: &Desk, kind: MailKind) -> Vec<Waiting> {
    let names = NameSettings { base: "marque.fr".parse().unwrap(), ..NameSettings::default() };
    let words = Words::new(&names, "Marque").unwrap();
    let mut write = desk.store.begin(Reach::system("test").actor(), desk.store.now_ms()).await.unwrap();
    // Not committed: they still wait.
    let due = "select id from mail where state = 'waiting' and next_ms <= $1 order by id";
    let due = sqlx::query_scalar(due).bind(desk.store.now_ms()).fetch_all(write.connection()).await.unwrap();
    let (due, mut taken): (Vec<String>, _) = (due, Vec::new());
    for id in due {
        taken.push(write.outgoing(&id).await.unwrap());
    }
    let of_kind = taken.into_iter().filter(|outgoing| outgoing.letter.kind == kind);
    of_kind
        .map(|outgoing| {
            let worded = words.put(&outgoing.letter).unwrap_or_else(|error| panic!("{kind:?}: {error:?}"));
            Waiting {
                to: outgoing.letter.to,
                language: outgoing.letter.language,
                partner: outgoing.partner.map(|id| id.to_string()),
                subject: worded.subject,
                text: worded.text,
            }
        })
        .collect()
}

/// A member with these rights, who reads French and is in.
pub(super) async fn french_member(desk: &Desk, world: &World, partner: &str, email: &str, rights: &[&str]) {
    let member =
        json!({ "partner": partner, "email": email, "name": "Anne Martin", "rights": rights, "language": "fr" });
    desk.made(&world.operator, "/v1/members", member).await;
    desk.arrive(email).await;
}

#[tokio::test]
async fn who_manages_a_partner_is_told_of_its_approval_and_who_is_invited_by_it_gets_one_mail() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let id = desk.made(&world.operator, "/v1/partners", partner_to_add("Caisse Est")).await;
    french_member(&desk, &world, &id, ANNE, &["settings.manage"]).await;
    french_member(&desk, &world, &id, CARL, &["clients.manage"]).await;
    let manager = json!({ "name": "Paul Vasseur", "email": "paul@marque.example" });
    let manager = desk.made(&world.operator, "/v1/account-managers", manager).await;
    let admin = json!({ "email": "est@caisse-est.fr", "name": "Est", "language": "fr" });
    let approval = json!({ "application": world.application, "account_manager": manager, "admin": admin });
    let path = format!("/v1/partners/{id}/approve");
    assert_eq!(desk.post(&world.operator, &path, approval.clone()).await.status, StatusCode::OK);
    assert_eq!(desk.post(&world.operator, &path, approval).await.refusal().1, "partner-approved");
    let told = waiting(&desk, MailKind::PartnerApproved).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].to.as_str(), told[0].language, &told[0].partner), (ANNE, Language::French, &None));
    assert_eq!(told[0].subject, "Caisse Est est désormais partenaire");
    assert!(told[0].text.contains("Anne Martin") && told[0].text.contains("Paul Vasseur"), "{}", told[0].text);
    let invited = waiting(&desk, MailKind::Invitation).await;
    assert_eq!(invited.iter().filter(|mail| mail.to == "est@caisse-est.fr").count(), 1);
}

#[tokio::test]
async fn the_clients_administrator_is_told_of_the_handover_and_where_the_space_is() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let one = &world.partners[0];
    let domain = json!({ "tenant": one.tenant, "kind": "platform", "label": "fournil" });
    desk.made(&one.token, "/v1/domains", domain).await;
    let users = format!("/v1/tenants/{}/users", one.tenant);
    desk.made(&one.token, &users, person("employee@boulangerie.fr", "employee")).await;
    desk.arrive("employee@boulangerie.fr").await;
    let mut bea = person(BEA, "administrator");
    bea["language"] = json!("fr");
    desk.made(&one.token, &users, bea).await;
    assert_eq!(waiting(&desk, MailKind::Handover).await, []);
    desk.arrive(BEA).await;
    // It happens once, however often it is asked for.
    let handover = format!("/v1/tenants/{}/handover", one.tenant);
    assert_eq!(desk.post(&one.token, &handover, json!({})).await.status, StatusCode::OK);
    let told = waiting(&desk, MailKind::Handover).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].to.as_str(), told[0].language), (BEA, Language::French));
    assert_eq!(told[0].partner.as_ref(), Some(&one.id));
    assert!(told[0].text.starts_with("Caisse Nord\n"), "{}", told[0].text);
    assert!(told[0].text.contains("https://fournil.p.marque.fr/"), "{}", told[0].text);
}

#[tokio::test]
async fn a_partner_is_told_that_its_credit_did_not_reach_for_a_new_spaces_licence() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let shop = Shop::open(&desk, &world).await;
    let one = &world.partners[0];
    french_member(&desk, &world, &one.id, ANNE, &["licences.manage"]).await;
    french_member(&desk, &world, &one.id, CARL, &["billing.read"]).await;
    let path = format!("/v1/partners/{}", one.id);
    let chosen = json!({ "auto_licence_plan": shop.connect });
    let reply = desk.ask(Method::PATCH, &one.token, &path, Some(chosen)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let tenant = json!({ "partner": one.id, "application": world.application, "name": "Pressoir" });
    desk.made(&one.token, "/v1/tenants", tenant.clone()).await;
    let told = waiting(&desk, MailKind::LicenceNeeded).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].to.as_str(), told[0].language), (ANNE, Language::French));
    assert_eq!(told[0].partner.as_ref(), Some(&one.id));
    assert!(told[0].subject.contains("Pressoir") && told[0].text.contains("(Connect)"), "{told:?}");
    // What isn't for sale isn't for want of credit.
    unlisted(&desk, &shop.connect).await;
    desk.made(&one.token, "/v1/tenants", tenant).await;
    assert_eq!(waiting(&desk, MailKind::LicenceNeeded).await.len(), 1);
    let reasons = "select detail from audit_event where action = 'licence.needed' order by seq";
    let reasons: Vec<String> = sqlx::query_scalar(reasons).fetch_all(desk.store.reader()).await.unwrap();
    let reason = |detail: &String| serde_json::from_str::<Value>(detail).unwrap()["reason"].clone();
    assert_eq!(reasons.iter().map(reason).collect::<Vec<_>>(), [json!("credit"), json!("offer")]);
}

async fn unlisted(desk: &Desk, plan: &str) {
    desk.sql("update plan set state = 'unlisted' where id = $1", &[plan]).await;
}

/// A partner with a member who looks after licences, and one who doesn't.
async fn staffed() -> (Desk, World, Shop) {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let shop = Shop::open(&desk, &world).await;
    let one = &world.partners[0];
    french_member(&desk, &world, &one.id, ANNE, &["licences.manage"]).await;
    french_member(&desk, &world, &one.id, CARL, &["settings.manage"]).await;
    let amount = json!({ "amount": 100_000, "currency": "EUR" });
    let payment = json!({ "partner": one.id, "amount": amount, "reference": "transfer" });
    desk.made(&world.operator, "/v1/payments", payment).await;
    (desk, world, shop)
}

async fn ordered(desk: &Desk, world: &World, shop: &Shop, kind: &str, term: &str) -> Value {
    let order = json!({
        "kind": kind, "client": bakery("zoe@boulangerie.fr"), "price_list": shop.euros, "plan": shop.production,
        "term": term,
    });
    let placed = desk.post(&world.partners[0].token, "/v1/orders", order).await;
    assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.body);
    placed.body
}

/// Lets days pass, one after the other, with the task looking at each.
async fn pass(desk: &Desk, days: i64) {
    for _ in 0..days {
        desk.advance_days(1);
        renew::run(&desk.store).await.unwrap();
    }
}

#[tokio::test]
async fn a_trial_that_ends_soon_is_told_once_for_each_end() {
    let (desk, world, shop) = staffed().await;
    let one = &world.partners[0];
    let trial = ordered(&desk, &world, &shop, "trial", "monthly").await;
    let licence = trial["licence"].as_str().unwrap();
    let activated =
        desk.post(&one.token, &format!("/v1/licences/{licence}/activate"), json!({ "fingerprint": "a" })).await;
    assert_eq!(activated.status, StatusCode::CREATED, "{}", activated.body);
    pass(&desk, 6).await;
    assert_eq!(waiting(&desk, MailKind::TrialExpiring).await, []);
    pass(&desk, 3).await;
    let told = waiting(&desk, MailKind::TrialExpiring).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].to.as_str(), told[0].language), (ANNE, Language::French));
    assert_eq!(told[0].partner.as_ref(), Some(&one.id));
    assert!(told[0].text.contains(trial["serial"].as_str().unwrap()), "{}", told[0].text);
    assert!(told[0].text.contains("Boulangerie") && told[0].text.contains("Print Factory"), "{}", told[0].text);
    // Extended, it has another end, of which it is told again.
    let path = format!("/v1/orders/{}/extend", trial["id"].as_str().unwrap());
    let extended = desk.post(&one.token, &path, json!({})).await;
    assert_eq!(extended.status, StatusCode::OK, "{}", extended.body);
    pass(&desk, 4).await;
    assert_eq!(waiting(&desk, MailKind::TrialExpiring).await.len(), 1);
    pass(&desk, 20).await;
    assert_eq!(waiting(&desk, MailKind::TrialExpiring).await.len(), 2);
    let events = "select kind from outbox_event where object = $1 order by seq";
    let events: Vec<String> = sqlx::query_scalar(events).bind(licence).fetch_all(desk.store.reader()).await.unwrap();
    let ends: Vec<_> = events.iter().filter(|kind| kind.contains("expir")).collect();
    assert_eq!(ends, ["trial.expiring", "trial.expiring", "licence.expired"]);
}

#[tokio::test]
async fn a_subscription_that_ends_is_told_once_for_each_period_and_one_that_goes_on_never() {
    let (desk, world, shop) = staffed().await;
    let one = &world.partners[0];
    let order = ordered(&desk, &world, &shop, "order", "yearly").await;
    let subscription = order["subscription"].as_str().unwrap();
    let licence = order["licence"].as_str().unwrap();
    let (cancel, resume) =
        (format!("/v1/licences/{licence}/cancel"), format!("/v1/subscriptions/{subscription}/resume"));
    pass(&desk, 340).await;
    assert_eq!(waiting(&desk, MailKind::SubscriptionExpiring).await, []);
    for _ in 0..2 {
        // Given up, kept, and given up again: the others were told that it ends.
        for path in [&cancel, &resume, &cancel] {
            let reply = desk.post(&one.token, path, json!({})).await;
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
            pass(&desk, 1).await;
        }
    }
    let told = waiting(&desk, MailKind::SubscriptionExpiring).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].to.as_str(), told[0].language), (ANNE, Language::French));
    assert_eq!(told[0].partner.as_ref(), Some(&one.id));
    assert!(told[0].text.contains("Boulangerie") && told[0].text.contains("Print Factory"), "{}", told[0].text);
    let events = "select kind from outbox_event where object = $1 and kind = 'subscription.expiring'";
    let events: Vec<String> =
        sqlx::query_scalar(events).bind(subscription).fetch_all(desk.store.reader()).await.unwrap();
    assert_eq!(events.len(), 1);
}

#[tokio::test]
async fn what_is_to_be_told_at_a_kill_is_told_once_afterwards() {
    let (desk, world, shop) = staffed().await;
    let order = ordered(&desk, &world, &shop, "order", "monthly").await;
    let subscription = order["subscription"].as_str().unwrap();
    let cancel = format!("/v1/licences/{}/cancel", order["licence"].as_str().unwrap());
    assert_eq!(desk.post(&world.partners[0].token, &cancel, json!({})).await.status, StatusCode::OK);
    // Killed before its commit, nothing of it happened.
    let mut write = desk.store.begin(Reach::system("test").actor(), desk.store.now_ms()).await.unwrap();
    let id = subscription.parse().unwrap();
    assert!(crate::licences::operations::ending::notify(&mut write, id).await.unwrap());
    drop(write);
    assert_eq!(waiting(&desk, MailKind::SubscriptionExpiring).await, []);
    for _ in 0..3 {
        renew::run(&desk.store).await.unwrap();
    }
    assert_eq!(waiting(&desk, MailKind::SubscriptionExpiring).await.len(), 1);
}

#[tokio::test]
async fn who_protects_a_client_is_told_at_most_once_a_day_that_it_was_wanted_and_never_by_whom() {
    let (desk, world, shop) = staffed().await;
    let [one, other] = &world.partners;
    french_member(&desk, &world, &one.id, "dora@caisse-nord.fr", &["dealer.order_products"]).await;
    ordered(&desk, &world, &shop, "trial", "monthly").await;
    let wanted = json!({
        "kind": "order", "client": bakery("ZOE@boulangerie.fr"), "price_list": shop.euros, "plan": shop.production,
        "term": "monthly",
    });
    for _ in 0..3 {
        let refused = desk.post(&other.token, "/v1/orders", wanted.clone()).await;
        assert_eq!(refused.refusal().1, "client-claimed");
    }
    let told = waiting(&desk, MailKind::ClientClaimed).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        (told[0].to.as_str(), told[0].language, &told[0].partner),
        ("dora@caisse-nord.fr", Language::French, &None)
    );
    assert!(told[0].text.contains("Boulangerie"), "{}", told[0].text);
    for named in ["Caisse Sud", other.id.as_str()] {
        assert!(!told[0].text.contains(named), "{}", told[0].text);
    }
    desk.advance_days(1);
    desk.advance_seconds(1);
    desk.post(&other.token, "/v1/orders", wanted).await;
    assert_eq!(waiting(&desk, MailKind::ClientClaimed).await.len(), 2);
}

/// Where mails are sent from.
const LAYERS: [&str; 4] = ["operations", "operations.rs", "tasks", "tasks.rs"];

/// A template that nothing sends is a promise that isn't kept.
#[test]
fn every_kind_of_mail_has_a_sender() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![source];
    let mut code = String::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.components().any(|it| LAYERS.iter().any(|layer| it.as_os_str() == *layer)) {
                code.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    for kind in MailKind::ALL {
        assert!(code.contains(&format!("MailKind::{kind:?}")), "nothing sends {kind:?}");
    }
}
