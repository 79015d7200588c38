//! Changes of the feed, as a write's commit takes them down: each record for readers of every format. What readers don't
//! understand is never more open to them than it is; what would leave live proxies without a restriction is refused.

use std::collections::BTreeSet;

use marque_config::feed::{Envelope, Format, Key, KeyText, MAX_LINE, ReadRecord, Reading, Record, Revision, landed};
use sqlx::FromRow;

use super::{Signal, StoreError, Write, to_json};

/// What a line of the feed has around a record's JSON: `{"upsert":` … `}` and the newline.
const AROUND: usize = 12;

const PUT: &str = "insert into feed_record (kind, name, revision, body, line, line_revision, changed_ms)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (kind, name) do update set revision = excluded.revision, body = excluded.body, line = excluded.line,
    line_revision = excluded.line_revision, changed_ms = excluded.changed_ms";

const ONE: &str = "select body, case when line_revision = revision then line end as line from feed_record
    where kind = $1 and name = $2";

const GOVERN: &str = "insert into feed_governed (kind, name, by_kind, by_name) values ($1, $2, $3, $4)
    on conflict (kind, name, by_kind, by_name) do nothing";

/// The revision, and whether anything is governed.
const NEXT: &str = "update feed_counter set revision = revision + $1 where one = 1
    returning revision, (select count(*) from (select 1 as one from feed_governed limit 1) as governed)";

#[derive(FromRow)]
struct Row {
    body: Option<String>,
    line: Option<String>,
}

impl Row {
    fn record(&self) -> Option<Record> {
        let text = self.line.as_deref().or(self.body.as_deref())?;
        match ReadRecord::read(text, Format::CURRENT).ok()?.reading {
            Reading::Known(record) => Some(*record),
            Reading::Closed(_) | Reading::Skipped => None,
        }
    }

    fn must(&self) -> Format {
        let envelope = self.line.as_deref().and_then(|line| serde_json::from_str::<Envelope>(line).ok());
        envelope.map_or(Format::LANDED, |envelope| envelope.must)
    }
}

impl Write {
    /// Takes one revision for all changes, behind the gate: revisions commit in order.
    pub(crate) async fn write_changes(&mut self) -> Result<Revision, StoreError> {
        let changes = self.take_changes();
        let (revision, governed): (i64, i64) =
            sqlx::query_as(NEXT).bind(i64::from(!changes.is_empty())).fetch_one(self.connection()).await?;
        if changes.is_empty() {
            return Ok(Revision(revision));
        }
        self.wake(Signal::Feed);
        let mut touched = BTreeSet::new();
        for (key, record) in &changes {
            if let Some(record) = record {
                self.check_readers(key, record).await?;
            }
            self.write_change(key, record.as_ref(), revision).await?;
            if governed > 0 || record.as_ref().is_some_and(|record| !record.governs().is_empty()) {
                touched.extend(self.govern(key, record.as_ref()).await?);
                touched.insert(KeyText::from(key.clone()));
            }
        }
        for key in touched {
            self.republish(&key, revision).await?;
        }
        Ok(Revision(revision))
    }

    /// Refuses what restricts from now on and can wait, as long as a live proxy doesn't read it.
    async fn check_readers(&mut self, key: &Key, record: &Record) -> Result<(), StoreError> {
        let must = record.must();
        if must == Format::LANDED || record.cannot_wait() {
            return Ok(());
        }
        let before = self.published(&key.clone().into()).await?.map_or(Format::LANDED, |row| row.must());
        let lacking = if must > before { self.proxies_below(must).await? } else { Vec::new() };
        if lacking.is_empty() { Ok(()) } else { Err(StoreError::ProxiesLackFormat { format: must, proxies: lacking }) }
    }

    async fn write_change(&mut self, key: &Key, record: Option<&Record>, revision: i64) -> Result<(), StoreError> {
        let line = record.map(line).transpose()?;
        let body = record.and_then(landed::body);
        let is_long = |text: &Option<String>| text.as_ref().is_some_and(|text| text.len() + AROUND > MAX_LINE);
        if is_long(&line) || is_long(&body) {
            return Err(StoreError::RecordTooLong { kind: key.kind.as_str(), name: key.name.clone() });
        }
        self.put(&key.clone().into(), (body, line), revision).await
    }

    async fn put(
        &mut self,
        key: &KeyText,
        (body, line): (Option<String>, Option<String>),
        revision: i64,
    ) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        sqlx::query(PUT)
            .bind(&key.kind)
            .bind(&key.name)
            .bind(revision)
            .bind(body)
            .bind(&line)
            .bind(line.as_ref().map(|_| revision))
            .bind(now_ms)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    async fn published(&mut self, key: &KeyText) -> Result<Option<Row>, StoreError> {
        Ok(sqlx::query_as(ONE).bind(&key.kind).bind(&key.name).fetch_optional(self.connection()).await?)
    }

    /// Keeps what a record governs, and gives what it governs now or did before.
    async fn govern(&mut self, by: &Key, record: Option<&Record>) -> Result<Vec<KeyText>, StoreError> {
        let (kind, name) = (by.kind.as_str(), &by.name);
        let before: Vec<(String, String)> =
            sqlx::query_as("delete from feed_governed where by_kind = $1 and by_name = $2 returning kind, name")
                .bind(kind)
                .bind(name)
                .fetch_all(self.connection())
                .await?;
        let mut governed: Vec<_> = before.into_iter().map(|(kind, name)| KeyText { kind, name }).collect();
        for key in record.map(Record::governs).unwrap_or_default() {
            sqlx::query(GOVERN)
                .bind(&key.kind)
                .bind(&key.name)
                .bind(kind)
                .bind(name)
                .execute(self.connection())
                .await?;
            governed.push(key);
        }
        Ok(governed)
    }

    /// Writes what readers of format 0 are told of a record: closed while another governs it that they don't know.
    async fn republish(&mut self, key: &KeyText, revision: i64) -> Result<(), StoreError> {
        let Some(row) = self.published(key).await? else { return Ok(()) };
        let Some(record) = row.record() else { return Ok(()) };
        let governed: i64 = sqlx::query_scalar("select count(*) from feed_governed where kind = $1 and name = $2")
            .bind(&key.kind)
            .bind(&key.name)
            .fetch_one(self.connection())
            .await?;
        let body = if governed > 0 { landed::closed(&record) } else { landed::body(&record) };
        if body == row.body { Ok(()) } else { self.put(key, (body, row.line), revision).await }
    }
}

fn line(record: &Record) -> Result<String, StoreError> {
    let envelope = record.envelope();
    let unreadable =
        |error: serde_json::Error| StoreError::Unreadable { what: "feed_record.line", detail: error.to_string() };
    to_json("feed_record.line", &envelope.map_err(unreadable)?)
}

#[cfg(all(test, feature = "rehearsal"))]
mod tests;
