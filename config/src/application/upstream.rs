//! Where an application listens, and how it is spoken to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Hostname;

/// Where an application listens: `http://HOST:PORT` or `https://HOST:PORT`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Upstream {
    /// Whether TLS is spoken to it, and its certificate checked.
    pub tls: bool,
    /// A name or an IP address (without brackets).
    pub host: Box<str>,
    /// The port.
    pub port: u16,
}

/// Why a text is no upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an upstream is http://HOST:PORT or https://HOST:PORT, without a path")]
pub struct UpstreamError;

impl FromStr for Upstream {
    type Err = UpstreamError;

    fn from_str(text: &str) -> Result<Self, UpstreamError> {
        let (tls, rest) = match text.split_once("://") {
            Some(("http", rest)) => (false, rest),
            Some(("https", rest)) => (true, rest),
            _ => return Err(UpstreamError),
        };
        let (host, port) = rest.strip_suffix('/').unwrap_or(rest).rsplit_once(':').ok_or(UpstreamError)?;
        let port = port.parse().ok().filter(|&port| port != 0).ok_or(UpstreamError)?;
        let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let host = match bracketed {
            Some(v6) => v6.parse::<std::net::Ipv6Addr>().map_err(|_| UpstreamError)?.to_string(),
            None => match host.parse::<std::net::Ipv4Addr>() {
                Ok(v4) => v4.to_string(),
                Err(_) => host.parse::<Hostname>().map_err(|_| UpstreamError)?.to_string(),
            },
        };
        Ok(Self { tls, host: host.into(), port })
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        write!(formatter, "{scheme}://{open}{}{close}:{}", self.host, self.port)
    }
}

impl Serialize for Upstream {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Upstream {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parse(deserializer)
    }
}

/// The protocol that is spoken to an application's upstreams. Nothing in a request chooses it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpstreamProtocol {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/2: over TLS by ALPN, without TLS by prior knowledge (RFC 9113 section 3.3). gRPC needs it.
    Http2,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstream_is_a_scheme_a_host_and_a_port() {
        for text in ["http://127.0.0.1:80", "https://till.internal:8443", "http://[::1]:9000"] {
            assert_eq!(text.parse::<Upstream>().unwrap().to_string(), text);
        }
        for text in
            ["127.0.0.1:80", "ftp://a:1", "http://a", "http://a:0", "http://a:1/x", "http://u@a:1", "http://::1:1"]
        {
            assert!(text.parse::<Upstream>().is_err(), "{text}");
        }
    }
}
