//! The outbox's file: SQLite, whose rows are events in the order in which they were seen.
//!
//! An event is waiting, or settled: applied or refused by the control plane. What is settled stays for a week. Its identity
//! is the file's own random name and its number, so that no file that takes this one's place makes the same.

use std::path::{Path, PathBuf};

use marque_config::clock::Random;
use marque_config::edge_events::{AROUND_EVENT, EdgeEvent, SettledEvent, UNKNOWN_KIND};
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, FromRow};

use crate::feed::file::{self, FileError};

/// How long what is settled is kept, milliseconds: as old as a backup of the control plane's database may be.
const KEPT_MS: i64 = 7 * 24 * 3_600_000;

/// How long what was refused isn't said again, milliseconds.
const REFUSED_MS: i64 = 3_600_000;

/// What is asked often is answered by an index alone: a row with files is read page by page up to its last column.
const SCHEMA: [&str; 6] = [
    "create table if not exists event (seq integer primary key autoincrement, kind text not null, once text unique,
     body text not null, at_ms integer not null, settled_ms integer, refused text, bytes integer not null default 0)",
    "create table if not exists state (key text primary key, value text not null) without rowid",
    "drop index if exists event_waiting",
    "create index if not exists event_unsettled on event (seq, at_ms, bytes) where settled_ms is null",
    "create index if not exists event_settled on event (settled_ms, refused) where settled_ms is not null",
    "create index if not exists event_message on event (settled_ms, seq, bytes) where kind = 'contact_message'",
];
/// A file from before sizes were kept.
const HAS_SIZES: &str = "select count(*) from pragma_table_info('event') where name in ('seq', 'bytes')";
const ADD_SIZES: &str = "alter table event add column bytes integer not null default 0";
const APPEND: &str = "insert into event (kind, once, body, at_ms, bytes) values ($1, $2, $3, $4, $5)";
const KEPT: &str = "select body from event where once = $1";
const MESSAGES: &str = "select count(*), coalesce(sum(bytes), 0) from event
                        where kind = 'contact_message' and settled_ms is null";
const ARRIVED: &str = "select seq, bytes from event where kind = 'contact_message' and settled_ms is not null
                       order by settled_ms desc, seq desc";
const FORGET: &str = "delete from event where seq = $1";
/// What was refused a while ago may be said again, as another event.
const FORGET_REFUSED: &str = "delete from event where once = $1 and refused is not null and settled_ms < $2";
const SIZES: &str = "select seq, bytes from event where settled_ms is null order by seq limit $1";
const WAITING: &str = "select seq, kind, body, at_ms from event where settled_ms is null and seq <= $1 order by seq";
const SETTLE: &str = "update event set settled_ms = $2, refused = $3 where seq = $1";
const COUNT: &str = "select count(*) as events, min(at_ms) as oldest_ms, coalesce(sum(bytes), 0) as bytes from event
                     where settled_ms is null";
const REOPEN: &str = "update event set settled_ms = null, refused = null where settled_ms is not null";
const PRUNE: &str = "delete from event where settled_ms < $1";
const RETRY: &str = "update event set settled_ms = null, refused = null where refused = $1 and settled_ms < $2";
const STATE: &str = "select value from state where key = $1";
const SET_STATE: &str = "insert into state (key, value) values ($1, $2)
                         on conflict (key) do update set value = excluded.value";

/// The outbox's file, opened.
#[derive(Debug)]
pub(super) struct BoxFile {
    connection: SqliteConnection,
    /// What the identities of its events begin with.
    name: String,
}

/// An event to be kept.
#[derive(Debug, Clone)]
pub(super) struct NewEvent {
    pub(super) kind: &'static str,
    /// What is kept once, and not again while it is.
    pub(super) once: Option<String>,
    /// JSON.
    pub(super) body: String,
    pub(super) at_ms: i64,
    /// For a message: how much of them there may be.
    pub(super) room: Option<Room>,
}

/// How many messages may be kept, and of how many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// As many wait at most.
    pub messages: i64,
    /// So many bytes all have, those that have arrived among them.
    pub bytes: i64,
}

/// What became of an event that was to be kept once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is kept.
    New,
    /// It was kept already.
    Same,
    /// Another was kept in its place, and it isn't.
    Other,
}

/// What waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, FromRow)]
pub(crate) struct Waiting {
    /// How many events.
    pub(crate) events: i64,
    /// When the oldest was seen.
    pub(crate) oldest_ms: Option<i64>,
    /// How many bytes they have.
    pub(crate) bytes: i64,
}

