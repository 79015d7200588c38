//! A naive application: keeps every byte of every connection, and answers as it was told to for a path.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

/// What it does when a path is asked for.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Writes these bytes, and goes on.
    Say(Bytes),
    /// Writes these bytes, and closes.
    SayAndClose(Bytes),
    /// Answers before the body has come, and goes on reading.
    Early,
    /// Reads and says nothing more.
    Hang,
    /// Asks for the body, waits for it, then writes these bytes.
    Continue(Bytes),
    /// Logs the connection in by three steps of this scheme, and then tells whoever asks whose it is.
    Remember(&'static str),
}

/// The application.
pub(crate) struct Upstream {
    address: SocketAddr,
    log: Arc<Log>,
    _task: AbortOnDropHandle<()>,
}

#[derive(Debug, Default)]
struct Log {
    connections: Mutex<Vec<Vec<u8>>>,
    acts: Mutex<HashMap<String, Act>>,
}

impl Upstream {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let log = Arc::<Log>::default();
        let task = tokio::spawn({
            let log = Arc::clone(&log);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let number = {
                        let mut connections = log.connections.lock();
                        connections.push(Vec::new());
                        connections.len() - 1
                    };
                    tokio::spawn(serve(stream, number, Arc::clone(&log)));
                }
            }
        });
        Ok(Self { address, log, _task: AbortOnDropHandle::new(task) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What to do from now on when a path is asked for.
    pub(crate) fn on(&self, path: &str, act: Act) {
        self.log.acts.lock().insert(path.to_owned(), act);
    }

    /// Every byte of every connection.
    pub(crate) fn connections(&self) -> Vec<Vec<u8>> {
        self.log.connections.lock().clone()
    }

    /// All of it as one text.
    pub(crate) fn everything(&self) -> String {
        self.connections().iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
    }

    /// How often a text came.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.everything().matches(text).count()
    }

    pub(crate) fn forget(&self) {
        self.log.connections.lock().iter_mut().for_each(Vec::clear);
    }
}

/// One connection's unread bytes.
struct Reader {
    stream: TcpStream,
    number: usize,
    log: Arc<Log>,
    unread: Vec<u8>,
}

impl Reader {
    async fn more(&mut self) -> Option<()> {
        let mut piece = [0; 8 << 10];
        let count = self.stream.read(&mut piece).await.ok().filter(|count| *count > 0)?;
        self.log.connections.lock()[self.number].extend_from_slice(&piece[..count]);
        self.unread.extend_from_slice(&piece[..count]);
        Some(())
    }

    async fn until(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        loop {
            if let Some(at) = self.unread.windows(end.len()).position(|window| window == end) {
                return Some(self.unread.drain(..at + end.len()).collect());
            }
            self.more().await?;
        }
    }

    async fn skip(&mut self, mut count: usize) -> Option<()> {
        while count > self.unread.len() {
            count -= self.unread.len();
            self.unread.clear();
            self.more().await?;
        }
        self.unread.drain(..count);
        Some(())
    }
}

async fn serve(stream: TcpStream, number: usize, log: Arc<Log>) -> Option<()> {
    let mut reader = Reader { stream, number, log, unread: Vec::new() };
    let mut is_known = false;
    loop {
        let head = String::from_utf8_lossy(&reader.until(b"\r\n\r\n").await?).to_ascii_lowercase();
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let act = reader.log.acts.lock().get(&path).cloned();
        let greeting = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{path}", path.len());
        if matches!(act, Some(Act::Early)) {
            reader.stream.write_all(greeting.as_bytes()).await.ok()?;
        }
        if matches!(act, Some(Act::Continue(_))) {
            reader.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await.ok()?;
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        match length {
            Some(length) => reader.skip(length).await?,
            None if head.contains("transfer-encoding: chunked") => drop(reader.until(b"0\r\n\r\n").await?),
            None => {}
        }
        match act {
            Some(Act::Early) => {}
            Some(Act::Remember(scheme)) => {
                let step = |step: &str| head.contains(&format!("authorization: {scheme} {step}"));
                is_known |= step("three");
                let answer = match (is_known, step("one")) {
                    (true, _) => "200 OK\r\nContent-Length: 1\r\n\r\nX".to_owned(),
                    (_, true) => format!("401 No\r\nWWW-Authenticate: {scheme} challenge\r\nContent-Length: 0\r\n\r\n"),
                    _ => format!("401 No\r\nWWW-Authenticate: {scheme}\r\nContent-Length: 0\r\n\r\n"),
                };
                reader.stream.write_all(format!("HTTP/1.1 {answer}").as_bytes()).await.ok()?;
            }
            Some(Act::Say(bytes) | Act::Continue(bytes)) => reader.stream.write_all(&bytes).await.ok()?,
            Some(Act::SayAndClose(bytes)) => {
                reader.stream.write_all(&bytes).await.ok()?;
                return reader.stream.shutdown().await.ok();
            }
            Some(Act::Hang) => while reader.more().await.is_some() {},
            None => reader.stream.write_all(greeting.as_bytes()).await.ok()?,
        }
    }
}
