//! Waiting for a condition: the only place in the suites that pauses.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

const PAUSE: Duration = Duration::from_millis(15);

/// Asks again and again until `look` gives something. An error counts as "not yet"; the last one is told when the
/// deadline has passed.
///
/// # Errors
/// When the deadline has passed; `what` says what was waited for.
pub async fn eventually<T>(
    what: &str,
    deadline: Duration,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let end = Instant::now() + deadline;
    let mut last = None;
    loop {
        match tokio::time::timeout_at(end.into(), look()).await {
            Ok(Ok(Some(found))) => return Ok(found),
            Ok(Ok(None)) => last = None,
            Ok(Err(error)) => last = Some(error),
            Err(_) => {}
        }
        if Instant::now() >= end {
            let seconds = deadline.as_secs();
            return Err(match last {
                Some(error) => error.context(format!("not within {seconds} s: {what}")),
                None => anyhow!("not within {seconds} s: {what}"),
            });
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// As [`eventually`], for a condition that is only true or false.
///
/// # Errors
/// As [`eventually`].
pub async fn until(what: &str, deadline: Duration, mut holds: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    eventually(what, deadline, async || Ok(holds().await?.then_some(()))).await
}
