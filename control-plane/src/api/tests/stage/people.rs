//! People, collaborators, white label: what samples of them need.

use serde_json::{Value, json};

use super::Stage;
use crate::api::tests::desk::Reply;
use crate::model::principal::{Principal, Reach};
use crate::model::scope::Scope;
use crate::model::token::TokenText;

/// A member of the first partner.
pub(in crate::api::tests) struct Member {
    pub(in crate::api::tests) id: String,
    pub(in crate::api::tests) user: String,
}

impl Stage {
    /// A mail address that nobody else has.
    pub(in crate::api::tests) fn email(&self) -> String {
        format!("p{}@nord.example", self.number())
    }

    pub(in crate::api::tests) fn member_to_invite(&self) -> Value {
        json!({ "partner": self.partner(), "email": self.email(), "name": "Anne", "rights": ["clients.manage"] })
    }

    /// What was made, whole.
    async fn answer(&self, token: &str, path: &str, body: Value) -> Reply {
        let reply = self.desk.post(token, path, body).await;
        assert!(reply.status.is_success(), "{path}: {}", reply.body);
        reply
    }

    async fn sql(&self, statement: &'static str, values: &[&str]) {
        let mut write = self.desk.store.begin(Reach::system("test").actor(), self.desk.store.now_ms()).await.unwrap();
        let query = values.iter().fold(sqlx::query(statement), |query, value| query.bind((*value).to_owned()));
        query.execute(write.connection()).await.unwrap();
        write.commit().await.unwrap();
    }

    async fn invited(&self) -> Member {
        let member = self.answer(&self.world.operator, "/v1/members", self.member_to_invite()).await.body;
        let text = |name: &str| member[name].as_str().unwrap().to_owned();
        Member { id: text("id"), user: text("user") }
    }

    /// One that came.
    pub(in crate::api::tests) async fn active_member(&self) -> Member {
        let member = self.invited().await;
        self.sql("update member set state = 'active' where id = $1", &[&member.id]).await;
        self.sql("update app_user set state = 'active' where id = $1", &[&member.user]).await;
        member
    }

    /// One of a tenant's own people.
    pub(in crate::api::tests) async fn tenant_user(&self) -> String {
        let tenant = self.tenant().await;
        self.administrator(&tenant).await;
        let body = json!({ "email": self.email(), "name": "Eve", "role": "employee" });
        self.made(&format!("/v1/tenants/{tenant}/users"), body).await
    }

    /// Takes a collaborator's role as accountant.
    pub(in crate::api::tests) async fn without_accountant(&self, collaborator: &str) {
        let (token, path) =
            (&self.world.partners[0].token, format!("/v1/collaborators/{collaborator}/roles/accountant"));
        let reply = self.desk.ask(axum::http::Method::DELETE, token, &path, None).await;
        assert!(reply.status.is_success(), "{}", reply.body);
    }

    pub(in crate::api::tests) async fn made_by_partner(&self, path: &str, body: Value) -> String {
        self.desk.made(&self.world.partners[0].token, path, body).await
    }

    /// An invitation that waits.
    pub(in crate::api::tests) async fn invitation(&self) -> String {
        let user = self.invited().await.user;
        let query = sqlx::query_scalar("select id from invitation where user_id = $1").bind(user);
        query.fetch_one(self.desk.store.reader()).await.unwrap()
    }

    /// Gives a tenant an active administrator.
    pub(in crate::api::tests) async fn administrator(&self, tenant: &str) {
        let body = json!({ "email": self.email(), "name": "Bea", "role": "administrator" });
        let user = self.answer(&self.world.operator, &format!("/v1/tenants/{tenant}/users"), body).await.body;
        self.sql("update tenant_user set state = 'active' where id = $1", &[user["id"].as_str().unwrap()]).await;
        self.sql("update app_user set state = 'active' where id = $1", &[user["user"].as_str().unwrap()]).await;
    }

