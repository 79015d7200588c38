//! Support messages and what was answered, as rows.

pub mod attachments;

use std::collections::BTreeSet;

use marque_config::TenantId;
use sqlx::{Any, Executor, FromRow};

use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::within::Owner;
use crate::database::{Page, Store, StoreError, Write, parsed};
use crate::kernel::email::Email;
use crate::kernel::ids::MessageId;
use crate::kernel::principal::Reach;
use crate::support::model::{MessagePart, MessageState, Reply, SupportMessage};

/// Which messages are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageFilter {
    /// Those that stand so.
    pub state: Option<MessageState>,
    /// Those of a tenant.
    pub tenant: Option<TenantId>,
    /// Those that were shown to the vendor.
    pub shared: bool,
}

#[derive(FromRow)]
struct Row {
    id: String,
    tenant_id: String,
    tenant_name: String,
    partner_id: String,
    channel: String,
    sender: String,
    sender_email: Option<String>,
    language: String,
    subject: String,
    body: String,
    state: String,
    routed_to: Option<String>,
    ip: Option<String>,
    shared: Option<String>,
    received_ms: i64,
    changed_ms: i64,
}

const SELECT: &str = "select support_message.id as id, support_message.tenant_id as tenant_id,
    tenant.name as tenant_name, support_message.partner_id as partner_id, support_message.channel as channel,
    support_message.sender as sender, support_message.sender_email as sender_email,
    support_message.language as language, support_message.subject as subject, support_message.body as body,
    support_message.state as state, support_message.routed_to as routed_to, support_message.ip as ip,
    support_message.shared as shared, support_message.received_ms as received_ms,
    support_message.changed_ms as changed_ms
    from support_message join tenant on tenant.id = support_message.tenant_id";

const OWNER: Owner = Owner {
    partner: "support_message.partner_id",
    application: "tenant.application_id",
    tenant: "support_message.tenant_id",
};

const ADD: &str = "insert into support_message (id, tenant_id, partner_id, channel, sender, sender_email, language,
    subject, body, state, routed_to, ip, received_ms, changed_ms)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)";

const UPDATE: &str = "update support_message set state = $2, shared = $3, changed_ms = $4 where id = $1";

const LATELY: &str = "select count(*) from support_message where ip = $1 and received_ms > $2";

const ADD_REPLY: &str =
    "insert into support_reply (id, message_id, side, author, body, at_ms) values ($1, $2, $3, $4, $5, $6)";

// The message was found within reach before.
const REPLIES: &str = "select id, side, author, body, at_ms from support_reply
    where message_id = $1 order by at_ms, id limit 200";

impl Store {
    /// One message within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn support_message(&self, reach: &Reach, id: MessageId) -> Result<Option<SupportMessage>, StoreError> {
        one(self.reader(), reach, id).await
    }

    /// The messages within reach, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn support_messages(
        &self,
        reach: &Reach,
        filter: &MessageFilter,
        page: &Page,
    ) -> Result<Vec<SupportMessage>, StoreError> {
        list(reach, filter, page)?.all::<Row, _>(self.reader()).await
    }

    /// What was answered to a message that was found within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn support_replies(&self, id: MessageId) -> Result<Vec<Reply>, StoreError> {
        replies(self.reader(), id).await
    }
}

