//! The visitor's side: TLS connections that go to the edge whatever name they ask for, trust the CA's issuing root and
//! nothing else, and carry HTTP/1.1, HTTP/2, a WebSocket or plain bytes.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Version, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;

use crate::authority;
use crate::till::Person;

/// A request's body.
pub type Body = BoxBody<Bytes, std::io::Error>;

/// The longest that anything a visitor does may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody on the internet, as seen from one edge.
#[derive(Debug, Clone)]
pub struct Visitor {
    edge: SocketAddr,
    roots: String,
}

/// One connection, with the cookies that its host has set.
pub struct Connection {
    /// The host that requests ask for, with its port.
    pub authority: String,
    /// By name; sent with every request.
    pub cookies: BTreeMap<String, String>,
    sender: Sender,
}

enum Sender {
    Http1(http1::SendRequest<Body>),
    Http2(http2::SendRequest<Body>),
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The head's fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Visitor {
    /// A visitor of the edge at `edge`, who trusts `roots` (PEM).
    #[must_use]
    pub fn new(edge: SocketAddr, roots: &str) -> Self {
        Self { edge, roots: roots.to_owned() }
    }

    /// Makes a TLS connection and nothing more.
    ///
    /// # Errors
    /// When the edge refuses, or shows a certificate that isn't good for the name.
    pub async fn handshake(&self, sni: &str, alpn: &[&str]) -> Result<TlsStream<TcpStream>> {
        let connector = TlsConnector::from(Arc::new(authority::client(&self.roots, alpn)?));
        let name = ServerName::try_from(sni.to_owned()).context("a name for SNI")?;
        let tcp = TcpStream::connect(self.edge).await.context("reach the edge")?;
        tcp.set_nodelay(true)?;
        let stream = timeout(PATIENCE, connector.connect(name, tcp)).await.context("handshake in time")?;
        stream.with_context(|| format!("handshake for {sni}"))
    }

    /// An HTTP/1.1 connection for `host`.
    ///
    /// # Errors
    /// As [`Visitor::handshake`].
    pub async fn http1(&self, host: &str) -> Result<Connection> {
        let stream = TokioIo::new(self.handshake(host, &["http/1.1"]).await?);
        let (sender, connection) = http1::handshake(stream).await?;
        // Ends with the sender; what went wrong is told to whoever waits for an answer.
        tokio::spawn(connection.with_upgrades());
        Ok(self.connection(host, Sender::Http1(sender)))
    }

    /// An HTTP/2 connection for `host`.
    ///
    /// # Errors
    /// As [`Visitor::handshake`]; also when the edge doesn't choose HTTP/2.
    pub async fn http2(&self, host: &str) -> Result<Connection> {
        let stream = self.handshake(host, &["h2", "http/1.1"]).await?;
        if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            bail!("the edge did not choose HTTP/2");
        }
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            // As much as browsers take.
            .max_header_list_size(256 << 10)
            .handshake(TokioIo::new(stream))
            .await?;
        tokio::spawn(connection);
        Ok(self.connection(host, Sender::Http2(sender)))
    }

    /// One GET on a connection of its own.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn get(&self, host: &str, path: &str) -> Result<Answer> {
        self.http1(host).await?.get(path).await
    }

    /// Opens a WebSocket with the cookies of `like`.
    ///
    /// # Errors
    /// When the edge or the application refuses.
    pub async fn websocket(&self, like: &Connection, path: &str) -> Result<WebSocketStream<TlsStream<TcpStream>>> {
        let host = like.authority.split(':').next().unwrap_or_default();
        let stream = self.handshake(host, &["http/1.1"]).await?;
        let request = Request::builder()
            .uri(format!("wss://{}{path}", like.authority))
            .header(header::HOST, &like.authority)
            .header(header::COOKIE, like.cookie_header())
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, "bWFycXVlLW1hcnF1ZS1tYQ==")
            .body(())?;
        let opened = timeout(PATIENCE, tokio_tungstenite::client_async(request, stream)).await;
        Ok(opened.context("a WebSocket in time")?.context("open a WebSocket")?.0)
    }

    /// The name as it stands in an address bar: with the port, unless it is 443.
    #[must_use]
    pub fn authority_of(&self, host: &str) -> String {
        match self.edge.port() {
            443 => host.to_owned(),
            port => format!("{host}:{port}"),
        }
    }

    fn connection(&self, host: &str, sender: Sender) -> Connection {
        Connection { authority: self.authority_of(host), cookies: BTreeMap::new(), sender }
    }
}

