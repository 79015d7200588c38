//! The audit trail: whether it is whole and unaltered. Each event's hash covers the hash of the one before, and the head
//! says where the trail ends, so that an event that was changed, added, taken out or cut off is found. Who can write
//! to the database can make a new chain over everything: against that, keep a head elsewhere and compare it later.

mod file;

use std::fmt;

use crate::database::refused::Refused;
use crate::database::{AuditHead, Chained, Store};

pub use file::{End, FileFault, Line, verify_file};

/// A stretch of the trail that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// The number of its first event.
    pub first: i64,
    /// The number of the last event in it that is as it was written; one less than `first` when there is none.
    pub last: i64,
    /// The hash that its first event is chained to.
    pub before: String,
    /// The hash of its last event.
    pub hash: String,
    /// Where the trail ends.
    pub head: AuditHead,
    /// What is wrong, if anything is.
    pub fault: Option<Fault>,
}

/// What is wrong with a trail, and at which event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The event's number.
    pub seq: i64,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What can be wrong with a trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// There is no event with this number.
    Missing,
    /// The event isn't chained to the one before it.
    Unchained,
    /// The event isn't what its hash covers.
    Altered,
    /// The trail doesn't end where its head says.
    Head,
}

/// Events that are read at once.
const BATCH: i64 = 1000;

/// Looks at no more than `most` events from number `from` on.
///
/// # Errors
/// [`Refused`], when the database is away.
pub async fn verify(store: &Store, from: i64, most: i64) -> Result<Stretch, Refused> {
    let head = store.audit_head().await?;
    let first = from.max(1);
    let before = match first {
        1 => String::new(),
        _ => store.audit_span(first - 1, 1).await?.first().map(|event| event.hash.clone()).unwrap_or_default(),
    };
    let mut stretch = Stretch { first, last: first - 1, hash: before.clone(), before, head, fault: None };
    let end = stretch.head.seq.min(first.saturating_add(most.max(0)).saturating_sub(1));
    while stretch.last < end && stretch.fault.is_none() {
        let events = store.audit_span(stretch.last + 1, BATCH.min(end - stretch.last)).await?;
        stretch.extend(&events);
    }
    stretch.compare_head();
    Ok(stretch)
}

/// Looks at the whole trail.
///
/// # Errors
/// [`Refused`], when the database is away.
pub async fn verify_all(store: &Store) -> Result<Stretch, Refused> {
    verify(store, 1, i64::MAX).await
}

impl Stretch {
    /// Whether it reaches the end of the trail.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.last >= self.head.seq
    }

    fn extend(&mut self, events: &[Chained]) {
        if events.is_empty() {
            self.fault = Some(Fault { seq: self.last + 1, kind: FaultKind::Missing });
        }
        for event in events {
            if let Some(kind) = wrong(self.last + 1, &self.hash, event) {
                self.fault = Some(Fault { seq: self.last + 1, kind });
                return;
            }
            self.last += 1;
            self.hash.clone_from(&event.hash);
        }
    }

    fn compare_head(&mut self) {
        let ends = self.last == self.head.seq && self.hash == self.head.hash && self.head.highest == self.head.seq;
        if self.fault.is_none() && self.is_complete() && self.first <= self.head.seq.max(1) && !ends {
            self.fault = Some(Fault { seq: self.head.seq, kind: FaultKind::Head });
        }
    }
}

fn wrong(expected: i64, before: &str, event: &Chained) -> Option<FaultKind> {
    if event.event.seq != expected {
        return Some(FaultKind::Missing);
    }
    if event.before != before {
        return Some(FaultKind::Unchained);
    }
    let is_marked = event.address.as_ref().is_none_or(|address| event.event.ip == Some(address.mark()));
    (event.event.hash(before) != event.hash || !is_marked).then_some(FaultKind::Altered)
}

impl FaultKind {
    /// The fault as programs read it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Unchained => "unchained",
            Self::Altered => "altered",
            Self::Head => "head",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            FaultKind::Missing => "is missing",
            FaultKind::Unchained => "is not chained to the one before it",
            FaultKind::Altered => "was altered",
            FaultKind::Head => "is not where the trail ends",
        };
        write!(formatter, "event {} {what}", self.seq)
    }
}
