use proptest::prelude::*;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::*;

/// What is read of `bytes` sent in pieces, and what is left in the socket.
async fn received(pieces: &[&[u8]]) -> (Result<Option<ProxyHeader>, ProxyProtocolError>, Vec<u8>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (mut stream, _) = listener.accept().await.unwrap();
    let sending = async {
        for piece in pieces {
            peer.write_all(piece).await.unwrap();
            tokio::task::yield_now().await;
        }
        peer.shutdown().await.unwrap();
    };
    let reading = async {
        let said = read(&mut stream).await;
        let mut rest = Vec::new();
        drop(stream.read_to_end(&mut rest).await);
        (said, rest)
    };
    tokio::join!(sending, reading).1
}

fn said(client: &str, local: &str) -> Option<ProxyHeader> {
    Some(ProxyHeader { client: client.parse().unwrap(), local: local.parse().unwrap() })
}

fn v2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    [&V2_SIGNATURE[..], &[command, family], &length, body].concat()
}

#[tokio::test]
async fn what_follows_the_header_stays_in_the_socket() {
    let line: &[u8] = b"PROXY TCP4 192.0.2.1 198.51.100.1 1234 443\r\n";
    let (found, rest) = received(&[&[line, b"\x16\x03\x01"].concat()]).await;
    assert_eq!(found.unwrap(), said("192.0.2.1:1234", "198.51.100.1:443"));
    assert_eq!(rest, b"\x16\x03\x01");
    let pieces: Vec<&[u8]> = line.chunks(1).collect();
    assert_eq!(received(&pieces).await.0.unwrap(), said("192.0.2.1:1234", "198.51.100.1:443"));
    let body = [&[192, 0, 2, 1, 198, 51, 100, 1, 4, 210, 1, 187][..], &[3, 0, 1, 0]].concat();
    let (found, rest) = received(&[&v2(0x21, 0x11, &body), b"\x16"]).await;
    assert_eq!(found.unwrap(), said("192.0.2.1:1234", "198.51.100.1:443"));
    assert_eq!(rest, b"\x16");
}

#[tokio::test]
async fn a_header_without_an_end_or_too_long_is_refused() {
    for bytes in [
        b"PROXY TCP4 192.0.2.1 198.51.100.1 1234 443".to_vec(),
        b"PROXY".to_vec(),
        Vec::new(),
        [b"PROXY UNKNOWN ".as_slice(), &[b'a'; 200], b"\r\n"].concat(),
        v2(0x21, 0x11, &[0; V2_LONGEST + 1]),
        v2(0x21, 0x11, &[0; 12])[..20].to_vec(),
    ] {
        assert!(received(&[&bytes]).await.0.is_err(), "{bytes:?}");
    }
}

#[test]
fn version_1_is_read_strictly() {
    let parse = |line: &str| parse_v1(line.as_bytes());
    let six = parse("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n").unwrap();
    assert_eq!(six, said("[2001:db8::1]:1", "[2001:db8::2]:65535"));
    assert_eq!(parse("PROXY UNKNOWN\r\n").unwrap(), None);
    assert_eq!(parse("PROXY UNKNOWN anything 1 2\r\n").unwrap(), None);
    for line in [
        "PROXY TCP4 192.0.2.1 198.51.100.1 1234 443\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1234\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1234 443 9\r\n",
        "PROXY TCP4  192.0.2.1 198.51.100.1 1234 443\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 +1234 443\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 01 443\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 65536 443\r\n",
        "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
        "PROXY TCP6 192.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY UDP4 192.0.2.1 198.51.100.1 1 2\r\n",
        "proxy TCP4 192.0.2.1 198.51.100.1 1 2\r\n",
        "GET / HTTP/1.1\r\n",
    ] {
        assert!(parse(line).is_err(), "{line:?}");
    }
}

#[test]
fn version_2_knows_tcp_and_local_only() {
    let six = [&[0x20; 16][..], &[0x30; 16], &[0, 1, 0, 2]].concat();
    assert!(parse_v2(0x21, 0x21, &six).unwrap().is_some());
    assert!(parse_v2(0x20, 0x00, &[]).unwrap().is_none());
    for (command, family, body) in
        [(0x21, 0x12, &six[..]), (0x21, 0x31, &six), (0x22, 0x11, &six), (0x11, 0x11, &six), (0x21, 0x11, &[0; 11])]
    {
        assert!(parse_v2(command, family, body).is_err(), "{command:x} {family:x}");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic_and_what_is_written_reads_back(
        bytes in proptest::collection::vec(any::<u8>(), 0..200), from: [u8; 4], to: [u8; 4], ports: (u16, u16),
    ) {
        drop((parse_v1(&bytes), parse_v2(0x21, 0x11, &bytes), parse_v2(0x21, 0x21, &bytes)));
        let expected = ProxyHeader { client: (from, ports.0).into(), local: (to, ports.1).into() };
        let line = format!(
            "PROXY TCP4 {} {} {} {}\r\n",
            expected.client.ip(), expected.local.ip(), ports.0, ports.1
        );
        prop_assert_eq!(parse_v1(line.as_bytes()).unwrap(), Some(expected));
        let body = [&from[..], &to, &ports.0.to_be_bytes(), &ports.1.to_be_bytes()].concat();
        prop_assert_eq!(parse_v2(0x21, 0x11, &body).unwrap(), Some(expected));
    }
}
