//! An application that answers each request as it was told to, byte by byte, and keeps what it got. It reads strictly: what
//! a proxy of ours writes has one spelling.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use crate::odd::Broken;
use crate::plan::{Answer, EXTENSION, Ending, Framing, Timing};

/// The field that says which exchange a request belongs to.
pub(crate) const MARKER: &str = "x-marker";

/// How long anything here may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A name, in lower case, and a value.
pub(crate) type Field = (String, Vec<u8>);

/// The application.
pub(crate) struct Application {
    address: SocketAddr,
    log: Arc<Log>,
    _task: AbortOnDropHandle<()>,
}

#[derive(Debug, Default)]
struct Log {
    scripts: Mutex<HashMap<String, Arc<Script>>>,
    faults: Mutex<Vec<String>>,
}

/// What is answered to one exchange, and what was got of it.
#[derive(Debug)]
pub(crate) struct Script {
    marker: String,
    answer: Answer,
    got: Mutex<Vec<Got>>,
    running: watch::Sender<usize>,
    is_over: watch::Sender<bool>,
}

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Got {
    pub(crate) line: String,
    pub(crate) fields: Vec<Field>,
    pub(crate) body: Vec<u8>,
    pub(crate) is_whole: bool,
}

/// One time that a script runs.
struct Run {
    script: Arc<Script>,
    number: usize,
}

