//! A client that says exactly what it's told to, over TLS or without.

use std::fmt::Debug;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// The longest that anything here may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// What carries its bytes.
pub(crate) trait Carrier: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Carrier for T {}

/// A client.
pub(crate) struct Raw {
    pub(crate) io: Box<dyn Carrier>,
    pub(crate) seen: Vec<u8>,
}

impl Debug for Raw {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Raw({})", self.seen.escape_ascii())
    }
}

impl Raw {
    pub(crate) fn new(io: impl Carrier + 'static) -> Self {
        Self { io: Box::new(io), seen: Vec::new() }
    }

    pub(crate) async fn say(&mut self, bytes: impl AsRef<[u8]>) -> Result<()> {
        timeout(PATIENCE, async {
            self.io.write_all(bytes.as_ref()).await?;
            self.io.flush().await
        })
        .await
        .context("said in time")??;
        Ok(())
    }

    /// The next answer's head and body; the body by its length, its chunks' end, or not at all.
    pub(crate) async fn answer(&mut self) -> Result<(String, Vec<u8>)> {
        let head = String::from_utf8(self.until(b"\r\n\r\n").await?)?;
        let lower = head.to_ascii_lowercase();
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let body = match length {
            Some(length) => self.exactly(length).await?,
            None if lower.contains("transfer-encoding: chunked") => self.until(b"0\r\n\r\n").await?,
            None => Vec::new(),
        };
        Ok((head, body))
    }

    pub(crate) async fn status(&mut self) -> Result<u16> {
        let (head, _) = self.answer().await?;
        head.split(' ').nth(1).and_then(|it| it.parse().ok()).with_context(|| format!("a status in {head}"))
    }

    pub(crate) async fn until(&mut self, end: &[u8]) -> Result<Vec<u8>> {
        loop {
            if let Some(at) = self.seen.windows(end.len()).position(|window| window == end) {
                let rest = self.seen.split_off(at + end.len());
                return Ok(std::mem::replace(&mut self.seen, rest));
            }
            ensure!(self.more().await?, "closed after {}", self.seen.escape_ascii());
        }
    }

    pub(crate) async fn exactly(&mut self, length: usize) -> Result<Vec<u8>> {
        while self.seen.len() < length {
            ensure!(self.more().await?, "closed after {}", self.seen.escape_ascii());
        }
        let rest = self.seen.split_off(length);
        Ok(std::mem::replace(&mut self.seen, rest))
    }

    /// Whether more has come; not so when the connection was ended, in whatever way.
    pub(crate) async fn more(&mut self) -> Result<bool> {
        match timeout(PATIENCE, self.io.read_buf(&mut self.seen)).await {
            Ok(read) => Ok(read.is_ok_and(|count| count > 0)),
            Err(_) => bail!("neither a word nor an end after {}", self.seen.escape_ascii()),
        }
    }

    /// Says it, unless the other side has ended the connection.
    pub(crate) async fn try_say(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.say(bytes).await.is_ok()
    }

    /// What comes until the connection is closed, or for a while.
    pub(crate) async fn rest_within(&mut self, time: Duration) -> String {
        drop(timeout(time, async { while self.more().await.is_ok_and(|more| more) {} }).await);
        String::from_utf8_lossy(&std::mem::take(&mut self.seen)).into_owned()
    }

    /// What comes until the connection is closed.
    pub(crate) async fn rest(&mut self) -> Result<String> {
        while self.more().await? {}
        Ok(String::from_utf8_lossy(&std::mem::take(&mut self.seen)).into_owned())
    }
}
