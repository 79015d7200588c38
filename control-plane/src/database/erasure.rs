//! What is known of a person, taken out of the rows. What stays for the law's sake stays under the person's own identity,
//! which says nothing of who they were. `erasure/columns.tsv` says of every column what becomes of it.

use aws_lc_rs::digest::{SHA256, digest};
use marque_config::{PartnerId, TenantId};

use super::{Store, StoreError, Whose, Write, parsed};
use crate::kernel::email::Email;
use crate::kernel::ids::{ClientId, MemberId, TenantUserId, UserId};
use crate::kernel::search::SearchKind;
use crate::kernel::token::hex;

/// A place that a person has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Among a partner's people.
    Member(MemberId),
    /// Among a tenant's people.
    TenantUser(TenantUserId),
    /// Among the vendor's staff.
    Operator,
}

/// Answers that were kept for requests sent twice, by whom and under which key.
pub type KeptAnswers = Vec<(String, String)>;

// What stands where something personal stood.
const PERSON: [&str; 9] = [
    "update app_user set email_compared = id || '@erased.invalid', email_written = id || '@erased.invalid', name = '—',
        password_hash = null, totp_sealed = null, totp_since_ms = null where id = $1",
    "update member set name = '—' where user_id = $1",
    "update tenant_user set name = '—' where user_id = $1",
    "update operator_user set name = '—' where user_id = $1",
    "delete from recovery_code where user_id = $1",
    "delete from password_reset where user_id = $1",
    "delete from session where user_id = $1",
    "delete from home_layout where owner = $1",
    "update consent_session set ip = null where opened_by = $1 and ip is not null",
];

const WAITING_MAILS: &str = "delete from mail where to_address = $1 and state = 'waiting'";

const MAILS: &str = "update mail set to_address = '—', to_domain = null, facts = '{}', secret = null, said = null where to_address = $1";

const MESSAGES: &str = "select id from support_message where sender_email is not null
    and lower(sender_email) in ($1, $2) order by id";

const MESSAGE: &str =
    "update support_message set sender = '—', sender_email = null, subject = '—', body = '—', ip = null
    where id = $1";

impl Store {
    /// The clients that have this address, or a contact with it. Reads all of them.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn clients_naming(&self, email: &Email) -> Result<Vec<ClientId>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar(
            "select id from client where email_compared = $1 or lower(contacts) like $2 escape '\\'
             or lower(contacts) like $3 escape '\\' order by id",
        )
        .bind(email.compared())
        .bind(containing(email.compared()))
        .bind(containing(email.written()))
        .fetch_all(self.reader())
        .await?;
        ids.iter().map(|id| parsed("client.id", id)).collect()
    }

    /// The support messages that were mailed to this address. Reads all of them.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn messages_routed_to(&self, email: &Email) -> Result<Vec<String>, StoreError> {
        let query = sqlx::query_scalar(
            "select id from support_message where lower(routed_to) like $1 escape '\\'
             or lower(routed_to) like $2 escape '\\' order by id",
        );
        let query = query.bind(containing(email.compared())).bind(containing(email.written()));
        Ok(query.fetch_all(self.reader()).await?)
    }

    /// The answers in which one of these texts stands. Reads all of them, once for each text.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn answers_with(&self, texts: &[String]) -> Result<KeptAnswers, StoreError> {
        let mut answers = KeptAnswers::new();
        for text in texts {
            let query = "select principal, key from idempotency where lower(body) like $1 escape '\\'";
            answers.extend(sqlx::query_as(query).bind(containing(text)).fetch_all(self.reader()).await?);
        }
        answers.sort();
        answers.dedup();
        Ok(answers)
    }

    /// The spaces of a client.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn spaces_of(&self, client: ClientId) -> Result<Vec<String>, StoreError> {
        let spaces = sqlx::query_scalar("select id from tenant where client_id = $1 order by id");
        Ok(spaces.bind(client.to_string()).fetch_all(self.reader()).await?)
    }
}

