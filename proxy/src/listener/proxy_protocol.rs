//! The PROXY protocol, versions 1 and 2: a peer that passes connections on says first whose they are.
//!
//! Only listed peers are read, and they must say it: the header is mandatory, whole, and at most 536 bytes long. What
//! follows it is left in the socket.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

const V2_SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
const V1_START: &[u8] = b"PROXY ";
const V2_HEAD: usize = 16;
/// The longest line of version 1, its end included.
const V1_LONGEST: usize = 107;
/// What version 2 may carry after its head: the addresses, and extensions, which are skipped.
const V2_LONGEST: usize = 520;

/// Whose connection it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ProxyHeader {
    /// Who called.
    pub client: SocketAddr,
    /// Who was called.
    pub local: SocketAddr,
}

/// Why a header isn't one.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProxyProtocolError {
    /// It didn't come in time.
    #[error("no header in time")]
    TooSlow,
    /// The connection broke.
    #[error("no header")]
    Read(#[from] io::Error),
    /// The bytes say something else.
    #[error("not a PROXY header")]
    Malformed,
}

use ProxyProtocolError::Malformed;

/// Reads a header; none when the peer speaks for itself (health checks).
///
/// # Errors
/// [`ProxyProtocolError`].
pub(super) async fn read(stream: &mut TcpStream) -> Result<Option<ProxyHeader>, ProxyProtocolError> {
    let mut start = [0; V2_SIGNATURE.len()];
    stream.read_exact(&mut start).await?;
    match start {
        V2_SIGNATURE => read_v2(stream).await,
        _ if start.starts_with(V1_START) => read_v1(stream, &start).await,
        _ => Err(Malformed),
    }
}

async fn read_v2(stream: &mut TcpStream) -> Result<Option<ProxyHeader>, ProxyProtocolError> {
    let mut head = [0; V2_HEAD - V2_SIGNATURE.len()];
    stream.read_exact(&mut head).await?;
    let [version_and_command, family, high, low] = head;
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length > V2_LONGEST {
        return Err(Malformed);
    }
    let mut body = [0; V2_LONGEST];
    let body = &mut body[..length];
    stream.read_exact(body).await?;
    parse_v2(version_and_command, family, body)
}

/// Reads up to the end of the line and not a byte more: peeks, then takes what belongs to the line.
async fn read_v1(stream: &mut TcpStream, start: &[u8]) -> Result<Option<ProxyHeader>, ProxyProtocolError> {
    let mut line = [0; V1_LONGEST];
    line[..start.len()].copy_from_slice(start);
    let mut length = start.len();
    while !line[..length].ends_with(b"\n") {
        let rest = &mut line[length..];
        let seen = stream.peek(rest).await?;
        if seen == 0 {
            return Err(Malformed);
        }
        let taken = rest[..seen].iter().position(|&byte| byte == b'\n').map_or(seen, |at| at + 1);
        stream.read_exact(&mut rest[..taken]).await?;
        length += taken;
    }
    parse_v1(&line[..length])
}

/// Version 1: `PROXY TCP4 192.0.2.1 198.51.100.1 1234 443\r\n`.
fn parse_v1(line: &[u8]) -> Result<Option<ProxyHeader>, ProxyProtocolError> {
    let line = line.strip_suffix(b"\r\n").and_then(|line| std::str::from_utf8(line).ok()).ok_or(Malformed)?;
    let mut words = line.strip_prefix("PROXY ").ok_or(Malformed)?.split(' ');
    let header = match words.next() {
        // Whatever follows means nothing (section 2.1).
        Some("UNKNOWN") => return Ok(None),
        Some("TCP4") => addresses::<Ipv4Addr>(&mut words),
        Some("TCP6") => addresses::<Ipv6Addr>(&mut words),
        _ => None,
    };
    if words.next().is_some() { Err(Malformed) } else { header.map(Some).ok_or(Malformed) }
}

fn addresses<'a, A: FromStr + Into<std::net::IpAddr>>(
    words: &mut impl Iterator<Item = &'a str>,
) -> Option<ProxyHeader> {
    let (from, to) = (words.next()?.parse::<A>().ok()?, words.next()?.parse::<A>().ok()?);
    let (from_port, to_port) = (port(words.next()?)?, port(words.next()?)?);
    Some(ProxyHeader { client: SocketAddr::new(from.into(), from_port), local: SocketAddr::new(to.into(), to_port) })
}

/// Digits only, without a leading zero: `+80` is a number to the standard library, not here.
fn port(text: &str) -> Option<u16> {
    let plain = text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    text.parse().ok().filter(|_| plain)
}

/// Version 2: what the head says of the body, and the body: addresses, then extensions.
fn parse_v2(version_and_command: u8, family: u8, body: &[u8]) -> Result<Option<ProxyHeader>, ProxyProtocolError> {
    match (version_and_command, family) {
        // LOCAL: the peer speaks for itself, whatever else it says (section 2.2).
        (0x20, _) => Ok(None),
        (0x21, 0x11) => {
            let (from, rest) = body.split_first_chunk::<4>().ok_or(Malformed)?;
            let (to, rest) = rest.split_first_chunk::<4>().ok_or(Malformed)?;
            with_ports(Ipv4Addr::from(*from).into(), Ipv4Addr::from(*to).into(), rest)
        }
        (0x21, 0x21) => {
            let (from, rest) = body.split_first_chunk::<16>().ok_or(Malformed)?;
            let (to, rest) = rest.split_first_chunk::<16>().ok_or(Malformed)?;
            with_ports(Ipv6Addr::from(*from).into(), Ipv6Addr::from(*to).into(), rest)
        }
        _ => Err(Malformed),
    }
}

fn with_ports(
    from: std::net::IpAddr,
    to: std::net::IpAddr,
    ports: &[u8],
) -> Result<Option<ProxyHeader>, ProxyProtocolError> {
    let ([a, b, c, d], _extensions) = ports.split_first_chunk::<4>().ok_or(Malformed)?;
    let client = SocketAddr::new(from, u16::from_be_bytes([*a, *b]));
    let local = SocketAddr::new(to, u16::from_be_bytes([*c, *d]));
    Ok(Some(ProxyHeader { client, local }))
}

#[cfg(test)]
mod tests;
