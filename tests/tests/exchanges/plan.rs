//! What is said on one connection: requests as a visitor writes them, and answers as the application does.

use std::fmt::{Debug, Formatter};

use crate::odd::{Broken, OddRequest};

/// What one visitor says on one connection, or on the next when that has ended.
#[derive(Debug, Clone)]
pub(crate) struct Conversation {
    pub(crate) version: Version,
    /// Whether all requests are sent at once: pipelined, or as streams side by side.
    pub(crate) is_at_once: bool,
    pub(crate) exchanges: Vec<Exchange>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    Http1,
    Http2,
}

#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) request: Request,
    pub(crate) answer: Answer,
}

#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) target: String,
    pub(crate) is_http10: bool,
    pub(crate) fields: Vec<(&'static str, Text)>,
    /// The value of `Connection`.
    pub(crate) connection: Option<&'static str>,
    pub(crate) body: Body,
    /// Whether the body waits for `100`.
    pub(crate) is_expecting: bool,
    /// What is wrong with it.
    pub(crate) flaw: Option<OddRequest>,
    /// Where it's written in pieces.
    pub(crate) cuts: Vec<usize>,
}

#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// What comes before it.
    pub(crate) interim: Vec<u16>,
    pub(crate) timing: Timing,
    pub(crate) is_http10: bool,
    pub(crate) status: u16,
    pub(crate) fields: Vec<(&'static str, Text)>,
    pub(crate) body: Body,
    pub(crate) ending: Ending,
    /// Whether its `Connection` says that `X-Hop` is for the next hop alone.
    pub(crate) names_hop: bool,
    /// What is wrong with it.
    pub(crate) flaw: Option<Broken>,
    /// Where it's written in pieces.
    pub(crate) cuts: Vec<usize>,
}

/// When the application answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timing {
    /// Once it has the whole request.
    Late,
    /// Before it reads the request's body.
    Early,
    /// Without ever reading it.
    Deaf,
}

/// What becomes of the application's connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Stays,
    /// It says that it closes, and does.
    SaysClose,
    /// It closes without a word.
    Closes,
}

#[derive(Debug, Clone)]
pub(crate) struct Body {
    pub(crate) framing: Framing,
    pub(crate) length: usize,
    /// The sizes of chunks, or of an HTTP/2 body's pieces, one after the other and again.
    pub(crate) sizes: Vec<usize>,
    /// Whether chunks have extensions.
    pub(crate) has_extensions: bool,
    pub(crate) has_trailers: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// A request without a body; an answer that ends with its connection.
    Bare,
    Length,
    Chunks,
}

/// What follows a chunk's size, where chunks have extensions.
pub(crate) const EXTENSION: &str = ";a=b; c=\"d\"";

/// A field's value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Text(pub(crate) Vec<u8>);

impl Debug for Text {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "\"{}\"", self.0.escape_ascii())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl Body {
    /// A body's bytes: they say all over which exchange they belong to, and whether to its request or its answer.
    pub(crate) fn content(&self, side: &str, marker: &str) -> Vec<u8> {
        format!("{side}{marker} ").bytes().cycle().take(self.length).collect()
    }

    /// The content cut into pieces.
    pub(crate) fn pieces<'a>(&self, content: &'a [u8]) -> Vec<&'a [u8]> {
        let mut rest = content;
        let mut pieces = Vec::new();
        for size in self.sizes.iter().copied().chain([usize::MAX]) {
            let (piece, left) = rest.split_at(size.min(rest.len()));
            rest = left;
            if !piece.is_empty() {
                pieces.push(piece);
            }
        }
        pieces
    }

    /// The content as it stands on the wire.
    pub(crate) fn wire(&self, content: &[u8]) -> Vec<u8> {
        if self.framing != Framing::Chunks {
            return content.to_vec();
        }
        let mut wire = Vec::new();
        for piece in self.pieces(content) {
            let extension = if self.has_extensions { EXTENSION } else { "" };
            wire.extend_from_slice(format!("{:X}{extension}\r\n", piece.len()).as_bytes());
            wire.extend_from_slice(piece);
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(if self.has_trailers { b"0\r\nX-Trailer: x\r\n\r\n" } else { b"0\r\n\r\n" });
        wire
    }

    /// The fields that say how it's framed.
    pub(crate) fn framing_fields(&self) -> String {
        match self.framing {
            Framing::Bare => String::new(),
            Framing::Length => format!("Content-Length: {}\r\n", self.length),
            Framing::Chunks => "Transfer-Encoding: chunked\r\n".to_owned(),
        }
    }
}

impl Request {
    /// Whether something follows its head.
    pub(crate) fn has_body(&self) -> bool {
        match self.body.framing {
            Framing::Bare => false,
            Framing::Length => self.body.length > 0,
            Framing::Chunks => true,
        }
    }

    /// Whether a proxy may send it again when a connection turns out to be closed.
    pub(crate) fn is_repeatable(&self) -> bool {
        ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"].contains(&self.method) && !self.has_body()
    }
}

impl Answer {
    /// Whether it has a body, when it answers this method.
    pub(crate) fn has_body(&self, method: &str) -> bool {
        method != "HEAD" && ![204, 304].contains(&self.status)
    }
}
