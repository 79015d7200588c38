//! A control plane as a proxy sees it: hands out streams that a test writes to, and collects acknowledgements.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use marque_config::feed::{Ack, Begin, Commit, FORMAT_HEADER, Format, Line, Revision};
use marque_config::signature::{BatchDigest, FeedSigner};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// The feed's server.
pub(crate) struct FeedServer {
    pub(crate) address: SocketAddr,
    streams: UnboundedReceiver<Stream>,
    acks: UnboundedReceiver<Ack>,
    refusals: UnboundedReceiver<()>,
    gate: Gate,
    _task: JoinSet<()>,
}

/// What is done with acknowledgements.
#[derive(Clone)]
struct Gate {
    /// How many of the next are refused.
    refuse: Arc<AtomicUsize>,
    refused: UnboundedSender<()>,
    acked: UnboundedSender<Ack>,
}

/// One stream that a proxy opened; dropping it ends it.
pub(crate) struct Stream {
    /// What the proxy asked for.
    pub(crate) query: String,
    /// Which format it says that it reads.
    pub(crate) format: Option<String>,
    lines: UnboundedSender<Bytes>,
}

impl FeedServer {
    pub(crate) async fn start() -> Self {
        Self::start_with(None).await
    }

    /// With TLS, when there is something to speak it with.
    pub(crate) async fn start_with(tls: Option<TlsAcceptor>) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let ((opened, streams), (acked, acks)) = (unbounded_channel(), unbounded_channel());
        let (refused, refusals) = unbounded_channel();
        let gate = Gate { refuse: Arc::default(), refused, acked };
        let (mut task, kept) = (JoinSet::new(), gate.clone());
        task.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = socket.accept().await {
                let (opened, gate) = (opened.clone(), gate.clone());
                let service = service_fn(move |request| answer(request, opened.clone(), gate.clone()));
                let tls = tls.clone();
                connections.spawn(async move {
                    let http = http1::Builder::new();
                    match tls {
                        None => drop(http.serve_connection(TokioIo::new(stream), service).await),
                        Some(tls) => {
                            let stream = tls.accept(stream).await.unwrap();
                            drop(http.serve_connection(TokioIo::new(stream), service).await);
                        }
                    }
                });
            }
        });
        Self { address, streams, acks, refusals, gate: kept, _task: task }
    }

    /// The next stream that a proxy opens.
    pub(crate) async fn stream(&mut self) -> Stream {
        soon(self.streams.recv()).await
    }

    /// The next revision that a proxy acknowledges.
    pub(crate) async fn acked(&mut self) -> i64 {
        soon(self.acks.recv()).await.revision.0
    }

    /// Refuses the next acknowledgements, as one does whose database is away.
    pub(crate) fn refuse(&self, count: usize) {
        self.gate.refuse.store(count, Ordering::SeqCst);
    }

    /// Comes back when the next acknowledgement was refused.
    pub(crate) async fn refused(&mut self) {
        soon(self.refusals.recv()).await;
    }

    /// Whether no stream was opened that wasn't taken yet.
    pub(crate) fn has_no_stream(&mut self) -> bool {
        self.streams.try_recv().is_err()
    }

    /// Whether nothing was acknowledged since the last look.
    pub(crate) fn heard_nothing(&mut self) -> bool {
        self.acks.try_recv().is_err()
    }
}

impl Stream {
    /// Comes back when the proxy has left.
    pub(crate) async fn left(&self) {
        tokio::time::timeout(Duration::from_secs(20), self.lines.closed()).await.unwrap();
    }

    pub(crate) fn send(&self, bytes: impl Into<Bytes>) {
        // The proxy may have gone.
        drop(self.lines.send(bytes.into()));
    }
}

/// What comes within a deadline that only a fault outlasts.
async fn soon<T>(coming: impl Future<Output = Option<T>>) -> T {
    tokio::time::timeout(Duration::from_secs(20), coming).await.unwrap().unwrap()
}

async fn answer(
    request: Request<Incoming>,
    opened: UnboundedSender<Stream>,
    gate: Gate,
) -> Result<Response<BoxBody<Bytes, Infallible>>, Infallible> {
    assert_eq!(request.headers()["authorization"], "Bearer token");
    if request.method() == Method::POST {
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let mut response = Response::new(Empty::new().boxed());
        if gate.refuse.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            gate.refused.send(()).unwrap();
        } else {
            gate.acked.send(serde_json::from_slice(&body).unwrap()).unwrap();
        }
        return Ok(response);
    }
    let (lines, receiver) = unbounded_channel();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let format = request.headers().get(FORMAT_HEADER).map(|format| format.to_str().unwrap().to_owned());
    opened.send(Stream { query, format, lines }).unwrap();
    let body = futures_util::stream::unfold(receiver, async |mut receiver| {
        let bytes: Bytes = receiver.recv().await?;
        Some((Ok(Frame::data(bytes)), receiver))
    });
    let answer = Response::builder().header(FORMAT_HEADER, Format::CURRENT.0);
    Ok(answer.body(BodyExt::boxed(StreamBody::new(body))).unwrap())
}

/// The pinned key's other half.
pub(crate) fn signer() -> FeedSigner {
    FeedSigner::from_seed(&[5; 32]).unwrap()
}

/// A batch as it is on the wire.
pub(crate) fn batch(base: Option<i64>, revision: i64, changes: &[Line]) -> String {
    signed_by(&signer(), base, revision, changes)
}

pub(crate) fn signed_by(signer: &FeedSigner, base: Option<i64>, revision: i64, changes: &[Line]) -> String {
    let text = |line: &Line| serde_json::to_string(line).unwrap() + "\n";
    let (base, revision) = (base.map(Revision), Revision(revision));
    let begin = Line::Begin(Begin { epoch: "epoch".into(), base, revision, format: Format::CURRENT });
    let mut wire = text(&begin);
    let mut digest = BatchDigest::begin(wire.as_bytes());
    for change in changes {
        let line = text(change);
        digest.change(line.as_bytes());
        wire.push_str(&line);
    }
    let commit = Line::Commit(Commit { changes: digest.changes(), signature: signer.sign(digest) });
    wire + &text(&commit)
}

/// Upserts of these records.
pub(crate) fn upserts(records: Vec<marque_config::feed::Record>) -> Vec<Line> {
    records.iter().map(|record| Line::upsert(record, Format::CURRENT).unwrap()).collect()
}
