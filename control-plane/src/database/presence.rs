//! The proxies whose streams are open in this process, and what they acknowledged here: what the database is told once a
//! second, and what counts here before it is. So whether the database takes it makes no serving proxy look gone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use marque_config::feed::Revision;
use tokio::sync::watch;

/// How long a proxy counts as live after its stream was last seen open.
pub(crate) const LIVE_MS: i64 = 10_000;
const LIVE: Duration = Duration::from_millis(LIVE_MS.unsigned_abs());
/// Without a successful write for so long, writing has stalled: for other control planes, too.
const STALLED: Duration = Duration::from_secs(3);

/// What this process knows of proxies.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    known: Mutex<Known>,
    replaced: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Known {
    /// By the proxy's name.
    streams: BTreeMap<String, Present>,
    writing: Writing,
}

/// A stream that is open here, or was within the last seconds.
#[derive(Debug)]
struct Present {
    /// Names the stream.
    stream: String,
    acked: i64,
    /// What the database was told of `acked`.
    noted: i64,
    left_ms: Option<i64>,
}

/// Since when writing works, as far as is known. Spans are measured by a clock that nobody sets.
#[derive(Debug, Default, Clone, Copy)]
struct Writing {
    /// When it last worked, by both clocks.
    last: Option<(Instant, i64)>,
    /// The stall that ended last: when it began, and until when it is made allowance for.
    stall: Option<(i64, Instant)>,
}

/// One row for the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) name: String,
    pub(crate) stream: String,
    pub(crate) acked: i64,
    pub(crate) live_until_ms: i64,
}

/// What a process knows of one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Here {
    pub(crate) acked: i64,
    pub(crate) live_until_ms: i64,
}

impl Present {
    fn live_until_ms(&self, now_ms: i64) -> i64 {
        self.left_ms.unwrap_or(now_ms) + LIVE_MS
    }
}

impl Presence {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A stream was opened here; one that was open under the name is replaced.
    pub(crate) fn opened(&self, name: &str, stream: &str, has: Revision) {
        let present = Present { stream: stream.to_owned(), acked: has.0, noted: has.0, left_ms: None };
        self.known().streams.insert(name.to_owned(), present);
        self.replaced.send_replace(());
    }

    /// A stream ended; its proxy counts as live for a while.
    pub(crate) fn left(&self, name: &str, stream: &str, now_ms: i64) {
        if let Some(present) = self.known().streams.get_mut(name).filter(|it| it.stream == stream) {
            present.left_ms = Some(now_ms);
        }
    }

    /// Notes an acknowledgement that arrived for this stream; `false` when the stream isn't one of this process.
    pub(crate) fn acked(&self, name: &str, stream: &str, revision: Revision) -> bool {
        let mut known = self.known();
        let present = known.streams.get_mut(name).filter(|it| it.stream == stream);
        present.map(|present| present.acked = present.acked.max(revision.0)).is_some()
    }

    /// Comes back when another stream has taken this one's name.
    pub(crate) async fn replaced(&self, name: &str, stream: &str) {
        let mut replaced = self.replaced.subscribe();
        while self.known().streams.get(name).is_some_and(|it| it.stream == stream) {
            // The sender lives as long as `self`.
            let _ = replaced.changed().await;
        }
    }

    /// What is known here of a stream.
    pub(crate) fn of(&self, name: &str, stream: &str, now_ms: i64) -> Option<Here> {
        let known = self.known();
        let present = known.streams.get(name).filter(|it| it.stream == stream)?;
        Some(Here { acked: present.acked, live_until_ms: present.live_until_ms(now_ms) })
    }

    /// What the database is to be told now.
    pub(crate) fn notes(&self, now_ms: i64) -> Vec<Note> {
        let mut known = self.known();
        known.streams.retain(|_, present| present.live_until_ms(now_ms) > now_ms);
        let note = |(name, present): (&String, &Present)| Note {
            name: name.clone(),
            stream: present.stream.clone(),
            acked: present.acked,
            live_until_ms: present.live_until_ms(now_ms),
        };
        known.streams.iter().map(note).collect()
    }

