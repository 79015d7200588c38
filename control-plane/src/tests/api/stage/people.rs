//! People, collaborators, white label: what samples of them need.

use serde_json::{Value, json};

use super::Stage;
use crate::tests::api::desk::Reply;

/// A client's space that is served, and somebody who sets it up.
pub(in crate::tests::api) struct Door {
    /// The space.
    pub(in crate::tests::api) tenant: String,
    /// What the person shows.
    pub(in crate::tests::api) person: String,
    /// Where they ask for a ticket.
    pub(in crate::tests::api) path: String,
}

/// A member of the first partner.
pub(in crate::tests::api) struct Member {
    pub(in crate::tests::api) id: String,
    pub(in crate::tests::api) user: String,
}

impl Stage {
    /// A mail address that nobody else has.
    pub(in crate::tests::api) fn email(&self) -> String {
        format!("p{}@nord.example", self.number())
    }

    pub(in crate::tests::api) fn member_to_invite(&self) -> Value {
        json!({ "partner": self.partner(), "email": self.email(), "name": "Anne", "rights": ["clients.manage"] })
    }

    /// What was made, whole.
    async fn answer(&self, token: &str, path: &str, body: Value) -> Reply {
        let reply = self.desk.post(token, path, body).await;
        assert!(reply.status.is_success(), "{path}: {}", reply.body);
        reply
    }

    async fn invited(&self) -> Member {
        let member = self.answer(&self.world.operator, "/v1/members", self.member_to_invite()).await.body;
        let text = |name: &str| member[name].as_str().unwrap().to_owned();
        Member { id: text("id"), user: text("user") }
    }

    /// One that came.
    pub(in crate::tests::api) async fn active_member(&self) -> Member {
        let member = self.invited().await;
        self.desk.sql("update member set state = 'active' where id = $1", &[&member.id]).await;
        self.desk.sql("update app_user set state = 'active' where id = $1", &[&member.user]).await;
        member
    }

    /// A space that is served, and somebody who sets it up.
    pub(in crate::tests::api) async fn door(&self) -> Door {
        let (tenant, label) = (self.tenant().await, format!("four{}", self.number()));
        self.done(&format!("/v1/tenants/{tenant}/bind"), json!({ "account": label })).await;
        self.made("/v1/domains", json!({ "tenant": tenant, "kind": "platform", "label": label })).await;
        let known = self.member(&[]).await;
        let member = sqlx::query_scalar("select id from member where user_id = $1");
        let user = known.visitor.session["user"].as_str().unwrap();
        let member: String = member.bind(user).fetch_one(self.desk.store.reader()).await.unwrap();
        self.made(&format!("/v1/tenants/{tenant}/setup-access"), json!({ "member": member })).await;
        let path = format!("/v1/tenants/{tenant}/entries");
        Door { tenant, person: known.visitor.pass(), path }
    }

    /// One of a tenant's own people.
    pub(in crate::tests::api) async fn tenant_user(&self) -> String {
        let tenant = self.tenant().await;
        self.administrator(&tenant).await;
        let body = json!({ "email": self.email(), "name": "Eve", "role": "employee" });
        self.made(&format!("/v1/tenants/{tenant}/users"), body).await
    }

    pub(in crate::tests::api) async fn made_by_partner(&self, path: &str, body: Value) -> String {
        self.desk.made(&self.world.partners[0].token, path, body).await
    }

    /// An invitation that waits.
    pub(in crate::tests::api) async fn invitation(&self) -> String {
        let user = self.invited().await.user;
        let query = sqlx::query_scalar("select id from invitation where user_id = $1").bind(user);
        query.fetch_one(self.desk.store.reader()).await.unwrap()
    }

    /// Gives a tenant an active administrator.
    pub(in crate::tests::api) async fn administrator(&self, tenant: &str) {
        let body = json!({ "email": self.email(), "name": "Bea", "role": "administrator" });
        let user = self.answer(&self.world.operator, &format!("/v1/tenants/{tenant}/users"), body).await.body;
        self.desk.sql("update tenant_user set state = 'active' where id = $1", &[user["id"].as_str().unwrap()]).await;
        self.desk.sql("update app_user set state = 'active' where id = $1", &[user["user"].as_str().unwrap()]).await;
    }

    /// A tenant whose white label can be enabled.
    pub(in crate::tests::api) async fn white_label_ready(&self) -> String {
        let tenant = self.tenant().await;
        let label = json!({ "tenant": tenant, "kind": "platform", "label": format!("marque{}", self.number()) });
        let domain = self.made("/v1/domains", label).await;
        self.administrator(&tenant).await;
        let owner = self.active_member().await;
        let rights = "update member set rights = 'white_label.manage settings.manage' where id = $1";
        self.desk.sql(rights, &[&owner.id]).await;
        let body = json!({ "owner": owner.user, "primary_domain": domain });
        let path = format!("/v1/tenants/{tenant}/white-label");
        let put = self.desk.ask(axum::http::Method::PUT, &self.world.operator, &path, Some(body)).await;
        assert!(put.status.is_success(), "{}", put.body);
        tenant
    }

    pub(in crate::tests::api) fn help_link(&self) -> Value {
        json!({
            "kind": "guide", "title_en": "Start", "title_fr": "Débuter",
            "url": format!("https://help.example/{}", self.number()),
        })
    }

    pub(in crate::tests::api) fn retail_offer(&self) -> Value {
        json!({ "kind": "training", "name": format!("Formation {}", self.number()), "price": self.euros(100), "billed": "once" })
    }

    pub(in crate::tests::api) fn payment_method(&self) -> Value {
        json!({ "kind": "card", "name": format!("Carte {}", self.number()) })
    }
}
