//! What an application is told of who asks, and the head that it gets: written from what was understood.

use std::net::IpAddr;

use http::header::{COOKIE, FORWARDED, HOST, PROXY_AUTHORIZATION, TE};
use http::{HeaderMap, HeaderName, HeaderValue};
use marque_config::TenantId;

use crate::head::names::{is_reserved, is_same};
use crate::lockdown::Permit;

/// What all requests of one tenant by one connection have in common, as fields' values.
#[derive(Debug)]
pub(crate) struct Identity {
    tenant: TenantId,
    port: u16,
    host: HeaderValue,
    client: HeaderValue,
    forwarded: HeaderValue,
    port_text: HeaderValue,
    tenant_text: HeaderValue,
}

/// What the application hears of one request alone.
pub(crate) struct RequestFields {
    /// The request's name.
    pub(crate) request_id: HeaderValue,
    /// The signed statement of who asks.
    pub(crate) assertion: HeaderValue,
    /// The cookies, opened; none when there are none.
    pub(crate) cookie: Option<HeaderValue>,
    /// Whether the request is a remote procedure call, which needs its trailers.
    pub(crate) is_grpc: bool,
}

impl Identity {
    /// The identity of what a client asks of a permit's tenant.
    pub(crate) fn new(permit: &Permit, client: IpAddr) -> Self {
        let route = permit.route();
        let (host, port) = (route.public_authority(), route.application.policy.public_https_port);
        let client = client.to_canonical();
        let node = if client.is_ipv6() { format!("\"[{client}]\"") } else { client.to_string() };
        Self {
            tenant: route.tenant.id,
            port,
            forwarded: value(&format!("for={node};host=\"{host}\";proto=https")),
            host: value(&host),
            client: value(&client.to_string()),
            port_text: value(&port.to_string()),
            tenant_text: value(&route.tenant.id.to_string()),
        }
    }

    /// Whether it's what a request with this permit is told of the same client.
    pub(crate) fn is_of(&self, permit: &Permit) -> bool {
        let route = permit.route();
        self.tenant == route.tenant.id && self.port == route.application.policy.public_https_port
    }
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
const MARQUE_ASSERTION: HeaderName = HeaderName::from_static("marque-assertion");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Writes what the application hears over a client's fields: what only the edge may say is removed, and written.
pub(crate) fn write(fields: &mut HeaderMap, permit: &Permit, identity: &Identity, request: &RequestFields) {
    remove_trusted(fields, &permit.route().application.policy.trusted_fields);
    insert(fields, identity, request);
}

/// Removes what the application would take for the word of somebody before it.
fn remove_trusted(fields: &mut HeaderMap, trusted: &[String]) {
    let is_trusted = |name: &&HeaderName| trusted.iter().any(|it| is_same(name.as_str(), it));
    let sent: Vec<_> = fields.keys().filter(is_trusted).cloned().collect();
    for name in &sent {
        fields.remove(name);
    }
}

fn insert(fields: &mut HeaderMap, identity: &Identity, request: &RequestFields) {
    let reserved: Vec<_> = fields.keys().filter(|name| is_reserved(name.as_str())).cloned().collect();
    for name in &reserved {
        fields.remove(name);
    }
    match &request.cookie {
        Some(cookie) => drop(fields.insert(COOKIE, cookie.clone())),
        None => drop(fields.remove(COOKIE)),
    }
    // It was for this proxy (RFC 9110 section 11.7.2), whatever the scheme.
    fields.remove(PROXY_AUTHORIZATION);
    if request.is_grpc {
        fields.insert(TE, HeaderValue::from_static("trailers"));
    }
    fields.insert(HOST, identity.host.clone());
    fields.insert(X_FORWARDED_FOR, identity.client.clone());
    fields.insert(X_FORWARDED_PROTO, HeaderValue::from_static("https"));
    fields.insert(X_FORWARDED_HOST, identity.host.clone());
    fields.insert(X_FORWARDED_PORT, identity.port_text.clone());
    fields.insert(X_REAL_IP, identity.client.clone());
    fields.insert(FORWARDED, identity.forwarded.clone());
    fields.insert(MARQUE_TENANT, identity.tenant_text.clone());
    fields.insert(MARQUE_ASSERTION, request.assertion.clone());
    fields.insert(X_REQUEST_ID, request.request_id.clone());
}
