//! How slow a client may be: it takes some of an answer within the write deadline, and it sends its body at a least
//! rate, averaged over half a minute. Time in which we don't ask for bytes doesn't count against it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep, sleep_until};

use crate::exchange::WINDOW;

/// A timer that exists only while somebody waits.
#[derive(Debug, Default)]
pub(super) struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    /// Whether the time is over that began with the first call since the last [`Timer::stop`].
    pub(super) fn is_over(&mut self, context: &mut Context<'_>, span: Duration) -> bool {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep(span)));
        sleep.as_mut().poll(context).is_ready()
    }

    /// Whether that moment is over. A timer that is due before it is left as it is until then: a moment that moves on with
    /// every request costs no timer of its own.
    pub(super) fn is_past(&mut self, context: &mut Context<'_>, moment: Instant) -> bool {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(moment)));
        if sleep.deadline() > moment {
            sleep.as_mut().reset(moment);
        }
        while sleep.as_mut().poll(context).is_ready() {
            if sleep.deadline() >= moment {
                return true;
            }
            sleep.as_mut().reset(moment);
        }
        false
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

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    async fn too_slow(pace: &mut Pace) {
        poll_fn(|context| pace.poll_too_slow(context, 500)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_moment_may_move_on_or_come_nearer() {
        let start = Instant::now();
        let mut timer = Timer::default();
        for (at, moment) in [(0, 10), (5, 40), (12, 50), (30, 35)] {
            tokio::time::sleep_until(start + Duration::from_secs(at)).await;
            let moment = start + Duration::from_secs(moment);
            assert!(!poll_fn(|context| Poll::Ready(timer.is_past(context, moment))).await, "{at}");
        }
        let moment = start + Duration::from_secs(60);
        poll_fn(|context| if timer.is_past(context, moment) { Poll::Ready(()) } else { Poll::Pending }).await;
        assert_eq!(start.elapsed().as_secs(), 60);
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
}
