//! Handshakes byte by byte: Q4, Q10, Q14, Q35 to Q38, Q43.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use marque_tests::authority;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, HandshakeKind};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::client::Raw;
use crate::edge::{A, B, Edge, get_of};

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;

/// A ClientHello's record for a name.
fn hello(edge: &Edge, name: &str) -> Result<Vec<u8>> {
    let config = Arc::new(authority::client(&edge.roots, &["h2"])?);
    let mut client = ClientConnection::new(config, ServerName::try_from(name.to_owned())?)?;
    let mut bytes = Vec::new();
    client.write_tls(&mut bytes)?;
    Ok(bytes)
}

/// What kind of record answers these pieces; none when the connection is ended without a word.
async fn answer(edge: &Edge, pieces: impl Iterator<Item = &[u8]>) -> Result<Option<u8>> {
    let stream = TcpStream::connect(edge.handle.https()).await?;
    stream.set_nodelay(true)?;
    let mut client = Raw::new(stream);
    for piece in pieces {
        if !client.try_say(piece).await {
            break;
        }
        tokio::task::yield_now().await;
    }
    Ok(if client.seen.is_empty() && !client.more().await? { None } else { client.seen.first().copied() })
}

/// Q43: in segments and in records.
#[tokio::test(flavor = "multi_thread")]
async fn a_hello_in_pieces_is_served() -> Result<()> {
    let edge = Edge::plain().await?;
    let whole = hello(&edge, A)?;
    for size in [1, 7, 100, 600] {
        ensure!(answer(&edge, whole.chunks(size)).await? == Some(HANDSHAKE), "segments of {size}");
    }
    for size in [64, 100, 600] {
        let records: Vec<u8> = whole[5..]
            .chunks(size)
            .flat_map(|piece| {
                let length = u16::try_from(piece.len()).unwrap_or_default().to_be_bytes();
                [&[HANDSHAKE, 3, 1], &length[..], piece].concat()
            })
            .collect();
        ensure!(answer(&edge, records.chunks(50)).await? == Some(HANDSHAKE), "records of {size}");
    }
    Ok(())
}

/// Q43, Q14: bits are flipped, bytes cut, and what is no hello is said; nothing panics.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_hello_harms_nobody() -> Result<()> {
    let edge = Edge::plain().await?;
    let whole = hello(&edge, A)?;
    for flip in 0..60 {
        let mut bytes = whole.clone();
        let at = flip * whole.len() / 60;
        bytes[at] ^= 1 << (flip % 8);
        // Cut off, so that a longer length doesn't make it wait for more.
        let mut stream = TcpStream::connect(edge.handle.https()).await?;
        tokio::io::AsyncWriteExt::write_all(&mut stream, &bytes).await?;
        tokio::io::AsyncWriteExt::shutdown(&mut stream).await?;
        drop(
            tokio::time::timeout(crate::client::PATIENCE, stream.read_to_end(&mut Vec::new()))
                .await
                .context("an end")?,
        );
    }
    let proxy = b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n";
    let version_2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x7f\0\0\x01\x7f\0\0\x01\x01\xbb\x01\xbb";
    for first in
        [&proxy[..], version_2, b"GET / HTTP/1.1\r\n\r\n", &[0x80, 0x2e, 1, 3, 1], &[HANDSHAKE, 3, 1, 0xff, 0xff, 1]]
    {
        let bytes = [first, &whole].concat();
        let answered = answer(&edge, [&bytes[..]].into_iter()).await?;
        ensure!(answered != Some(HANDSHAKE), "{answered:?} for {}", first.escape_ascii());
    }
    ensure!(metric(&edge, "proxy_panics_total").await? == 0);
    edge.probe().await
}

/// Q4, Q38: names that nobody brought, at random; nothing is kept and nothing is signed.
#[tokio::test(flavor = "multi_thread")]
async fn random_names_cost_nothing() -> Result<()> {
    let edge = Edge::plain().await?;
    for name in ["p.example.com", "x.a.p.example.com", "example.com", "localhost"] {
        let bytes = hello(&edge, name)?;
        ensure!(answer(&edge, [&bytes[..]].into_iter()).await? == Some(ALERT), "{name}");
    }
    let before = resident()?;
    for number in 0..400 {
        let bytes = hello(&edge, &format!("n{number}-{}.example.com", number * 7919 % 10_007))?;
        ensure!(answer(&edge, [&bytes[..]].into_iter()).await? == Some(ALERT));
    }
    ensure!(metric(&edge, "proxy_handshakes_total{outcome=\"unknown_name\"}").await? >= 404);
    ensure!(metric(&edge, "proxy_handshakes_total{outcome=\"full\"}").await? <= 50, "only the harness's own");
    ensure!(resident()? < before + (32 << 20));
    edge.probe().await
}

