//! What happened, as it is published to others.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};

/// One change of one object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// Its number among all, which tells others how many there are: for ourselves.
    pub seq: i64,
    /// Its identity.
    pub id: String,
    /// When, milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// What happened: `order.placed`.
    pub kind: String,
    /// To what.
    pub object: String,
    /// Its number among those of its object, from 1.
    pub object_seq: i64,
    /// The partner whose it is.
    pub partner: Option<String>,
    /// The tenant that it is about.
    pub tenant: Option<String>,
    /// What changed, JSON.
    pub payload: String,
}

/// The most bytes of a payload that are published: the specification asks for less than 20 KB in all.
const MOST: usize = 16 * 1024;

impl Event {
    /// What is published to others. A payload that is too long is left out; the object itself can be asked for.
    #[must_use]
    pub fn published(&self) -> Value {
        let since = Duration::from_millis(u64::try_from(self.at_ms).unwrap_or_default());
        let mut data = json!({ "object": self.object, "seq": self.object_seq });
        let detail = serde_json::from_str(&self.payload).unwrap_or(Value::Null);
        let whole = self.payload.len() <= MOST;
        let parts = [
            ("partner", self.partner.clone().map(Value::from)),
            ("tenant", self.tenant.clone().map(Value::from)),
            ("detail", whole.then_some(detail)),
            ("shortened", (!whole).then_some(Value::from(true))),
        ];
        if let Some(data) = data.as_object_mut() {
            data.extend(parts.into_iter().filter_map(|(name, part)| Some((name.to_owned(), part?))));
        }
        json!({
            "id": self.id,
            "type": self.kind,
            "timestamp": humantime::format_rfc3339_millis(UNIX_EPOCH + since).to_string(),
            "data": data,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_stays_short() {
        let event = Event { id: "evt_1".into(), payload: json!({ "a": 1 }).to_string(), ..Event::default() };
        assert_eq!(event.published()["data"]["detail"], json!({ "a": 1 }));
        assert_eq!(event.published()["timestamp"], json!("1970-01-01T00:00:00.000Z"));
        let long = Event { payload: json!({ "a": "b".repeat(MOST) }).to_string(), ..event };
        assert_eq!(long.published()["data"]["shortened"], json!(true));
        assert!(long.published().to_string().len() < 20_000);
    }
}
