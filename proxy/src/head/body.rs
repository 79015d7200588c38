//! Counts a request's body while it's read, so that its end is known here and a chunk that could be read in two ways
//! never reaches the engine (RFC 9112 section 7.1, and stricter).

use super::Framing;
use crate::refusal::{Fault, Refusal};

/// What is left of a body.
#[derive(Debug)]
pub(crate) enum Body {
    /// Nothing: the next byte begins the next head.
    Done,
    /// So many bytes.
    Length(u64),
    /// Chunks.
    Chunks(Chunks),
    /// The connection isn't HTTP/1 any more: frames, or a WebSocket.
    Through,
}

/// Where in a chunked body the next byte stands.
#[derive(Debug)]
pub(crate) struct Chunks {
    at: Place,
    size: u64,
    /// Bytes of the line, or of all trailers, so far.
    length: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Size,
    Extension,
    SizeEnd,
    Data,
    DataCr,
    DataLf,
    /// At the start of a line of the trailer section.
    Trailers,
    Trailer,
    TrailerLf,
    LastLf,
    End,
}

/// A size has at most 15 hexadecimal digits: no parser's integer overflows.
const SIZE_DIGITS: usize = 15;
const EXTENSION_SIZE: usize = 256;
const TRAILER_SIZE: usize = 4 << 10;
const REFUSED: Refusal = Refusal::Malformed(Fault::Chunk);

impl Body {
    pub(crate) fn new(framing: Framing) -> Self {
        match framing {
            Framing::Empty => Self::Done,
            Framing::Length(length) => Self::Length(length),
            Framing::Chunked => Self::Chunks(Chunks { at: Place::Size, size: 0, length: 0 }),
        }
    }

    /// How many of `bytes` belong to the body.
    ///
    /// # Errors
    /// [`Fault::Chunk`] when the framing has a byte that can't stand there.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<usize, Refusal> {
        let taken = match self {
            Self::Done => 0,
            Self::Through => bytes.len(),
            Self::Length(left) => {
                let taken = usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
                *left -= taken as u64;
                taken
            }
            Self::Chunks(chunks) => chunks.take(bytes)?,
        };
        if matches!(self, Self::Length(0) | Self::Chunks(Chunks { at: Place::End, .. })) {
            *self = Self::Done;
        }
        Ok(taken)
    }
}

impl Chunks {
    fn take(&mut self, bytes: &[u8]) -> Result<usize, Refusal> {
        let mut taken = 0;
        while let Some(&byte) = bytes.get(taken) {
            match self.at {
                Place::End => break,
                Place::Data => {
                    let here = bytes.len() - taken;
                    let data = usize::try_from(self.size).map_or(here, |size| size.min(here));
                    self.size -= data as u64;
                    taken += data;
                    if self.size == 0 {
                        self.at = Place::DataCr;
                    }
                }
                _ => {
                    self.at = self.step(byte)?;
                    taken += 1;
                }
            }
        }
        Ok(taken)
    }

    /// The place after one byte that isn't data.
    fn step(&mut self, byte: u8) -> Result<Place, Refusal> {
        self.length += 1;
        match (self.at, byte) {
            (Place::Size, b'\r') if self.length > 1 => Ok(Place::SizeEnd),
            (Place::Size, b';') if self.length > 1 => {
                self.length = 0;
                Ok(Place::Extension)
            }
            (Place::Size, digit) if self.length <= SIZE_DIGITS => self.digit(digit),
            (Place::Extension, b'\r') => Ok(Place::SizeEnd),
            (Place::Extension, byte) if is_text(byte) && self.length <= EXTENSION_SIZE => Ok(Place::Extension),
            (Place::SizeEnd, b'\n') => {
                self.length = 0;
                Ok(if self.size == 0 { Place::Trailers } else { Place::Data })
            }
            (Place::DataCr, b'\r') => Ok(Place::DataLf),
            (Place::DataLf, b'\n') => {
                self.length = 0;
                Ok(Place::Size)
            }
            _ => self.trailer(byte),
        }
    }

