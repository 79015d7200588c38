//! What ends soon, who is where on the map, and people and serial numbers in the search.

use axum::http::{Method, StatusCode};
use marque_config::TenantId;
use serde_json::{Value, json};

use super::desk::{Desk, World};
use super::shop::Shop;
use crate::kernel::period::DAY_MS;
use crate::kernel::principal::Reach;
use crate::kernel::term::Term;
use crate::licences::model::{HeldBy, Licence, LicenceKind, Origin, Suspension};
use crate::licences::operations::{self as licences, NewLicence};

struct Sold {
    desk: Desk,
    world: World,
    shop: Shop,
}

impl Sold {
    async fn open() -> Self {
        let desk = Desk::open().await;
        let world = desk.world().await;
        let shop = Shop::open(&desk, &world).await;
        Self { desk, world, shop }
    }

    /// Issues a licence as an order would; what else happens to it is up to `then`.
    async fn issue(&self, partner: usize, kind: LicenceKind, term: Term, then: impl Fn(&mut Licence)) -> Licence {
        let party = &self.world.partners[partner];
        let tenant: TenantId = party.tenant.parse().unwrap();
        let mut write = self.desk.store.begin(Reach::command("test").actor(), self.desk.store.now_ms()).await.unwrap();
        let new = NewLicence {
            tenant,
            partner: party.id.parse().unwrap(),
            client: None,
            plan: self.shop.production.parse().unwrap(),
            term,
            components: vec![],
            kind,
            origin: Origin::Manual,
            order: None,
            priced: None,
        };
        let mut licence = licences::issue(&mut write, new).await.unwrap().licence;
        then(&mut licence);
        write.update_licence(&licence).await.unwrap();
        write.commit().await.unwrap();
        licence
    }

    async fn report(&self, query: &str) -> Vec<(String, String)> {
        let reply = self.desk.get(&self.world.partners[0].token, &format!("/v1/reports/{query}")).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let text = |item: &Value, key: &str| item[key].as_str().unwrap_or_default().to_owned();
        let key = if query.starts_with("expiring-licences") { "licence" } else { "subscription" };
        let items = reply.body["items"].as_array().unwrap();
        items.iter().map(|item| (text(item, key), text(item, "reason"))).collect()
    }
}

fn suspended(licence: &mut Licence) {
    licence.suspended = Some(Suspension { since_ms: licence.issued_ms, by: HeldBy::Partner, reason: None });
}

#[tokio::test]
async fn s3_12_subscriptions_that_end_soon_are_reported() {
    let sold = Sold::open().await;
    let monthly = sold.issue(0, LicenceKind::Paid, Term::Monthly, |_| ()).await;
    let yearly = sold.issue(0, LicenceKind::Paid, Term::Yearly, |_| ()).await;
    let trial = sold.issue(0, LicenceKind::Trial, Term::Monthly, |_| ()).await;
    sold.issue(0, LicenceKind::Paid, Term::Perpetual, |_| ()).await;
    sold.issue(0, LicenceKind::Paid, Term::Monthly, |licence| licence.voided_ms = Some(licence.issued_ms)).await;
    sold.issue(1, LicenceKind::Paid, Term::Monthly, |_| ()).await;
    let id = |licence: &Licence| licence.subscription.unwrap().to_string();
    // A month is 30 days here, and a trial that nobody activates lapses after as many: neither is before 30 days.
    assert_eq!(sold.report("expiring-subscriptions").await, []);
    let mut both = sold.report("expiring-subscriptions?window=60d").await;
    both.sort();
    let mut expected = [(id(&monthly), "renewing".to_owned()), (id(&trial), "trial".to_owned())];
    expected.sort();
    assert_eq!(both, expected);
    sold.desk.advance_days(1);
    assert_eq!(sold.report("expiring-subscriptions").await.len(), 2);
    assert_eq!(sold.report("expiring-subscriptions?window=7d").await, []);
    sold.desk.advance_days(30);
    assert_eq!(sold.report("expiring-subscriptions").await, []);
    assert_eq!(sold.report("expiring-subscriptions?part=ended").await.len(), 2);
    sold.desk.advance_days(29);
    assert_eq!(sold.report("expiring-subscriptions?part=ended").await.len(), 2);
    sold.desk.advance_days(2);
    assert_eq!(sold.report("expiring-subscriptions?part=ended").await, []);
    let year = sold.report("expiring-subscriptions?as_of=2027-11-01T00:00:00Z").await;
    assert_eq!(year, [(id(&yearly), "renewing".to_owned())]);
}

