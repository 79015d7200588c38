//! HTTP/2 without manners: a writer of frames that checks nothing, and a reader that understands as much as tests need.

use anyhow::{Context, Result};

use crate::client::Raw;
use crate::edge::{A, Edge};

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PUSH_PROMISE: u8 = 5;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const ACK: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
pub(crate) const PADDED: u8 = 8;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A frame as it came.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

/// A connection of frames.
#[derive(Debug)]
pub(crate) struct Http2 {
    pub(crate) raw: Raw,
}

/// One frame's bytes.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    [&head, payload].concat()
}

/// Fields in HPACK, each literal, none indexed, none Huffman-coded.
pub(crate) fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in fields {
        bytes.push(0);
        text(&mut bytes, name.as_bytes());
        text(&mut bytes, value.as_bytes());
    }
    bytes
}

/// A text of HPACK, plain.
pub(crate) fn text(bytes: &mut Vec<u8>, text: &[u8]) {
    integer(bytes, 0, 7, text.len());
    bytes.extend_from_slice(text);
}

/// A number of HPACK (RFC 7541 section 5.1).
pub(crate) fn integer(bytes: &mut Vec<u8>, first: u8, bits: u32, number: usize) {
    let most = (1_usize << bits) - 1;
    if number < most {
        bytes.push(first | number.to_le_bytes()[0]);
        return;
    }
    bytes.push(first | most.to_le_bytes()[0]);
    let mut rest = number - most;
    while rest >= 128 {
        bytes.push(rest.to_le_bytes()[0] | 128);
        rest >>= 7;
    }
    bytes.push(rest.to_le_bytes()[0]);
}

/// The fields of a request for a path at A.
pub(crate) fn asking<'a>(method: &'a str, path: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![(":method", method), (":scheme", "https"), (":authority", A), (":path", path)]
}

/// A request's head as one frame.
pub(crate) fn head(stream: u32, flags: u8, fields: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | flags, stream, &block(fields))
}

/// A whole request without a body.
pub(crate) fn get(stream: u32, path: &str) -> Vec<u8> {
    head(stream, END_STREAM, &asking("GET", path))
}

pub(crate) fn reset(stream: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())
}

impl Http2 {
    /// Connects to A and says hello. The answers' fields are to come without a table.
    pub(crate) async fn connect(edge: &Edge) -> Result<Self> {
        Self::connect_with(edge, &[(1, 0)]).await
    }

    /// With settings of one's own.
    pub(crate) async fn connect_with(edge: &Edge, settings: &[(u16, u32)]) -> Result<Self> {
        let mut raw = Raw::new(edge.visitor.handshake(A, &["h2"]).await?);
        let setting = |(name, value): &(u16, u32)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat();
        let settings: Vec<u8> = settings.iter().flat_map(setting).collect();
        raw.say([PREFACE, &frame(SETTINGS, 0, 0, &settings), &frame(SETTINGS, ACK, 0, &[])].concat()).await?;
        Ok(Self { raw })
    }

    pub(crate) async fn say(&mut self, bytes: impl AsRef<[u8]>) -> Result<()> {
        self.raw.say(bytes).await
    }

    /// Says it, unless the other side has ended the connection.
    pub(crate) async fn try_say(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.raw.say(bytes).await.is_ok()
    }

    /// The next frame; none when the connection was ended.
    pub(crate) async fn next(&mut self) -> Result<Option<Frame>> {
        while self.raw.seen.len() < 9 {
            if !self.raw.more().await? {
                return Ok(None);
            }
        }
        let head = self.raw.exactly(9).await?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        let Ok(payload) = self.raw.exactly(usize::try_from(length)?).await else { return Ok(None) };
        Ok(Some(Frame { kind: head[3], flags: head[4], stream, payload }))
    }

    /// The next frame of a stream or an end of the connection; what belongs elsewhere is passed over.
    pub(crate) async fn next_of(&mut self, stream: u32) -> Result<Option<Frame>> {
        loop {
            match self.next().await? {
                Some(frame) if frame.stream == stream || frame.kind == GOAWAY => return Ok(Some(frame)),
                Some(_) => {}
                None => return Ok(None),
            }
        }
    }

    /// The status that a stream is answered with.
    pub(crate) async fn status(&mut self, stream: u32) -> Result<u16> {
        loop {
            let frame = self.next_of(stream).await?.context("an answer, not an end")?;
            anyhow::ensure!(frame.kind != GOAWAY && frame.kind != RST_STREAM, "not an answer: {frame:?}");
            if frame.kind == HEADERS {
                return status(&frame.payload).with_context(|| format!("a status in {frame:?}"));
            }
        }
    }

    /// A stream's data to its end, and how it ended: with END_STREAM, or otherwise.
    pub(crate) async fn body(&mut self, stream: u32) -> Result<(Vec<u8>, bool)> {
        let mut body = Vec::new();
        loop {
            let Some(frame) = self.next_of(stream).await? else { return Ok((body, false)) };
            match frame.kind {
                DATA => body.extend_from_slice(&frame.payload),
                RST_STREAM | GOAWAY => return Ok((body, false)),
                _ => {}
            }
            if frame.flags & END_STREAM != 0 && matches!(frame.kind, DATA | HEADERS) {
                return Ok((body, true));
            }
        }
    }

    /// Everything until the connection ends.
    pub(crate) async fn rest(&mut self) -> Result<Vec<Frame>> {
        let mut frames = Vec::new();
        while let Some(frame) = self.next().await? {
            frames.push(frame);
        }
        Ok(frames)
    }
}

/// The status at the beginning of a block that was written without a table.
pub(crate) fn status(block: &[u8]) -> Option<u16> {
    const STATIC: [u16; 7] = [200, 204, 206, 304, 400, 404, 500];
    let mut rest = block;
    // Updates of the table's size.
    while let Some((first, after)) = rest.split_first().filter(|(first, _)| **first & 0xe0 == 0x20) {
        rest = after;
        let mut is_long = first & 0x1f == 0x1f;
        while is_long {
            let (next, after) = rest.split_first()?;
            (is_long, rest) = (next & 0x80 != 0, after);
        }
    }
    let (first, rest) = rest.split_first()?;
    if first & 0x80 != 0 {
        return STATIC.get(usize::from(first & 0x7f).checked_sub(8)?).copied();
    }
    let (length, rest) = rest.split_first()?;
    let value = rest.get(..usize::from(length & 0x7f))?;
    if length & 0x80 == 0 { std::str::from_utf8(value).ok()?.parse().ok() } else { huffman_digits(value) }
}

/// Three digits in HPACK's Huffman code: 0 to 2 have five bits, the others six.
fn huffman_digits(bytes: &[u8]) -> Option<u16> {
    let bits: Vec<u16> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| u16::from(byte >> at & 1))).collect();
    let number =
        |from: usize, length: usize| Some(bits.get(from..from + length)?.iter().fold(0, |sum, bit| sum << 1 | bit));
    let (mut at, mut value) = (0, 0);
    for _ in 0..3 {
        let short = number(at, 5)?;
        let digit = if short <= 2 { short } else { number(at, 6)? - 0b01_1001 + 3 };
        at += if short <= 2 { 5 } else { 6 };
        value = value * 10 + digit;
    }
    Some(value)
}
