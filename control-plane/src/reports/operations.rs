//! What ends soon (decision 7): windows are half-open, `[as of, as of + window)`; what has ended in the thirty days
//! before is told apart.

pub mod audit;
pub mod dossiers;
pub mod home;
pub mod search;

use crate::database::Store;
use crate::database::refused::Refused;
use crate::kernel::fault::Conflict;
use crate::kernel::period::DAY_MS;
use crate::kernel::principal::Reach;
use crate::reports::store::{Due, DueLicence, DueSubscription};

/// Which stretch of time is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Where it begins, or where what has ended ends; milliseconds since 1970, UTC.
    pub as_of_ms: i64,
    /// How long it is.
    pub days: i64,
    /// What has ended, rather than what will.
    pub ended: bool,
}

/// For so long what has ended is told.
const ENDED_DAYS: i64 = 30;
/// The most rows of one table.
const MOST: usize = 50_000;
const AT_ONCE: i64 = 1_000;

impl Conflict {
    /// A table would be longer than one can be.
    pub const REPORT_TOO_LONG: Self = Self::new(
        "report-too-long",
        "This is too much for one table: choose a shorter window, or read it page by page.",
        "C’est trop pour un seul tableau : choisissez une période plus courte, ou lisez page par page.",
    );
}

impl Window {
    fn due(self, after: (i64, String), limit: i64) -> Due {
        let Self { as_of_ms, days, ended } = self;
        let (from_ms, before_ms) = if ended {
            (as_of_ms.saturating_sub(ENDED_DAYS * DAY_MS), as_of_ms)
        } else {
            (as_of_ms, as_of_ms.saturating_add(days.saturating_mul(DAY_MS)))
        };
        Due { from_ms, before_ms, suspended_too: !ended, after, limit }
    }
}

/// Licences of clients that are due, the next first.
///
/// # Errors
/// [`Refused`].
pub async fn licences(
    store: &Store,
    reach: &Reach,
    window: Window,
    after: (i64, String),
    limit: i64,
) -> Result<Vec<DueLicence>, Refused> {
    Ok(store.due_licences(reach, &window.due(after, limit)).await?)
}

/// Subscriptions of clients whose period ends, the next first.
///
/// # Errors
/// [`Refused`].
pub async fn subscriptions(
    store: &Store,
    reach: &Reach,
    window: Window,
    after: (i64, String),
    limit: i64,
) -> Result<Vec<DueSubscription>, Refused> {
    Ok(store.due_subscriptions(reach, &window.due(after, limit)).await?)
}

/// All the licences, for a table.
///
/// # Errors
/// [`Refused`].
pub async fn all_licences(store: &Store, reach: &Reach, window: Window) -> Result<Vec<DueLicence>, Refused> {
    let mut all: Vec<DueLicence> = Vec::new();
    loop {
        let after = all.last().map_or((i64::MIN, String::new()), |last| (last.sort_ms, last.id.clone()));
        let next = licences(store, reach, window, after, AT_ONCE).await?;
        if next.is_empty() {
            return Ok(all);
        }
        all.extend(next);
        if all.len() > MOST {
            return Err(Conflict::REPORT_TOO_LONG.into());
        }
    }
}

/// All the subscriptions, for a table.
///
/// # Errors
/// [`Refused`].
pub async fn all_subscriptions(store: &Store, reach: &Reach, window: Window) -> Result<Vec<DueSubscription>, Refused> {
    let mut all: Vec<DueSubscription> = Vec::new();
    loop {
        let after = all.last().map_or((i64::MIN, String::new()), |last| (last.due_ms, last.id.clone()));
        let next = subscriptions(store, reach, window, after, AT_ONCE).await?;
        if next.is_empty() {
            return Ok(all);
        }
        all.extend(next);
        if all.len() > MOST {
            return Err(Conflict::REPORT_TOO_LONG.into());
        }
    }
}