impl Application {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let log = Arc::<Log>::default();
        let task = tokio::spawn({
            let log = Arc::clone(&log);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, Arc::clone(&log)));
                }
            }
        });
        Ok(Self { address, log, _task: AbortOnDropHandle::new(task) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers so when the exchange of this marker is asked for.
    pub(crate) fn expect(&self, marker: &str, answer: Answer) -> Arc<Script> {
        let script = Arc::new(Script {
            marker: marker.to_owned(),
            answer,
            got: Mutex::default(),
            running: watch::Sender::new(0),
            is_over: watch::Sender::new(false),
        });
        self.log.scripts.lock().insert(marker.to_owned(), Arc::clone(&script));
        script
    }

    /// Fails when anything came that nobody asked, or that isn't in the one spelling.
    pub(crate) fn check(&self) -> Result<()> {
        let faults = std::mem::take(&mut *self.log.faults.lock());
        ensure!(faults.is_empty(), "the application got {faults:?}");
        Ok(())
    }
}

impl Script {
    /// What came of it, each time.
    pub(crate) fn got(&self) -> Vec<Got> {
        self.got.lock().clone()
    }

    /// The visitor has what it gets: what waits for that goes on, and everything is done when this comes back.
    pub(crate) async fn end(&self) -> Result<()> {
        self.is_over.send_replace(true);
        let mut running = self.running.subscribe();
        let ended = timeout(PATIENCE, running.wait_for(|running| *running == 0)).await;
        drop(ended.with_context(|| format!("the application hangs in {}", self.marker))??);
        Ok(())
    }
}

impl Run {
    fn begin(script: Arc<Script>, got: Got) -> Self {
        script.running.send_modify(|running| *running += 1);
        let mut all = script.got.lock();
        let number = all.len();
        all.push(got);
        drop(all);
        Self { script, number }
    }

    fn got(&self, change: impl FnOnce(&mut Got)) {
        if let Some(got) = self.script.got.lock().get_mut(self.number) {
            change(got);
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.script.running.send_modify(|running| *running -= 1);
    }
}

async fn serve(stream: TcpStream, log: Arc<Log>) {
    drop(stream.set_nodelay(true));
    let mut reader = Reader { stream, unread: Vec::new() };
    while let Some(head) = reader.until(b"\r\n\r\n").await {
        let begun = read_head(&head).and_then(|got| {
            let marker = got.fields.iter().find(|(name, _)| name == MARKER).context("a marker")?;
            let marker = String::from_utf8(marker.1.clone())?;
            let script = log.scripts.lock().get(&marker).cloned().context("a script")?;
            Ok(Run::begin(script, got))
        });
        let run = match begun {
            Ok(run) => run,
            Err(error) => return log.faults.lock().push(format!("{error:#} in {}", head.escape_ascii())),
        };
        match play(&mut reader, &run).await {
            Ok(true) => {}
            Ok(false) => {
                // It's closed before it counts as done.
                drop(reader);
                return;
            }
            Err(error) => {
                return log.faults.lock().push(format!("{error:#} in the body after {}", head.escape_ascii()));
            }
        }
    }
}

/// Does what the script says. False when the connection is over.
async fn play(reader: &mut Reader, run: &Run) -> Result<bool> {
    let answer = &run.script.answer;
    for status in &answer.interim {
        let head = format!("HTTP/1.1 {status} Interim\r\nX-Interim: yes\r\n\r\n");
        if reader.stream.write_all(head.as_bytes()).await.is_err() {
            return Ok(false);
        }
    }
    let is_late = answer.timing == Timing::Late;
    if is_late && !read_body(reader, run).await? {
        return Ok(false);
    }
    let method = run.script.got.lock().first().map(|got| got.line.clone()).unwrap_or_default();
    let wire = answer.wire(method.split(' ').next().unwrap_or_default(), &run.script.marker);
    let is_whole = write(&mut reader.stream, &wire, &answer.cuts).await.is_ok();
    if is_whole && answer.timing == Timing::Early && !read_body(reader, run).await? {
        return Ok(false);
    }
    if let Some(Broken::Cut { is_reset: true, .. }) = answer.flaw {
        reader.stream.set_zero_linger()?;
        return Ok(false);
    }
    let is_cut = matches!(answer.flaw, Some(Broken::Cut { .. } | Broken::Chunks(_) | Broken::Head(_)));
    if is_whole && answer.ending == Ending::Stays && answer.timing != Timing::Deaf && !is_cut {
        return Ok(true);
    }
    drop(reader.stream.shutdown().await);
    if !is_late {
        // What isn't read would make a reset of the end, and lose what was said.
        drop(run.script.is_over.subscribe().wait_for(|is_over| *is_over).await);
    }
    Ok(false)
}

/// Writes in pieces.
async fn write(stream: &mut TcpStream, mut bytes: &[u8], cuts: &[usize]) -> std::io::Result<()> {
    for cut in cuts {
        let (piece, rest) = bytes.split_at((*cut).min(bytes.len()));
        stream.write_all(piece).await?;
        tokio::task::yield_now().await;
        bytes = rest;
    }
    stream.write_all(bytes).await
}

/// Reads a request's head, in the one spelling.
fn read_head(head: &[u8]) -> Result<Got> {
    let text = head.strip_suffix(b"\r\n\r\n").context("an end")?;
    let mut lines = text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let line = String::from_utf8(lines.next().context("a line")?.to_vec())?;
    let is_line = line.ends_with(" HTTP/1.1") && line.split(' ').count() == 3 && line.is_ascii();
    ensure!(is_line, "a request line");
    let mut fields = Vec::new();
    for field in lines {
        ensure!(!field.iter().any(|byte| matches!(byte, b'\r' | 0)), "a field's bytes");
        let colon = field.iter().position(|byte| *byte == b':').context("a colon")?;
        let (name, value) = (std::str::from_utf8(&field[..colon])?, &field[colon + 1..]);
        ensure!(!name.is_empty() && name.bytes().all(is_of_name), "a name: {name}");
        let value = value.strip_prefix(b" ").unwrap_or(value);
        ensure!(value.trim_ascii() == value, "a value without space around it");
        fields.push((name.to_ascii_lowercase(), value.to_vec()));
    }
    Ok(Got { line, fields, ..Got::default() })
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^`|~".contains(&byte)
}

/// Reads a body as it's framed. False when it isn't whole.
async fn read_body(reader: &mut Reader, run: &Run) -> Result<bool> {
    let fields = run.script.got.lock().get(run.number).map(|got| got.fields.clone()).unwrap_or_default();
    let said =
        |name: &str| fields.iter().filter(|(it, _)| it == name).map(|(_, value)| value.clone()).collect::<Vec<_>>();
    let is_whole = match (&said("content-length")[..], &said("transfer-encoding")[..]) {
        ([], []) => true,
        ([length], []) => {
            let length = std::str::from_utf8(length)?;
            ensure!(length.bytes().all(|byte| byte.is_ascii_digit()), "a length: {length}");
            reader.exactly(length.parse()?, run).await
        }
        ([], [coding]) if coding == b"chunked" => read_chunks(reader, run).await?,
        framing => bail!("a framing: {framing:?}"),
    };
    run.got(|got| got.is_whole = is_whole);
    Ok(is_whole)
}

async fn read_chunks(reader: &mut Reader, run: &Run) -> Result<bool> {
    loop {
        let Some(line) = reader.until(b"\r\n").await else { return Ok(false) };
        let digits = std::str::from_utf8(&line[..line.len() - 2])?;
        ensure!(!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "a size: {digits}");
        let size = usize::from_str_radix(digits, 16)?;
        if !reader.exactly(size, run).await {
            return Ok(false);
        }
        let Some(end) = reader.until(b"\r\n").await else { return Ok(false) };
        ensure!(end == b"\r\n", "a chunk's end, or no trailers");
        if size == 0 {
            return Ok(true);
        }
    }
}

/// One connection.
struct Reader {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Reader {
    async fn more(&mut self) -> bool {
        self.stream.read_buf(&mut self.unread).await.is_ok_and(|count| count > 0)
    }

    async fn until(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        loop {
            if let Some(at) = self.unread.windows(end.len()).position(|window| window == end) {
                return Some(self.unread.drain(..at + end.len()).collect());
            }
            if !self.more().await {
                return None;
            }
        }
    }

    /// So many bytes of a body; what came of them is kept.
    async fn exactly(&mut self, mut count: usize, run: &Run) -> bool {
        loop {
            let piece: Vec<_> = self.unread.drain(..count.min(self.unread.len())).collect();
            count -= piece.len();
            run.got(|got| got.body.extend_from_slice(&piece));
            if count == 0 {
                return true;
            }
            if !self.more().await {
                return false;
            }
        }
    }
}

impl Answer {
    /// Its bytes, as far as they are sent.
    fn wire(&self, method: &str, marker: &str) -> Vec<u8> {
        let mut head = format!("HTTP/1.{} {} Said so\r\n", u8::from(!self.is_http10), self.status).into_bytes();
        for (name, value) in &self.fields {
            head.extend_from_slice(&[name.as_bytes(), b": ", &value.0, b"\r\n"].concat());
        }
        let closes = if self.ending == Ending::SaysClose { "Connection: close\r\n" } else { "" };
        let hop = if self.names_hop { "Connection: X-hop\r\n" } else { "" };
        head.extend_from_slice(format!("X-Answer: {marker}\r\n{closes}{hop}").as_bytes());
        let framing = if let Some(Broken::Lines(_)) = self.flaw { String::new() } else { self.body.framing_fields() };
        head.extend_from_slice(framing.as_bytes());
        let end = b"\r\n";
        let content = self.body.content("a", marker);
        let body = if self.has_body(method) { self.body.wire(&content) } else { Vec::new() };
        match self.flaw {
            None => [&head, &end[..], &body].concat(),
            Some(Broken::Head(text)) => text.as_bytes().to_vec(),
            Some(Broken::BigHead(size)) => [&head, &b"X-Big: "[..], &vec![b'x'; size], b"\r\n\r\n"].concat(),
            Some(Broken::ManyFields(count)) => [&head, "X-Many: x\r\n".repeat(count).as_bytes(), end].concat(),
            Some(Broken::Interim(count)) => {
                ["HTTP/1.1 103 Interim\r\nX-Interim: yes\r\n\r\n".repeat(count).as_bytes(), &head, end, &body].concat()
            }
            Some(Broken::Lines(lines)) => [&head, lines.as_bytes(), end, &body].concat(),
            Some(Broken::Chunks(chunks)) => [&head, &end[..], b"3\r\nabc\r\n", chunks.as_bytes()].concat(),
            Some(Broken::Surplus(surplus)) => [&head, &end[..], &body, surplus.as_bytes()].concat(),
            Some(Broken::Cut { .. }) => {
                let whole = [&head, &end[..], &body].concat();
                whole[..self.cut(whole.len())].to_vec()
            }
        }
    }

    /// Where an answer of so many bytes is cut.
    fn cut(&self, length: usize) -> usize {
        match self.flaw {
            Some(Broken::Cut { at, .. }) => length * at / 1000,
            _ => length,
        }
    }

    /// How much of it is sent before it's cut: of the head nothing counts but the whole; then the body's bytes.
    pub(crate) fn cut_content(&self, method: &str, marker: &str) -> Option<Vec<u8>> {
        let wire = self.wire(method, marker);
        let head = wire.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        let content = self.body.content("a", marker);
        let sent = &wire[head..];
        if self.body.framing != Framing::Chunks {
            return Some(sent.to_vec());
        }
        // Of each piece as much as was sent.
        let (mut left, mut count) = (sent.len(), 0);
        for piece in self.body.pieces(&content) {
            let extension = if self.body.has_extensions { EXTENSION.len() } else { 0 };
            let framing = format!("{:X}", piece.len()).len() + extension + 2;
            count += left.saturating_sub(framing).min(piece.len());
            left = left.saturating_sub(framing + piece.len() + 2);
        }
        Some(content[..count].to_vec())
    }
}
