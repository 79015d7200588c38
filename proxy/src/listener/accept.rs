//! What becomes of a socket that can't accept, and the small loop of sockets that only this machine reaches.

use std::io;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::telemetry::Causes;

/// How long accepting rests when the process has no file descriptor left.
const REST: Duration = Duration::from_millis(100);

/// How often that is logged, at most.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Whether an error is one connection's, and nothing to wait for.
pub(super) fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// Waits out that the process has no descriptor or memory left.
#[derive(Debug, Default)]
pub(super) struct Shortage {
    logged_at: Option<Instant>,
}

impl Shortage {
    /// Waits a little, and logs the error at most once a minute.
    pub(super) async fn wait_out(&mut self, error: &io::Error) {
        if self.logged_at.is_none_or(|at| at.elapsed() > LOG_INTERVAL) {
            self.logged_at = Some(Instant::now());
            tracing::error!(error = %Causes(error), "accepting rests; this is said once a minute");
        }
        tokio::time::sleep(REST).await;
    }
}

/// Accepts from a socket that only this machine reaches, at most so many connections at once, until it's dropped.
pub(crate) async fn accept_local<S, F>(socket: TcpListener, most: usize, serve: S)
where
    S: Fn(TcpStream) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let (mut connections, mut shortage) = (JoinSet::new(), Shortage::default());
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => {}
            accepted = socket.accept(), if connections.len() < most => match accepted {
                Ok((stream, _)) => drop(connections.spawn(serve(stream))),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => shortage.wait_out(&error).await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_shortage_is_waited_out_and_logged_once_a_minute() {
        let (mut shortage, start) = (Shortage::default(), Instant::now());
        let error = io::Error::from_raw_os_error(24);
        assert!(!is_of_one_connection(&error) && is_of_one_connection(&io::ErrorKind::ConnectionAborted.into()));
        shortage.wait_out(&error).await;
        assert_eq!((start.elapsed(), shortage.logged_at), (REST, Some(start)));
        shortage.wait_out(&error).await;
        assert_eq!(shortage.logged_at, Some(start));
        tokio::time::advance(LOG_INTERVAL).await;
        shortage.wait_out(&error).await;
        assert_ne!(shortage.logged_at, Some(start));
    }
}
