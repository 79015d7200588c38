//! Telling others by the Standard Webhooks specification: what is signed and how, which kinds of events are wanted, and
//! when to try again.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use marque_config::clock::Random;
use zeroize::Zeroizing;

use crate::kernel::event::Event;

/// The secret that signs what an endpoint is sent. Shown once.
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

/// How long to wait before each attempt but the first, milliseconds.
const WAITS_MS: [i64; 9] = [
    5_000,
    5 * 60_000,
    30 * 60_000,
    2 * 3_600_000,
    5 * 3_600_000,
    10 * 3_600_000,
    14 * 3_600_000,
    20 * 3_600_000,
    24 * 3_600_000,
];

const PREFIX: &str = "whsec_";
const LENGTH: usize = 32;
/// The longest kind that can be asked for, and the most of them.
const LONGEST_KIND: usize = 64;

impl WebhookSecret {
    /// Draws a secret.
    #[must_use]
    pub fn draw(random: &dyn Random) -> Self {
        let mut bytes = Zeroizing::new(vec![0; LENGTH]);
        random.fill(&mut bytes);
        Self(bytes)
    }

    /// Takes a secret's bytes.
    #[must_use]
    pub fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// Its bytes, to be sealed.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text to be shown once.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{PREFIX}{}", STANDARD.encode(&*self.0)))
    }

    /// One signature of a message, as the header `webhook-signature` lists it.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let tag = hmac::sign(&key, format!("{id}.{timestamp}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(tag.as_ref()))
    }
}

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("WebhookSecret")
    }
}

/// How long to wait after this many attempts that failed; `None` when it is not tried again.
#[must_use]
pub fn wait_ms(attempts: i64) -> Option<i64> {
    usize::try_from(attempts - 1).ok().and_then(|index| WAITS_MS.get(index)).copied()
}

/// Whether a text can name kinds of events: `order.placed`, or all of a resource, `order.*`.
#[must_use]
pub fn is_kind(text: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let named = text.split_once('.').is_some_and(|(resource, verb)| plain(resource) && (plain(verb) || verb == "*"));
    named && text.len() <= LONGEST_KIND
}

/// Whether an endpoint that wants these kinds is told of an event. With none it is told of all; but what happens to
/// endpoints themselves is no news to them, apart from a test, which is for the one that it was asked for.
#[must_use]
pub fn is_wanted(kinds: &[String], endpoint: &str, event: &Event) -> bool {
    if event.kind.starts_with("webhook_endpoint.") {
        return event.kind == "webhook_endpoint.tested" && event.object == endpoint;
    }
    let covers = |kind: &String| match kind.strip_suffix('*') {
        Some(resource) => event.kind.starts_with(resource),
        None => event.kind == *kind,
    };
    kinds.is_empty() || kinds.iter().any(covers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_that_the_specifications_library_makes() {
        let secret = WebhookSecret::from_bytes(Zeroizing::new((0..32).collect()));
        let oracle = standardwebhooks::Webhook::new(&secret.reveal()).unwrap();
        for (id, timestamp, body) in [("evt_1", 1_614_265_330, "{\"test\":2432232314}"), ("evt_é", 1, "")] {
            assert_eq!(secret.sign(id, timestamp, body), oracle.sign(id, timestamp, body.as_bytes()).unwrap());
        }
    }

    #[test]
    fn the_last_attempt_is_three_days_after_the_first() {
        let waits: Vec<i64> = (1..).map_while(wait_ms).collect();
        assert_eq!(waits.len(), 9);
        assert!(waits.iter().sum::<i64>() >= 75 * 3_600_000);
        assert_eq!((wait_ms(0), wait_ms(10)), (None, None));
    }

    #[test]
    fn an_endpoint_is_told_of_what_it_asked_for() {
        let event = |kind: &str| Event { kind: kind.into(), object: "whk_1".into(), ..Event::default() };
        let wanted = |kinds: &[&str], kind: &str| {
            let kinds: Vec<String> = kinds.iter().map(|&kind| kind.to_owned()).collect();
            is_wanted(&kinds, "whk_1", &event(kind))
        };
        assert!(wanted(&[], "order.placed") && wanted(&["order.*"], "order.placed"));
        assert!(wanted(&["order.placed"], "order.placed") && !wanted(&["order.placed"], "order.placed_late"));
        assert!(!wanted(&["order.*"], "orders.placed") && !wanted(&["licence.*"], "order.placed"));
        assert!(wanted(&["order.*"], "webhook_endpoint.tested") && !wanted(&[], "webhook_endpoint.changed"));
        assert!(!is_wanted(&[], "whk_2", &event("webhook_endpoint.tested")));
        for kind in ["order.placed", "support_message.*"] {
            assert!(is_kind(kind), "{kind}");
        }
        for kind in ["", "order", "*", "order.", ".placed", "order.p*", "Order.placed", "order.a.b", &"a.".repeat(40)] {
            assert!(!is_kind(kind), "{kind}");
        }
    }
}