/// Why the file can't be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum BoxError {
    /// It can't be made, or set aside.
    #[error("the outbox's file")]
    File(#[from] FileError),
    /// The database says no.
    #[error("the outbox's database")]
    Database(#[from] sqlx::Error),
    /// What is in it isn't what was written.
    #[error("the outbox's file is damaged: {0}")]
    Damaged(String),
    /// There are as many messages as there may be.
    #[error("the outbox has as many messages as it may")]
    Full,
}

#[derive(FromRow)]
struct Row {
    seq: i64,
    kind: String,
    body: String,
    at_ms: i64,
}

impl BoxFile {
    /// Opens the file, making it if need be.
    ///
    /// # Errors
    /// [`BoxError`].
    pub(super) async fn open(path: &Path, random: &dyn Random) -> Result<Self, BoxError> {
        file::private(path)?;
        let mut connection = SqliteConnection::connect_with(&file::options(path)).await?;
        let known: i64 = sqlx::query_scalar(HAS_SIZES).fetch_one(&mut connection).await?;
        if known == 1 {
            sqlx::query(ADD_SIZES).execute(&mut connection).await?;
        }
        for statement in SCHEMA {
            sqlx::query(statement).execute(&mut connection).await?;
        }
        let sound: String = sqlx::query_scalar("pragma quick_check(1)").fetch_one(&mut connection).await?;
        if sound != "ok" {
            return Err(BoxError::Damaged(sound));
        }
        let mut file = Self { connection, name: String::new() };
        file.name = match file.state("name").await? {
            Some(name) => name,
            None => file.draw_name(random).await?,
        };
        Ok(file)
    }

    /// Moves a damaged file, and what SQLite has beside it, out of the way.
    ///
    /// # Errors
    /// [`BoxError`].
    pub(super) fn set_aside(path: &Path, now_ms: i64) -> Result<PathBuf, BoxError> {
        Ok(file::set_aside(path, now_ms)?)
    }

    async fn draw_name(&mut self, random: &dyn Random) -> Result<String, BoxError> {
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        let name = format!("{:016x}", u64::from_be_bytes(bytes));
        self.set_state("name", &name).await?;
        Ok(name)
    }

    /// Keeps an event; durable when it returns.
    ///
    /// # Errors
    /// [`BoxError`]; it isn't kept then.
    pub(super) async fn append(&mut self, event: &NewEvent) -> Result<Appended, BoxError> {
        let mut transaction = self.connection.begin().await?;
        if let Some(once) = &event.once {
            let query = sqlx::query(FORGET_REFUSED).bind(once).bind(event.at_ms - REFUSED_MS);
            query.execute(&mut *transaction).await?;
            let kept: Option<String> = sqlx::query_scalar(KEPT).bind(once).fetch_optional(&mut *transaction).await?;
            if let Some(kept) = kept {
                transaction.commit().await?;
                return Ok(if kept == event.body { Appended::Same } else { Appended::Other });
            }
        }
        let bytes = i64::try_from(event.body.len()).unwrap_or(i64::MAX);
        if let Some(room) = event.room {
            make_room(&mut transaction, room, bytes).await?;
        }
        let query = sqlx::query(APPEND).bind(event.kind).bind(&event.once).bind(&event.body).bind(event.at_ms);
        query.bind(bytes).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(Appended::New)
    }

    /// The oldest events that wait: at most so many, and no more bytes than that where there is more than one.
    ///
    /// # Errors
    /// [`BoxError`].
    pub(super) async fn waiting(&mut self, most: usize, most_bytes: usize) -> Result<Vec<EdgeEvent>, BoxError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let sizes: Vec<(i64, i64)> = sqlx::query_as(SIZES).bind(most).fetch_all(&mut self.connection).await?;
        let Some(last) = last_within(&sizes, most_bytes) else { return Ok(Vec::new()) };
        let rows: Vec<Row> = sqlx::query_as(WAITING).bind(last).fetch_all(&mut self.connection).await?;
        let event = |Row { seq, kind, body, at_ms }: Row| {
            let body = serde_json::from_str(&body).map_err(|_| BoxError::Damaged(format!("event {seq}")))?;
            Ok(EdgeEvent { id: format!("{}-{seq}", self.name), at_ms, kind, body })
        };
        rows.into_iter().map(event).collect()
    }

    /// Notes what became of events, and gives how many of them are here.
    ///
    /// # Errors
    /// [`BoxError`]; nothing is noted then.
    pub(super) async fn settle(&mut self, settled: &[SettledEvent], now_ms: i64) -> Result<u64, BoxError> {
        let mut transaction = self.connection.begin().await?;
        let mut noted = 0;
        for event in settled {
            let number = event.id.strip_prefix(&self.name).and_then(|rest| rest.strip_prefix('-')?.parse::<i64>().ok());
            let Some(seq) = number else { continue };
            let query = sqlx::query(SETTLE).bind(seq).bind(now_ms).bind(&event.refused);
            noted += query.execute(&mut *transaction).await?.rows_affected();
        }
        transaction.commit().await?;
        Ok(noted)
    }

    /// Has everything that is kept wait again, where it went to the database of another epoch.
    ///
    /// # Errors
    /// [`BoxError`]; nothing is changed then.
    pub(super) async fn follow(&mut self, epoch: &str) -> Result<(), BoxError> {
        let known = self.state("epoch").await?;
        if known.as_deref() == Some(epoch) {
            return Ok(());
        }
        let mut transaction = self.connection.begin().await?;
        sqlx::query(REOPEN).execute(&mut *transaction).await?;
        sqlx::query(SET_STATE).bind("epoch").bind(epoch).execute(&mut *transaction).await?;
        transaction.commit().await?;
        if known.is_some() {
            tracing::warn!(epoch, "the control plane has another database: what the outbox keeps is sent again");
        }
        Ok(())
    }

    /// Forgets what was settled long ago, and has wait again what no control plane knew how to take.
    ///
    /// # Errors
    /// [`BoxError`].
    pub(super) async fn prune(&mut self, now_ms: i64) -> Result<(), BoxError> {
        sqlx::query(PRUNE).bind(now_ms - KEPT_MS).execute(&mut self.connection).await?;
        sqlx::query(RETRY).bind(UNKNOWN_KIND).bind(now_ms - REFUSED_MS).execute(&mut self.connection).await?;
        Ok(())
    }

    /// What waits.
    ///
    /// # Errors
    /// [`BoxError`].
    pub(super) async fn counted(&mut self) -> Result<Waiting, BoxError> {
        Ok(sqlx::query_as(COUNT).fetch_one(&mut self.connection).await?)
    }

    #[cfg(test)]
    pub(super) async fn close(self) {
        self.connection.close().await.unwrap();
    }

    /// Has the file grow no further than so many pages, or what it has.
    #[cfg(test)]
    pub(super) async fn limit(&mut self, pages: i64) {
        let pragma = sqlx::AssertSqlSafe(format!("pragma max_page_count = {pages}"));
        sqlx::query(pragma).execute(&mut self.connection).await.unwrap();
    }

    async fn state(&mut self, key: &str) -> Result<Option<String>, BoxError> {
        Ok(sqlx::query_scalar(STATE).bind(key).fetch_optional(&mut self.connection).await?)
    }

    async fn set_state(&mut self, key: &str, value: &str) -> Result<(), BoxError> {
        sqlx::query(SET_STATE).bind(key).bind(value).execute(&mut self.connection).await?;
        Ok(())
    }
}

