//! When sessions were last used. It is gathered in memory, where it counts at once, and written a few times a minute, many
//! in one statement: who reads a session never waits for a writer. Another control plane, or this one after a crash,
//! knows it that much later.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sqlx::AssertSqlSafe;

use super::{Store, StoreError, rows};
use crate::kernel::ids::SessionId;
use crate::kernel::session::Session;

/// What isn't written yet: milliseconds since 1970, UTC, by session.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<BTreeMap<SessionId, i64>>);

/// How stale a row may be.
const STALE_MS: i64 = 60_000;
/// The most sessions that wait to be written; of others it is forgotten that they were used.
const MOST_WAITING: usize = 100_000;
/// The most rows of one statement.
const MOST: usize = 64;

const NOTE: &str = "update session set seen_ms = here.column2";

impl Seen {
    fn waiting(&self) -> MutexGuard<'_, BTreeMap<SessionId, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session as it was used last, as far as is known here.
    pub(crate) fn brought_up_to_date(&self, mut session: Session) -> Session {
        let here = self.waiting().get(&session.id).copied();
        session.seen_ms = session.seen_ms.max(here.unwrap_or_default());
        session
    }
}

impl Store {
    /// Notes that a session is used; waits for nothing.
    pub fn see_session(&self, session: &Session) {
        let (now_ms, mut waiting) = (self.now_ms(), self.inner.seen.waiting());
        let has_room = waiting.len() < MOST_WAITING || waiting.contains_key(&session.id);
        if now_ms - session.seen_ms >= STALE_MS && has_room {
            waiting.insert(session.id, now_ms);
        }
    }

    /// Writes down when sessions were used since this was asked last; says how many there were.
    ///
    /// # Errors
    /// When the database is away: it is written with the next.
    pub async fn note_sessions(&self) -> Result<usize, StoreError> {
        let waiting: Vec<_> = self.inner.seen.waiting().iter().map(|(id, at_ms)| (*id, *at_ms)).collect();
        for some in waiting.chunks(MOST) {
            self.note_some(some).await?;
            let mut waiting = self.inner.seen.waiting();
            for (id, at_ms) in some {
                if waiting.get(id) == Some(at_ms) {
                    waiting.remove(id);
                }
            }
        }
        Ok(waiting.len())
    }

    async fn note_some(&self, seen: &[(SessionId, i64)]) -> Result<(), StoreError> {
        let (list, places) = rows::listed(seen.len(), &["text", "bigint"]);
        let text =
            format!("{NOTE} from {list} as here where session.id = here.column1 and session.seen_ms < here.column2");
        let mut query = sqlx::query(AssertSqlSafe(text));
        for (id, at_ms) in seen {
            query = query.bind(id.to_string()).bind(*at_ms);
        }
        // What is missing to the number of places is no session's.
        for _ in seen.len()..places {
            query = query.bind("").bind(0_i64);
        }
        query.execute(&self.inner.notes).await?;
        Ok(())
    }
}
