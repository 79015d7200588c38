//! Times as the API writes them.

use crate::kernel::time::Time;

/// Writes a time given in milliseconds since 1970.
pub(crate) fn written(at_ms: i64) -> String {
    Time::from_ms(at_ms).to_string()
}

/// Reads a time, in milliseconds since 1970.
pub(crate) fn read(text: &str) -> Option<i64> {
    text.parse().ok().map(Time::ms)
}