    /// The database has taken `notes`, but for those whose streams it no longer knows: theirs are replaced by others.
    /// Tells whether it learnt of an acknowledgement.
    pub(crate) fn noted(&self, notes: &[Note], taken: &BTreeSet<String>, now_ms: i64) -> bool {
        let mut known = self.known();
        known.writing.worked(Instant::now(), now_ms);
        let (mut learnt, mut replaced) = (false, false);
        for note in notes {
            let Some(present) = known.streams.get_mut(&note.name).filter(|it| it.stream == note.stream) else {
                continue;
            };
            if taken.contains(&note.name) {
                learnt |= note.acked > present.noted;
                present.noted = note.acked;
            } else {
                known.streams.remove(&note.name);
                replaced = true;
            }
        }
        drop(known);
        if replaced {
            self.replaced.send_replace(());
        }
        learnt
    }

    /// The instant against which rows of other processes are held. While nothing can be written nobody's row is renewed:
    /// then it stands still, and it goes on once each had the time to renew its own.
    pub(crate) fn reference_ms(&self, now_ms: i64) -> i64 {
        self.known().writing.reference_ms(Instant::now(), now_ms)
    }
}

impl Writing {
    fn worked(&mut self, at: Instant, now_ms: i64) {
        if let Some(since_ms) = self.stalled_since_ms(at) {
            self.stall = Some((since_ms, at + LIVE));
        }
        self.last = Some((at, now_ms));
    }

    fn reference_ms(self, at: Instant, now_ms: i64) -> i64 {
        let over = self.stall.filter(|(_, until)| at < *until).map(|(since_ms, _)| since_ms);
        [self.stalled_since_ms(at), over].into_iter().flatten().min().unwrap_or(now_ms)
    }

    fn stalled_since_ms(self, at: Instant) -> Option<i64> {
        self.last.filter(|(last, _)| at.saturating_duration_since(*last) > STALLED).map(|(_, last_ms)| last_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_counts_as_long_as_nobody_could_renew_it() {
        let (begin, mut writing) = (Instant::now(), Writing::default());
        let at = |ms: u64| begin + Duration::from_millis(ms);
        let reference = |writing: Writing, ms: u64| writing.reference_ms(at(ms), i64::try_from(ms).unwrap());
        assert_eq!(reference(writing, 5_000), 5_000, "nothing was tried yet");
        writing.worked(at(1_000), 1_000);
        writing.worked(at(2_000), 2_000);
        assert_eq!(reference(writing, 4_000), 4_000);
        assert_eq!(writing.reference_ms(at(3_000), 90_000), 90_000, "a clock that was set stalls nothing");
        assert_eq!(reference(writing, 30_000), 2_000, "it has stalled");
        writing.worked(at(31_000), 31_000);
        writing.worked(at(32_000), 32_000);
        assert_eq!(reference(writing, 33_000), 2_000, "others have yet to write");
        writing.worked(at(34_000), 34_000);
        writing.worked(at(37_000), 37_000);
        writing.worked(at(40_000), 40_000);
        assert_eq!(reference(writing, 40_900), 2_000);
        assert_eq!(reference(writing, 41_000), 41_000);
    }

    #[test]
    fn what_was_acknowledged_on_one_stream_says_nothing_of_the_next() {
        let presence = Presence::default();
        presence.opened("one", "a", Revision(3));
        assert!(presence.acked("one", "a", Revision(7)));
        let notes = presence.notes(0);
        presence.opened("one", "b", Revision(0));
        assert!(!presence.acked("one", "a", Revision(9)));
        assert!(!presence.noted(&notes, &["one".to_owned()].into(), 0));
        let here = Here { acked: 0, live_until_ms: LIVE_MS };
        assert_eq!((presence.of("one", "a", 0), presence.of("one", "b", 0)), (None, Some(here)));
    }

    #[test]
    fn a_proxy_that_left_is_live_for_a_while() {
        let presence = Presence::default();
        presence.opened("one", "a", Revision(3));
        presence.left("one", "a", 5_000);
        assert_eq!(presence.notes(6_000)[0].live_until_ms, 5_000 + LIVE_MS);
        assert_eq!(presence.notes(5_000 + LIVE_MS), []);
    }
}
