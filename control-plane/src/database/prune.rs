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
    /// What goes along with support messages, since they were received.
    Attachments,
    /// Replies to support messages, since the message last changed.
    Replies,
    /// Support messages without replies and attachments, since they last changed.
    Messages,
    /// From where things were done that the audit trail tells of.
    AuditAddresses,
    /// From where support messages came.
    MessageAddresses,
    /// From where somebody came in by a client's consent.
    ConsentAddresses,
    /// Tickets to clients' spaces that nobody used, since they were given out.
    Tickets,
    /// What a task had trouble with, since it was to be tried again: the object is gone, or nothing is due for it.
    Troubles,
}

/// The most rows that are forgotten while the gate is held once.
pub const BATCH: i64 = 500;
/// The same of what may have megabytes each.
const LARGE: i64 = 8;

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
    pub const ALL: [Self; 16] = [
        Self::Issuances,
        Self::ExpiredSessions,
        Self::EndedSessions,
        Self::PasswordResets,
        Self::Answers,
        Self::Quarantines,
        Self::Deliveries,
        Self::Mails,
        Self::Attachments,
        Self::Replies,
        Self::Messages,
        Self::AuditAddresses,
        Self::MessageAddresses,
        Self::ConsentAddresses,
        Self::Tickets,
        Self::Troubles,
    ];

    /// The most rows that are forgotten at once.
    #[must_use]
    pub fn batch(self) -> i64 {
        if self == Self::Attachments { LARGE } else { BATCH }
    }

    pub(crate) fn statement(self) -> &'static str {
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
            Self::Tickets => {
                "delete from entry where id in (select id from entry
                 where state = 'issued' and created_ms < $1 order by created_ms limit $2)"
            }
            Self::Troubles => {
                "delete from task_trouble where (task, object) in (select task, object from task_trouble
                 where next_ms < $1 order by next_ms limit $2)"
            }
            Self::Attachments | Self::Replies | Self::Messages => self.of_messages(),
            Self::AuditAddresses | Self::MessageAddresses | Self::ConsentAddresses => self.of_addresses(),
        }
    }
}

impl Old {
    fn of_messages(self) -> &'static str {
        match self {
            Self::Attachments => {
                "delete from support_attachment where (message_id, number) in (select a.message_id, a.number
                 from support_message m join support_attachment a on a.message_id = m.id
                 where m.received_ms < $1 order by m.received_ms limit $2)"
            }
            Self::Replies => {
                "delete from support_reply where id in (select r.id from support_message m
                 join support_reply r on r.message_id = m.id
                 where m.changed_ms < $1 order by m.changed_ms limit $2)"
            }
            _ => {
                "delete from support_message where id in (select id from support_message m
                 where m.changed_ms < $1 and not exists (select 1 from support_reply r where r.message_id = m.id)
                 and not exists (select 1 from support_attachment a where a.message_id = m.id)
                 order by m.changed_ms limit $2)"
            }
        }
    }

    fn of_addresses(self) -> &'static str {
        match self {
            Self::AuditAddresses => {
                "delete from audit_address where seq in (select seq from audit_address
                 where at_ms < $1 order by at_ms limit $2)"
            }
            Self::MessageAddresses => {
                "update support_message set ip = null where id in (select id from support_message
                 where received_ms < $1 and ip is not null order by received_ms limit $2)"
            }
            _ => {
                "update consent_session set ip = null where id in (select id from consent_session
                 where opened_ms < $1 and ip is not null order by opened_ms limit $2)"
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
    /// Forgets at most as many rows as [`Old::batch`] says that are over since before `before_ms`; says how many there were.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn forget(&mut self, old: Old, before_ms: i64) -> Result<i64, StoreError> {
        let forget = sqlx::query(old.statement()).bind(before_ms).bind(old.batch());
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

pub(crate) fn rows(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
