//! What an application is told of who asks, and the head that it gets: written from what was understood.

use std::net::IpAddr;
use std::sync::Arc;

use http::header::{COOKIE, FORWARDED, HOST, PROXY_AUTHORIZATION, TE};
use http::{HeaderMap, HeaderName, HeaderValue};
use marque_config::TenantId;

use crate::head::names::{is_reserved, is_same};
use crate::head::write_line;
use crate::lockdown::{Permit, Standing};

/// What all requests of one tenant by one connection have in common.
#[derive(Debug)]
pub(crate) struct Identity {
    tenant: TenantId,
    port: u16,
    client: IpAddr,
    /// As lines of an HTTP/1 head. The fields aren't kept: few requests need them, and every idle connection has an
    /// identity.
    lines: Box<[u8]>,
}

/// What the application hears of one request.
pub(crate) struct RequestFields<'a> {
    /// Proof that the request may pass.
    pub(crate) permit: &'a Permit,
    /// What is the same for all requests of the connection.
    pub(crate) identity: Arc<Identity>,
    /// The request's name.
    pub(crate) request_id: &'a HeaderValue,
    /// The signed statement of who asks.
    pub(crate) assertion: HeaderValue,
    /// The cookies, opened; none when there are none.
    pub(crate) cookie: Option<&'a HeaderValue>,
    /// Whether the request is a remote procedure call, which needs its trailers.
    pub(crate) is_grpc: bool,
}

impl Identity {
    /// The identity of what a client asks of a permit's tenant.
    pub(crate) fn new(permit: &Permit, client: IpAddr) -> Self {
        let (route, client) = (permit.route(), client.to_canonical());
        let mut lines = Vec::new();
        identity_fields(permit, client).iter().for_each(|(name, value)| write_line(&mut lines, name, value));
        let port = route.application.policy.public_https_port;
        Self { tenant: route.tenant.id, port, client, lines: lines.into() }
    }

    /// Whether it's what a request with this permit is told of the same client.
    pub(crate) fn is_of(&self, permit: &Permit) -> bool {
        let route = permit.route();
        self.tenant == route.tenant.id && self.port == route.application.policy.public_https_port
    }
}

/// What is said of a client of a permit's tenant.
fn identity_fields(permit: &Permit, client: IpAddr) -> [(HeaderName, HeaderValue); 8] {
    let route = permit.route();
    let (host, port) = (route.public_authority(), route.application.policy.public_https_port);
    let node = if client.is_ipv6() { format!("\"[{client}]\"") } else { client.to_string() };
    let (host_value, client) = (value(&host), value(&client.to_string()));
    [
        (HOST, host_value.clone()),
        (X_FORWARDED_FOR, client.clone()),
        (X_FORWARDED_PROTO, HeaderValue::from_static("https")),
        (X_FORWARDED_HOST, host_value),
        (X_FORWARDED_PORT, value(&port.to_string())),
        (X_REAL_IP, client),
        (FORWARDED, value(&format!("for={node};host=\"{host}\";proto=https"))),
        (MARQUE_TENANT, value(&route.tenant.id.to_string())),
    ]
}

/// Names, numbers and addresses are always field values; were one not, saying nothing is safe.
fn value(text: &str) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");
const MARQUE_TENANT: HeaderName = HeaderName::from_static("marque-tenant");
const MARQUE_LICENCE: HeaderName = HeaderName::from_static("marque-licence");
static GRACE: HeaderValue = HeaderValue::from_static("grace");
static READ_ONLY: HeaderValue = HeaderValue::from_static("read_only");
const MARQUE_ASSERTION: HeaderName = HeaderName::from_static("marque-assertion");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

impl RequestFields<'_> {
    /// Writes what the application hears over a client's fields: what only the edge may say is removed, and written.
    pub(crate) fn write(&self, fields: &mut HeaderMap) {
        let ours: Vec<_> = fields.keys().filter(|name| !self.is_clients(name)).cloned().collect();
        for name in &ours {
            fields.remove(name);
        }
        for (name, value) in identity_fields(self.permit, self.identity.client) {
            fields.insert(name, value);
        }
        for (name, value) in self.own() {
            fields.insert(name, value.clone());
        }
        if self.is_grpc {
            fields.insert(TE, HeaderValue::from_static("trailers"));
        }
    }

    /// Writes the same as lines of an HTTP/1 head, without the client's fields that `is_dropped`.
    pub(crate) fn write_lines(&self, fields: &HeaderMap, is_dropped: impl Fn(&HeaderName) -> bool, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.identity.lines);
        self.own().for_each(|(name, value)| write_line(out, &name, value));
        let passed = fields.iter().filter(|(name, _)| self.is_clients(name) && !is_dropped(name));
        passed.for_each(|(name, value)| write_line(out, name, value));
    }

    /// What is said of this request alone.
    fn own(&self) -> impl Iterator<Item = (HeaderName, &HeaderValue)> {
        let cookie = self.cookie.map(|cookie| (COOKIE, cookie));
        let licence = self.licence().map(|licence| (MARQUE_LICENCE, licence));
        [(MARQUE_ASSERTION, &self.assertion), (X_REQUEST_ID, self.request_id)].into_iter().chain(cookie).chain(licence)
    }

    /// How the licence stands, where the application may want to show it.
    fn licence(&self) -> Option<&'static HeaderValue> {
        match self.permit.licence() {
            Standing::Grace => Some(&GRACE),
            Standing::ReadOnly => Some(&READ_ONLY),
            Standing::Unsaid | Standing::NotRequired | Standing::Usable => None,
        }
    }

    /// Whether a field is the client's to say: the application takes it for the word of nobody before it.
    fn is_clients(&self, name: &HeaderName) -> bool {
        // Credentials for a proxy are for this one (RFC 9110 section 11.7.2), whatever the scheme.
        let is_written_anew = *name == HOST || *name == COOKIE || *name == PROXY_AUTHORIZATION;
        let trusted = &self.permit.route().application.policy.trusted_fields;
        !is_written_anew && !is_reserved(name.as_str()) && !trusted.iter().any(|it| is_same(name.as_str(), it))
    }
}
