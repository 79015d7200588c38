//! A relay between the control plane and the CA: it counts what passes, and holds one request or one answer for as long
//! as a test wants. So a control plane can be killed at any step of an issuance without hooks in the product.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::serve::Listener;
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::authority::http_client;
use crate::pebble::Pebble;

/// What to hold, counted from the moment that it was asked for, the first being 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// The Nth request, before the CA has seen it.
    Request(usize),
    /// The answer to the Nth request, after the CA has acted on it.
    Answer(usize),
}

/// A running relay.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    desk: Arc<Desk>,
    server: JoinHandle<std::io::Result<()>>,
}

#[derive(Debug)]
struct Desk {
    ca: Mutex<Upstream>,
    passed: Mutex<Vec<String>>,
    count: Mutex<usize>,
    hold: watch::Sender<Option<Hold>>,
    held: watch::Sender<bool>,
    held_line: Mutex<String>,
    is_vanishing: AtomicBool,
    refusal: Mutex<Option<(u16, u64)>>,
}

/// The CA behind the relay.
#[derive(Debug, Clone)]
struct Upstream {
    base: String,
    http: reqwest::Client,
}

/// The longest message that ACME has.
const MESSAGE: usize = 1 << 20;

impl Relay {
    /// Starts one before `pebble`, with a certificate of the same root.
    ///
    /// # Errors
    /// When it can't be bound.
    pub async fn start(pebble: &Pebble) -> Result<Self> {
        let desk = Arc::new(Desk {
            ca: Mutex::new(Upstream::new(pebble)?),
            passed: Mutex::default(),
            count: Mutex::default(),
            hold: watch::Sender::default(),
            held: watch::Sender::default(),
            held_line: Mutex::default(),
            is_vanishing: AtomicBool::default(),
            refusal: Mutex::default(),
        });
        let tcp = TcpListener::bind(("127.0.0.1", 0)).await.context("bind the relay")?;
        let address = tcp.local_addr()?;
        let server = pebble.authority.issue(&["localhost", "127.0.0.1"])?.server()?;
        let listener = TlsListener { tcp, tls: TlsAcceptor::from(Arc::new(server)) };
        let router = Router::new().fallback(pass).with_state(Arc::clone(&desk));
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, desk, server })
    }

    /// The ACME directory, as seen through the relay.
    #[must_use]
    pub fn directory(&self) -> String {
        format!("https://localhost:{}/dir", self.address.port())
    }

    /// Leads to another CA from now on.
    ///
    /// # Errors
    /// When its root can't be trusted.
    pub fn lead_to(&self, pebble: &Pebble) -> Result<()> {
        *self.desk.ca.lock() = Upstream::new(pebble)?;
        Ok(())
    }

    /// Holds one message from now on.
    pub fn hold(&self, hold: Hold) {
        *self.desk.count.lock() = 0;
        self.desk.held_line.lock().clear();
        self.desk.held.send_replace(false);
        self.desk.is_vanishing.store(false, Ordering::Relaxed);
        self.desk.hold.send_replace(Some(hold));
    }

    /// Answers everything with this status and these seconds of `Retry-After`, or no longer.
    pub fn refuse(&self, refusal: Option<(u16, u64)>) {
        *self.desk.refusal.lock() = refusal;
    }

    /// Lets go of what is held, and holds nothing more.
    pub fn release(&self) {
        self.desk.hold.send_replace(None);
    }

    /// Lets what is held vanish, as on a broken line: for when its sender is no more.
    pub fn vanish(&self) {
        self.desk.is_vanishing.store(true, Ordering::Relaxed);
        self.release();
    }

    /// Waits until the message is held.
    pub async fn held(&self) {
        // The sender lives as long as we do.
        let _ = self.desk.held.subscribe().wait_for(|held| *held).await;
    }

    /// Which request it is, or was, that is held last: `METHOD PATH`.
    #[must_use]
    pub fn held_line(&self) -> String {
        self.desk.held_line.lock().clone()
    }

    /// What the CA has been asked so far, as `METHOD PATH`.
    #[must_use]
    pub fn passed(&self) -> Vec<String> {
        self.desk.passed.lock().clone()
    }

    /// How many orders the CA has been asked for so far.
    #[must_use]
    pub fn orders(&self) -> usize {
        self.passed().iter().filter(|line| line.ends_with("/order-plz")).count()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn pass(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let number = {
        let mut count = desk.count.lock();
        *count += 1;
        *count
    };
    let line = format!("{} {}", request.method(), request.uri().path());
    if !desk.pause(Hold::Request(number), &line).await {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    desk.passed.lock().push(line.clone());
    if let Some((status, seconds)) = *desk.refusal.lock() {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        return (status, [(header::RETRY_AFTER, seconds.to_string())]).into_response();
    }
    let answer = desk.forward(request).await;
    desk.pause(Hold::Answer(number), &line).await;
    answer.unwrap_or_else(|error| (StatusCode::BAD_GATEWAY, format!("{error:#}")).into_response())
}

impl Desk {
    /// Stays for as long as this message is to be held; says whether it goes on then.
    async fn pause(&self, here: Hold, line: &str) -> bool {
        let mut hold = self.hold.subscribe();
        if *hold.borrow_and_update() != Some(here) {
            return true;
        }
        line.clone_into(&mut self.held_line.lock());
        self.held.send_replace(true);
        let _ = hold.wait_for(|hold| *hold != Some(here)).await;
        !self.is_vanishing.load(Ordering::Relaxed)
    }

    /// `Host` goes along: the CA makes its addresses from it, and so they lead through the relay.
    async fn forward(&self, request: Request) -> Result<Response> {
        let (head, body) = request.into_parts();
        let target = head.uri.path_and_query().map_or("/", |it| it.as_str());
        let body = to_bytes(body, MESSAGE).await?;
        let Upstream { base, http } = self.ca.lock().clone();
        let onward = http.request(head.method, format!("{base}{target}")).headers(head.headers).body(body);
        let answer = onward.send().await?;
        let mut response = Response::builder().status(answer.status());
        // How the body was framed is the business of each side.
        let framing = [header::TRANSFER_ENCODING, header::CONTENT_LENGTH, header::CONNECTION];
        for (name, value) in answer.headers().iter().filter(|(name, _)| !framing.contains(name)) {
            response = response.header(name, value);
        }
        Ok(response.body(Body::from(answer.bytes().await?))?)
    }
}

impl Upstream {
    fn new(pebble: &Pebble) -> Result<Self> {
        let trusted = reqwest::Certificate::from_pem(pebble.authority.root_pem().as_bytes())?;
        // HTTP/1.1: over HTTP/2 the authority is taken from the address, not from `Host`.
        let http = http_client().http1_only().tls_certs_only([trusted]).build()?;
        Ok(Self { base: format!("https://localhost:{}", pebble.port()), http })
    }
}

struct TlsListener {
    tcp: TcpListener,
    tls: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    /// A client that fails its handshake is forgotten.
    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            if let Ok((stream, peer)) = self.tcp.accept().await
                && let Ok(stream) = self.tls.accept(stream).await
            {
                return (stream, peer);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}
