//! A field as a line of an HTTP/1 head.

use http::{HeaderName, HeaderValue, header};

/// Writes a line.
pub(crate) fn write_line(out: &mut Vec<u8>, name: &HeaderName, value: &HeaderValue) {
    for piece in [spelt(name).as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
        out.extend_from_slice(piece);
    }
}

/// A name as it's written: case means nothing (RFC 9110 section 5.1), but what frames a message is looked for by many
/// with its capitals, as the engine writes it too.
fn spelt(name: &HeaderName) -> &str {
    match *name {
        header::HOST => "Host",
        header::CONNECTION => "Connection",
        header::CONTENT_LENGTH => "Content-Length",
        header::CONTENT_TYPE => "Content-Type",
        header::CONTENT_ENCODING => "Content-Encoding",
        header::CACHE_CONTROL => "Cache-Control",
        header::DATE => "Date",
        _ => name.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_frames_a_message_has_capitals_and_a_value_stays_as_it_is() {
        let mut out = Vec::new();
        for (name, value) in [("host", "a"), ("content-length", "3"), ("x-request-id", "B-c"), ("cookie", "")] {
            write_line(&mut out, &HeaderName::from_static(name), &HeaderValue::from_static(value));
        }
        assert_eq!(out, b"Host: a\r\nContent-Length: 3\r\nx-request-id: B-c\r\ncookie: \r\n");
    }
}
