use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_util::task::AbortOnDropHandle;

use super::*;

/// A listener that hands what it lets in to the test.
struct Bench {
    address: SocketAddr,
    incoming: UnboundedReceiver<Incoming>,
    closing: watch::Sender<bool>,
    metrics: Arc<Metrics>,
    task: AbortOnDropHandle<JoinSet<()>>,
}

fn start(proxies: &[&str], per_client: usize) -> Bench {
    let metrics = Arc::new(Metrics::new(0));
    let rules = Rules {
        proxies: proxies.iter().map(|net| net.parse().unwrap()).collect(),
        deadline: Duration::from_secs(20),
        caps: Caps::new(10, per_client, Arc::clone(&metrics)),
        metrics: Arc::clone(&metrics),
    };
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), Arc::new(rules)).unwrap();
    let (address, closing) = (listener.address().unwrap(), watch::Sender::new(false));
    let (sender, incoming) = unbounded_channel();
    let serve = move |incoming| {
        let sender = sender.clone();
        async move { sender.send(incoming).unwrap() }
    };
    let task = AbortOnDropHandle::new(tokio::spawn(listener.run(closing.subscribe(), serve)));
    Bench { address, incoming, closing, metrics, task }
}

impl Bench {
    async fn call(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream
    }

    async fn next(&mut self) -> Incoming {
        tokio::time::timeout(Duration::from_secs(20), self.incoming.recv()).await.unwrap().unwrap()
    }

    fn counted(&self, reason: &str) -> bool {
        let line = format!("proxy_connections_refused_total{{outcome=\"{reason}\"}} ");
        self.metrics.text(0, None).unwrap().contains(&line)
    }
}

/// Whether the other end closed without a word.
async fn is_closed(mut stream: TcpStream) -> bool {
    !matches!(stream.read(&mut [0]).await, Ok(read) if read > 0)
}

const HEADER: &[u8] = b"PROXY TCP4 192.0.2.1 198.51.100.1 1234 443\r\n";

#[tokio::test]
async fn a_listed_peer_says_whose_connection_it_is() {
    let mut bench = start(&["10.0.0.0/8", "127.0.0.0/8"], 10);
    let _call = bench.call(HEADER).await;
    let incoming = bench.next().await;
    assert_eq!(incoming.client, "192.0.2.1:1234".parse().unwrap());
    assert_eq!(incoming.local, "198.51.100.1:443".parse().unwrap());
}

