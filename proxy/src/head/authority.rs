//! `Host` and `:authority`: a name and at most a port.

use std::borrow::Cow;

use marque_config::Hostname;

use crate::refusal::{Fault, Refusal};

const REFUSED: Refusal = Refusal::Malformed(Fault::Host);

/// Reads a host of which nothing is known yet.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_host(text: &[u8]) -> Result<Hostname, Refusal> {
    Hostname::from_wire(without_port(text)?).map_err(|_| REFUSED)
}

/// Reads an authority. Nearly always it's the name that the handshake already gave, which is then borrowed.
///
/// # Errors
/// [`Fault::Host`] for whatever is no public name with an optional numeric port: user information, an IP address, an
/// empty port, a path.
pub(crate) fn read<'a>(text: &[u8], sni: &'a Hostname) -> Result<Cow<'a, Hostname>, Refusal> {
    let name = without_port(text)?;
    if name.strip_suffix('.').unwrap_or(name).eq_ignore_ascii_case(sni.as_str()) {
        return Ok(Cow::Borrowed(sni));
    }
    Hostname::from_wire(name).map(Cow::Owned).map_err(|_| REFUSED)
}

fn without_port(text: &[u8]) -> Result<&str, Refusal> {
    let text = std::str::from_utf8(text).map_err(|_| REFUSED)?;
    match text.rsplit_once(':') {
        Some((name, port)) if is_port(port) => Ok(name),
        Some(_) => Err(REFUSED),
        None => Ok(text),
    }
}

fn is_port(text: &str) -> bool {
    text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authority(text: &str) -> Result<String, Refusal> {
        let sni = "a.example.com".parse().unwrap();
        let read = read(text.as_bytes(), &sni).map(|name| name.to_string());
        assert_eq!(
            read,
            read_host(text.as_bytes()).map(|name| name.to_string()),
            "whether or not a name is known before"
        );
        read
    }

    #[test]
    fn a_name_is_normalised_and_its_port_dropped() {
        for text in ["a.example.com", "A.Example.COM", "a.example.com.", "a.example.com:8443", "a.example.com.:0"] {
            assert_eq!(authority(text).as_deref(), Ok("a.example.com"), "{text}");
        }
        assert_eq!(authority("B.example.com:443").as_deref(), Ok("b.example.com"));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            ":443",
            "a.example.com:",
            "a.example.com:abc",
            "a.example.com:65536",
            "a.example.com:+1",
            "u@a.example.com",
            "a.example.com/x",
            "a.example.com?x",
            "a.example.com#x",
            "a.example.com\\x",
            "a%2e.com",
            "a b.example",
            "a.example.com..",
            "a_b.example.com",
            "192.0.2.1",
            "[::1]",
            "::1",
            "b\u{fc}cher.example",
            "a.example.com, b.example.com",
            "a.example.com:1:2",
        ] {
            assert_eq!(authority(text), Err(Refusal::Malformed(Fault::Host)), "{text}");
        }
    }
}
