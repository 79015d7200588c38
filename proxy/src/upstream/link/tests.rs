use pingora::RetryType;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// A link, and the application's end of it.
async fn pair() -> (Link, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ours = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (theirs, _) = listener.accept().await.unwrap();
    (Link::new(Io::Plain(ours), 0, Some(Duration::from_secs(5))), theirs)
}

/// Begins a request with these fields.
fn begin(link: &mut Link, method: &str, framing: Framing, fields: &str) {
    let head = format!("{method} /a?b HTTP/1.1\r\n{fields}");
    link.begin(method == "HEAD", framing, |out| out.extend_from_slice(head.as_bytes()));
}

/// Asks, and has this answered.
async fn asked(method: &str, answer: &[u8]) -> (Link, TcpStream) {
    let (mut link, mut theirs) = pair().await;
    begin(&mut link, method, Framing::Empty, "");
    link.flush().await.unwrap();
    // What isn't read when the connection is closed makes a reset of it.
    assert!(theirs.read(&mut [0; 1024]).await.unwrap() > 0);
    theirs.write_all(answer).await.unwrap();
    (link, theirs)
}

/// What the rest of an answer says, to its end.
async fn body(link: &mut Link) -> pingora::Result<String> {
    let mut bytes = Vec::new();
    loop {
        match link.next().await? {
            Part::Head(..) => panic!("a head within a body"),
            Part::Body(piece, is_last) => {
                bytes.extend_from_slice(&piece);
                if is_last {
                    return Ok(String::from_utf8(bytes).unwrap());
                }
            }
        }
    }
}

/// The status of the next head, and whether it's all.
async fn status(link: &mut Link) -> (u16, bool) {
    match link.next().await.unwrap() {
        Part::Head(head, is_last) => (head.status.as_u16(), is_last),
        part => panic!("{part:?}"),
    }
}

#[tokio::test]
async fn a_request_is_written_as_it_is_framed() {
    let (mut link, mut theirs) = pair().await;
    begin(&mut link, "POST", Framing::Length(3), "Host: a\r\nContent-Length: 3\r\n");
    link.send(Bytes::from_static(b"ab")).unwrap();
    assert!(link.is_full() && link.send(Bytes::from_static(b"c")).is_err(), "two at once");
    link.flush().await.unwrap();
    link.send(Bytes::new()).unwrap();
    assert!(link.send(Bytes::from_static(b"cd")).is_err(), "more than was said");
    begin(&mut link, "POST", Framing::Chunked, "Host: a\r\n");
    for piece in [&b"hello"[..], b"", &[b'x'; 16]] {
        assert!(!link.is_full() && !link.is_sent());
        link.send(Bytes::copy_from_slice(piece)).unwrap();
        link.flush().await.unwrap();
    }
    link.finish().unwrap();
    link.flush().await.unwrap();
    begin(&mut link, "POST", Framing::Chunked, "");
    link.send(Bytes::from_static(b"all")).unwrap();
    link.finish().unwrap();
    assert!(!link.is_sent());
    link.flush().await.unwrap();
    begin(&mut link, "GET", Framing::Empty, "X-Y: z\r\n");
    link.finish().unwrap();
    link.flush().await.unwrap();
    assert!(link.is_sent());
    drop(link);
    let mut got = String::new();
    theirs.read_to_string(&mut got).await.unwrap();
    let first = "POST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab";
    let second = "POST /a?b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n10\r\nxxxxxxxxxxxxxxxx\r\n0\r\n\r\n";
    let third = "POST /a?b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nall\r\n0\r\n\r\n";
    assert_eq!(got, [first, second, third, "GET /a?b HTTP/1.1\r\nX-Y: z\r\n\r\n"].concat());
}

#[tokio::test]
async fn a_body_that_is_shorter_than_it_said_is_not_a_whole_request() {
    let (mut link, mut theirs) = pair().await;
    begin(&mut link, "POST", Framing::Length(3), "Content-Length: 3\r\n");
    link.send(Bytes::from_static(b"ab")).unwrap();
    assert!(link.finish().is_err());
    theirs.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    assert_eq!(status(&mut link).await, (200, true));
    assert!(!link.is_reusable());
}

