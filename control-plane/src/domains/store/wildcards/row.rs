//! How a zone's certificate stands in the database.

use marque_config::seal::Sealed;
use sqlx::FromRow;

use super::Wildcard;
use crate::database::row::from_word;
use crate::database::{StoreError, parsed};
use crate::domains::store::issuances::Progress;

#[derive(FromRow)]
pub(super) struct Row {
    zone: String,
    is_wanted: i64,
    covers: i64,
    name_servers: Option<String>,
    not_after_ms: Option<i64>,
    renew_at_ms: Option<i64>,
    reason: Option<String>,
    attempts: i64,
    next_attempt_ms: Option<i64>,
    issuance_id: Option<String>,
    lease_until_ms: Option<i64>,
}

#[derive(FromRow)]
pub(super) struct Attempt {
    issuance_id: Option<String>,
    issuance_state: Option<String>,
    order_url: Option<String>,
    new_key_sealed: Option<Vec<u8>>,
    lease_owner: Option<String>,
    lease_until_ms: Option<i64>,
}

impl Attempt {
    pub(super) fn is_free(&self, owner: &str, now_ms: i64) -> bool {
        let is_mine = self.lease_owner.as_deref() == Some(owner);
        is_mine || self.lease_until_ms.is_none_or(|until_ms| until_ms <= now_ms)
    }

    pub(super) fn progress(self) -> Result<Option<Progress>, StoreError> {
        let (Some(id), Some(state), Some(key)) = (self.issuance_id, self.issuance_state, self.new_key_sealed) else {
            return Ok(None);
        };
        Ok(Some(Progress {
            id: parsed("wildcard.issuance_id", &id)?,
            state: from_word("wildcard.issuance_state", &state)?,
            order_url: self.order_url,
            key: Sealed::from_bytes(key),
        }))
    }
}

impl TryFrom<Row> for Wildcard {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            zone: parsed("wildcard.zone", &row.zone)?,
            is_wanted: row.is_wanted != 0,
            covers: row.covers != 0,
            name_servers: row.name_servers,
            not_after_ms: row.not_after_ms,
            renew_at_ms: row.renew_at_ms,
            reason: row.reason.as_deref().map(|it| from_word("wildcard.reason", it)).transpose()?,
            attempts: row.attempts,
            next_attempt_ms: row.next_attempt_ms,
            is_open: row.issuance_id.is_some(),
            lease_until_ms: row.lease_until_ms.unwrap_or_default(),
        })
    }
}
