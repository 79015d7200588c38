//! What `Connection` says, in a request or in an answer (RFC 9110 section 7.6.1).

use http::header::CONNECTION;
use http::{HeaderMap, Version};

/// The options that it lists.
pub(crate) fn connection_options(fields: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let lines = fields.get_all(CONNECTION).iter();
    lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii)
}

/// Whether the sender leaves the connection open (RFC 9112 section 9.3).
pub(crate) fn is_lasting(fields: &HeaderMap, version: Version) -> bool {
    let says = |word: &[u8]| connection_options(fields).any(|option| option.eq_ignore_ascii_case(word));
    !says(b"close") && (version == Version::HTTP_11 || says(b"keep-alive"))
}
