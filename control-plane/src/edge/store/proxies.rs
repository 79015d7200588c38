//! Which proxies are live, and how far each has come. What happens all the time, that a stream is still open and that
//! something was acknowledged, is gathered in memory and written once a second for all proxies, outside of the gate.

use std::collections::BTreeSet;

use marque_config::feed::{Format, Revision};
use sqlx::{Any, AnyConnection, AssertSqlSafe, Executor, FromRow};

use crate::database::presence::{LIVE_MS, Note};
use crate::database::{Signal, Store, StoreError, Write, rows, signal};

/// Whether every live proxy has a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Barrier {
    /// All have it.
    Reached,
    /// These have not.
    Waiting {
        /// Their names.
        behind: Vec<String>,
    },
    /// No proxy is live: nothing was reached.
    NoneLive,
}

/// A proxy's stream while it is open in this process: dropped, the proxy counts as live for ten seconds more.
pub struct OpenStream {
    store: Store,
    name: String,
    stream: String,
}

#[derive(FromRow)]
struct Row {
    name: String,
    acked_revision: i64,
    live_until_ms: i64,
    stream: Option<String>,
    format: Option<i64>,
    format_stream: Option<String>,
}

/// A proxy that is live.
struct Live {
    name: String,
    acked: i64,
    format: Format,
}

const ALL: &str =
    "select name, acked_revision, live_until_ms, stream, format, format_stream from edge_proxy order by name";

const OPENED: &str = "insert into edge_proxy (name, acked_revision, live_until_ms, stream, format, format_stream)
    values ($1, $2, $3, $4, $5, $4)
    on conflict (name) do update set acked_revision = excluded.acked_revision, live_until_ms = excluded.live_until_ms,
    stream = excluded.stream, format = excluded.format, format_stream = excluded.format_stream";

const STREAM: &str = "select stream from edge_proxy where name = $1
    and exists (select 1 from feed_counter where epoch = $2 and revision >= $3)";

const ACKED: &str =
    "update edge_proxy set acked_revision = case when acked_revision > $2 then acked_revision else $2 end
    where name = $1 and coalesce(stream, '') = $3";

const KNOWN: &str = "select (select count(*) from edge_proxy where name = $1)
    + (select count(*) from api_token where proxy = $1 and revoked_ms is null)";

/// Both databases call the columns of a list of values so.
const NOTE: &str = "update edge_proxy set
    live_until_ms = case when live_until_ms > here.column3 then live_until_ms else here.column3 end,
    acked_revision = case when acked_revision > here.column4 then acked_revision else here.column4 end";

/// Changes nothing, and yet is a write: it works when the others' would.
const PROBE: &str =
    "update edge_proxy set live_until_ms = live_until_ms where name = (select min(name) from edge_proxy)";

/// The most rows of one statement.
const MOST: usize = 64;

