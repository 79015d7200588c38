//! Support messages and what was answered, as rows.

pub mod attachments;

use marque_config::TenantId;
use sqlx::{Any, Executor};

use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::stored::{Column, Stored};
use crate::database::within::Owner;
use crate::database::{Page, Store, StoreError, Write, parsed};
use crate::kernel::ids::MessageId;
use crate::kernel::principal::Reach;
use crate::support::model::{MessageState, Reply, SupportMessage};

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

impl Stored for SupportMessage {
    const TABLE: &'static str = "support_message";
    const COLUMNS: &'static [Column] = &[
        Column::text("id"),
        Column::text("tenant_id").of("tenant"),
        Column::text("(select name from tenant where tenant.id = support_message.tenant_id)")
            .derived()
            .of("tenant_name"),
        Column::text("partner_id").of("partner"),
        Column::text("channel"),
        Column::text("sender"),
        Column::text("sender_email").of("email"),
        Column::text("language"),
        Column::text("subject"),
        Column::text("body"),
        Column::text("state"),
        Column::text("routed_to"),
        Column::text("ip"),
        Column::words("shared"),
        Column::number("received_ms"),
        Column::number("changed_ms"),
    ];
}

const OWNER: Owner = Owner {
    application: "(select application_id from tenant where tenant.id = support_message.tenant_id)",
    ..Owner::ROW
};

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
        one(reach, id).resource(self.reader()).await
    }

    /// The messages within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn support_messages(
        &self,
        reach: &Reach,
        filter: &MessageFilter,
        page: &Page,
    ) -> Result<Vec<SupportMessage>, StoreError> {
        list(reach, filter, page)?.resources(self.reader()).await
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
        one(reach, id).resource(self.connection()).await
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
    Ok(Statement::select::<SupportMessage>()
        .narrowed("tenant_id = ?1", filter.tenant.map(|id| id.to_string()))
        .within(OWNER, reach)
        .given("state = ?1", state)
        .when(filter.shared, "shared is not null")
        .page("id", page))
}

fn one(reach: &Reach, id: MessageId) -> Statement {
    Statement::select_one::<SupportMessage>(&id).within(OWNER, reach)
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
