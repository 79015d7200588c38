//! Calendars (RFC 5545), for programs that remind people: events of one whole day each. Who reads the calendar again
//! finds an event under the name that it had, and moves it.

use axum::body::Body;
use axum::http::HeaderValue;
use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::web::csv::kept;

/// Something that falls on a day.
pub(crate) struct Event {
    /// Its name, the same in every calendar that it is in.
    pub(crate) uid: String,
    /// A time of that day, in UTC; milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// What it is, in a few words.
    pub(crate) summary: String,
    /// What more there is to say.
    pub(crate) description: Option<String>,
    /// What programs sort it by.
    pub(crate) category: String,
}

/// No line is longer, in octets, without its end.
const LINE: usize = 75;

/// Answers with a calendar, to be kept under a name.
pub(crate) fn calendar(name: &str, title: &str, now_ms: i64, events: impl IntoIterator<Item = Event>) -> Response {
    let mut text = String::new();
    for (name, value) in [("BEGIN", "VCALENDAR"), ("VERSION", "2.0"), ("PRODID", "-//Marque//control-plane//EN")] {
        line(&mut text, name, value);
    }
    line(&mut text, "NAME", &escaped(title));
    line(&mut text, "REFRESH-INTERVAL;VALUE=DURATION", "P1D");
    let stamp = at(now_ms, "%Y%m%dT%H%M%SZ");
    for event in events {
        event.write(&mut text, &stamp);
    }
    line(&mut text, "END", "VCALENDAR");
    kept(&format!("{name}.ics"), HeaderValue::from_static("text/calendar; charset=utf-8"), Body::from(text))
}

impl Event {
    fn write(&self, text: &mut String, stamp: &str) {
        line(text, "BEGIN", "VEVENT");
        line(text, "UID", &escaped(&self.uid));
        line(text, "DTSTAMP", stamp);
        // Without an end it is that day.
        line(text, "DTSTART;VALUE=DATE", &at(self.at_ms, "%Y%m%d"));
        line(text, "SUMMARY", &escaped(&self.summary));
        if let Some(description) = &self.description {
            line(text, "DESCRIPTION", &escaped(description));
        }
        line(text, "CATEGORIES", &escaped(&self.category));
        // Nobody is busy for it.
        line(text, "TRANSP", "TRANSPARENT");
        line(text, "END", "VEVENT");
    }
}

fn at(ms: i64, format: &str) -> String {
    let time = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    time.to_zoned(TimeZone::UTC).strftime(format).to_string()
}

/// Adds a line, folded between characters: what goes on begins with a space.
fn line(text: &mut String, name: &str, value: &str) {
    let mut octets = 0;
    for letter in name.chars().chain([':']).chain(value.chars()) {
        if octets + letter.len_utf8() > LINE {
            text.push_str("\r\n ");
            octets = 1;
        }
        text.push(letter);
        octets += letter.len_utf8();
    }
    text.push_str("\r\n");
}

/// A text as a value: what would end it, or part it, is told from that.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | ';' | ',' => escaped.extend(['\\', letter]),
            '\n' => escaped.push_str("\\n"),
            _ if letter.is_control() => {}
            _ => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn written(events: Vec<Event>) -> String {
        let response = calendar("ends", "Ends, soon", 1_795_305_600_000, events);
        assert_eq!(response.headers()["content-type"], "text/calendar; charset=utf-8");
        assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"ends.ics\"");
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 16).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    fn event(summary: &str) -> Event {
        let (uid, category) = ("lic_1".to_owned(), "trial".to_owned());
        Event { uid, at_ms: 1_795_391_999_999, summary: summary.to_owned(), description: None, category }
    }

    #[tokio::test]
    async fn an_event_is_one_day_under_its_name() {
        let text = written(vec![Event { description: Some("a;b\\c\r\nd".into()), ..event("Fournil, Lyon") }]).await;
        let lines: Vec<_> = text.split("\r\n").collect();
        assert_eq!(
            lines[..5],
            [
                "BEGIN:VCALENDAR",
                "VERSION:2.0",
                "PRODID:-//Marque//control-plane//EN",
                "NAME:Ends\\, soon",
                "REFRESH-INTERVAL;VALUE=DURATION:P1D",
            ]
        );
        assert_eq!(
            lines[5..],
            [
                "BEGIN:VEVENT",
                "UID:lic_1",
                "DTSTAMP:20261122T000000Z",
                "DTSTART;VALUE=DATE:20261122",
                "SUMMARY:Fournil\\, Lyon",
                "DESCRIPTION:a\\;b\\\\c\\nd",
                "CATEGORIES:trial",
                "TRANSP:TRANSPARENT",
                "END:VEVENT",
                "END:VCALENDAR",
                "",
            ]
        );
    }

    #[tokio::test]
    async fn a_long_line_is_folded_between_characters_and_is_the_same_unfolded() {
        for (letter, count) in [("x", 300), ("é", 67), ("é", 68), ("a é", 90), ("🥐", 200), (",", 100)] {
            let summary = letter.repeat(count);
            let text = written(vec![event(&summary)]).await;
            assert!(text.split("\r\n").all(|line| line.len() <= LINE), "{letter}: {text}");
            assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
            let whole = text.replace("\r\n ", "").replace("\\,", ",");
            assert!(whole.contains(&format!("SUMMARY:{summary}\r\n")), "{letter}: {whole}");
        }
    }
}
