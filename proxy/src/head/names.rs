//! Names of fields that only the edge may say to an application, and those that a client may not have dropped.

use std::borrow::Cow;

/// The edge's own cookie, by which somebody asks under an entry. No application ever sees it, or sets it.
pub(crate) const ENTRY_COOKIE: &str = "__Host-entry-session";

/// Whether a field says who asks, for whom, or by what way: whatever the client sends under such a name is removed,
/// underscore spellings included, and what the application may trust is written anew. `name` is in lower case.
///
/// Known are our own words, those that proxies commonly say, and those in which the front that ends TLS tells of the
/// client's certificate. Words that only some application knows are its policy's to list.
pub(crate) fn is_reserved(name: &str) -> bool {
    // Applications behind CGI read hyphens and underscores as one.
    if name.contains('_') {
        return true;
    }
    let name = hyphened(name);
    // Most fields begin otherwise than any of these.
    let may_begin = name.starts_with(['x', 'c', 'm', 'r', 's', 't', 'w']);
    is_word(&name) || may_begin && BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

/// A name as servers make a variable of it: all but letters and digits are one to some of them.
fn hyphened(name: &str) -> Cow<'_, str> {
    let is_odd = |c: char| !c.is_ascii_alphanumeric() && c != '-';
    if name.contains(is_odd) { Cow::Owned(name.replace(is_odd, "-")) } else { Cow::Borrowed(name) }
}

/// Whether two names are one to some server.
pub(crate) fn is_same(name: &str, other: &str) -> bool {
    let plain = |text: &str| text.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    plain(name).eq_ignore_ascii_case(&plain(other))
}

/// Of what proxies and fronts say, the beginnings.
const BEGINNINGS: [&str; 33] = [
    "marque-",
    "x-forwarded-",
    "wl-proxy-",
    // A front that ends TLS, of the client's certificate: nginx, Apache, HAProxy, IIS, Traefik, Cloudflare, AWS, RFC 9440.
    "x-client-cert",
    "x-client-dn",
    "x-client-verif",
    "x-client-s-dn",
    "x-client-i-dn",
    "x-client-ssl",
    "x-client-tls",
    "x-ssl-",
    "ssl-",
    "x-tls-",
    "tls-client-",
    "x-cert-",
    "x-certificate",
    "x-peer-cert",
    "x-user-cert",
    "x-x509-",
    "x-mtls-",
    "x-arr-",
    "x-amzn-mtls-",
    "client-cert",
    "cf-client-cert",
    "cf-cert-",
    // A front that logs people in.
    "x-amzn-oidc-",
    "x-auth-request-",
    "x-goog-authenticated-user-",
    "x-goog-iap-",
    "x-ms-client-principal",
    "cf-access-",
    "x-remote-",
    "remote-",
];

fn is_word(name: &str) -> bool {
    matches!(
        name,
        "forwarded"
            | "forwarded-for"
            | "x-forwarded"
            | "client-ip"
            | "proxy"
            | "true-client-ip"
            | "cf-connecting-ip"
            | "fastly-client-ip"
            | "proxy-client-ip"
            | "proxy-ssl"
            | "proxy-ssl-id"
            | "proxy-client-cert"
            | "proxy-auth-cert"
            | "x-ssl"
            | "x-cert"
            | "x-verified"
            | "x-verified-client"
            | "x-https"
            | "front-end-https"
            | "x-scheme"
            | "x-url-scheme"
            | "x-real-ip"
            | "x-real-port"
            | "x-originating-ip"
            | "x-proxyuser-ip"
            | "x-client-ip"
            | "x-cluster-client-ip"
            | "x-envoy-external-address"
            | "x-original-url"
            | "x-original-uri"
            | "x-original-host"
            | "x-original-method"
            | "x-original-forwarded-for"
            | "x-rewrite-url"
            | "x-host"
            | "x-http-method"
            | "x-http-method-override"
            | "x-http-host-override"
            | "x-method-override"
            | "x-user"
            | "x-webauth-user"
            | "x-proxy-user"
            | "x-authenticated-user"
            | "x-sso-user"
            | "x-request-id"
    )
}

/// Whether `Connection` may not name a field: dropping it would change what a request means, or what the edge says.
pub(crate) fn is_protected(option: &str) -> bool {
    let option = option.to_ascii_lowercase();
    is_reserved(&option)
        || matches!(
            option.as_str(),
            "host"
                | "content-length"
                | "content-type"
                | "content-encoding"
                | "transfer-encoding"
                | "cookie"
                | "authorization"
                | "expect"
                | "origin"
                | "range"
        )
}

/// Fields of an answer that belong to the connection with the application (RFC 9110 section 7.6.1). `Connection` and
/// `Transfer-Encoding` are written anew for the visitor's.
pub(crate) const NOT_PASSED_BACK: [&str; 4] = ["keep-alive", "proxy-connection", "proxy-authenticate", "trailer"];

#[cfg(test)]
mod tests {
    use super::*;

    const RESERVED: &[&str] = &[
        "x-forwarded-for",
        "x-forwarded-anything",
        "x-forwarded",
        "forwarded-for",
        "client-ip",
        "x-remote-ip",
        "x-http-host-override",
        "x_forwarded_for",
        "forwarded",
        "x-real-ip",
        "x-forwarded",
        "client-ip",
        "proxy-client-ip",
        "wl-proxy-client-ip",
        "x-remote-ip",
        "x-remote-addr",
        "x-originating-ip",
        "x-proxyuser-ip",
        "x-remote-user",
        "x-user",
        "marque-assertion",
        "marque-tenant",
        "marque_tenant",
        "x-http-method-override",
        "proxy",
        "a_b",
        "x-client-cert",
        "x-client-certificate",
        "x-ssl-client-verify",
        "x-ssl-client-s-dn",
        "ssl-client-cert",
        "ssl-client-verify",
        "ssl_client_s_dn",
        "x-arr-clientcert",
        "x-arr-ssl",
        "x-forwarded-client-cert",
        "x-forwarded-tls-client-cert",
        "client-cert",
        "client-cert-chain",
        "x-amzn-mtls-clientcert-leaf",
        "x.ssl.client.verify",
        "x-client!cert",
        "remote-groups",
        "x-remote-groups",
        "x-webauth-user",
        "x-auth-request-email",
        "front-end-https",
        "tls-client-verified",
        "x-certificate-subject",
        "x-peer-certificate",
        "x-x509-cn",
    ];
    const FREE: &[&str] = &[
        "host",
        "cookie",
        "x-account",
        "user-agent",
        "accept",
        "x-users",
        "x-auth-user",
        "x-api-user",
        "x-auth-token",
        "x-client-id",
        "x-client-version",
        "x-csrf-token",
        "x-requested-with",
        "x.custom",
        "sec-websocket-key",
    ];

    #[test]
    fn what_only_the_edge_may_say_is_known_in_every_spelling() {
        for name in RESERVED {
            assert!(is_reserved(name), "{name}");
        }
        for name in FREE {
            assert!(!is_reserved(name), "{name}");
        }
    }

    #[test]
    fn a_connection_option_names_nothing_that_counts() {
        for name in ["Host", "X-Forwarded-For", "COOKIE", "Marque-Tenant", "content-length", "x_a"] {
            assert!(is_protected(name), "{name}");
        }
        for name in ["close", "keep-alive", "Upgrade", "TE", "HTTP2-Settings"] {
            assert!(!is_protected(name), "{name}");
        }
    }
}
