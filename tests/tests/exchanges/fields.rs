//! Fields by what becomes of them on their way.

/// What a request's field is to the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It goes from end to end.
    Kept,
    /// It stays on one side; HTTP/2 has none such.
    OfConnection,
    /// It stays on one side, on both versions.
    Dropped,
}

pub(crate) use Kind::{Dropped, Kept, OfConnection};

/// Fields of requests. `X-Hop` is one that `Connection` may name.
pub(crate) const OF_REQUESTS: [(&str, Kind); 28] = [
    ("Accept", Kept),
    ("accept-language", Kept),
    ("USER-AGENT", Kept),
    ("X-One", Kept),
    ("x-one", Kept),
    ("X-oNe", Kept),
    ("X-Two.odd!#$%&'*+^`|~", Kept),
    ("Content-Type", Kept),
    ("Cache-Control", Kept),
    ("Referer", Kept),
    ("If-None-Match", Kept),
    ("Range", Kept),
    ("Authorization", Kept),
    ("X-Hop", Kept),
    ("Keep-Alive", OfConnection),
    ("Proxy-Connection", OfConnection),
    ("Trailer", Dropped),
    ("HTTP2-Settings", Dropped),
    ("Proxy-Authorization", Dropped),
    ("X-Forwarded-For", Dropped),
    ("x-forwarded-host", Dropped),
    ("Forwarded", Dropped),
    ("X-Real-IP", Dropped),
    ("Marque-Tenant", Dropped),
    ("marque-anything", Dropped),
    ("X-HTTP-Method-Override", Dropped),
    ("X-Request-Id", Dropped),
    ("x_one", Dropped),
];

/// Fields of answers.
pub(crate) const OF_ANSWERS: [(&str, Kind); 22] = [
    ("Content-Type", Kept),
    ("ETag", Kept),
    ("Cache-Control", Kept),
    ("vary", Kept),
    ("X-One", Kept),
    ("x-one", Kept),
    ("X-oNe", Kept),
    ("X-Two.odd!#$%&'*+^`|~", Kept),
    ("x_under", Kept),
    ("Via", Kept),
    ("X-Hop", Kept),
    ("Last-Modified", Kept),
    ("Keep-Alive", Dropped),
    ("Proxy-Connection", Dropped),
    ("Proxy-Authenticate", Dropped),
    ("Trailer", Dropped),
    ("Upgrade", Dropped),
    ("Server", Dropped),
    ("X-Powered-By", Dropped),
    ("Strict-Transport-Security", Dropped),
    ("Alt-Svc", Dropped),
    ("Marque-Anything", Dropped),
];

/// What becomes of a field.
pub(crate) fn kind(of: &[(&str, Kind)], name: &str) -> Kind {
    of.iter().find(|(it, _)| *it == name).map_or(Kept, |(_, kind)| *kind)
}