impl BoxError {
    /// Whether the file itself is at fault.
    pub(super) fn is_damage(&self) -> bool {
        match self {
            Self::Damaged(_) => true,
            Self::Database(error) => file::is_damage(error),
            Self::File(_) | Self::Full => false,
        }
    }

    /// Whether the disk is full.
    pub(super) fn is_no_space(&self) -> bool {
        match self {
            Self::Database(error) => file::is_no_space(error),
            Self::File(error) => error.source.kind() == std::io::ErrorKind::StorageFull,
            Self::Damaged(_) | Self::Full => false,
        }
    }
}

/// Sees to it that one more message of so many bytes has its place: those that have arrived go first, the oldest of them
/// before the others, though a database that is restored from before then won't get them again.
async fn make_room(connection: &mut SqliteConnection, room: Room, bytes: i64) -> Result<(), BoxError> {
    let (messages, waiting): (i64, i64) = sqlx::query_as(MESSAGES).fetch_one(&mut *connection).await?;
    if messages >= room.messages || waiting + bytes > room.bytes {
        return Err(BoxError::Full);
    }
    let mut left = room.bytes - waiting - bytes;
    let arrived: Vec<(i64, i64)> = sqlx::query_as(ARRIVED).fetch_all(&mut *connection).await?;
    for (seq, bytes) in arrived {
        left = left.saturating_sub(bytes);
        if left < 0 {
            sqlx::query(FORGET).bind(seq).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

/// The number of the last of the first events that fit together, or of the first.
fn last_within(sizes: &[(i64, i64)], most_bytes: usize) -> Option<i64> {
    let mut left = i64::try_from(most_bytes).unwrap_or(i64::MAX);
    let around = i64::try_from(2 * AROUND_EVENT).unwrap_or_default();
    let fits = sizes.iter().take_while(|(_, bytes)| {
        left -= bytes + around;
        left >= 0
    });
    fits.last().or_else(|| sizes.first()).map(|(seq, _)| *seq)
}
