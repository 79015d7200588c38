//! Times as the API writes them: RFC 3339, UTC.

use std::time::{Duration, UNIX_EPOCH};

/// Writes a time given in milliseconds since 1970.
pub(crate) fn written(at_ms: i64) -> String {
    let since = Duration::from_millis(u64::try_from(at_ms).unwrap_or_default());
    humantime::format_rfc3339_millis(UNIX_EPOCH + since).to_string()
}

/// Reads a time, in milliseconds since 1970.
pub(crate) fn read(text: &str) -> Option<i64> {
    let time = humantime::parse_rfc3339(text).ok()?;
    i64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_survives_its_text() {
        assert_eq!(written(1_764_000_000_123), "2025-11-24T16:00:00.123Z");
        assert_eq!(read("2025-11-24T16:00:00.123Z"), Some(1_764_000_000_123));
        assert_eq!(read("2025-11-24"), None);
    }
}