impl Write {
    /// One message within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn support_message(
        &mut self,
        reach: &Reach,
        id: MessageId,
    ) -> Result<Option<SupportMessage>, StoreError> {
        one(self.connection(), reach, id).await
    }

    /// What was answered to a message that was found within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn support_replies(&mut self, id: MessageId) -> Result<Vec<Reply>, StoreError> {
        replies(self.connection(), id).await
    }

    /// How many messages came from an address since a time.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn messages_from(&mut self, ip: &str, since_ms: i64) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar(LATELY).bind(ip).bind(since_ms).fetch_one(self.connection()).await?)
    }

    /// Adds a message.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_support_message(&mut self, message: &SupportMessage) -> Result<(), StoreError> {
        sqlx::query(ADD)
            .bind(message.id.to_string())
            .bind(message.tenant.to_string())
            .bind(message.partner.to_string())
            .bind(word("support_message.channel", &message.channel)?)
            .bind(&message.sender)
            .bind(message.email.as_ref().map(Email::written))
            .bind(message.language.code())
            .bind(&message.subject)
            .bind(&message.body)
            .bind(word("support_message.state", &message.state)?)
            .bind(message.routed_to.as_deref())
            .bind(message.ip.as_deref())
            .bind(message.received_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Writes the current status of a message, and what of it is shown to the vendor.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_support_message(&mut self, message: &SupportMessage) -> Result<(), StoreError> {
        let parts = |parts: &BTreeSet<MessagePart>| {
            let words = parts.iter().map(|part| word("support_message.shared", part)).collect::<Result<Vec<_>, _>>();
            words.map(|words| words.join(" "))
        };
        let done = sqlx::query(UPDATE)
            .bind(message.id.to_string())
            .bind(word("support_message.state", &message.state)?)
            .bind(message.shared.as_ref().map(parts).transpose()?)
            .bind(message.changed_ms)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }

    /// Adds an answer.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_support_reply(&mut self, message: MessageId, reply: &Reply) -> Result<(), StoreError> {
        sqlx::query(ADD_REPLY)
            .bind(reply.id.to_string())
            .bind(message.to_string())
            .bind(word("support_reply.side", &reply.side)?)
            .bind(&reply.author)
            .bind(&reply.body)
            .bind(reply.at_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

pub(crate) fn list(reach: &Reach, filter: &MessageFilter, page: &Page) -> Result<Statement, StoreError> {
    let state = filter.state.map(|state| word("support_message.state", &state)).transpose()?;
    Ok(Statement::of(SELECT)
        .narrowed("support_message.tenant_id = ?1", filter.tenant.map(|id| id.to_string()))
        .within(OWNER, reach)
        .given("support_message.state = ?1", state)
        .when(filter.shared, "support_message.shared is not null")
        .page("support_message.id", page))
}

async fn one<'e>(
    executor: impl Executor<'e, Database = Any>,
    reach: &Reach,
    id: MessageId,
) -> Result<Option<SupportMessage>, StoreError> {
    let one = Statement::of(SELECT).narrowed("support_message.id = ?1", Some(id.to_string()));
    one.within(OWNER, reach).one::<Row, _>(executor).await
}

async fn replies<'e>(executor: impl Executor<'e, Database = Any>, id: MessageId) -> Result<Vec<Reply>, StoreError> {
    let rows: Vec<(String, String, String, String, i64)> =
        sqlx::query_as(REPLIES).bind(id.to_string()).fetch_all(executor).await?;
    let read = |(id, side, author, body, at_ms): (String, String, String, String, i64)| {
        let (id, side) = (parsed("support_reply.id", &id)?, from_word("support_reply.side", &side)?);
        Ok(Reply { id, side, author, body, at_ms })
    };
    rows.into_iter().map(read).collect()
}

impl TryFrom<Row> for SupportMessage {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let parts = |text: String| {
            text.split_whitespace().map(|part| from_word("support_message.shared", part)).collect::<Result<_, _>>()
        };
        Ok(Self {
            id: parsed("support_message.id", &row.id)?,
            tenant: parsed("support_message.tenant_id", &row.tenant_id)?,
            tenant_name: row.tenant_name,
            partner: parsed("support_message.partner_id", &row.partner_id)?,
            channel: from_word("support_message.channel", &row.channel)?,
            sender: row.sender,
            email: row.sender_email.as_deref().map(|it| parsed("support_message.sender_email", it)).transpose()?,
            language: parsed("support_message.language", &row.language)?,
            subject: row.subject,
            body: row.body,
            state: from_word("support_message.state", &row.state)?,
            routed_to: row.routed_to,
            ip: row.ip,
            shared: row.shared.map(parts).transpose()?,
            received_ms: row.received_ms,
            changed_ms: row.changed_ms,
        })
    }
}
