//! A naive application that writes down what it gets.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What an application got, each request's head and body as they came.
#[derive(Debug, Clone, Default)]
pub(super) struct Application {
    pub(super) port: u16,
    got: Arc<Mutex<Vec<(String, String)>>>,
    is_sick: Arc<AtomicBool>,
    changed: Arc<Notify>,
}

impl Application {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let application = Self { port: listener.local_addr().unwrap().port(), ..Self::default() };
        let it = application.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(it.clone().serve(stream));
            }
        });
        application
    }

    pub(super) fn got(&self) -> Vec<(String, String)> {
        self.got.lock().clone()
    }

    /// Whether `/health` answers well from now on.
    pub(super) fn answer_health(&self, is_well: bool) {
        self.is_sick.store(!is_well, Ordering::SeqCst);
    }

    /// Waits until a path was asked so many times.
    pub(super) async fn wait_for(&self, path: &str, times: usize) {
        loop {
            let changed = self.changed.notified();
            if self.got().iter().filter(|(head, _)| head.split(' ').nth(1) == Some(path)).count() >= times {
                return;
            }
            changed.await;
        }
    }

    /// The value of a field in the last request.
    pub(super) fn field(&self, name: &str) -> Option<String> {
        let (head, _) = self.got().pop()?;
        let values: Vec<_> = head.lines().filter_map(|line| line.split_once(": ")).collect();
        let mut values = values.into_iter().filter(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        let first = values.next().map(str::to_owned);
        assert!(values.next().is_none(), "{name} came twice: {head}");
        first
    }

    async fn serve(self, mut stream: TcpStream) {
        let mut seen = Vec::new();
        while let Some(head) = until(&mut stream, &mut seen, b"\r\n\r\n").await {
            let lower = head.to_ascii_lowercase();
            let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if lower.contains("expect: 100-continue") {
                stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await.unwrap();
            }
            let body = match length {
                Some(length) => exactly(&mut stream, &mut seen, length).await,
                None if lower.contains("transfer-encoding: chunked") => {
                    until(&mut stream, &mut seen, b"0\r\n\r\n").await
                }
                None => Some(String::new()),
            };
            let Some(body) = body else { return };
            let path = head.split(' ').nth(1).unwrap().to_owned();
            self.got.lock().push((head, body));
            self.changed.notify_one();
            let is_sick = path == "/health" && self.is_sick.load(Ordering::SeqCst);
            if !answer(&mut stream, if is_sick { "/sick" } else { &path }).await {
                return;
            }
        }
    }
}

/// Answers by path. False when the connection is over.
async fn answer(stream: &mut TcpStream, path: &str) -> bool {
    if path.starts_with("/echo/") {
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{path}", path.len());
        return stream.write_all(answer.as_bytes()).await.is_ok();
    }
    let answer: &[u8] = match path {
        "/chunked" => b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "/cut" => b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal",
        "/events" => b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ntick\n\r\n",
        "/ws" => b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "/nonsense" => b"NONSENSE\r\n\r\n",
        "/leave" => b"HTTP/1.1 302 Found\r\nLocation: https://app.internal/x\r\nSet-Cookie: till=1; Domain=app.internal\r\nServer: app\r\nKeep-Alive: timeout=5\r\nContent-Length: 0\r\n\r\n",
        "/login" => b"HTTP/1.1 200 OK\r\nX-Account: a\r\nContent-Length: 7\r\n\r\nwelcome",
        "/login-b" => b"HTTP/1.1 200 OK\r\nX-Account: b\r\nSet-Cookie: till=b\r\nContent-Length: 6\r\n\r\nsecret",
        "/empty" => b"HTTP/1.1 204 No Content\r\n\r\n",
        "/flood" => return stream.write_all(&flood()).await.is_ok(),
        "/sick" => b"HTTP/1.1 503 Sick\r\nContent-Length: 0\r\n\r\n",
        "/dies" => return false,
        "/hangs" => std::future::pending().await,
        _ => b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    };
    stream.write_all(answer).await.unwrap();
    match path {
        "/events" => std::future::pending().await,
        "/ws" => {
            let (mut read, mut write) = stream.split();
            tokio::io::copy(&mut read, &mut write).await.is_ok_and(|_| false)
        }
        "/cut" | "/nonsense" => false,
        _ => true,
    }
}

/// An answer that no buffer on its way holds.
fn flood() -> Vec<u8> {
    let body = vec![b'x'; 16 << 20];
    [format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat()
}

async fn until(stream: &mut TcpStream, seen: &mut Vec<u8>, end: &[u8]) -> Option<String> {
    loop {
        if let Some(at) = seen.windows(end.len()).position(|window| window == end) {
            let rest = seen.split_off(at + end.len());
            return String::from_utf8(std::mem::replace(seen, rest)).ok();
        }
        if stream.read_buf(seen).await.ok()? == 0 {
            return None;
        }
    }
}

async fn exactly(stream: &mut TcpStream, seen: &mut Vec<u8>, length: usize) -> Option<String> {
    while seen.len() < length {
        if stream.read_buf(seen).await.ok()? == 0 {
            return None;
        }
    }
    let rest = seen.split_off(length);
    String::from_utf8(std::mem::replace(seen, rest)).ok()
}

/// Reads a request's head, byte by byte: nothing of its body is taken.
pub(super) async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}
