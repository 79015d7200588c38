//! A person at a browser: follows the links that were mailed, comes in with a password, keeps the cookie.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use marque_config::seal::{Context, Purpose, Sealed};
use serde_json::{Value, json};

use super::desk::{Desk, Reply};
use crate::kernel::secret::Secret;

/// A person who is in.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    pub(super) cookie: String,
    pub(super) csrf: String,
    pub(super) session: Value,
}

pub(super) const PASSWORD: &str = "une phrase assez longue";

impl Desk {
    /// What a link holds that was mailed to somebody: the one that may be followed, where there is one.
    pub(super) async fn link(&self, email: &str) -> String {
        let mails: Vec<(String, Vec<u8>)> = sqlx::query_as(
            "select id, secret from mail where to_address = $1 and kind in ('invitation', 'password_reset')
             order by created_ms desc",
        )
        .bind(email)
        .fetch_all(self.store.reader())
        .await
        .unwrap();
        let held = |(id, sealed): &(String, Vec<u8>)| {
            let context = Context { purpose: Purpose::MailSecret, owner: id, name: "" };
            let opened = self.store_key.open(context, &Sealed::from_bytes(sealed.clone())).unwrap();
            String::from_utf8(opened.to_vec()).unwrap()
        };
        let links: Vec<String> = mails.iter().map(held).collect();
        for link in &links {
            let living: i64 = sqlx::query_scalar(
                "select (select count(*) from invitation where hash = $1 and state = 'sent')
                 + (select count(*) from password_reset where hash = $1 and used_ms is null)",
            )
            .bind(Secret::parse(link).unwrap().hash())
            .fetch_one(self.store.reader())
            .await
            .unwrap();
            if living > 0 {
                return link.clone();
            }
        }
        links[0].clone()
    }

    /// Asks without a token, as somebody who isn't in.
    pub(super) async fn knock(&self, path: &str, body: &Value) -> Reply {
        let request = Request::post(path).header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Follows the newest link that was mailed to somebody, with the usual password.
    pub(super) async fn accept(&self, email: &str) -> Reply {
        let body = json!({ "token": self.link(email).await, "password": PASSWORD });
        self.knock("/v1/invitations/accept", &body).await
    }

    /// Comes in.
    pub(super) async fn log_in(&self, email: &str) -> Visitor {
        let reply = self.knock("/v1/session", &json!({ "email": email, "password": PASSWORD })).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        Visitor::of(&reply)
    }

    /// Follows the newest link that was mailed to somebody, and comes in.
    pub(super) async fn arrive(&self, email: &str) -> Visitor {
        let accepted = self.accept(email).await;
        assert_eq!(accepted.status, StatusCode::OK, "{}", accepted.body);
        self.log_in(email).await
    }

    /// Invites a member of a partner with these rights, who comes in.
    pub(super) async fn member(&self, token: &str, partner: &str, email: &str, rights: &[&str]) -> Visitor {
        let member = json!({ "partner": partner, "email": email, "name": "Anne Martin", "rights": rights });
        self.made(token, "/v1/members", member).await;
        self.arrive(email).await
    }

    /// Invites somebody to a tenant, who comes in.
    pub(super) async fn tenant_user(&self, token: &str, tenant: &str, email: &str, role: &str) -> Visitor {
        let user = json!({ "email": email, "name": "Bea Durand", "role": role });
        self.made(token, &format!("/v1/tenants/{tenant}/users"), user).await;
        self.arrive(email).await
    }
}

impl Visitor {
    pub(super) fn of(reply: &Reply) -> Self {
        let set = reply.headers[header::SET_COOKIE].to_str().unwrap();
        assert!(set.starts_with("__Host-marque_session="), "{set}");
        assert!(set.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"), "{set}");
        let csrf = reply.body["csrf_token"].as_str().unwrap().to_owned();
        Self { cookie: set.split(';').next().unwrap().to_owned(), csrf, session: reply.body.clone() }
    }

    pub(super) async fn get(&self, desk: &Desk, path: &str) -> Reply {
        self.ask(desk, Method::GET, path, None).await
    }

    pub(super) async fn post(&self, desk: &Desk, path: &str, body: Value) -> Reply {
        self.ask(desk, Method::POST, path, Some(body)).await
    }

    /// Acts for another place: another cookie.
    pub(super) async fn act_for(&self, desk: &Desk, principal: &str) -> Self {
        let reply = self.post(desk, "/v1/session/act-for", json!({ "principal": principal })).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        Self::of(&reply)
    }

    pub(super) async fn ask(&self, desk: &Desk, method: Method, path: &str, body: Option<Value>) -> Reply {
        desk.ask(method, &self.pass(), path, body).await
    }

    /// What the session shows with each request, as a desk is asked with it.
    pub(super) fn pass(&self) -> String {
        format!("{} {}", self.cookie, self.csrf)
    }
}
