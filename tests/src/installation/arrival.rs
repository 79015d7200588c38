//! People who follow the link of an invitation, as they would from their mail; and the handover, which is that of a client's
//! first administrator.

use std::fs;

use anyhow::{Context as _, Result};
use marque_config::seal::{Context, KeyRing, Purpose, Sealed};
use serde_json::json;
use sqlx::AnyPool;

use super::{Database, Site};
use crate::api::Api;

/// What everybody here chooses as password.
pub const PASSWORD: &str = "une phrase assez longue";

impl Site {
    /// Hands a client's tenant over: its first administrator is invited by the partner, follows the link, and comes in.
    ///
    /// # Errors
    /// When the API refuses, or no mail was written.
    pub async fn hand_over(&self, database: &Database, partner: &Api, (tenant, email): (&str, &str)) -> Result<Api> {
        let administrator = json!({"email": email, "name": "Anne Martin", "role": "administrator"});
        partner.post(&format!("/v1/tenants/{tenant}/users"), administrator).await?;
        self.arrive(database, partner, email).await
    }

    /// Follows the invitation that waits to be mailed to somebody, and comes in.
    ///
    /// # Errors
    /// When there is none, or the API refuses.
    pub async fn arrive(&self, database: &Database, api: &Api, email: &str) -> Result<Api> {
        let link = self.link(database, email).await?;
        let nobody = api.with_token("");
        nobody.post("/v1/invitations/accept", json!({"token": link, "password": PASSWORD})).await?;
        nobody.entered(email, PASSWORD).await
    }

    /// What the link holds of the newest invitation to somebody. The mail waits for a server that isn't there, and its secret
    /// lies sealed beside it.
    async fn link(&self, database: &Database, email: &str) -> Result<String> {
        sqlx::any::install_default_drivers();
        let pool = AnyPool::connect(&database.0).await.context("look at the mails")?;
        let mail = "select id, secret from mail where to_address = $1 and kind = 'invitation' order by created_ms desc";
        let (id, secret): (String, Vec<u8>) = sqlx::query_as(mail).bind(email).fetch_one(&pool).await?;
        pool.close().await;
        let key = KeyRing::parse(&fs::read_to_string(self.store_key()).context("read the store key")?)?;
        let of_mail = Context { purpose: Purpose::MailSecret, owner: &id, name: "" };
        let link = key.open(of_mail, &Sealed::from_bytes(secret))?;
        String::from_utf8(link.to_vec()).context("a link is text")
    }
}
