//! The outbox of mails, as rows.

use super::hostnames::word;
use super::{StoreError, Write, to_json};
use crate::model::ids::MailId;
use crate::model::mail::Mail;

const ADD: &str = "insert into mail
    (id, to_address, kind, language, partner_id, facts, state, attempts, next_ms, created_ms)
    values ($1, $2, $3, $4, $5, $6, 'waiting', 0, $7, $7)";

impl Write {
    /// Writes a mail to be sent, when this write commits.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn mail(&mut self, mail: Mail) -> Result<(), StoreError> {
        let id: MailId = self.id();
        let now_ms = self.now_ms();
        sqlx::query(ADD)
            .bind(id.to_string())
            .bind(mail.to.written())
            .bind(word("mail.kind", &mail.kind)?)
            .bind(mail.language.code())
            .bind(mail.partner.map(|partner| partner.to_string()))
            .bind(to_json("mail.facts", &mail.values)?)
            .bind(now_ms)
            .execute(self.connection())
            .await?;
        self.wake(super::Signal::Tasks);
        Ok(())
    }
}
