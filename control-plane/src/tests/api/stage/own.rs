//! People's own matters: sessions, passwords, second factors, tokens. What samples of them need.

use serde_json::{Value, json};

use super::Stage;
use crate::tests::api::sessions::{authenticator, shown};
use crate::tests::api::visitor::{PASSWORD, Visitor};

/// Somebody who came in.
pub(in crate::tests::api) struct Known {
    pub(in crate::tests::api) email: String,
    pub(in crate::tests::api) visitor: Visitor,
}

impl Stage {
    /// A member of the first partner who came in.
    pub(in crate::tests::api) async fn member(&self, rights: &[&str]) -> Known {
        let email = self.email();
        let visitor = self.desk.member(&self.world.operator, self.partner(), &email, rights).await;
        Known { email, visitor }
    }

    /// One of a tenant's own people who came in, at a level.
    pub(in crate::tests::api) async fn client_of(&self, tenant: &str, role: &str) -> Known {
        let email = self.email();
        let visitor = self.desk.tenant_user(&self.world.operator, tenant, &email, role).await;
        Known { email, visitor }
    }

    /// A member whose second factor is in place, with the codes that let in once each.
    pub(in crate::tests::api) async fn protected(&self) -> (Known, Vec<Value>) {
        let known = self.member(&[]).await;
        let code = self.first_code(&known).await;
        let confirmed = known.visitor.post(&self.desk, "/v1/me/second-factor/confirm", code).await;
        (known, confirmed.body["codes"].as_array().unwrap().clone())
    }

    /// Draws a second factor for somebody, and gives its first code.
    pub(in crate::tests::api) async fn first_code(&self, known: &Known) -> Value {
        let again = json!({ "password": PASSWORD });
        let enrolled = known.visitor.post(&self.desk, "/v1/me/second-factor", again).await.body;
        let totp = authenticator(enrolled["secret"].as_str().unwrap());
        json!({ "code": shown(&totp, &self.desk) })
    }
}