#[tokio::test]
async fn a_listed_peer_that_does_not_say_is_closed() {
    let bench = start(&["127.0.0.0/8"], 10);
    assert!(is_closed(bench.call(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x00").await).await);
    assert!(bench.counted("proxy_protocol"));
}

#[tokio::test]
async fn any_other_peer_is_not_believed() {
    let mut bench = start(&["10.0.0.0/8"], 10);
    let call = bench.call(HEADER).await;
    let mut incoming = bench.next().await;
    assert_eq!(incoming.client, call.local_addr().unwrap());
    let mut first = [0; 5];
    incoming.stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"PROXY", "the bytes are left for the TLS stage, which ends the connection");
}

#[tokio::test]
async fn a_client_that_has_its_share_is_closed_until_it_gives_one_back() {
    let mut bench = start(&[], 2);
    let _calls = (bench.call(b"").await, bench.call(b"").await);
    let (first, _second) = (bench.next().await, bench.next().await);
    assert!(is_closed(bench.call(b"").await).await);
    assert!(bench.counted("too_many_from_client"));
    drop(first);
    let _third = bench.call(b"").await;
    bench.next().await;
}

#[tokio::test]
async fn the_share_is_the_clients_not_the_listed_peers() {
    let mut bench = start(&["127.0.0.0/8"], 1);
    let other: &[u8] = b"PROXY TCP4 192.0.2.2 198.51.100.1 1234 443\r\n";
    let _calls = (bench.call(HEADER).await, bench.call(other).await);
    let _held = (bench.next().await, bench.next().await);
    assert!(is_closed(bench.call(HEADER).await).await);
}

#[tokio::test]
async fn a_full_house_lets_the_next_one_wait() {
    let mut bench = start(&[], 20);
    let mut calls = Vec::new();
    for _ in 0..11 {
        calls.push(bench.call(b"").await);
    }
    let mut held = Vec::new();
    for _ in 0..10 {
        held.push(bench.next().await);
    }
    assert!(bench.incoming.try_recv().is_err());
    held.pop();
    bench.next().await;
}

#[tokio::test]
async fn at_the_end_nobody_is_let_in_and_who_is_in_stays() {
    let mut bench = start(&[], 10);
    let _call = bench.call(b"").await;
    let _incoming = bench.next().await;
    bench.closing.send_replace(true);
    bench.task.await.unwrap();
    assert!(TcpStream::connect(bench.address).await.is_err());
}

#[tokio::test]
async fn a_panic_ends_one_connection_only() {
    let metrics = Arc::new(Metrics::new(0));
    let caps = Caps::new(10, 10, Arc::clone(&metrics));
    let rules = Rules { proxies: Vec::new(), deadline: Duration::from_secs(20), caps, metrics: Arc::clone(&metrics) };
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), Arc::new(rules)).unwrap();
    let address = listener.address().unwrap();
    let closing = watch::Sender::new(false);
    let serve = async |mut incoming: Incoming| {
        assert_ne!(incoming.stream.read_u8().await.unwrap(), b'!');
        incoming.stream.write_all(b"ok").await.unwrap();
    };
    let _task = AbortOnDropHandle::new(tokio::spawn(listener.run(closing.subscribe(), serve)));
    let mut bad = TcpStream::connect(address).await.unwrap();
    bad.write_all(b"!").await.unwrap();
    assert!(is_closed(bad).await);
    let mut good = TcpStream::connect(address).await.unwrap();
    good.write_all(b"x").await.unwrap();
    assert_eq!(good.read_u8().await.unwrap(), b'o');
    let seats_are_free = async {
        while metrics.connections().get() != 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), seats_are_free).await.unwrap();
    assert!(metrics.text(0, None).unwrap().contains("proxy_panics_total 1\n"));
}

#[tokio::test]
async fn what_waits_in_the_backlog_is_served_before_the_socket_closes() {
    const CALLS: usize = 8;
    let mut bench = start(&[], CALLS);
    // The system takes them in; nothing of ours runs between this and the end of the test's first await.
    let mut calls: Vec<_> = (0..CALLS).map(|_| std::net::TcpStream::connect(bench.address).unwrap()).collect();
    bench.closing.send_replace(true);
    let mut incoming = Vec::new();
    for _ in 0..CALLS {
        incoming.push(bench.next().await);
    }
    for call in &mut calls {
        std::io::Write::write_all(call, b"x").unwrap();
    }
    for incoming in &mut incoming {
        assert_eq!(incoming.stream.read_u8().await.unwrap(), b'x');
    }
    bench.task.await.unwrap();
    assert!(std::net::TcpStream::connect(bench.address).is_err(), "and then it is closed");
}

#[tokio::test]
async fn who_waits_for_a_seat_when_the_listener_closes_is_not_lost() {
    let mut bench = start(&[], 20);
    let calls: Vec<_> = (0..11).map(|_| std::net::TcpStream::connect(bench.address).unwrap()).collect();
    let mut incoming = Vec::new();
    for _ in 0..10 {
        incoming.push(bench.next().await);
    }
    // Ten seats are taken: the eleventh is accepted and waits.
    bench.closing.send_replace(true);
    tokio::task::yield_now().await;
    incoming.pop();
    let last = bench.next().await;
    assert!(calls.iter().any(|call| call.local_addr().unwrap() == last.client));
}