fn resident() -> Result<usize> {
    let pages: usize = std::fs::read_to_string("/proc/self/statm")?.split(' ').nth(1).context("pages")?.parse()?;
    Ok(pages * 4096)
}

async fn metric(edge: &Edge, name: &str) -> Result<u64> {
    let mut client = Raw::new(TcpStream::connect(edge.handle.status()).await?);
    client.say("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let text = client.rest().await?;
    let line = text.lines().find(|line| line.starts_with(name));
    line.map_or(Ok(0), |line| Ok(line.rsplit(' ').next().context("a number")?.parse()?))
}

/// Q10, Q36: a session of A's is none of B's, and no data comes early.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_opens_its_own_name_only_and_never_early() -> Result<()> {
    let edge = Edge::plain().await?;
    let mut config = authority::client(&edge.roots, &["http/1.1"])?;
    config.enable_early_data = true;
    let config = Arc::new(config);
    let connector = TlsConnector::from(Arc::clone(&config));
    for (name, is_resumed) in [(A, false), (A, true), (B, false)] {
        let tcp = TcpStream::connect(edge.handle.https()).await?;
        let stream = connector.connect(ServerName::try_from(name)?, tcp).await?;
        let session = stream.get_ref().1;
        let mut next = ClientConnection::new(Arc::clone(&config), ServerName::try_from(name)?)?;
        ensure!(!session.is_early_data_accepted() && next.early_data().is_none());
        ensure!((session.handshake_kind() == Some(HandshakeKind::Resumed)) == is_resumed, "{name}");
        let mut client = Raw::new(stream);
        client.say(get_of("/x")).await?;
        let expected = if name == A { 200 } else { 421 };
        ensure!(client.status().await? == expected, "{name}");
    }
    Ok(())
}

/// Q35, Q37: old versions, weak suites and no protocol in common end in an alert.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_old_or_weak_is_refused() -> Result<()> {
    let edge = Edge::plain().await?;
    let weak = [0x00, 0x2f, 0x00, 0x35, 0x00, 0x9c, 0x00, 0x9e, 0xc0, 0x13, 0xc0, 0x14, 0x00, 0x0a];
    let good = [0xc0, 0x2f, 0xc0, 0x2b, 0xcc, 0xa9, 0xcc, 0xa8];
    for (name, version, suites, group, protocol, answered) in [
        ("as it should be", [3, 3], &good[..], [0, 29], &b"h2"[..], HANDSHAKE),
        ("P-256", [3, 3], &good, [0, 23], b"http/1.1", HANDSHAKE),
        ("TLS 1.1", [3, 2], &good, [0, 29], b"h2", ALERT),
        ("TLS 1.0", [3, 1], &good, [0, 29], b"h2", ALERT),
        ("SSL 3", [3, 0], &good, [0, 29], b"h2", ALERT),
        ("no forward secrecy, or CBC", [3, 3], &weak, [0, 29], b"h2", ALERT),
        ("P-521 alone", [3, 3], &good, [0, 25], b"h2", ALERT),
        ("no protocol in common", [3, 3], &good, [0, 29], b"h3", ALERT),
    ] {
        let bytes = old_hello(version, suites, group, protocol);
        let seen = answer(&edge, [&bytes[..]].into_iter()).await?;
        ensure!(seen == Some(answered) || (answered == ALERT && seen.is_none()), "{name}: {seen:?}");
    }
    Ok(())
}

/// A hello for A as clients of TLS 1.2 and before write it.
fn old_hello(version: [u8; 2], suites: &[u8], group: [u8; 2], protocol: &[u8]) -> Vec<u8> {
    let sized = |bytes: &[u8]| [&u16::try_from(bytes.len()).unwrap_or_default().to_be_bytes()[..], bytes].concat();
    let extension = |kind: u16, bytes: &[u8]| [&kind.to_be_bytes()[..], &sized(bytes)].concat();
    let short = |bytes: &[u8]| [&bytes.len().to_be_bytes()[7..], bytes].concat();
    let name = [&[0][..], &sized(A.as_bytes())].concat();
    let extensions = [
        extension(0, &sized(&name)),
        extension(10, &sized(&group)),
        extension(11, &[1, 0]),
        extension(13, &sized(&[4, 3, 5, 3, 8, 4, 4, 1])),
        extension(16, &sized(&short(protocol))),
        extension(23, &[]),
        extension(0xff01, &[0]),
    ]
    .concat();
    let hello = [&version[..], &[7; 32], &[0], &sized(suites), &[1, 0], &sized(&extensions)].concat();
    let message = [&[1, 0][..], &sized(&hello)].concat();
    [&[HANDSHAKE, 3, 1][..], &sized(&message)].concat()
}