#[tokio::test]
async fn an_answer_ends_where_its_framing_says() {
    for (answer, expected) in [
        ("Content-Length: 5\r\n\r\nhello", "hello"),
        ("Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nA: b\r\n\r\n", "hello"),
        ("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ""),
    ] {
        let (mut link, mut theirs) = asked("GET", format!("HTTP/1.1 200 OK\r\n{answer}").as_bytes()).await;
        assert_eq!(status(&mut link).await, (200, false), "{answer}");
        assert_eq!(body(&mut link).await.unwrap(), expected, "{answer}");
        assert!(link.is_reusable() && link.is_quiet(true) && link.is_quiet(false), "{answer}");
        theirs.write_all(b"stray").await.unwrap();
        theirs.shutdown().await.unwrap();
        while link.is_quiet(false) {
            tokio::task::yield_now().await;
        }
        assert!(!link.is_quiet(true), "{answer}");
    }
    for bare in [
        "204 No Content\r\n\r\n",
        "304 Not Modified\r\nContent-Length: 9\r\n\r\n",
        "200 OK\r\nContent-Length: 0\r\n\r\n",
    ] {
        let (mut link, _theirs) = asked("GET", format!("HTTP/1.1 {bare}").as_bytes()).await;
        assert!(status(&mut link).await.1 && link.is_reusable(), "{bare}");
    }
    let (mut link, _theirs) = asked("HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    assert!(status(&mut link).await.1 && link.is_reusable());
}

#[tokio::test]
async fn a_body_without_an_end_ends_with_the_connection_and_serves_no_other() {
    let (mut link, theirs) = asked("GET", b"HTTP/1.1 200 OK\r\n\r\nhello").await;
    assert_eq!(status(&mut link).await, (200, false));
    drop(theirs);
    assert_eq!(body(&mut link).await.unwrap(), "hello");
    assert!(!link.is_reusable());
}

#[tokio::test]
async fn a_body_that_is_cut_by_a_reset_is_never_whole() {
    let (mut link, theirs) = asked("GET", b"HTTP/1.1 200 OK\r\n\r\n").await;
    assert_eq!(status(&mut link).await, (200, false));
    socket2::SockRef::from(&theirs).set_linger(Some(Duration::ZERO)).unwrap();
    drop(theirs);
    // Whether it's found out by waiting or by a look.
    while link.failure.is_none() {
        assert!(!link.is_at_hand());
        tokio::task::yield_now().await;
    }
    assert!(body(&mut link).await.is_err());
}

#[tokio::test]
async fn a_cut_or_odd_answer_is_an_error() {
    for (answer, kind) in [
        ("Content-Length: 5\r\n\r\nhel", ErrorType::ConnectionClosed),
        ("Transfer-Encoding: chunked\r\n\r\n5\r\nhel", ErrorType::ConnectionClosed),
        ("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", ErrorType::ConnectionClosed),
        ("Transfer-Encoding: chunked\r\n\r\nx\r\n", ErrorType::H1Error),
        ("Transfer-Encoding: chunked\r\n\r\n5\nhello", ErrorType::H1Error),
        ("Transfer-Encoding: chunked\r\n\r\n-1\r\n", ErrorType::H1Error),
        ("Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n", ErrorType::H1Error),
        ("Transfer-Encoding: chunked\r\n\r\n11111111111111111\r\n", ErrorType::H1Error),
    ] {
        let (mut link, theirs) = asked("GET", format!("HTTP/1.1 200 OK\r\n{answer}").as_bytes()).await;
        drop(theirs);
        assert_eq!(status(&mut link).await, (200, false));
        let error = body(&mut link).await.unwrap_err();
        assert_eq!((&error.etype, error.retry), (&kind, RetryType::Decided(false)), "{answer}");
        assert!(!link.is_reusable());
    }
}

#[tokio::test]
async fn interim_answers_pass_and_a_flood_of_them_is_an_error() {
    let interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    let last = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let (mut link, _theirs) = asked("GET", [interim.repeat(2), last.into()].concat().as_bytes()).await;
    for expected in [(103, false), (103, false), (200, true)] {
        assert_eq!(status(&mut link).await, expected);
    }
    let (mut link, _theirs) = asked("GET", interim.repeat(MOST_INTERIM + 1).as_bytes()).await;
    for _ in 0..MOST_INTERIM {
        assert_eq!(status(&mut link).await.0, 103);
    }
    assert_eq!(link.next().await.unwrap_err().etype, ErrorType::H1Error);
}

/// Q24: nothing is asked twice once anything was heard.
#[tokio::test]
async fn only_a_connection_that_said_nothing_may_have_been_stale() {
    for (answer, retry) in [(&b""[..], RetryType::ReusedOnly), (b"HTTP/1.1 200", RetryType::Decided(false))] {
        let (mut link, theirs) = asked("GET", answer).await;
        drop(theirs);
        let error = link.next().await.unwrap_err();
        assert_eq!(error.retry, retry, "{}", answer.escape_ascii());
    }
}

#[tokio::test(start_paused = true)]
async fn an_application_that_takes_nothing_is_given_up() {
    let (mut link, mut theirs) = pair().await;
    begin(&mut link, "POST", Framing::Chunked, "");
    let piece = Bytes::from(vec![0; 1 << 20]);
    let error = loop {
        link.send(piece.clone()).unwrap();
        match link.turn().await.unwrap() {
            Turn::Written(Ok(())) => {}
            Turn::Written(Err(error)) => break error,
            Turn::Part(part) => panic!("{part:?}"),
        }
    };
    assert_eq!(error.etype, ErrorType::WriteTimedout);
    // It may answer all the same, but the connection serves no other.
    theirs.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    assert!(matches!(link.turn().await.unwrap(), Turn::Part(Part::Head(_, true))));
    assert!(!link.is_reusable());
}

/// What is written doesn't wait for what is read, nor the other way round.
#[tokio::test]
async fn both_directions_move_when_either_can() {
    let (mut link, mut theirs) = pair().await;
    begin(&mut link, "POST", Framing::Chunked, "");
    // More than the system holds for both.
    let piece = Bytes::from(vec![b'x'; 16 << 20]);
    link.send(piece.clone()).unwrap();
    let application = tokio::spawn(async move {
        theirs
            .write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", piece.len()).as_bytes())
            .await
            .unwrap();
        theirs.write_all(&piece).await.unwrap();
        theirs.read_exact(&mut vec![0; piece.len()]).await.unwrap();
        theirs
    });
    let is_last = |turn: &Turn| matches!(turn, Turn::Part(Part::Body(_, true)));
    while !is_last(&link.turn().await.unwrap()) {}
    assert!(!link.is_sent());
    link.flush().await.unwrap();
    application.await.unwrap();
}
