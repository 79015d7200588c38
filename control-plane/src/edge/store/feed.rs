//! Reading the feed: what changed since a revision, all of one moment.

use marque_config::feed::{Format, Revision};
use sqlx::{Any, FromRow, Transaction};

use crate::database::{BATCH, Store, StoreError, Write};
use crate::kernel::actor::Actor;

/// How far the feed is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedPosition {
    /// Names the database.
    pub epoch: String,
    /// The last revision.
    pub revision: Revision,
    /// Who has less than this gets a snapshot.
    pub floor: Revision,
}

impl FeedPosition {
    /// Whether who has this much of this epoch is told what changed since; if not, everything.
    #[must_use]
    pub fn continues(&self, epoch: &str, has: Revision) -> bool {
        self.epoch == epoch && has.0 > 0 && (self.floor..=self.revision).contains(&has)
    }
}

/// One record of the feed.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct FeedRow {
    /// Its kind, as in [`marque_config::feed::RecordKind::as_str`].
    pub kind: String,
    /// Its name.
    pub name: String,
    /// When it changed last.
    pub revision: i64,
    /// The record as readers of [`Format::LANDED`] get it, JSON; none when it is deleted for them.
    pub body: Option<String>,
    /// The record's envelope, JSON.
    pub line: Option<String>,
    /// The revision that wrote `line`.
    pub line_revision: Option<i64>,
}

impl FeedRow {
    /// The record as it is told to readers of a format; none when it is deleted.
    #[must_use]
    pub fn text(&self, format: Format) -> Option<&str> {
        // A control plane of the version before wrote `body` alone: then that is the truth, in a spelling that all read.
        let has_line = format.has_envelopes() && self.line_revision == Some(self.revision);
        if has_line { self.line.as_deref() } else { self.body.as_deref() }
    }
}

/// The feed as of one moment. Holds a connection until dropped.
pub struct FeedSnapshot {
    transaction: Transaction<'static, Any>,
    position: FeedPosition,
}

const GONE: &str = "select coalesce(max(revision), 0), count(*) from (select revision from feed_record
    where body is null and (line is null or line_revision <> revision) and changed_ms < $1 order by changed_ms, kind, name limit $2) as gone";

const FORGET_GONE: &str = "delete from feed_record where (kind, name) in (select kind, name from feed_record
    where body is null and (line is null or line_revision <> revision) and changed_ms < $1 order by changed_ms, kind, name limit $2)";

/// How many records are read at a time.
const PAGE: i64 = 500;

impl Store {
    /// Gives the database its epoch, when it has none yet.
    pub(crate) async fn begin_epoch(&self) -> Result<(), StoreError> {
        let epoch = self.drawn();
        let mut write = self.begin(&Actor::system("store"), self.now_ms()).await?;
        sqlx::query(
            "insert into feed_counter (one, epoch, revision, floor) values (1, $1, 0, 0) on conflict (one) do nothing",
        )
        .bind(epoch)
        .execute(write.connection())
        .await?;
        write.commit().await?;
        Ok(())
    }

    /// A name that nothing else has.
    pub(crate) fn drawn(&self) -> String {
        self.parts().bytes::<8>().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Gives the database another epoch, as after it was restored: proxies may have seen revisions that it lost, and
    /// take a snapshot of an epoch that they don't know.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn new_epoch(&self, actor: &Actor) -> Result<(), StoreError> {
        let mut write = self.begin(actor, self.now_ms()).await?;
        let epoch = self.drawn();
        let done = sqlx::query("update feed_counter set epoch = $1 where one = 1")
            .bind(&epoch)
            .execute(write.connection())
            .await?;
        crate::database::one_row(&done)?;
        write.audit("feed.new_epoch", &epoch, crate::database::Whose::VENDOR, serde_json::json!({}));
        write.commit().await?;
        Ok(())
    }

    /// Looks at the feed as it is now.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn feed(&self) -> Result<FeedSnapshot, StoreError> {
        let mut transaction = self.inner.followers.begin_with(self.inner.backend.begin_read()).await?;
        let (epoch, revision, floor): (String, i64, i64) =
            sqlx::query_as("select epoch, revision, floor from feed_counter where one = 1")
                .fetch_one(&mut *transaction)
                .await?;
        let position = FeedPosition { epoch, revision: Revision(revision), floor: Revision(floor) };
        Ok(FeedSnapshot { transaction, position })
    }
}

impl Write {
    /// Forgets records that were deleted before `before_ms`, at most [`BATCH`], and raises the floor over them; says how
    /// many there were.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn prune_feed(&mut self, before_ms: i64) -> Result<i64, StoreError> {
        let (floor, count): (i64, i64) =
            sqlx::query_as(GONE).bind(before_ms).bind(BATCH).fetch_one(self.connection()).await?;
        sqlx::query("update feed_counter set floor = $1 where one = 1 and floor < $1")
            .bind(floor)
            .execute(self.connection())
            .await?;
        sqlx::query(FORGET_GONE).bind(before_ms).bind(BATCH).execute(self.connection()).await?;
        Ok(count)
    }
}

impl FeedSnapshot {
    /// How far the feed was at that moment.
    #[must_use]
    pub fn position(&self) -> &FeedPosition {
        &self.position
    }

    /// The next records that changed after `after`, in order of revision, kind and name, starting behind `last`.
    /// An empty page is the end.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn page(&mut self, after: Revision, last: Option<&FeedRow>) -> Result<Vec<FeedRow>, StoreError> {
        let (revision, kind, name) =
            last.map_or((after.0 + 1, "", ""), |row| (row.revision, row.kind.as_str(), row.name.as_str()));
        let rows = sqlx::query_as(
            "select kind, name, revision, body, line, line_revision from feed_record
             where (revision, kind, name) > ($1, $2, $3) order by revision, kind, name limit $4",
        )
        .bind(revision)
        .bind(kind)
        .bind(name)
        .bind(PAGE)
        .fetch_all(&mut *self.transaction)
        .await?;
        Ok(rows)
    }
}
