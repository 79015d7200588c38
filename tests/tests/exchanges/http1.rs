//! A visitor over HTTP/1: writes exactly what was made up, and reads strictly. It reads while it writes.

use anyhow::{Context, Result, bail, ensure};
use bytes::{Buf, BytesMut};
use marque_tests::feed::A;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use tokio_util::task::AbortOnDropHandle;

use crate::application::{Field, PATIENCE};
use crate::edge::Edge;
use crate::odd::OddRequest;
use crate::plan::{Framing, Request};
use crate::talk::{Asked, Outcome, Seen};

type Stream = TlsStream<TcpStream>;

/// A visitor.
pub(crate) struct Http1<'a> {
    edge: &'a Edge,
    line: Option<Line>,
}

/// One connection.
struct Line {
    read: ReadHalf<Stream>,
    write: WriteHalf<Stream>,
    seen: BytesMut,
}

/// What is written of a request.
struct Wire {
    head: Vec<u8>,
    body: Vec<u8>,
    cuts: Vec<usize>,
    /// Whether the connection is dropped when that is written.
    is_broken_off: bool,
}

impl<'a> Http1<'a> {
    pub(crate) fn new(edge: &'a Edge) -> Self {
        Self { edge, line: None }
    }

    /// Asks on the connection that is there, or on a new one.
    pub(crate) async fn ask(&mut self, asked: &Asked) -> Result<Outcome> {
        let Line { mut read, write, mut seen } = self.line().await?;
        let request = &asked.exchange.request;
        let wire = Wire::of(request, &asked.marker);
        if wire.is_broken_off {
            drop(timeout(PATIENCE, wire.write(write, None)).await.context("written in time")?);
            return Ok(Outcome::Nothing);
        }
        let (go, may_go) = oneshot::channel();
        let may_go = request.is_expecting.then_some(may_go);
        let writing = AbortOnDropHandle::new(tokio::spawn(wire.write(write, may_go)));
        let answer = Reader { read: &mut read, seen: &mut seen }.answer(request.method, Some(go));
        let outcome = timeout(PATIENCE, answer).await.context("the visitor waits for ever")??;
        let stays = matches!(&outcome, Outcome::Answer(it) if it.is_whole && it.values("connection") != [b"close"]);
        if stays {
            let write = timeout(PATIENCE, writing).await.context("a request that isn't taken")??;
            self.line = Some(Line { read, write: write?, seen });
        } else if request.flaw.is_none() {
            let end = Reader { read: &mut read, seen: &mut seen }.end();
            timeout(PATIENCE, end).await.context("a connection that is never closed")??;
        }
        Ok(outcome)
    }

    /// Asks all at once, and reads the answers in turn.
    pub(crate) async fn ask_all(&mut self, all: &[Asked]) -> Result<Vec<Outcome>> {
        let Line { mut read, write, mut seen } = self.line().await?;
        let wires = all.iter().map(|asked| Wire::of(&asked.exchange.request, &asked.marker));
        let wire = wires.fold(Wire::nothing(), Wire::and);
        let is_broken_off = wire.is_broken_off;
        let _writing = AbortOnDropHandle::new(tokio::spawn(wire.write(write, None)));
        let mut outcomes = Vec::new();
        for asked in all {
            let is_last = outcomes.len() + 1 == all.len();
            if is_last && is_broken_off {
                outcomes.push(Outcome::Nothing);
                break;
            }
            let reader = Reader { read: &mut read, seen: &mut seen };
            let answer = reader.answer(asked.exchange.request.method, None);
            outcomes.push(timeout(PATIENCE, answer).await.context("the visitor waits for ever")??);
        }
        Ok(outcomes)
    }

    async fn line(&mut self) -> Result<Line> {
        if let Some(line) = self.line.take() {
            return Ok(line);
        }
        let (read, write) = split(self.edge.connect("http/1.1").await?);
        Ok(Line { read, write, seen: BytesMut::new() })
    }
}

impl Wire {
    fn nothing() -> Self {
        Self { head: Vec::new(), body: Vec::new(), cuts: Vec::new(), is_broken_off: false }
    }

    /// This and then that.
    fn and(mut self, other: Self) -> Self {
        self.body.extend([other.head, other.body].concat());
        self.cuts.extend(other.cuts);
        Self { is_broken_off: other.is_broken_off, ..self }
    }

