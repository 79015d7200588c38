use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::super::link::Part;
use super::*;
use crate::head::Framing;

/// An application that answers all that it's asked on every connection, until it's told to close them.
struct Application {
    peer: HttpPeer,
    close: watch::Sender<bool>,
}

impl Application {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut peer = HttpPeer::new(listener.local_addr().unwrap(), false, String::new());
        peer.options.idle_timeout = Some(Duration::from_secs(60));
        let close = watch::Sender::new(false);
        let mut closed = close.subscribe();
        tokio::spawn(async move {
            while let Ok((mut tcp, _)) = listener.accept().await {
                closed.mark_unchanged();
                let mut closing = closed.clone();
                tokio::spawn(async move {
                    let mut place = [0; 1024];
                    loop {
                        let count = tokio::select! {
                            count = tcp.read(&mut place) => count.unwrap_or_default(),
                            _ = closing.changed() => 0,
                        };
                        if count == 0 {
                            return;
                        }
                        tcp.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.unwrap();
                    }
                });
            }
        });
        Self { peer, close }
    }
}

/// Asks once and gives the connection back; whether it was used before.
async fn ask(links: &Links, peer: &HttpPeer) -> bool {
    let (mut link, is_reused) = links.connect(peer, true).await.unwrap();
    link.begin(false, Framing::Empty, |out| out.extend_from_slice(b"GET / HTTP/1.1\r\n"));
    link.flush().await.unwrap();
    while !matches!(link.next().await.unwrap(), Part::Body(_, true)) {}
    links.keep(link, peer);
    is_reused
}

fn count(links: &Links) -> usize {
    let idle = links.idle.lock();
    assert_eq!(idle.count, idle.lists.values().map(Vec::len).sum::<usize>());
    idle.count
}

#[tokio::test]
async fn a_connection_is_used_again_for_the_same_place_only() {
    let (one, two) = (Application::start().await, Application::start().await);
    let links = Links::new(8);
    assert!(!ask(&links, &one.peer).await && ask(&links, &one.peer).await);
    assert!(!ask(&links, &two.peer).await && ask(&links, &two.peer).await);
    let mut bound = one.peer.clone();
    bound.group_key = 7;
    assert!(!ask(&links, &bound).await, "what is bound is nobody else's");
    assert!(ask(&links, &bound).await && ask(&links, &one.peer).await);
    assert_eq!(count(&links), 3);
}

#[tokio::test]
async fn a_connection_that_was_closed_or_grew_old_is_not_used() {
    let application = Application::start().await;
    let links = Links::new(8);
    assert!(!ask(&links, &application.peer).await);
    application.close.send_replace(true);
    while count(&links) > 0 {
        links.idle.lock().drop_stale(Instant::now());
        tokio::task::yield_now().await;
    }
    assert!(!ask(&links, &application.peer).await);
    links.idle.lock().drop_stale(Instant::now() + Duration::from_secs(59));
    assert_eq!(count(&links), 1);
    links.idle.lock().drop_stale(Instant::now() + Duration::from_secs(61));
    assert_eq!(count(&links), 0);
    let mut hasty = application.peer.clone();
    hasty.options.idle_timeout = None;
    assert!(!ask(&links, &hasty).await && !ask(&links, &hasty).await);
}

#[tokio::test]
async fn the_number_is_bounded_and_the_one_that_waited_longest_goes() {
    let (one, two) = (Application::start().await, Application::start().await);
    let links = Links::new(2);
    ask(&links, &one.peer).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        held.push(links.connect(&two.peer, false).await.unwrap().0);
    }
    for link in held {
        links.keep(link, &two.peer);
    }
    assert_eq!(count(&links), 2);
    assert!(!ask(&links, &one.peer).await, "it made room");
    let none = Links::new(0);
    assert!(!ask(&none, &one.peer).await && !ask(&none, &one.peer).await);
}

#[tokio::test]
async fn closing_lets_all_go() {
    let application = Application::start().await;
    let links = Arc::new(Links::new(8));
    ask(&links, &application.peer).await;
    let closing = watch::Sender::new(true);
    Arc::clone(&links).sweep(closing.subscribe()).await;
    assert_eq!(count(&links), 0);
}

#[tokio::test]
async fn a_failure_has_the_engines_name() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let peer = HttpPeer::new(address, false, String::new());
    let error = Links::new(1).connect(&peer, false).await.err().unwrap();
    assert_eq!(error.etype, ErrorType::ConnectRefused);
    for (code, kind) in [
        (99, ErrorType::BindError),
        (13, ErrorType::InternalError),
        (113, ErrorType::ConnectNoRoute),
        (24, ErrorType::ConnectError),
    ] {
        assert_eq!(meaning(&std::io::Error::from_raw_os_error(code)), kind, "{code}");
    }
}
