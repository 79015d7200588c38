//! What goes along with support messages, as rows. The message was found within reach before.

use sqlx::{Any, Executor, FromRow};

use crate::database::row::{from_word, word};
use crate::database::statement::Statement;
use crate::database::{Store, StoreError, Write};
use crate::kernel::ids::MessageId;
use crate::notify::model::attachment::{Attachment, File};

const ADD: &str = "insert into support_attachment (message_id, number, name, media_type, size, content)
    values ($1, $2, $3, $4, $5, $6)";

const LIST: &str =
    "select number, name, media_type, size from support_attachment where message_id = $1 order by number";

const FILES: &str = "select name, media_type, content from support_attachment";

#[derive(FromRow)]
struct Row {
    number: i64,
    name: String,
    media_type: String,
    size: i64,
}

impl Store {
    /// What goes along with a message, without what is in it.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn attachments(&self, message: MessageId) -> Result<Vec<Attachment>, StoreError> {
        list(self.reader(), message).await
    }

    /// The files that go along with a message, or the one of this number.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn files(&self, message: MessageId, number: Option<i64>) -> Result<Vec<File>, StoreError> {
        let rows: Vec<(String, String, Vec<u8>)> = Statement::of(FILES)
            .with("message_id = ?1", message.to_string())
            .given("number = ?1", number)
            .text(" order by number", [])
            .rows(self.reader())
            .await?;
        let read = |(name, media_type, content): (String, String, Vec<u8>)| {
            Ok(File { name, media_type: from_word("support_attachment.media_type", &media_type)?, content })
        };
        rows.into_iter().map(read).collect()
    }
}

impl Write {
    /// What goes along with a message, without what is in it.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn attachments(&mut self, message: MessageId) -> Result<Vec<Attachment>, StoreError> {
        list(self.connection(), message).await
    }

    /// Adds files to a message that has none yet.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_attachments(&mut self, message: MessageId, files: &[File]) -> Result<(), StoreError> {
        for (number, file) in (1_i64..).zip(files) {
            sqlx::query(ADD)
                .bind(message.to_string())
                .bind(number)
                .bind(&file.name)
                .bind(word("support_attachment.media_type", &file.media_type)?)
                .bind(i64::try_from(file.content.len()).unwrap_or(i64::MAX))
                .bind(file.content.as_slice())
                .execute(self.connection())
                .await?;
        }
        Ok(())
    }
}

async fn list<'e>(
    executor: impl Executor<'e, Database = Any>,
    message: MessageId,
) -> Result<Vec<Attachment>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(LIST).bind(message.to_string()).fetch_all(executor).await?;
    let read = |Row { number, name, media_type, size }: Row| {
        Ok(Attachment { number, name, media_type: from_word("support_attachment.media_type", &media_type)?, size })
    };
    rows.into_iter().map(read).collect()
}