#[tokio::test]
async fn s3_13_licences_that_end_soon_are_reported_with_trials_and_suspended_ones() {
    let sold = Sold::open().await;
    let trial = sold.issue(0, LicenceKind::Trial, Term::Monthly, |_| ()).await;
    let held = sold.issue(0, LicenceKind::Paid, Term::Yearly, suspended).await;
    let held_forever = sold.issue(0, LicenceKind::Paid, Term::Perpetual, suspended).await;
    let cancelled = |licence: &mut Licence| {
        licence.cancelled_ms = Some(licence.issued_ms + 10 * DAY_MS);
        licence.renews = false;
    };
    let cancelled = sold.issue(0, LicenceKind::Paid, Term::Yearly, cancelled).await;
    let voided = |licence: &mut Licence| licence.voided_ms = Some(licence.issued_ms);
    sold.issue(0, LicenceKind::Trial, Term::Monthly, voided).await;
    sold.issue(0, LicenceKind::Paid, Term::Perpetual, |_| ()).await;
    sold.issue(1, LicenceKind::Trial, Term::Monthly, suspended).await;
    sold.desk.advance_days(1);
    let row = |licence: &Licence, reason: &str| (licence.id.to_string(), reason.to_owned());
    let expected =
        [row(&cancelled, "cancelled"), row(&trial, "trial"), row(&held, "suspended"), row(&held_forever, "suspended")];
    assert_eq!(sold.report("expiring-licences").await, expected);
    let expected = [row(&cancelled, "cancelled"), row(&held, "suspended"), row(&held_forever, "suspended")];
    assert_eq!(sold.report("expiring-licences?window=7d&as_of=2026-11-22T00:00:00Z").await, expected);
    // Page by page the same.
    let token = &sold.world.partners[0].token;
    let (mut paged, mut path) = (Vec::new(), "/v1/reports/expiring-licences?limit=1".to_owned());
    loop {
        let page = sold.desk.get(token, &path).await.body;
        paged.extend(page["items"].as_array().unwrap().iter().map(|item| item["licence"].clone()));
        let Some(next) = page["next_page_token"].as_str() else { break };
        path = format!("/v1/reports/expiring-licences?limit=1&page_token={next}");
    }
    assert_eq!(paged, [&cancelled, &trial, &held, &held_forever].map(|licence| json!(licence.id)));
    sold.desk.advance_days(30);
    let expected = [row(&cancelled, "cancelled"), row(&trial, "trial")];
    assert_eq!(sold.report("expiring-licences?part=ended").await, expected);
    for query in ["window=8d", "as_of=tomorrow", "part=x", "page_token=MTp4", "format=pdf"] {
        let reply = sold.desk.get(token, &format!("/v1/reports/expiring-licences?{query}")).await;
        assert_eq!(reply.refusal().1, "invalid-query", "{query}");
    }
}

#[tokio::test]
async fn a_report_is_a_table_too() {
    let sold = Sold::open().await;
    let trial = sold.issue(0, LicenceKind::Trial, Term::Monthly, |_| ()).await;
    sold.desk.advance_days(1);
    let token = &sold.world.partners[0].token;
    let (headers, text) = sold.desk.text(token, "/v1/reports/expiring-licences?format=csv").await;
    assert_eq!(headers["content-disposition"], "attachment; filename=\"expiring-licences.csv\"");
    let lines: Vec<_> = text.lines().collect();
    let head = "due_at,expires_at,reason,kind,serial,plan,company,tenant_name,licence";
    assert_eq!(lines[0], format!("\u{feff}\"{}\"", head.replace(',', "\",\"")));
    assert_eq!(lines.len(), 2);
    let expected =
        format!(",trial,trial,{},Production,,Boulangerie,{}\"", trial.serial, trial.id).replace(',', "\",\"");
    assert!(lines[1].ends_with(&expected), "{}", lines[1]);
    let (_, text) = sold.desk.text(token, "/v1/reports/expiring-subscriptions?format=csv").await;
    assert_eq!(text.lines().count(), 2);
    // The client's own people read no report of the partner's, and a token without the right reads none.
    let partner = crate::kernel::principal::Principal::Partner(sold.world.partners[0].id.parse().unwrap());
    let other = sold.desk.token(partner, "balance:read").await;
    assert_eq!(sold.desk.get(&other, "/v1/reports/expiring-licences").await.refusal().1, "right-missing");
}

