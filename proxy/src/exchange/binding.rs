//! Connections that carry an identity: NTLM and Negotiate log in a connection, not a request (RFC 4559 section 6), so
//! one that has seen them is never shared between visitors.

use http::{HeaderMap, Version, header};
use marque_config::entry::Entry;

use super::Connection;
use crate::upstream::Binding;

impl Binding {
    /// The binding of a request, from the one that logs its connection in to the connection's last. On HTTP/1 it's the
    /// visitor's connection; on HTTP/2, which may carry many people's requests and knows no such login, each request
    /// has its own. What is asked by an entry is never bound to what is asked without it.
    pub(super) fn of(
        connection: &Connection,
        version: Version,
        (fields, entry): (&HeaderMap, Option<&Entry>),
    ) -> Option<Self> {
        if logs_connection_in(fields) {
            connection.bind();
        }
        let request = |is_http2: bool| if is_http2 { connection.next_binding() } else { 0 };
        let number = || connection.id() ^ entry.map_or(0, |entry| entry.id.low_bits());
        connection.is_bound().then(|| Self::new(number().wrapping_add(request(version == Version::HTTP_2))))
    }
}

/// Whether a request says who it is in a way that servers remember by connection.
fn logs_connection_in(fields: &HeaderMap) -> bool {
    const SCHEMES: [&[u8]; 4] = [b"ntlm", b"negotiate", b"kerberos", b"nego2"];
    fields.get_all(header::AUTHORIZATION).iter().any(|value| {
        let value = value.as_bytes().trim_ascii_start();
        let scheme = value.split(|byte| b" \t,".contains(byte)).next().unwrap_or_default();
        SCHEMES.iter().any(|it| scheme.eq_ignore_ascii_case(it))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Directory;
    use crate::lockdown::fixture::headers;
    use crate::test_support::Fixed;

    #[test]
    fn requests_of_one_http2_connection_share_no_binding() {
        let sni = "a.example.com".parse().unwrap();
        let route = Directory::default().watch(&sni);
        let connection = Connection::new(sni, route, ([192, 0, 2, 1], 1).into(), 10, &Fixed(1));
        let (none, login) = (headers(&[]), headers(&[("authorization", "NTLM x")]));
        let of = |version, fields| Binding::of(&connection, version, (fields, None)).map(Binding::number);
        assert_eq!(of(Version::HTTP_11, &none), None);
        let bound = of(Version::HTTP_11, &login);
        assert!(bound.is_some() && bound == of(Version::HTTP_11, &none));
        let entry = crate::lockdown::fixture::entry(1_000);
        let entered = Binding::of(&connection, Version::HTTP_11, (&none, Some(&entry))).map(Binding::number);
        assert!(entered.is_some() && entered != bound, "an entry's connections are its own");
        let others = [of(Version::HTTP_2, &login), of(Version::HTTP_2, &none), of(Version::HTTP_2, &none)];
        assert!(
            others[0] != others[1] && others[1] != others[2] && others.iter().all(|it| it.is_some() && *it != bound)
        );
    }

    #[test]
    fn a_login_of_a_connection_is_known_in_every_spelling() {
        for value in ["NTLM TlRM", "ntlm x", "Negotiate YII", " NEGOTIATE\tx", "Kerberos x", "NTLM"] {
            assert!(logs_connection_in(&headers(&[("authorization", value)])), "{value}");
        }
        for value in ["Basic TlRM", "Bearer negotiate", "NTLMish x", "Digest username=\"NTLM\""] {
            assert!(!logs_connection_in(&headers(&[("authorization", value)])), "{value}");
        }
        let second = headers(&[("authorization", "Basic x"), ("authorization", "Negotiate x")]);
        assert!(logs_connection_in(&second));
    }
}