impl Write {
    /// The places that a person has.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn places_of(&mut self, user: UserId) -> Result<Vec<Place>, StoreError> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "select 'member', id from member where user_id = $1 and state <> 'removed'
             union all select 'tenant_user', id from tenant_user where user_id = $1 and state <> 'removed'
             union all select 'operator', user_id from operator_user where user_id = $1 and state <> 'removed'",
        )
        .bind(user.to_string())
        .fetch_all(self.connection())
        .await?;
        let place = |(kind, id): (String, String)| match kind.as_str() {
            "member" => Ok(Place::Member(parsed("member.id", &id)?)),
            "tenant_user" => Ok(Place::TenantUser(parsed("tenant_user.id", &id)?)),
            _ => Ok(Place::Operator),
        };
        rows.into_iter().map(place).collect()
    }

    /// Takes a person's name, address and ways in out of their rows, and from where they came.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn erase_person(&mut self, user: UserId) -> Result<(), StoreError> {
        for statement in PERSON {
            sqlx::query(statement).bind(user.to_string()).execute(self.connection()).await?;
        }
        self.end_factor_reset(user).await?;
        self.forget_audit_addresses_of(user).await?;
        self.index_everywhere(user).await
    }

    /// Takes an address out of what was mailed to it, and out of what keeps a product from being tried twice; mails that
    /// wait are never sent. Says of how many mails.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn erase_address(&mut self, email: &Email) -> Result<u64, StoreError> {
        let mut count = 0;
        for statement in [WAITING_MAILS, MAILS] {
            let done = sqlx::query(statement).bind(email.written()).execute(self.connection()).await?;
            count += done.rows_affected();
            if email.compared() != email.written() {
                let done = sqlx::query(statement).bind(email.compared()).execute(self.connection()).await?;
                count += done.rows_affected();
            }
        }
        sqlx::query("update trial_use set email_hash = 'erased ' || order_id where email_hash = $1")
            .bind(hex(digest(&SHA256, email.compared().as_bytes()).as_ref()))
            .execute(self.connection())
            .await?;
        Ok(count)
    }

    /// Takes what somebody wrote from an address out of support messages, and what went along; that there were messages,
    /// and what was answered, stays. Says whose messages.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn erase_messages_from(&mut self, email: &Email) -> Result<Vec<String>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar(MESSAGES)
            .bind(email.compared())
            .bind(email.written().to_lowercase())
            .fetch_all(self.connection())
            .await?;
        for id in &ids {
            for statement in ["delete from support_attachment where message_id = $1", MESSAGE] {
                sqlx::query(statement).bind(id).execute(self.connection()).await?;
            }
        }
        Ok(ids)
    }

    /// Takes an address out of where a message was mailed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn erase_route(&mut self, message: &str, email: &Email) -> Result<(), StoreError> {
        let routed: Option<Option<String>> = sqlx::query_scalar("select routed_to from support_message where id = $1")
            .bind(message)
            .fetch_optional(self.connection())
            .await?;
        let Some(Some(routed)) = routed else { return Ok(()) };
        let is_meant = |part: &str| part.parse::<Email>().is_ok_and(|part| part == *email);
        let left: Vec<_> = routed.split(", ").map(|part| if is_meant(part) { "—" } else { part }).collect();
        sqlx::query("update support_message set routed_to = $2 where id = $1")
            .bind(message)
            .bind(left.join(", "))
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Takes the name of a client out of its spaces, which are closed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn erase_spaces_of(&mut self, client: ClientId) -> Result<(), StoreError> {
        let spaces: Vec<(String, String)> =
            sqlx::query_as("select id, partner_id from tenant where client_id = $1 and state = 'closed'")
                .bind(client.to_string())
                .fetch_all(self.connection())
                .await?;
        for (id, partner) in spaces {
            for statement in [
                "update tenant set name = '—', account = null, state_reason = null where id = $1",
                "update white_label set brand = null where tenant_id = $1",
                "update activation set name = null where tenant_id = $1",
            ] {
                sqlx::query(statement).bind(&id).execute(self.connection()).await?;
            }
            let (tenant, partner): (TenantId, PartnerId) =
                (parsed("tenant.id", &id)?, parsed("tenant.partner_id", &partner)?);
            self.unindex(SearchKind::Tenant, &id, Whose::tenant(partner, tenant));
        }
        Ok(())
    }

    /// Takes what was answered out of what is kept for requests sent twice; that they were done stays, so that nothing is
    /// done again.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn erase_answers(&mut self, answers: &KeptAnswers) -> Result<(), StoreError> {
        for (principal, key) in answers {
            sqlx::query("update idempotency set body = '{}' where principal = $1 and key = $2")
                .bind(principal)
                .bind(key)
                .execute(self.connection())
                .await?;
        }
        Ok(())
    }
}

/// What a text is like that holds this one, whatever its letters' case.
fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for character in text.to_lowercase().chars() {
        if "%_\\".contains(character) {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests;
