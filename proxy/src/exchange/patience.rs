//! How long a visitor waits for an application: until its answer begins, and then between two pieces of it.
//!
//! The engine has one deadline for both, and no moment at which it could be changed; so whoever reads the visitor's side
//! while nothing else happens looks here.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// What one request waits for.
#[derive(Debug, Default)]
pub(crate) struct Patience(Mutex<State>);

#[derive(Debug, Default, Clone, Copy)]
enum State {
    /// Nobody is asked.
    #[default]
    Idle,
    /// The application was asked, and hasn't begun to answer.
    Asked { span: Duration, since: Instant },
    /// It has begun.
    Answered { span: Duration, since: Instant },
    /// It took too long.
    Over,
}

impl Patience {
    /// Begins to wait for an answer.
    pub(super) fn ask(&self, span: Duration) {
        *self.0.lock() = State::Asked { span, since: Instant::now() };
    }

    /// Notes that a part of the request goes to the application: its answer isn't due yet.
    pub(super) fn sending(&self) {
        if let State::Asked { since, .. } = &mut *self.0.lock() {
            *since = Instant::now();
        }
    }

    /// Notes that the answer has begun, whose pieces come at most a `span` apart.
    pub(super) fn answered(&self, span: Duration) {
        *self.0.lock() = State::Answered { span, since: Instant::now() };
    }

    /// Notes that something of the answer moves, or of a tunnel.
    pub(crate) fn moved(&self) {
        if let State::Answered { since, .. } = &mut *self.0.lock() {
            *since = Instant::now();
        }
    }

    /// Ends the waiting.
    pub(super) fn rest(&self) {
        *self.0.lock() = State::Idle;
    }

    /// When the waiting is over, unless something moves before.
    pub(crate) fn due(&self) -> Option<Instant> {
        match *self.0.lock() {
            State::Asked { span, since } | State::Answered { span, since } => Some(since + span),
            State::Idle | State::Over => None,
        }
    }

    /// Notes that the waiting is over.
    pub(crate) fn give_up(&self) {
        *self.0.lock() = State::Over;
    }

    /// Whether the application took too long.
    pub(super) fn is_over(&self) -> bool {
        matches!(*self.0.lock(), State::Over)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_due_once_the_request_was_sent_and_then_piece_by_piece() {
        let patience = Patience::default();
        let left = || patience.due().map(|due| due - Instant::now());
        assert_eq!(left(), None);
        patience.ask(30 * SECOND);
        tokio::time::advance(10 * SECOND).await;
        patience.moved();
        assert_eq!(left(), Some(20 * SECOND), "what is said before an answer is none");
        patience.sending();
        assert_eq!(left(), Some(30 * SECOND));
        patience.answered(60 * SECOND);
        tokio::time::advance(10 * SECOND).await;
        patience.sending();
        assert_eq!(left(), Some(50 * SECOND));
        patience.moved();
        assert_eq!(left(), Some(60 * SECOND));
        patience.give_up();
        assert!(patience.is_over() && left().is_none());
        patience.rest();
        assert!(!patience.is_over());
    }
}
