//! How slow a client may be: it takes some of an answer within the write deadline, and it sends its body at a least
//! rate, averaged over half a minute. Time in which we don't ask for bytes doesn't count against it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::task::Id;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// Over what time the rate of a body is averaged.
pub(super) const WINDOW: Duration = Duration::from_secs(30);

/// A timer that exists only while somebody waits.
#[derive(Debug, Default)]
pub(super) struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    /// Whether the time is over that began with the first call since the last [`Timer::stop`].
    pub(super) fn is_over(&mut self, context: &mut Context<'_>, span: Duration) -> bool {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep(span)));
        sleep.as_mut().poll(context).is_ready()
    }

    /// Whether that moment is over.
    pub(super) fn is_past(&mut self, context: &mut Context<'_>, moment: Instant) -> bool {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(moment)));
        if sleep.deadline() != moment {
            sleep.as_mut().reset(moment);
        }
        sleep.as_mut().poll(context).is_ready()
    }

    /// Forgets the time.
    pub(super) fn stop(&mut self) {
        self.0 = None;
    }
}

/// The rate at which an HTTP/1 body arrives.
#[derive(Debug, Default)]
pub(super) struct Pace {
    received: u64,
    waited: Duration,
    since: Option<Instant>,
    timer: Timer,
}

impl Pace {
    /// Notes that bytes arrived.
    pub(super) fn received(&mut self, bytes: usize) {
        self.received += bytes as u64;
        if let Some(since) = self.since.take() {
            self.waited += since.elapsed();
            self.timer.stop();
        }
    }

    /// Notes that we wait for bytes; ready when there were too few for too long.
    pub(super) fn poll_too_slow(&mut self, context: &mut Context<'_>, rate: u64) -> Poll<()> {
        loop {
            self.since.get_or_insert_with(Instant::now);
            if !self.timer.is_over(context, WINDOW.saturating_sub(self.waited)) {
                return Poll::Pending;
            }
            if self.received < rate * WINDOW.as_secs() {
                return Poll::Ready(());
            }
            *self = Self::default();
        }
    }
}

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
    pub(crate) fn new() -> Option<Self> {
        let window =
            Window { received: 0, waited: Duration::ZERO, since: Some(Instant::now()), unasked: 0, is_whole: false };
        Some(Self { task: tokio::task::try_id()?, window: Mutex::new(window) })
    }

    /// The task that serves the stream.
    pub(super) fn task(&self) -> Id {
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
    pub(super) fn is_too_slow(&self, rate: u64) -> bool {
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
    use std::future::poll_fn;

    use super::*;

    async fn too_slow(pace: &mut Pace) {
        poll_fn(|context| pace.poll_too_slow(context, 500)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_too_slow_after_the_window() {
        let start = Instant::now();
        let mut pace = Pace::default();
        pace.received(14_999);
        too_slow(&mut pace).await;
        assert_eq!(start.elapsed().as_secs(), WINDOW.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_which_nobody_asks_does_not_count() {
        let mut pace = Pace::default();
        for _ in 0..10 {
            let wait = tokio::time::timeout(Duration::from_secs(1), too_slow(&mut pace)).await;
            assert!(wait.is_err());
            pace.received(1);
            tokio::time::advance(Duration::from_secs(60)).await;
        }
        let start = Instant::now();
        too_slow(&mut pace).await;
        assert_eq!(start.elapsed().as_secs(), WINDOW.as_secs() - 10);
    }

    #[tokio::test(start_paused = true)]
    async fn enough_bytes_open_a_new_window() {
        let start = Instant::now();
        let mut pace = Pace::default();
        pace.received(15_000);
        too_slow(&mut pace).await;
        assert_eq!(start.elapsed().as_secs(), 2 * WINDOW.as_secs());
    }

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
