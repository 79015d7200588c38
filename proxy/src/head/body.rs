//! Counts a request's body while it's read, so that its end is known here and a chunk that could be read in two ways
//! never reaches the engine (RFC 9112 section 7.1, and stricter).

use bytes::{Buf, Bytes, BytesMut};

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
        self.settle();
        Ok(taken)
    }

    /// Takes the next piece of the body's data off `input`, at most `most` bytes, and the framing around it. None when
    /// there is no data at hand, or no more at all.
    ///
    /// # Errors
    /// [`Fault::Chunk`] when the framing has a byte that can't stand there.
    pub(crate) fn next(&mut self, input: &mut BytesMut, most: usize) -> Result<Option<Bytes>, Refusal> {
        self.skip_framing(input)?;
        let left = match self {
            Self::Done => 0,
            Self::Through => u64::MAX,
            Self::Length(left) => *left,
            Self::Chunks(chunks) if chunks.at == Place::Data => chunks.size,
            Self::Chunks(_) => 0,
        };
        let count = usize::try_from(left).map_or(most, |left| left.min(most)).min(input.len());
        if count == 0 {
            return Ok(None);
        }
        match self {
            Self::Length(left) => *left -= count as u64,
            Self::Chunks(chunks) => chunks.took(count),
            Self::Done | Self::Through => {}
        }
        let piece = input.split_to(count).freeze();
        self.skip_framing(input)?;
        Ok(Some(piece))
    }

    /// Whether the body is over.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self, Self::Done)
    }

    fn skip_framing(&mut self, input: &mut BytesMut) -> Result<(), Refusal> {
        if let Self::Chunks(chunks) = self {
            let framing = chunks.framing(input)?;
            input.advance(framing);
        }
        self.settle();
        Ok(())
    }

    fn settle(&mut self) {
        if matches!(self, Self::Length(0) | Self::Chunks(Chunks { at: Place::End, .. })) {
            *self = Self::Done;
        }
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
                    self.took(data);
                    taken += data;
                }
                _ => {
                    self.at = self.step(byte)?;
                    taken += 1;
                }
            }
        }
        Ok(taken)
    }

    /// How many of `bytes` come before the next data, or the end.
    fn framing(&mut self, bytes: &[u8]) -> Result<usize, Refusal> {
        let mut taken = 0;
        while let Some(&byte) = bytes.get(taken).filter(|_| !matches!(self.at, Place::Data | Place::End)) {
            self.at = self.step(byte)?;
            taken += 1;
        }
        Ok(taken)
    }

    /// Notes that so many bytes of data were taken.
    fn took(&mut self, count: usize) {
        self.size -= count as u64;
        if self.size == 0 {
            self.at = Place::DataCr;
        }
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

    /// The data of bytes that come in steps, and how many bytes follow the body.
    fn data(framing: Framing, bytes: &[u8], step: usize) -> Result<(String, usize), Refusal> {
        let (mut body, mut input, mut data) = (Body::new(framing), BytesMut::new(), Vec::new());
        for piece in bytes.chunks(step) {
            input.extend_from_slice(piece);
            while let Some(piece) = body.next(&mut input, 4)? {
                assert!(piece.len() <= 4);
                data.extend_from_slice(&piece);
            }
        }
        assert!(body.is_done());
        Ok((String::from_utf8(data).unwrap(), input.len()))
    }

    #[test]
    fn the_end_of_a_body_is_found_however_it_arrives() {
        let bodies: [(Framing, &[u8], &str); 6] = [
            (Framing::Length(5), b"hello", "hello"),
            (Framing::Chunked, b"0\r\n\r\n", ""),
            (Framing::Chunked, b"5\r\nhello\r\n0\r\n\r\n", "hello"),
            (Framing::Chunked, b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", "hello"),
            (Framing::Chunked, b"a;name=\"v\"\r\n0123456789\r\n000\r\n\r\n", "0123456789"),
            (Framing::Chunked, b"1\r\nx\r\n0\r\nDigest: abc\r\nMore: x\r\n\r\n", "x"),
        ];
        for (framing, body, expected) in bodies {
            let bytes = [body, b"GET / HTTP/1.1\r\n"].concat();
            for step in 1..=bytes.len() {
                assert_eq!(feed(framing, &bytes, step), Ok(Some(body.len())), "{} by {step}", body.escape_ascii());
                assert_eq!(data(framing, &bytes, step), Ok((expected.into(), 16)), "{} by {step}", body.escape_ascii());
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
                assert_eq!(data(Framing::Chunked, body, step), Err(REFUSED), "{}", body.escape_ascii());
            }
        }
    }
}
