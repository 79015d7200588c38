//! What takes no key: what is looked up or computed, and people's own matters.

use marque_config::MessageId;
use marque_config::feed::{Format, Revision};
use serde_json::{Value, json};

use crate::tests::api::stage::{Sample, Stage};
use crate::tests::api::visitor::PASSWORD;

/// A request that the route takes, on objects made for it.
pub(super) async fn sample(stage: &Stage, route: &str) -> Option<Sample> {
    if let Some(sample) = own(stage, route).await {
        return Some(sample);
    }
    if let Some(sample) = by_edge(stage, route).await {
        return Some(sample);
    }
    Some(match route {
        "/v1/clients/lookup" => {
            let email = stage.email();
            let client = json!({ "company": "Moulin", "email": email, "country": "FR" });
            stage.made_by_partner("/v1/clients", client).await;
            stage.by_partner(route, json!({ "email": email }))
        }
        "/v1/licences/validate" => {
            let serial = stage.taken().await.serial;
            stage.by_partner(route, json!({ "serial": serial, "fingerprint": "till-1" }))
        }
        "/v1/promo-codes/check" => {
            let mut basket = stage.shop.basket(&[]);
            basket["promo_code"] = json!("none");
            stage.by_partner(route, basket)
        }
        "/v1/quotes" => stage.by_partner(route, stage.shop.basket(&[])),
        _ => return None,
    })
}

/// The same of proxies.
async fn by_edge(stage: &Stage, route: &str) -> Option<Sample> {
    Some(match route {
        "/v1/edge/acks" => {
            stage.desk.store.proxy_came("one", Revision(0), Format::CURRENT).await.unwrap();
            let epoch = stage.desk.store.feed().await.unwrap().position().epoch.clone();
            let body = json!({ "proxy": "one", "epoch": epoch, "revision": 1 });
            // The first use binds the token, and that leaves a trace of its own.
            stage.desk.post(&stage.edge, route, body.clone()).await;
            Sample { token: stage.edge.clone(), path: route.to_owned(), body }
        }
        "/v1/edge/entries" => {
            let door = stage.door().await;
            let issued = stage.desk.post(&door.person, &door.path, json!({})).await.body;
            let ticket = issued["entry_url"].as_str().unwrap().split('=').next_back().unwrap().to_owned();
            // The first use binds the token, and that leaves a trace of its own.
            let epoch = stage.desk.store.feed().await.unwrap().position().epoch.clone();
            let events = json!({ "proxy": "one", "epoch": epoch, "events": [] });
            stage.desk.post(&stage.edge, "/v1/edge/events", events).await;
            let body = json!({ "proxy": "one", "tenant": door.tenant, "ticket": ticket });
            Sample { token: stage.edge.clone(), path: route.to_owned(), body }
        }
        "/v1/edge/events" => {
            let epoch = stage.desk.store.feed().await.unwrap().position().epoch.clone();
            let body = |events: Value| json!({ "proxy": "one", "epoch": epoch, "events": events });
            stage.desk.post(&stage.edge, route, body(json!([]))).await;
            let mut message = super::support::message(stage).await;
            let email = stage.email();
            let number = email.bytes().fold(0, |number, byte| (number * 31 + u64::from(byte)) % (1 << 40));
            message["id"] = json!(MessageId::new(number, &[0; 10]).to_string());
            (message["email"], message["language"]) = (json!(email), json!("en"));
            let id = email.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
            let event = json!({ "id": id, "at_ms": 1, "kind": "contact_message", "body": message });
            Sample { token: stage.edge.clone(), path: route.to_owned(), body: body(json!([event])) }
        }
        _ => return None,
    })
}

/// The same of people, in their own matters or on their way in.
async fn own(stage: &Stage, route: &str) -> Option<Sample> {
    let by = |token: String, body: Value| Sample { token, path: route.to_owned(), body };
    let outside = |body: Value| by(String::new(), body);
    let again = json!({ "password": PASSWORD });
    let new = "une autre phrase bien longue";
    Some(match route {
        "/v1/invitations/accept" => {
            let member = stage.member_to_invite();
            stage.made("/v1/members", member.clone()).await;
            let link = stage.desk.link(member["email"].as_str().unwrap()).await;
            outside(json!({ "token": link, "password": PASSWORD }))
        }
        "/v1/password-resets" => outside(json!({ "email": stage.member(&[]).await.email })),
        "/v1/password-resets/complete" => {
            let email = stage.member(&[]).await.email;
            stage.desk.knock("/v1/password-resets", &json!({ "email": email })).await;
            outside(json!({ "token": stage.desk.link(&email).await, "password": new }))
        }
        "/v1/session" => outside(json!({ "email": stage.member(&[]).await.email, "password": PASSWORD })),
        "/v1/session/act-for" => {
            let principal = format!("partner:{}", stage.partner());
            by(stage.member(&[]).await.visitor.pass(), json!({ "principal": principal }))
        }
        "/v1/session/second-factor" => {
            let (known, codes) = stage.protected().await;
            by(stage.desk.log_in(&known.email).await.pass(), json!({ "code": codes[0] }))
        }
        "/v1/me/password" => {
            by(stage.member(&[]).await.visitor.pass(), json!({ "password": PASSWORD, "new_password": new }))
        }
        "/v1/me/second-factor" => by(stage.member(&[]).await.visitor.pass(), again),
        "/v1/me/second-factor/confirm" => {
            let known = stage.member(&[]).await;
            let code = stage.first_code(&known).await;
            by(known.visitor.pass(), code)
        }
        "/v1/me/second-factor/remove" => by(stage.protected().await.0.visitor.pass(), again),
        _ => return None,
    })
}
