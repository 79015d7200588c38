//! How slow the body of one request may be among the others of its connection: at a least rate, averaged over half a
//! minute.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::task::Id;
use tokio::time::Instant;

/// Over what time the rate of a body is averaged.
pub(crate) const WINDOW: Duration = Duration::from_secs(30);

/// The rate at which the body of one HTTP/2 stream arrives, looked at from time to time.
///
/// Only time in which the client is asked for bytes counts. It isn't while a piece waits for the application, which may be
/// as slow as it likes.
#[derive(Debug)]
pub(crate) struct BodyWatch {
    /// The task that serves the stream.
    task: Id,
    window: Mutex<Window>,
}

#[derive(Debug)]
struct Window {
    received: u64,
    waited: Duration,
    /// Since when the client is waited for; none while it isn't.
    since: Option<Instant>,
    /// For how many reasons the client isn't asked for more.
    unasked: usize,
    is_whole: bool,
}

/// A piece of a body on its way to the application.
struct Piece {
    bytes: Bytes,
    _unasked: Unasked,
}

/// Held while the client isn't asked for more of its body.
#[derive(Debug)]
pub(crate) struct Unasked(Arc<BodyWatch>);

impl BodyWatch {
    /// Watches the body of the stream that the current task serves; none when none does.
    pub(super) fn new() -> Option<Self> {
        let window =
            Window { received: 0, waited: Duration::ZERO, since: Some(Instant::now()), unasked: 0, is_whole: false };
        Some(Self { task: tokio::task::try_id()?, window: Mutex::new(window) })
    }

    /// The task that serves the stream.
    pub(crate) fn task(&self) -> Id {
        self.task
    }

    /// Notes that a piece arrived. What comes back is the same piece, and is to be passed on in its place.
    pub(crate) fn received(self: &Arc<Self>, bytes: Bytes) -> Bytes {
        self.window.lock().received += bytes.len() as u64;
        Bytes::from_owner(Piece { bytes, _unasked: self.unasked() })
    }

    /// Counts no time until what comes back is dropped.
    pub(crate) fn unasked(self: &Arc<Self>) -> Unasked {
        let mut window = self.window.lock();
        window.stop();
        window.unasked += 1;
        drop(window);
        Unasked(Arc::clone(self))
    }

    /// Notes that the body has ended.
    pub(crate) fn ended(&self) {
        self.window.lock().is_whole = true;
    }

    /// Whether a window is over in which too little arrived.
    pub(crate) fn is_too_slow(&self, rate: u64) -> bool {
        let mut window = self.window.lock();
        window.stop();
        window.go_on();
        if window.is_whole || window.waited < WINDOW {
            return false;
        }
        window.waited = Duration::ZERO;
        std::mem::take(&mut window.received) < rate * WINDOW.as_secs()
    }
}

impl Window {
    fn stop(&mut self) {
        if let Some(since) = self.since.take() {
            self.waited += since.elapsed();
        }
    }

    fn go_on(&mut self) {
        if self.unasked == 0 && self.since.is_none() {
            self.since = Some(Instant::now());
        }
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Unasked {
    fn drop(&mut self) {
        let mut window = self.0.window.lock();
        window.unasked -= 1;
        window.go_on();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A piece of so many bytes.
    fn piece(watch: &Arc<BodyWatch>, length: usize) -> Bytes {
        watch.received(Bytes::from(vec![0; length]))
    }

    /// Runs as a stream does: in a task.
    async fn in_a_task(test: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(test).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_is_judged_window_by_window_until_its_body_is_whole() {
        in_a_task(async {
            let watch = Arc::new(BodyWatch::new().unwrap());
            drop(piece(&watch, 15_000));
            assert!(!watch.is_too_slow(500));
            tokio::time::advance(WINDOW).await;
            assert!(!watch.is_too_slow(500));
            tokio::time::advance(WINDOW).await;
            assert!(watch.is_too_slow(500));
            tokio::time::advance(WINDOW).await;
            watch.ended();
            assert!(!watch.is_too_slow(500));
        })
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_which_the_application_takes_nothing_does_not_count() {
        in_a_task(async {
            let watch = Arc::new(BodyWatch::new().unwrap());
            let (piece, unasked) = (piece(&watch, 1), watch.unasked());
            tokio::time::advance(WINDOW * 10).await;
            assert!(!watch.is_too_slow(500), "the client is not asked for more");
            assert_eq!(piece.as_ref(), [0], "the piece is the same");
            drop(piece);
            tokio::time::advance(WINDOW * 10).await;
            assert!(!watch.is_too_slow(500), "it still isn't");
            drop(unasked);
            tokio::time::advance(WINDOW - Duration::from_secs(1)).await;
            assert!(!watch.is_too_slow(500));
            tokio::time::advance(Duration::from_secs(1)).await;
            assert!(watch.is_too_slow(500), "it is asked again, and sends nothing");
        })
        .await;
    }
}
