//! Names of fields that only the edge may say to an application, and those that a client may not have dropped.

/// Whether a field says who asks, for whom, or by what way: whatever the client sends under such a name is removed,
/// underscore spellings included, and what the application may trust is written anew. `name` is in lower case.
pub(crate) fn is_reserved(name: &str) -> bool {
    // Applications behind CGI read hyphens and underscores as one.
    if name.contains('_') {
        return true;
    }
    match name {
        "forwarded"
        | "forwarded-for"
        | "x-forwarded"
        | "client-ip"
        | "proxy"
        | "remote-user"
        | "remote-addr"
        | "true-client-ip"
        | "cf-connecting-ip"
        | "fastly-client-ip"
        | "client-ip"
        | "proxy-client-ip"
        | "wl-proxy-client-ip"
        | "x-real-ip"
        | "x-forwarded"
        | "x-remote-ip"
        | "x-remote-addr"
        | "x-originating-ip"
        | "x-proxyuser-ip"
        | "x-client-ip"
        | "x-cluster-client-ip"
        | "x-proxyuser-ip"
        | "x-remote-ip"
        | "x-remote-addr"
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
        | "x-request-id" => true,
        _ => {
            name.starts_with("x-forwarded-")
                || name.starts_with("marque-")
                || (name.starts_with("x-") && name.ends_with("-user"))
        }
    }
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

/// Fields of an answer that belong to the connection with the application (RFC 9110 section 7.6.1). The engine itself
/// takes care of `Connection` and `Transfer-Encoding`.
pub(crate) const NOT_PASSED_BACK: [&str; 4] = ["keep-alive", "proxy-connection", "proxy-authenticate", "trailer"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_the_edge_may_say_is_known_in_every_spelling() {
        for name in [
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
        ] {
            assert!(is_reserved(name), "{name}");
        }
        for name in ["host", "cookie", "x-account", "user-agent", "accept", "x-users"] {
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
