//! A field as a line of an HTTP/1 head.

use http::{HeaderName, HeaderValue};

/// Writes a line. Names begin each of their words with a capital, as applications that compare letters expect.
pub(crate) fn write_line(out: &mut Vec<u8>, name: &HeaderName, value: &HeaderValue) {
    let name = name.as_str().as_bytes();
    out.reserve(name.len() + value.len() + 4);
    let mut before = b'-';
    for &byte in name {
        out.push(if before == b'-' { byte.to_ascii_uppercase() } else { byte });
        before = byte;
    }
    out.extend_from_slice(b": ");
    out.extend_from_slice(value.as_bytes());
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_of_a_name_has_a_capital_and_a_value_stays_as_it_is() {
        let mut out = Vec::new();
        let lines = [("host", "a"), ("x-request-id", "B-c"), ("www-authenticate", ""), ("x--a-", "x-y")];
        for (name, value) in lines {
            write_line(&mut out, &HeaderName::from_static(name), &HeaderValue::from_static(value));
        }
        assert_eq!(out, b"Host: a\r\nX-Request-Id: B-c\r\nWww-Authenticate: \r\nX--A-: x-y\r\n");
    }
}