    fn of(request: &Request, marker: &str) -> Self {
        let content = request.body.content("q", marker);
        let mut body = match (request.flaw, request.body.framing) {
            (Some(OddRequest::Chunks(chunks)), _) => chunks.as_bytes().to_vec(),
            (_, Framing::Bare) => Vec::new(),
            _ => request.body.wire(&content),
        };
        let is_broken_off = matches!(request.flaw, Some(OddRequest::BrokenOff));
        if is_broken_off {
            body.truncate(body.len() / 2);
        }
        Self { head: head(request, marker), body, cuts: request.cuts.clone(), is_broken_off }
    }

    /// Writes it all; the body only when it may go.
    async fn write(
        self,
        mut write: WriteHalf<Stream>,
        may_go: Option<oneshot::Receiver<()>>,
    ) -> Result<WriteHalf<Stream>> {
        let Some(may_go) = may_go else {
            in_pieces(&mut write, &[self.head, self.body].concat(), &self.cuts).await?;
            return Ok(write);
        };
        in_pieces(&mut write, &self.head, &self.cuts).await?;
        may_go.await?;
        in_pieces(&mut write, &self.body, &self.cuts).await?;
        Ok(write)
    }
}

async fn in_pieces(write: &mut WriteHalf<Stream>, mut bytes: &[u8], cuts: &[usize]) -> Result<()> {
    for cut in cuts.iter().copied().chain([usize::MAX]) {
        let (piece, rest) = bytes.split_at(cut.min(bytes.len()));
        write.write_all(piece).await?;
        write.flush().await?;
        tokio::task::yield_now().await;
        bytes = rest;
    }
    Ok(())
}

/// A request's head, with what is wrong with it.
fn head(request: &Request, marker: &str) -> Vec<u8> {
    let mut line = format!("{} {} HTTP/1.{}", request.method, request.target, u8::from(!request.is_http10));
    let mut lines = format!("Host: {A}\r\n");
    match request.flaw {
        Some(OddRequest::Line(odd, _)) => odd.clone_into(&mut line),
        Some(OddRequest::LongTarget(length)) => line = format!("GET /{} HTTP/1.1", "x".repeat(length)),
        Some(OddRequest::NoHost) => lines.clear(),
        Some(OddRequest::Lines(odd, _)) => lines.push_str(odd),
        Some(OddRequest::BigHead(size)) => lines.push_str(&format!("X-Big: {}\r\n", "x".repeat(size))),
        Some(OddRequest::ManyFields(count)) => lines.push_str(&"X-Many: x\r\n".repeat(count)),
        _ => {}
    }
    let mut head = format!("{line}\r\n{lines}X-Marker: {marker}\r\n").into_bytes();
    for (at, (name, value)) in request.fields.iter().enumerate() {
        // Space around a value is nothing (RFC 9110 section 5.5).
        let (before, after): (&[u8], &[u8]) = [(&b" "[..], &b""[..]), (b"", b""), (b" \t ", b"\t ")][at % 3];
        head.extend_from_slice(&[name.as_bytes(), b":", before, &value.0, after, b"\r\n"].concat());
    }
    if let Some(connection) = request.connection {
        head.extend_from_slice(format!("Connection: {connection}\r\n").as_bytes());
    }
    if request.is_expecting {
        head.extend_from_slice(b"Expect: 100-continue\r\n");
    }
    head.extend_from_slice(request.body.framing_fields().as_bytes());
    head.extend_from_slice(b"\r\n");
    head
}

/// What comes back on a connection.
struct Reader<'a> {
    read: &'a mut ReadHalf<Stream>,
    seen: &'a mut BytesMut,
}

