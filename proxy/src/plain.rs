//! The plain listener: answers `http-01` challenges (RFC 8555 section 8.3) for names that are being proved, and sends
//! everybody else to `https`. Nothing is ever forwarded from here.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HOST, LOCATION, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use marque_config::Hostname;
use marque_config::settings::LimitSettings;
use marque_config::tenant::TenantState;
use tokio::sync::watch;

use crate::directory::{Directory, Unrouted};
use crate::head::read_host;
use crate::listener::Incoming;

const CHALLENGES: &str = "/.well-known/acme-challenge/";
const BUFFER: usize = 16 << 10;
const FIELDS: usize = 64;

/// What a connection to the plain listener needs.
#[derive(Debug)]
pub(crate) struct Plain {
    directory: Arc<Directory>,
    head_deadline: Duration,
    /// For the whole connection: one request and its answer.
    deadline: Duration,
}

impl Plain {
    /// Answers from `directory`.
    #[must_use]
    pub(crate) fn new(directory: Arc<Directory>, limits: &LimitSettings) -> Self {
        let head_deadline = limits.head_deadline.duration();
        Self { directory, head_deadline, deadline: head_deadline + limits.write_deadline.duration() }
    }

    /// Answers one request, then closes: neither a CA nor a browser that is sent elsewhere has a second one here.
    pub(crate) async fn serve(self: Arc<Self>, incoming: Incoming, closing: watch::Receiver<bool>) {
        let this = Arc::clone(&self);
        let service = service_fn(move |request| {
            let answer = answer(&this.directory, &request);
            async move { Ok::<_, Infallible>(answer) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.head_deadline)
            .keep_alive(false)
            .max_buf_size(BUFFER)
            .max_headers(FIELDS)
            .serve_connection(TokioIo::new(incoming.stream), service);
        tokio::pin!(connection);
        tokio::select! {
            done = tokio::time::timeout(self.deadline, &mut connection) => drop(done),
            () = crate::listener::closed(closing) => {
                connection.as_mut().graceful_shutdown();
                drop(tokio::time::timeout(self.deadline, connection).await);
            }
        }
        drop(incoming.seat);
    }
}

/// The answer to one request.
fn answer<B>(directory: &Directory, request: &Request<B>) -> Response<Full<Bytes>> {
    let Some(host) = host(request.uri(), request.headers()) else {
        return plain(StatusCode::BAD_REQUEST, "Bad request\n");
    };
    let path = request.uri().path();
    if let Some(token) = path.strip_prefix(CHALLENGES) {
        return challenge(directory, &host, token, request.method());
    }
    let route = match directory.lookup(host.as_str()) {
        Ok(route) if route.tenant.state != TenantState::Closed => route,
        Err(Unrouted::Closed) => return plain(StatusCode::SERVICE_UNAVAILABLE, "Not available\n"),
        _ => return plain(StatusCode::NOT_FOUND, "Not found\n"),
    };
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    match HeaderValue::try_from(format!("https://{}{target}", route.public_authority())) {
        Ok(location) => with(plain(StatusCode::PERMANENT_REDIRECT, ""), LOCATION, location),
        Err(_) => plain(StatusCode::BAD_REQUEST, "Bad request\n"),
    }
}

/// A challenge's answer goes to the host that is being proved and to no other; the tenant's state doesn't matter.
fn challenge(directory: &Directory, host: &Hostname, token: &str, method: &Method) -> Response<Full<Bytes>> {
    let Some(proof) = directory.challenge(host, token) else {
        return plain(StatusCode::NOT_FOUND, "Not found\n");
    };
    if method != Method::GET && method != Method::HEAD {
        let allowed = HeaderValue::from_static("GET, HEAD");
        return with(plain(StatusCode::METHOD_NOT_ALLOWED, ""), ALLOW, allowed);
    }
    let mut answer = Response::new(Full::from(Bytes::copy_from_slice(proof.as_bytes())));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    answer
}

/// The one host that is asked: exactly one plain `Host`, its port dropped, and no authority in the target.
fn host(uri: &Uri, headers: &HeaderMap) -> Option<Hostname> {
    let mut values = headers.get_all(HOST).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let is_origin_form = uri.authority().is_none() && uri.path().starts_with('/');
    read_host(value.as_bytes()).ok().filter(|_| is_origin_form)
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::from(text));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

fn with(mut answer: Response<Full<Bytes>>, name: http::HeaderName, value: HeaderValue) -> Response<Full<Bytes>> {
    answer.headers_mut().insert(name, value);
    answer
}

#[cfg(test)]
mod tests;