#[tokio::test]
async fn s3_9_serial_numbers_and_people_are_found() {
    let sold = Sold::open().await;
    let licence = sold.issue(0, LicenceKind::Paid, Term::Yearly, |_| ()).await;
    let serial = licence.serial.to_string();
    let [mine, other] = &sold.world.partners;
    let found = async |token: &str, query: &str| {
        let reply = sold.desk.get(token, &format!("/v1/search?q={query}")).await.body;
        reply["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect::<Vec<_>>()
    };
    for query in [serial.clone(), serial.to_lowercase().replace('-', ""), serial[..9].to_owned()] {
        assert_eq!(found(&mine.token, &query).await, [json!(licence.id)], "{query}");
        assert_eq!(found(&other.token, &query).await, [] as [Value; 0], "{query}");
    }
    let mut write = sold.desk.store.begin(Reach::command("test").actor(), sold.desk.store.now_ms()).await.unwrap();
    licences::void(&mut write, licence.id).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(found(&mine.token, &serial).await, [] as [Value; 0], "what was taken back is gone");
}

#[tokio::test]
async fn s3_9_users_companies_orders_and_serials_are_found_in_one_search() {
    let sold = Sold::open().await;
    let (desk, shop) = (&sold.desk, &sold.shop);
    let [mine, other] = &sold.world.partners;
    let amount = json!({ "amount": 100_000, "currency": "EUR" });
    let payment = json!({ "partner": mine.id, "amount": amount, "reference": "transfer" });
    desk.made(&sold.world.operator, "/v1/payments", payment).await;
    let client = json!({ "company": "Imprimerie Éclair", "email": "contact@eclair.fr", "country": "FR" });
    let order = json!({
        "kind": "order", "client": client, "price_list": shop.euros, "plan": shop.production, "term": "monthly",
        "po_number": "BC-2026/117",
    });
    let order = desk.post(&mine.token, "/v1/orders", order).await;
    assert_eq!(order.status, StatusCode::CREATED, "{}", order.body);
    let order = order.body;
    let text = |key: &str| order[key].as_str().unwrap().to_owned();
    let member = json!({ "partner": mine.id, "email": "zoe@revendeur.fr", "name": "Zoé Marqueur", "rights": [] });
    let member = desk.post(&sold.world.operator, "/v1/members", member).await;
    assert_eq!(member.status, StatusCode::CREATED, "{}", member.body);
    let kinds = async |token: &str, query: &str| {
        let reply = desk.get(token, &format!("/v1/search?q={query}")).await.body;
        let mut kinds: Vec<_> = reply["items"].as_array().unwrap().iter().map(|item| item["kind"].clone()).collect();
        kinds.sort_by_key(ToString::to_string);
        kinds
    };
    for (query, found) in [
        ("eclair", json!(["client", "tenant"])),
        ("contact@ecl", json!(["client"])),
        (&text("number"), json!(["order"])),
        ("bc-2026", json!(["order"])),
        ("117", json!(["order"])),
        (&text("serial"), json!(["licence"])),
        ("zoe%20marq", json!(["user"])),
        ("zoe@rev", json!(["user"])),
    ] {
        assert_eq!(json!(kinds(&mine.token, query).await), found, "{query}");
        assert_eq!(kinds(&other.token, query).await, [] as [Value; 0], "{query}");
    }
    let void = format!("/v1/orders/{}/void", order["id"].as_str().unwrap());
    assert_eq!(desk.post(&mine.token, &void, json!({})).await.status, StatusCode::OK);
    assert_eq!(kinds(&mine.token, "bc-2026").await, [] as [Value; 0], "a voided order is gone");
    assert_eq!(json!(kinds(&mine.token, "contact@ecl").await), json!(["client"]), "its client stays");
}

async fn client(desk: &Desk, token: &str, email: &str, country: &str, postal_code: &str) -> String {
    let body = json!({ "company": email, "email": email, "country": country, "postal_code": postal_code });
    desk.made(token, "/v1/clients", body).await
}

#[tokio::test]
async fn s3_11_every_client_is_on_the_map() {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let token = &world.partners[0].token;
    let paris = client(&desk, token, "paris@a.fr", "FR", "75011").await;
    client(&desk, token, "lyon@a.fr", "FR", "69001").await;
    client(&desk, token, "berlin@a.de", "DE", "10115").await;
    client(&desk, token, "fiji@a.fj", "FJ", "—").await;
    client(&desk, &world.partners[1].token, "other@a.fr", "FR", "75011").await;
    let map = async |token: &str, query: &str| {
        let reply = desk.get(token, &format!("/v1/clients/map{query}")).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply.body["places"].as_array().unwrap().clone()
    };
    let count = |places: &[Value]| places.iter().map(|place| place["clients"].as_i64().unwrap()).sum::<i64>();
    let whole = map(token, "").await;
    assert_eq!((count(&whole), whole.len()), (4, 2), "Europe is one place from afar: {whole:?}");
    let near = map(token, "?zoom=10&bbox=-5.5,41.3,9.6,51.1").await;
    assert_eq!((count(&near), near.len()), (2, 2), "{near:?}");
    let at = near.iter().find(|place| place["client"] == json!(paris)).unwrap();
    assert_eq!(at["company"], "paris@a.fr");
    assert!((48.0..49.5).contains(&at["latitude"].as_f64().unwrap()), "{at}");
    assert!((1.9..2.9).contains(&at["longitude"].as_f64().unwrap()), "{at}");
    assert_eq!(count(&map(token, "?bbox=170,-30,-170,0").await), 1, "over the date line");
    assert_eq!(count(&map(&world.operator, "").await), 5);
    // It moves with its address, and leaves with its name.
    let path = format!("/v1/clients/{paris}");
    let moved = desk.ask(Method::PATCH, token, &path, Some(json!({ "postal_code": "13001" }))).await;
    assert_eq!(moved.status, StatusCode::OK, "{}", moved.body);
    assert_eq!(count(&map(token, "?zoom=10&bbox=4.8,43,6,44").await), 1);
    let gone = desk.post(token, &format!("{path}/anonymise"), json!({})).await;
    assert_eq!(gone.status, StatusCode::OK, "{}", gone.body);
    assert_eq!(count(&map(token, "").await), 3);
    for query in ["bbox=1,2,3", "bbox=0,2,3,1", "bbox=-181,0,0,1", "bbox=a,b,c,d", "zoom=19", "bbox=1e2,0,1,1"] {
        assert_eq!(desk.get(token, &format!("/v1/clients/map?{query}")).await.refusal().1, "invalid-query", "{query}");
    }
}

#[tokio::test]
async fn what_ends_soon_is_a_calendar_whose_events_keep_their_names() {
    let sold = Sold::open().await;
    let trial = sold.issue(0, LicenceKind::Trial, Term::Monthly, |_| ()).await;
    sold.issue(0, LicenceKind::Paid, Term::Perpetual, suspended).await;
    sold.issue(1, LicenceKind::Paid, Term::Monthly, |_| ()).await;
    let token = &sold.world.partners[0].token;
    let read = async |what: &str| {
        let (headers, text) = sold.desk.text(token, &format!("/v1/reports/{what}?window=60d&format=ics")).await;
        assert_eq!(headers["content-type"], "text/calendar; charset=utf-8");
        assert_eq!(headers["content-disposition"], format!("attachment; filename=\"{what}.ics\""));
        text
    };
    let licences = read("expiring-licences").await;
    assert_eq!(licences.matches("BEGIN:VEVENT").count(), 1, "what has no end has no day: {licences}");
    let day = crate::web::time::written(trial.expires_ms.unwrap())[..10].replace('-', "");
    for line in [
        format!("UID:{}", trial.id),
        format!("DTSTART;VALUE=DATE:{day}"),
        "CATEGORIES:trial".to_owned(),
        format!("DESCRIPTION:Serial number {}", trial.serial),
    ] {
        assert!(licences.contains(&format!("\r\n{line}\r\n")), "{line}: {licences}");
    }
    assert!(licences.contains(": Production ends\r\n"), "{licences}");
    let subscriptions = read("expiring-subscriptions").await;
    assert!(subscriptions.contains(&format!("\r\nUID:{}\r\n", trial.subscription.unwrap())), "{subscriptions}");
    sold.desk.advance_days(1);
    let stamp = |text: &str| text.lines().filter(|line| !line.starts_with("DTSTAMP")).collect::<Vec<_>>().join("\n");
    assert_eq!(stamp(&read("expiring-licences").await), stamp(&licences));
    let wrong = sold.desk.get(token, "/v1/reports/expiring-licences?format=pdf").await;
    assert_eq!(wrong.refusal().1, "invalid-query");
}