impl Connection {
    /// A request for `path` that says who is asked and carries the cookies.
    #[must_use]
    pub fn request(&self, method: Method, path: &str) -> http::request::Builder {
        let builder = Request::builder().method(method);
        let builder = match &self.sender {
            Sender::Http1(_) => builder.uri(path).header(header::HOST, &self.authority),
            Sender::Http2(_) => builder.uri(format!("https://{}{path}", self.authority)).version(Version::HTTP_2),
        };
        if self.cookies.is_empty() { builder } else { builder.header(header::COOKIE, self.cookie_header()) }
    }

    /// Sends a request and gives the answer as soon as its head is there.
    ///
    /// # Errors
    /// When the connection ends before.
    pub async fn open(&mut self, request: Request<Body>) -> Result<Response<Incoming>> {
        let answer = match &mut self.sender {
            Sender::Http1(sender) => {
                sender.ready().await?;
                timeout(PATIENCE, sender.send_request(request)).await
            }
            Sender::Http2(sender) => {
                sender.ready().await?;
                timeout(PATIENCE, sender.send_request(request)).await
            }
        };
        Ok(answer.context("an answer in time")??)
    }

    /// Sends a request, reads the whole answer, and keeps the cookies that it sets.
    ///
    /// # Errors
    /// When the connection ends before.
    pub async fn send(&mut self, request: Request<Body>) -> Result<Answer> {
        let (head, body) = self.open(request).await?.into_parts();
        let body = timeout(PATIENCE, body.collect()).await.context("a whole answer in time")??.to_bytes();
        let answer = Answer { status: head.status, headers: head.headers, body };
        for (name, value) in answer.cookies() {
            self.cookies.insert(name, value);
        }
        Ok(answer)
    }

    /// GET.
    ///
    /// # Errors
    /// As [`Connection::send`].
    pub async fn get(&mut self, path: &str) -> Result<Answer> {
        let request = self.request(Method::GET, path).body(nothing())?;
        self.send(request).await
    }

    /// POST of a form.
    ///
    /// # Errors
    /// As [`Connection::send`].
    pub async fn post_form(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.request(Method::POST, path);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(whole(body))?).await
    }

    /// POST of JSON.
    ///
    /// # Errors
    /// As [`Connection::send`].
    pub async fn post_json(&mut self, path: &str, body: &Value) -> Result<Answer> {
        let request = self.request(Method::POST, path).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(whole(body.to_string()))?).await
    }

    /// Fills in the cash register's login form.
    ///
    /// # Errors
    /// As [`Connection::send`].
    pub async fn log_in(&mut self, person: &Person) -> Result<Answer> {
        let fields = [("account", person.account), ("email", person.email), ("password", person.password)];
        self.post_form("/login", &fields).await
    }

    /// The cookies as one field.
    #[must_use]
    pub fn cookie_header(&self) -> String {
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }
}

impl Answer {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is none.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("no JSON: {}", self.text()))
    }

    /// A field of the head, if it is there once.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The cookies that it sets, by name and value; their attributes left out.
    #[must_use]
    pub fn cookies(&self) -> Vec<(String, String)> {
        let lines = self.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = lines.filter_map(|line| line.split(';').next()?.split_once('='));
        pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect()
    }
}

/// An empty body.
#[must_use]
pub fn nothing() -> Body {
    Empty::new().map_err(|never| match never {}).boxed()
}

/// A body that is all there.
#[must_use]
pub fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed()
}
