//! Finds the end of an HTTP/1 head while its bytes arrive, and refuses at once what no head may hold: a bare CR or
//! LF, a NUL, a folded line.

use memchr::memchr3;

use crate::refusal::{Fault, Refusal};

/// How far a head has been looked at.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    at: usize,
    line: usize,
}

/// What a look at more bytes found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The head goes on.
    More,
    /// The head is this long, its empty line included.
    Complete(usize),
}

impl Scan {
    /// Looks at what has arrived; `bytes` begins with what earlier calls saw.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] as soon as a byte can't stand where it stands.
    pub(crate) fn advance(&mut self, bytes: &[u8]) -> Result<Progress, Refusal> {
        loop {
            if matches!(bytes.get(self.line), Some(b' ' | b'\t')) {
                return Err(self.refusal());
            }
            let rest = bytes.get(self.at..).unwrap_or_default();
            let Some(end) = memchr3(b'\r', b'\n', 0, rest) else {
                self.at = bytes.len();
                return Ok(Progress::More);
            };
            self.at += end;
            match (bytes.get(self.at), bytes.get(self.at + 1)) {
                (Some(b'\r'), None) => return Ok(Progress::More),
                (Some(b'\r'), Some(b'\n')) if self.at == self.line => return self.empty_line(),
                (Some(b'\r'), Some(b'\n')) => (self.at, self.line) = (self.at + 2, self.at + 2),
                _ => return Err(self.refusal()),
            }
        }
    }

    /// Whether the request line has ended.
    pub(crate) fn is_past_request_line(&self) -> bool {
        self.line > 0
    }

    fn empty_line(&self) -> Result<Progress, Refusal> {
        if self.line == 0 { Err(self.refusal()) } else { Ok(Progress::Complete(self.at + 2)) }
    }

    fn refusal(&self) -> Refusal {
        Refusal::Malformed(if self.line == 0 { Fault::RequestLine } else { Fault::Field })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(bytes: &[u8], step: usize) -> Result<Progress, Refusal> {
        let mut scan = Scan::default();
        for end in (0..bytes.len()).step_by(step).chain([bytes.len()]) {
            match scan.advance(&bytes[..end])? {
                Progress::More => {}
                complete => return Ok(complete),
            }
        }
        Ok(Progress::More)
    }

    #[test]
    fn the_end_is_found_however_the_bytes_arrive() {
        let bytes = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
        for step in 1..bytes.len() {
            assert_eq!(scan(bytes, step), Ok(Progress::Complete(bytes.len() - 4)), "{step}");
        }
        assert_eq!(scan(b"GET / HTTP/1.1\r\nHost: a\r\n\r", 1), Ok(Progress::More));
    }

    #[test]
    fn what_no_head_may_hold_is_refused_before_its_end() {
        for (bytes, fault) in [
            (&b"GET / HTTP/1.1\n"[..], Fault::RequestLine),
            (b"\r\nGET / HTTP/1.1\r\n", Fault::RequestLine),
            (b" GET / HTTP/1.1\r\n", Fault::RequestLine),
            (b"GET / HTTP/1.1\r\nHost: a\n", Fault::Field),
            (b"GET / HTTP/1.1\r\nHost: a\rb", Fault::Field),
            (b"GET / HTTP/1.1\r\nHost: a\0", Fault::Field),
            (b"GET / HTTP/1.1\r\nHost: a\r\n b", Fault::Field),
            (b"GET / HTTP/1.1\r\nHost: a\r\n\tb", Fault::Field),
        ] {
            assert_eq!(scan(bytes, 1), Err(Refusal::Malformed(fault)), "{}", bytes.escape_ascii());
        }
    }
}
