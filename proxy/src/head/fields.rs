//! What a head's fields say about its host, its body and its connection; the same judgement for HTTP/1 and HTTP/2.

use http::{HeaderMap, Version};

use super::names::is_protected;
use crate::refusal::{Fault, Refusal};

/// How a request's body is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// There is none.
    Empty,
    /// So many bytes.
    Length(u64),
    /// In chunks, until an empty one.
    Chunked,
}

/// What the fields of a head say, beyond what each application makes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Understood<'a> {
    /// The value of `Host`.
    pub(crate) host: Option<&'a [u8]>,
    /// The body.
    pub(crate) framing: Framing,
    /// Whether the connection is to become a WebSocket.
    pub(crate) is_upgrade: bool,
}

/// More options in `Connection` than anybody needs; the engine takes no more than nine.
const CONNECTION_OPTIONS: usize = 8;

/// What was read of a head's fields so far.
#[derive(Default)]
struct FieldReader<'a> {
    host: Option<&'a [u8]>,
    length: Option<u64>,
    upgrade: Option<&'a [u8]>,
    is_chunked: bool,
    options: usize,
}

/// Judges the fields of an HTTP/1 head.
///
/// # Errors
/// The first fault.
pub(super) fn judge<'a>(
    fields: impl Iterator<Item = (&'a [u8], &'a [u8])>,
    version: Version,
) -> Result<Understood<'a>, Refusal> {
    let mut reader = FieldReader::default();
    for (name, value) in fields {
        reader.read(name, value)?;
    }
    reader.understood(version)
}

/// Judges the fields of an HTTP/2 head. The decoder has already refused fields that belong to a connection.
///
/// # Errors
/// The first fault; [`Refusal::HeadTooLarge`] for more than `limit` fields, `cookie` counted once however it's split
/// (RFC 9113 section 8.2.3).
pub(crate) fn judge_http2(fields: &HeaderMap, limit: usize) -> Result<Understood<'_>, Refusal> {
    let crumbs = fields.get_all(http::header::COOKIE).iter().count();
    if fields.len() - crumbs.saturating_sub(1).min(fields.len()) > limit {
        return Err(Refusal::HeadTooLarge);
    }
    judge(fields.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes())), Version::HTTP_2)
}

impl<'a> FieldReader<'a> {
    fn read(&mut self, name: &[u8], value: &'a [u8]) -> Result<(), Refusal> {
        if name.contains(&b'_') {
            return refuse_imitation(name);
        }
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        match name.len() {
            4 if is("host") => once(&mut self.host, value, Fault::Host),
            6 if is("expect") => expect(value),
            7 if is("upgrade") => once(&mut self.upgrade, value, Fault::Field),
            10 if is("connection") => self.connection(value),
            14 if is("content-length") => once(&mut self.length, length(value)?, Fault::Framing),
            17 if is("transfer-encoding") => self.transfer_encoding(value),
            _ => Ok(()),
        }
    }

    fn connection(&mut self, value: &[u8]) -> Result<(), Refusal> {
        for option in value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).filter(|it| !it.is_empty()) {
            self.options += 1;
            let name = std::str::from_utf8(option).map_err(|_| Refusal::Malformed(Fault::Connection))?;
            let is_token = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.!#$%&'*+^`|~".contains(&byte));
            if self.options > CONNECTION_OPTIONS || !is_token || is_protected(name) {
                return Err(Refusal::Malformed(Fault::Connection));
            }
        }
        Ok(())
    }

    fn transfer_encoding(&mut self, value: &[u8]) -> Result<(), Refusal> {
        if self.is_chunked || !value.eq_ignore_ascii_case(b"chunked") {
            return Err(Refusal::Malformed(Fault::Framing));
        }
        self.is_chunked = true;
        Ok(())
    }

    fn understood(self, version: Version) -> Result<Understood<'a>, Refusal> {
        let framing = match (self.length, self.is_chunked) {
            (None | Some(0), false) => Framing::Empty,
            (Some(length), false) => Framing::Length(length),
            (None, true) if version == Version::HTTP_11 => Framing::Chunked,
            // Both, or chunks in a version that has none.
            _ => return Err(Refusal::Malformed(Fault::Framing)),
        };
        // What an older version asks for is to be ignored (RFC 9110 section 7.8), yet the engine would ask for it.
        if version == Version::HTTP_10 && self.upgrade.is_some() {
            return Err(Refusal::Malformed(Fault::Field));
        }
        // The engine goes by `Upgrade` alone, so that is what counts here too.
        let is_upgrade =
            version == Version::HTTP_11 && self.upgrade.is_some_and(|it| it.eq_ignore_ascii_case(b"websocket"));
        if is_upgrade && framing != Framing::Empty {
            return Err(Refusal::Malformed(Fault::Framing));
        }
        Ok(Understood { host: self.host, framing, is_upgrade })
    }
}

fn once<T>(place: &mut Option<T>, value: T, fault: Fault) -> Result<(), Refusal> {
    if place.replace(value).is_some() { Err(Refusal::Malformed(fault)) } else { Ok(()) }
}

fn expect(value: &[u8]) -> Result<(), Refusal> {
    if value.eq_ignore_ascii_case(b"100-continue") { Ok(()) } else { Err(Refusal::Malformed(Fault::Field)) }
}

/// One number, in digits, that every parser's integer holds.
fn length(value: &[u8]) -> Result<u64, Refusal> {
    let is_number = (1..=18).contains(&value.len()) && value.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(value).ok().filter(|_| is_number);
    text.and_then(|text| text.parse().ok()).ok_or(Refusal::Malformed(Fault::Framing))
}

/// A name with an underscore never goes upstream. One that a lenient parser would take for a framing field is refused
/// outright: whoever sends it means harm.
fn refuse_imitation(name: &[u8]) -> Result<(), Refusal> {
    const FRAMING: [(&str, Fault); 4] = [
        ("content-length", Fault::Framing),
        ("transfer-encoding", Fault::Framing),
        ("host", Fault::Host),
        ("connection", Fault::Connection),
    ];
    let hyphen = |byte: u8| if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
    let plain: Vec<u8> = name.iter().copied().map(hyphen).collect();
    let plain = plain.strip_prefix(b"-").unwrap_or(&plain);
    let plain = plain.strip_suffix(b"-").unwrap_or(plain);
    match FRAMING.iter().find(|(field, _)| field.as_bytes() == plain) {
        Some((_, fault)) => Err(Refusal::Malformed(*fault)),
        None => Ok(()),
    }
}
