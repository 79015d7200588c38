//! How long a stream may be silent before it is left.

use std::time::Duration;

use http::HeaderMap;
use marque_config::feed::{FORMAT_HEADER, SILENCE_MS};

/// Of a control plane that beats every [`marque_config::feed::HEARTBEAT_MS`], also while it makes wait.
const BEATING: Duration = Duration::from_millis(SILENCE_MS);
/// Of one from before formats had numbers: it beats every two seconds once it has sent its first batch.
const LANDED: Duration = Duration::from_secs(6);
/// Until such a one sends its first batch: it says nothing while snapshots for others go first.
const TURN: Duration = Duration::from_secs(60);

/// What is known of how often who speaks is heard.
#[derive(Debug)]
pub(super) struct SilenceLimit {
    beats: bool,
    has_heard: bool,
}

impl SilenceLimit {
    /// For a stream that was answered with these fields.
    pub(super) fn new(headers: &HeaderMap) -> Self {
        Self { beats: headers.contains_key(FORMAT_HEADER), has_heard: false }
    }

    /// The control plane is there, and makes wait.
    pub(super) fn wait(&mut self) {
        (self.beats, self.has_heard) = (true, true);
    }

    /// A batch was taken.
    pub(super) fn heard(&mut self, beats: bool) {
        self.beats |= beats;
        self.has_heard = true;
    }

    /// Whether the stream was any good.
    pub(super) fn has_heard(&self) -> bool {
        self.has_heard
    }

    /// How long the stream may be silent from now on.
    pub(super) fn left(&self) -> Duration {
        match (self.beats, self.has_heard) {
            (true, _) => BEATING,
            (false, true) => LANDED,
            (false, false) => TURN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_makes_wait_without_a_word_is_waited_for_and_who_beats_is_not() {
        let mut landed = SilenceLimit::new(&HeaderMap::new());
        assert_eq!(landed.left(), TURN);
        landed.heard(false);
        assert_eq!(landed.left(), LANDED);
        landed.heard(true);
        assert_eq!(landed.left(), BEATING);
        let mut headers = HeaderMap::new();
        headers.insert(FORMAT_HEADER, 1.into());
        assert_eq!(SilenceLimit::new(&headers).left(), BEATING);
    }
}
