//! What an application is told of who asks, and the head that it gets: written from what was understood.

use http::HeaderValue;
use http::header::{COOKIE, HOST, TE};
use marque_config::TenantId;
use pingora::http::RequestHeader;

use super::names::is_reserved;
use crate::connection::Connection;
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

/// What differs from request to request.
pub(crate) struct Said {
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
    fn new(permit: &Permit, connection: &Connection) -> Self {
        let route = permit.route();
        let name = route.address.host.as_str();
        let port = route.application.policy.public_https_port;
        let host = if port == 443 { name.to_owned() } else { format!("{name}:{port}") };
        let client = connection.peer.ip().to_canonical();
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
}

/// Names, numbers and addresses are always field values; were one not, saying nothing is safe.
fn value(text: &str) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Writes the head that the application gets over the client's: what only the edge may say is removed, and said.
///
/// # Errors
/// When the engine refuses a field, which none of these is.
pub(crate) fn write(
    head: &mut RequestHeader,
    permit: &Permit,
    connection: &Connection,
    said: &Said,
) -> pingora::Result<()> {
    let tenant = permit.route().tenant.id;
    let port = permit.route().application.policy.public_https_port;
    let is_same = |identity: &Identity| identity.tenant == tenant && identity.port == port;
    let identity = connection.identity(is_same, || Identity::new(permit, connection));
    let reserved: Vec<_> = head.headers.keys().filter(|name| is_reserved(name.as_str())).cloned().collect();
    for name in &reserved {
        head.remove_header(name);
    }
    head.remove_header(&COOKIE);
    if let Some(cookie) = &said.cookie {
        head.insert_header(COOKIE, cookie.clone())?;
    }
    if said.is_grpc {
        head.insert_header(TE, HeaderValue::from_static("trailers"))?;
    }
    head.insert_header(HOST, identity.host.clone())?;
    head.insert_header("X-Forwarded-For", identity.client.clone())?;
    head.insert_header("X-Forwarded-Proto", HeaderValue::from_static("https"))?;
    head.insert_header("X-Forwarded-Host", identity.host.clone())?;
    head.insert_header("X-Forwarded-Port", identity.port_text.clone())?;
    head.insert_header("X-Real-IP", identity.client.clone())?;
    head.insert_header("Forwarded", identity.forwarded.clone())?;
    head.insert_header("Marque-Tenant", identity.tenant_text.clone())?;
    head.insert_header("Marque-Assertion", said.assertion.clone())?;
    head.insert_header("X-Request-Id", said.request_id.clone())
}
