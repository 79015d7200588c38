//! Forgets what is over, a few rows at a time: each statement finds its rows by an index and holds the gate briefly.

use super::{Store, StoreError, Write};

/// What is forgotten once it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Old {
    /// Attempts to get certificates, since they ended.
    Issuances,
    /// Sessions, since they expired.
    ExpiredSessions,
    /// Sessions, since they were ended.
    EndedSessions,
    /// Links to new passwords, since they expired.
    PasswordResets,
    /// Answers to idempotent requests, since they need not be kept.
    Answers,
    /// Quarantines of names, since their end.
    Quarantines,
    /// What others were told, since it was put down.
    Deliveries,
    /// Mails that were sent or failed, since they were put down.
    Mails,
}

/// The most rows that are forgotten while the gate is held once.
pub const BATCH: i64 = 500;

const LAST_EVENT: &str = "select seq from outbox_event where at_ms < $1 order by at_ms desc, seq desc limit 1";

// An object's newest event stays, so that its next one gets the number after it.
const OLD_EVENTS: &str = "select seq from outbox_event where seq > $1 and seq <= $2
    and exists (select 1 from outbox_event later where later.object = outbox_event.object
        and later.object_seq > outbox_event.object_seq)
    and not exists (select 1 from webhook_delivery where webhook_delivery.event_seq = outbox_event.seq)
    order by seq limit $3";

const FORGET_EVENTS: &str = "delete from outbox_event where seq in (select seq from outbox_event
    where seq > $1 and seq <= $2
    and exists (select 1 from outbox_event later where later.object = outbox_event.object
        and later.object_seq > outbox_event.object_seq)
    and not exists (select 1 from webhook_delivery where webhook_delivery.event_seq = outbox_event.seq)
    order by seq limit $3)";

impl Old {
    /// Everything that is forgotten by its own date alone.
    pub const ALL: [Self; 8] = [
        Self::Issuances,
        Self::ExpiredSessions,
        Self::EndedSessions,
        Self::PasswordResets,
        Self::Answers,
        Self::Quarantines,
        Self::Deliveries,
        Self::Mails,
    ];

    pub(super) fn statement(self) -> &'static str {
        match self {
            Self::Issuances => {
                "delete from issuance where id in (select id from issuance
                 where (state = 'issued' or state = 'failed') and updated_ms < $1 order by updated_ms limit $2)"
            }
            Self::ExpiredSessions => {
                "delete from session where id in (select id from session
                 where expires_ms < $1 order by expires_ms limit $2)"
            }
            Self::EndedSessions => {
                "delete from session where id in (select id from session
                 where ended_ms is not null and ended_ms < $1 order by ended_ms limit $2)"
            }
            Self::PasswordResets => {
                "delete from password_reset where hash in (select hash from password_reset
                 where expires_ms < $1 order by expires_ms limit $2)"
            }
            Self::Answers => {
                "delete from idempotency where (principal, key) in (select principal, key from idempotency
                 where kept_until_ms < $1 order by kept_until_ms limit $2)"
            }
            Self::Quarantines => {
                "delete from released_name where host in (select host from released_name
                 where until_ms <= $1 order by until_ms limit $2)"
            }
            Self::Deliveries => {
                "delete from webhook_delivery where id in (select id from webhook_delivery
                 where created_ms < $1 order by created_ms limit $2)"
            }
            Self::Mails => {
                "delete from mail where id in (select id from mail
                 where state <> 'waiting' and created_ms < $1 order by created_ms limit $2)"
            }
        }
    }
}

impl Store {
    /// The number of the last event from before `before_ms`; 0 when there is none.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn last_event_before(&self, before_ms: i64) -> Result<i64, StoreError> {
        let seq: Option<i64> = sqlx::query_scalar(LAST_EVENT).bind(before_ms).fetch_optional(self.reader()).await?;
        Ok(seq.unwrap_or(0))
    }

    /// The number of the first event behind `after`, up to `last`, that may be forgotten: nobody has yet to be told of it,
    /// and its object has a newer one. Looked up outside the gate, for most of what is there may be what stays.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn old_event(&self, after: i64, last: i64) -> Result<Option<i64>, StoreError> {
        let found = sqlx::query_scalar(OLD_EVENTS).bind(after).bind(last).bind(1_i64);
        Ok(found.fetch_optional(self.reader()).await?)
    }
}

impl Write {
    /// Forgets at most [`BATCH`] rows that are over since before `before_ms`; says how many there were.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn forget(&mut self, old: Old, before_ms: i64) -> Result<i64, StoreError> {
        let forget = sqlx::query(old.statement()).bind(before_ms).bind(BATCH);
        Ok(rows(forget.execute(self.connection()).await?.rows_affected()))
    }

    /// Forgets events behind `after`, up to `last`; says how many there were.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn forget_events(&mut self, after: i64, last: i64) -> Result<i64, StoreError> {
        let forget = sqlx::query(FORGET_EVENTS).bind(after).bind(last).bind(BATCH);
        Ok(rows(forget.execute(self.connection()).await?.rows_affected()))
    }
}

pub(super) fn rows(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