impl Store {
    /// A proxy opened its stream, and reads this format: it has what it says, whatever it acknowledged before. Gives the
    /// stream's own name.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn proxy_came(&self, name: &str, has: Revision, format: Format) -> Result<String, StoreError> {
        let stream = self.drawn();
        let mut connection = self.inner.notes.acquire().await?;
        sqlx::query(OPENED)
            .bind(name)
            .bind(has.0)
            .bind(self.now_ms() + LIVE_MS)
            .bind(&stream)
            .bind(i64::from(format.0))
            .execute(&mut *connection)
            .await?;
        self.publish_acks(&mut connection).await?;
        Ok(stream)
    }

    /// The same, for a stream that is served by this process.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn open_stream(&self, name: &str, has: Revision, format: Format) -> Result<OpenStream, StoreError> {
        let stream = self.proxy_came(name, has, format).await?;
        self.inner.presence.opened(name, &stream, has);
        Ok(OpenStream { store: self.clone(), name: name.to_owned(), stream })
    }

    /// A proxy has applied a revision, in memory and durably. An acknowledgement of another epoch, or of a revision
    /// that was never committed, changes nothing and is told by `false`.
    ///
    /// Where the proxy's stream is open here, the database learns of it within a second: a proxy whose control plane dies
    /// before opens another stream, and says what it has. An acknowledgement of a stream that another control plane
    /// serves is written at once.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn acknowledge(&self, name: &str, epoch: &str, revision: Revision) -> Result<bool, StoreError> {
        let stream: Option<Option<String>> =
            sqlx::query_scalar(STREAM).bind(name).bind(epoch).bind(revision.0).fetch_optional(self.reader()).await?;
        let Some(stream) = stream.map(Option::unwrap_or_default) else { return Ok(false) };
        if self.inner.presence.acked(name, &stream, revision) {
            self.inner.signals.wake(Signal::Acks);
            return Ok(true);
        }
        let mut connection = self.inner.notes.acquire().await?;
        sqlx::query(ACKED).bind(name).bind(revision.0).bind(stream).execute(&mut *connection).await?;
        self.publish_acks(&mut connection).await?;
        Ok(true)
    }

    /// Writes down whose streams are open here and what they acknowledged; a stream whose name another one has taken, at
    /// whichever control plane, is ended. To be called once a second.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn note_proxies(&self) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        let notes = self.inner.presence.notes(now_ms);
        let mut taken = BTreeSet::new();
        if !notes.is_empty() || self.inner.backend.has_others() {
            let mut connection = self.inner.notes.acquire().await?;
            for notes in notes.chunks(MOST) {
                taken.extend(note(&mut connection, notes).await?);
            }
            if notes.is_empty() {
                sqlx::query(PROBE).execute(&mut *connection).await?;
            }
        }
        if self.inner.presence.noted(&notes, &taken, now_ms) {
            let mut connection = self.inner.notes.acquire().await?;
            self.publish_acks(&mut connection).await?;
        }
        Ok(())
    }

    async fn publish_acks(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        if self.inner.backend.has_others() {
            signal::notify(connection, &[Signal::Acks].into()).await?;
        }
        self.inner.signals.wake(Signal::Acks);
        Ok(())
    }

    /// Whether every live proxy has applied `revision`. Who waits for it watches [`Signal::Acks`].
    ///
    /// # Errors
    /// When the database is away.
    pub async fn barrier(&self, revision: Revision) -> Result<Barrier, StoreError> {
        self.barrier_among(revision, Format::LANDED).await
    }

    /// As [`Store::barrier`], among the proxies that read a format at least: those before it have a revision without
    /// acting on what only later ones understand.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn barrier_among(&self, revision: Revision, format: Format) -> Result<Barrier, StoreError> {
        let mut live = self.live(self.reader()).await?;
        live.retain(|it| it.format >= format);
        if live.is_empty() {
            return Ok(Barrier::NoneLive);
        }
        let behind: Vec<String> = live.into_iter().filter(|it| it.acked < revision.0).map(|it| it.name).collect();
        Ok(if behind.is_empty() { Barrier::Reached } else { Barrier::Waiting { behind } })
    }

    /// Whether every live proxy reads a format.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn all_read(&self, format: Format) -> Result<bool, StoreError> {
        Ok(self.live(self.reader()).await?.iter().all(|it| it.format >= format))
    }

    /// The proxies that are live: by their rows, and by what this process knows beyond them.
    async fn live(&self, executor: impl Executor<'_, Database = Any>) -> Result<Vec<Live>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(ALL).fetch_all(executor).await?;
        let now_ms = self.now_ms();
        let reference_ms = self.inner.presence.reference_ms(now_ms);
        let live = rows.into_iter().filter_map(|row| {
            let stream = row.stream.unwrap_or_default();
            let here = self.inner.presence.of(&row.name, &stream, now_ms);
            let is_live = row.live_until_ms > reference_ms || here.is_some_and(|here| here.live_until_ms > now_ms);
            // A control plane of the version before opens streams without saying their format.
            let said = row.format.filter(|_| row.format_stream.as_ref() == Some(&stream));
            let format = said.and_then(|format| u32::try_from(format).ok()).map_or(Format::LANDED, Format);
            let acked = here.map_or(row.acked_revision, |here| here.acked.max(row.acked_revision));
            is_live.then_some(Live { name: row.name, acked, format })
        });
        Ok(live.collect())
    }
}

impl Write {
    /// Whether `before` isn't live, and nobody has heard of `after`.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn proxy_is_replaceable(&mut self, before: &str, after: &str) -> Result<bool, StoreError> {
        let known: i64 = sqlx::query_scalar(KNOWN).bind(after).fetch_one(self.connection()).await?;
        let store = self.store().clone();
        let live = store.live(self.connection()).await?;
        Ok(known == 0 && live.iter().all(|it| it.name != before))
    }

    /// The live proxies that read no format as high as this.
    pub(crate) async fn proxies_below(&mut self, format: Format) -> Result<Vec<String>, StoreError> {
        let store = self.store().clone();
        let live = store.live(self.connection()).await?;
        Ok(live.into_iter().filter(|it| it.format < format).map(|it| it.name).collect())
    }
}

impl OpenStream {
    /// The proxy's name.
    #[must_use]
    pub fn proxy(&self) -> &str {
        &self.name
    }

    /// Comes back when another stream has taken the proxy's name.
    pub async fn replaced(&self) {
        self.store.inner.presence.replaced(&self.name, &self.stream).await;
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.store.inner.presence.left(&self.name, &self.stream, self.store.now_ms());
    }
}

/// Writes some notes, and gives the names of those whose streams are the ones that the database knows.
async fn note(connection: &mut AnyConnection, notes: &[Note]) -> Result<Vec<String>, StoreError> {
    let (list, places) = rows::listed(notes.len(), &["text", "text", "bigint", "bigint"]);
    let text = format!(
        "{NOTE} from {list} as here
         where edge_proxy.name = here.column1 and edge_proxy.stream = here.column2 returning edge_proxy.name"
    );
    let mut query = sqlx::query_scalar(AssertSqlSafe(text));
    for note in notes {
        query = query.bind(&note.name).bind(&note.stream).bind(note.live_until_ms).bind(note.acked);
    }
    // What is missing to the number of places has a name that nobody has.
    for _ in notes.len()..places {
        query = query.bind("").bind("").bind(0_i64).bind(0_i64);
    }
    Ok(query.fetch_all(connection).await?)
}

#[cfg(test)]
mod tests;