    /// A tenant whose white label can be enabled.
    pub(in crate::api::tests) async fn white_label_ready(&self) -> String {
        let tenant = self.tenant().await;
        let label = json!({ "tenant": tenant, "kind": "platform", "label": format!("marque{}", self.number()) });
        let domain = self.made("/v1/domains", label).await;
        self.administrator(&tenant).await;
        let owner = self.active_member().await;
        let rights = "update member set rights = 'white_label.manage settings.manage' where id = $1";
        self.sql(rights, &[&owner.id]).await;
        let body = json!({ "owner": owner.user, "primary_domain": domain });
        let path = format!("/v1/tenants/{tenant}/white-label");
        let put = self.desk.ask(axum::http::Method::PUT, &self.world.operator, &path, Some(body)).await;
        assert!(put.status.is_success(), "{}", put.body);
        tenant
    }

    pub(in crate::api::tests) fn help_link(&self) -> Value {
        json!({
            "kind": "guide", "title_en": "Start", "title_fr": "Débuter",
            "url": format!("https://help.example/{}", self.number()),
        })
    }

    pub(in crate::api::tests) fn retail_offer(&self) -> Value {
        json!({ "kind": "training", "name": format!("Formation {}", self.number()), "price": self.euros(100), "billed": "once" })
    }

    pub(in crate::api::tests) fn payment_method(&self) -> Value {
        json!({ "kind": "card", "name": format!("Carte {}", self.number()) })
    }

    /// What an administrator of a tenant may do. A client's people have sessions, which stand for them in the same way.
    async fn client_of(&self, tenant: &str) -> String {
        let principal = Principal::Tenant(tenant.parse().unwrap());
        let scopes: Vec<_> = Scope::all().filter(|scope| principal.may_hold(*scope)).map(Scope::as_str).collect();
        let text = self.desk.token(Principal::Operator, &scopes.join(" ")).await;
        let hash = TokenText::parse(&text).unwrap().hash();
        let statement = "update api_token set principal = $1 where hash = $2";
        self.sql(statement, &[&principal.to_string(), hash.as_str()]).await;
        text
    }

    /// A collaborator in both roles who came.
    pub(in crate::api::tests) async fn collaborator(&self) -> String {
        let body = json!({ "email": self.email(), "name": "Luc", "roles": ["accountant", "technical_support"] });
        let id = self.desk.made(&self.world.partners[0].token, "/v1/collaborators", body).await;
        self.sql("update member set state = 'active' where id = $1", &[&id]).await;
        let statement = "update app_user set state = 'active' where id = (select user_id from member where id = $1)";
        self.sql(statement, &[&id]).await;
        id
    }

    pub(in crate::api::tests) async fn assignment_to_make(&self) -> Value {
        json!({ "collaborator": self.collaborator().await, "role": "accountant", "tenant": self.tenant().await })
    }

    /// An assignment, and the client whose tenant it is to.
    pub(in crate::api::tests) async fn assignment(&self) -> (String, String) {
        let body = self.assignment_to_make().await;
        let client = self.client_of(body["tenant"].as_str().unwrap()).await;
        (self.desk.made(&self.world.partners[0].token, "/v1/assignments", body).await, client)
    }

    /// A request for a consent, and the client that it asks.
    pub(in crate::api::tests) async fn consent_to_ask(&self) -> (Value, String) {
        let tenant = self.tenant().await;
        self.administrator(&tenant).await;
        let body = json!({ "collaborator": self.collaborator().await, "tenant": tenant, "reason": "La caisse ne démarre plus." });
        (body, self.client_of(&tenant).await)
    }

    pub(in crate::api::tests) async fn asked(&self) -> (String, String) {
        let (body, client) = self.consent_to_ask().await;
        (self.desk.made(&self.world.partners[0].token, "/v1/consents", body).await, client)
    }

    pub(in crate::api::tests) async fn granted(&self) -> (String, String) {
        let (id, client) = self.asked().await;
        self.done_by(&client, &format!("/v1/consents/{id}/grant"), json!({ "lasting": true })).await;
        (id, client)
    }

    /// Has something done that must be.
    pub(in crate::api::tests) async fn done_by(&self, token: &str, path: &str, body: Value) {
        self.answer(token, path, body).await;
    }

    /// Makes the first partner one that may have collaborators of both roles.
    pub(in crate::api::tests) async fn become_a_firm(&self) {
        self.sql("update partner set kind = 'accounting_firm', support_level1 = 1 where id = $1", &[self.partner()])
            .await;
    }
}