impl Reader<'_> {
    /// The next answer, with what comes before it; `go` is told of a `100`.
    async fn answer(mut self, method: &str, mut go: Option<oneshot::Sender<()>>) -> Result<Outcome> {
        let mut seen = Seen::default();
        loop {
            let Some(head) = self.until(b"\r\n\r\n").await else {
                ensure!(self.seen.is_empty(), "half a head: {}", self.seen.escape_ascii());
                ensure!(seen.interim.is_empty(), "an interim answer and no other");
                return Ok(Outcome::Nothing);
            };
            (seen.status, seen.fields) = read_head(&head).with_context(|| head.escape_ascii().to_string())?;
            if seen.status >= 200 {
                break;
            }
            seen.interim.push(seen.status);
            if let Some(go) = go.take_if(|_| seen.status == 100) {
                let _ = go.send(());
            }
        }
        seen.is_whole = self.body(method, &mut seen).await?;
        Ok(Outcome::Answer(seen))
    }

    /// Whether the body is whole.
    async fn body(&mut self, method: &str, seen: &mut Seen) -> Result<bool> {
        if method == "HEAD" || [204, 304].contains(&seen.status) {
            return Ok(true);
        }
        let length = one(seen, "content-length")?;
        match (length, one(seen, "transfer-encoding")?) {
            (Some(length), None) => Ok(self.exactly(length.parse()?, &mut seen.body).await),
            (None, Some(coding)) if coding == "chunked" => self.chunks(&mut seen.body).await,
            (None, None) => Ok(self.rest(&mut seen.body).await),
            framing => bail!("two framings: {framing:?}"),
        }
    }

    /// All until the connection ends; whether that is an end and no break.
    async fn rest(&mut self, body: &mut Vec<u8>) -> bool {
        loop {
            body.extend_from_slice(self.seen);
            self.seen.clear();
            match self.read.read_buf(self.seen).await {
                Ok(0) => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }

    async fn chunks(&mut self, body: &mut Vec<u8>) -> Result<bool> {
        loop {
            let Some(line) = self.until(b"\r\n").await else { return Ok(false) };
            let digits = std::str::from_utf8(&line[..line.len() - 2])?;
            ensure!(digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "a size: {digits}");
            let size = usize::from_str_radix(digits, 16).with_context(|| format!("a size: {digits}"))?;
            if !self.exactly(size, body).await {
                return Ok(false);
            }
            let Some(end) = self.until(b"\r\n").await else { return Ok(false) };
            ensure!(end == b"\r\n", "a chunk's end, or no trailers: {}", end.escape_ascii());
            if size == 0 {
                return Ok(true);
            }
        }
    }

    /// Waits for the connection's end, before which nothing more comes.
    async fn end(mut self) -> Result<()> {
        while self.more().await {}
        ensure!(self.seen.is_empty(), "more after the last answer: {}", self.seen.escape_ascii());
        Ok(())
    }

    async fn more(&mut self) -> bool {
        self.read.read_buf(self.seen).await.is_ok_and(|count| count > 0)
    }

    async fn until(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        loop {
            if let Some(at) = self.seen.windows(end.len()).position(|window| window == end) {
                return Some(self.seen.split_to(at + end.len()).to_vec());
            }
            if !self.more().await {
                return None;
            }
        }
    }

    async fn exactly(&mut self, mut count: usize, body: &mut Vec<u8>) -> bool {
        loop {
            let piece = count.min(self.seen.len());
            body.extend_from_slice(&self.seen[..piece]);
            self.seen.advance(piece);
            count -= piece;
            if count == 0 {
                return true;
            }
            if !self.more().await {
                return false;
            }
        }
    }
}

/// The one value of a field.
fn one(seen: &Seen, name: &str) -> Result<Option<String>> {
    match seen.values(name)[..] {
        [] => Ok(None),
        [value] => Ok(Some(String::from_utf8(value.to_vec())?)),
        _ => bail!("{name} twice"),
    }
}

/// Reads an answer's head, in the one spelling.
fn read_head(head: &[u8]) -> Result<(u16, Vec<Field>)> {
    let text = head.strip_suffix(b"\r\n\r\n").context("an end")?;
    let mut lines = text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let line = std::str::from_utf8(lines.next().context("a line")?)?;
    let status = line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.split_once(' ')).context("a status line")?.0;
    ensure!(status.len() == 3, "a status: {line}");
    let mut fields = Vec::new();
    for field in lines {
        ensure!(!field.iter().any(|byte| matches!(byte, b'\r' | 0)), "a field's bytes");
        let colon = field.iter().position(|byte| *byte == b':').context("a colon")?;
        let (name, value) = (std::str::from_utf8(&field[..colon])?, &field[colon + 1..]);
        ensure!(!name.is_empty() && !name.contains([' ', '\t']), "a name: {name}");
        fields.push((name.to_ascii_lowercase(), value.trim_ascii().to_vec()));
    }
    Ok((status.parse()?, fields))
}
