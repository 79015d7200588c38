//! Who has to have a second factor, and who resets a lost one.

use axum::http::StatusCode;
use marque_config::settings::PasswordSettings;
use serde_json::json;
use totp_rs::Totp;

use super::{anne, authenticator, shown};
use crate::kernel::principal::Principal;
use crate::tests::api::desk::{Desk, everything};
use crate::tests::api::visitor::{PASSWORD, Visitor};
use crate::web::Api;

impl Desk {
    /// Sets a second factor up.
    async fn with_factor(&self, visitor: &Visitor) -> Totp {
        let enrolled = visitor.post(self, "/v1/me/second-factor", json!({ "password": PASSWORD })).await;
        let totp = authenticator(enrolled.body["secret"].as_str().unwrap());
        let code = json!({ "code": shown(&totp, self) });
        let confirmed = visitor.post(self, "/v1/me/second-factor/confirm", code).await;
        assert_eq!(confirmed.status, StatusCode::OK, "{}", confirmed.body);
        totp
    }
}

#[tokio::test]
async fn where_the_settings_say_so_an_operator_without_a_second_factor_only_sets_one_up() {
    let mut desk = Desk::open().await;
    let operator = desk.token(Principal::Operator, &everything(Principal::Operator)).await;
    desk.made(&operator, "/v1/operators", json!({ "email": "op@marque.fr", "name": "Olga" })).await;
    let olga = desk.arrive("op@marque.fr").await;
    assert_eq!(olga.get(&desk, "/v1/users").await.status, StatusCode::OK, "unless the settings say so");
    let strict = PasswordSettings { memory_kib: 64, passes: 1, operators_second_factor: true };
    let inner = &desk.api.inner;
    let (store, keys, names) = (inner.store.clone(), inner.keys.clone(), inner.names.clone());
    desk.router = Api::new(store, keys, names, inner.feed.clone(), inner.metrics.clone()).hashing(&strict).router();
    for path in ["/v1/users", "/v1/partners"] {
        assert_eq!(olga.get(&desk, path).await.refusal(), (403, "second-factor-needed".into(), vec![]), "{path}");
    }
    assert_eq!(olga.get(&desk, "/v1/me").await.status, StatusCode::OK);
    desk.with_factor(&olga).await;
    assert_eq!(olga.get(&desk, "/v1/users").await.status, StatusCode::OK);
    // It is asked of the vendor's staff alone, and of no token.
    let (_, anne) = anne(&desk).await;
    assert_eq!(anne.get(&desk, "/v1/members").await.status, StatusCode::OK);
    assert_eq!(desk.get(&operator, "/v1/users").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_lost_second_factor_is_reset_by_two_others() {
    let desk = Desk::open().await;
    let first = desk.token(Principal::Operator, &everything(Principal::Operator)).await;
    let second = desk.token(Principal::Operator, "users:write").await;
    desk.made(&first, "/v1/operators", json!({ "email": "op@marque.fr", "name": "Olga" })).await;
    let olga = desk.arrive("op@marque.fr").await;
    let path = format!("/v1/users/{}/reset-second-factor", olga.session["user"].as_str().unwrap());
    assert_eq!(desk.post(&first, &path, json!({})).await.refusal().1, "second-factor-missing");
    desk.with_factor(&olga).await;
    assert_eq!(olga.post(&desk, &path, json!({})).await.refusal().1, "own-second-factor");
    assert_eq!(desk.post(&first, &path, json!({})).await.body["state"], "proposed");
    // The same person once more, or by a token that they made, is nobody else.
    assert_eq!(desk.post(&first, &path, json!({})).await.refusal().1, "second-operator-needed");
    let new = json!({ "name": "t", "principal": "operator", "scopes": ["users:write"] });
    let child = desk.post(&first, "/v1/tokens", new).await.body["token"].as_str().unwrap().to_owned();
    assert_eq!(desk.post(&child, &path, json!({})).await.refusal().1, "second-operator-needed");
    assert_eq!(desk.log_in("op@marque.fr").await.session["stage"], "second_factor");
    // A proposal of yesterday is forgotten: then it begins anew.
    desk.advance_days(1);
    assert_eq!(desk.post(&second, &path, json!({})).await.body["state"], "proposed");
    assert_eq!(desk.post(&first, &path, json!({})).await.body["state"], "done");
    assert_eq!(olga.get(&desk, "/v1/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(desk.log_in("op@marque.fr").await.session["stage"], "open");
    assert_eq!(desk.post(&second, &path, json!({})).await.refusal().1, "second-factor-missing");
}
