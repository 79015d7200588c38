//! Events as JSON, one object a line, as `tracing-subscriber` writes them, but each piece once and without an adaptor: there
//! is one for each request.

use std::fmt::{self, Debug, Write};

use serde::Serialize;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_log::NormalizeEvent;
use tracing_subscriber::fmt::format::{Format, Json, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Room for a line as most are.
const FIRST: usize = 512;

/// Writes events.
pub(super) struct JsonLines {
    /// Writes what happens within spans, of which only libraries make any, and only for who debugs them.
    in_spans: Format<Json>,
}

/// A line, field by field.
struct Line {
    bytes: Vec<u8>,
    /// For a value that can't be written as it is.
    text: String,
    result: fmt::Result,
}

impl JsonLines {
    pub(super) fn new() -> Self {
        Self { in_spans: Format::default().json().flatten_event(true) }
    }
}

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        if context.lookup_current().is_some() {
            return self.in_spans.format_event(context, out, event);
        }
        let normal = event.normalized_metadata();
        let metadata = normal.as_ref().unwrap_or_else(|| event.metadata());
        let mut line = Line { bytes: Vec::with_capacity(FIRST), text: String::new(), result: Ok(()) };
        SystemTime.format_time(&mut Writer::new(&mut line.text))?;
        line.bytes.extend_from_slice(b"{\"timestamp\":\"");
        line.bytes.extend_from_slice(line.text.as_bytes());
        line.bytes.push(b'"');
        line.field("level", metadata.level().as_str());
        event.record(&mut line);
        line.field("target", metadata.target());
        line.bytes.extend_from_slice(b"}\n");
        line.result?;
        out.write_str(std::str::from_utf8(&line.bytes).map_err(|_| fmt::Error)?)
    }
}

impl Line {
    fn field<V: Serialize + ?Sized>(&mut self, name: &str, value: &V) {
        self.bytes.push(b',');
        let written = serde_json::to_writer(&mut self.bytes, name).and_then(|()| {
            self.bytes.push(b':');
            serde_json::to_writer(&mut self.bytes, value)
        });
        if written.is_err() {
            self.result = Err(fmt::Error);
        }
    }
}

impl Visit for Line {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.field(field.name(), &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.field(field.name(), &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.field(field.name(), &value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.field(field.name(), &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.field(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        if write!(text, "{value:?}").is_err() {
            self.result = Err(fmt::Error);
        }
        self.field(field.name(), text.as_str());
        self.text = text;
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use parking_lot::Mutex;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The lines without their times.
    fn lines(written: &Written) -> Vec<String> {
        let text = String::from_utf8(written.0.lock().clone()).unwrap();
        let untimed = |line: &str| {
            let (start, rest) = line.split_once("\",").unwrap();
            assert!(start.starts_with("{\"timestamp\":\"20") && start.ends_with('Z'), "{line}");
            assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
            rest.to_owned()
        };
        text.lines().map(untimed).collect()
    }

    fn say_something() {
        let none: Option<&str> = None;
        tracing::info!(
            target: "access",
            host = "a.example.com",
            peer = %std::net::Ipv4Addr::LOCALHOST,
            none,
            path = "/\"\\\u{1}\u{7f}\u{e9}\u{1f600}",
            error = ?"de\"bug\n",
            tenant.id = 7_u64,
            less = -1_i64,
            share = 0.5,
            odd = f64::NAN,
            is_so = true,
            "a \"request\" of {}",
            "somebody"
        );
        tracing::warn!("nothing but words");
        tracing::error_span!("within", of = "a \"library\"").in_scope(|| tracing::error!(n = 1, "inside"));
        let error: &(dyn std::error::Error + 'static) = &fmt::Error;
        tracing::error!(error, "failed");
    }

    #[test]
    fn a_line_says_what_the_library_would_write() {
        let (ours, theirs) = (Written::default(), Written::default());
        let (to_ours, to_theirs) = (ours.clone(), theirs.clone());
        let layer = || tracing_subscriber::fmt::layer().json();
        let written = layer().event_format(JsonLines::new()).with_writer(move || to_ours.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(written), say_something);
        let written = layer().flatten_event(true).with_writer(move || to_theirs.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(written), say_something);
        assert_eq!(lines(&ours), lines(&theirs));
        assert_eq!(lines(&ours).len(), 4);
    }
}
