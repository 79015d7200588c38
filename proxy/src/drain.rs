//! The end of a process: connections finish what they began, up to a deadline.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

/// Waits until every connection has ended, at most for `deadline`; then ends the rest. Returns how many those were.
pub(crate) async fn drain(mut groups: Vec<JoinSet<()>>, deadline: Duration) -> usize {
    let deadline = Instant::now() + deadline;
    for group in &mut groups {
        while let Ok(Some(_)) = timeout_at(deadline, group.join_next()).await {}
    }
    let mut cut = 0;
    for mut group in groups {
        cut += group.len();
        group.shutdown().await;
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_has_begun_is_finished_and_what_never_ends_is_cut() {
        let begun = Instant::now();
        let mut connections = JoinSet::new();
        connections.spawn(tokio::time::sleep(Duration::from_secs(3)));
        assert_eq!(drain(vec![connections], Duration::from_secs(30)).await, 0);
        assert_eq!(begun.elapsed(), Duration::from_secs(3));

        let mut connections = JoinSet::new();
        connections.spawn(std::future::pending());
        assert_eq!(drain(vec![JoinSet::new(), connections], Duration::from_secs(30)).await, 1);
        assert_eq!(begun.elapsed(), Duration::from_secs(33));
    }
}