    fn trailer(&self, byte: u8) -> Result<Place, Refusal> {
        match (self.at, byte) {
            _ if self.length > TRAILER_SIZE => Err(REFUSED),
            (Place::Trailers, b'\r') => Ok(Place::LastLf),
            (Place::Trailers, byte) if byte.is_ascii_graphic() && byte != b':' => Ok(Place::Trailer),
            (Place::Trailer, b'\r') => Ok(Place::TrailerLf),
            (Place::Trailer, byte) if is_text(byte) => Ok(Place::Trailer),
            (Place::TrailerLf, b'\n') => Ok(Place::Trailers),
            (Place::LastLf, b'\n') => Ok(Place::End),
            _ => Err(REFUSED),
        }
    }

    fn digit(&mut self, byte: u8) -> Result<Place, Refusal> {
        let digit = char::from(byte).to_digit(16).ok_or(REFUSED)?;
        self.size = self.size << 4 | u64::from(digit);
        Ok(Place::Size)
    }
}

/// What may stand inside a line.
fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds bytes in steps; the number that belonged to the body, once it's over.
    fn feed(framing: Framing, bytes: &[u8], step: usize) -> Result<Option<usize>, Refusal> {
        let mut body = Body::new(framing);
        let mut total = 0;
        for piece in bytes.chunks(step) {
            let taken = body.take(piece)?;
            total += taken;
            if taken < piece.len() {
                break;
            }
        }
        Ok(matches!(body, Body::Done).then_some(total))
    }

    #[test]
    fn the_end_of_a_body_is_found_however_it_arrives() {
        let bodies: [(Framing, &[u8]); 5] = [
            (Framing::Length(5), b"hello"),
            (Framing::Chunked, b"0\r\n\r\n"),
            (Framing::Chunked, b"5\r\nhello\r\n0\r\n\r\n"),
            (Framing::Chunked, b"a;name=\"v\"\r\n0123456789\r\n000\r\n\r\n"),
            (Framing::Chunked, b"1\r\nx\r\n0\r\nDigest: abc\r\nMore: x\r\n\r\n"),
        ];
        for (framing, body) in bodies {
            let bytes = [body, b"GET / HTTP/1.1\r\n"].concat();
            for step in 1..=bytes.len() {
                assert_eq!(feed(framing, &bytes, step), Ok(Some(body.len())), "{} by {step}", body.escape_ascii());
            }
        }
        assert_eq!(feed(Framing::Chunked, b"5\r\nhel", 3), Ok(None));
    }

    #[test]
    fn a_chunk_with_two_readings_is_refused() {
        let long_extension = [b"1;", "x".repeat(257).as_bytes(), b"\r\nx\r\n"].concat();
        let long_trailer = [b"0\r\nA: ", "x".repeat(4097).as_bytes(), b"\r\n\r\n"].concat();
        let bodies: [&[u8]; 21] = [
            b"\r\n",
            b"\n",
            b";\r\n",
            b" 5\r\nhello",
            b"5 \r\nhello",
            b"5\nhello",
            b"0x5\r\nhello",
            b"+5\r\n",
            b"-1\r\n",
            b"g\r\n",
            b"5\r\nhello0\r\n",
            b"5\r\nhello\n0",
            b"5\r\nhello\rx",
            b"1234567890abcdef\r\n",
            b"5;a\nb\r\n",
            b"5;\0\r\n",
            b"0\r\n\n",
            b"0\r\nA: b\n\r\n",
            b"0\r\n A: b\r\n",
            &long_extension,
            &long_trailer,
        ];
        for body in bodies {
            for step in [1, 7, body.len()] {
                assert_eq!(feed(Framing::Chunked, body, step), Err(REFUSED), "{}", body.escape_ascii());
            }
        }
    }
}
