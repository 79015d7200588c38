use std::sync::atomic::{AtomicI64, Ordering};

use super::*;

struct Hand(AtomicI64);

impl Clock for Hand {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

fn limits(requests: u32) -> (Limits, Arc<Hand>) {
    let hand = Arc::new(Hand(AtomicI64::new(1_000_000)));
    let settings = QuotaSettings {
        requests_per_minute: NonZeroU32::new(requests).unwrap(),
        operator_requests_per_minute: NonZeroU32::new(requests + 1).unwrap(),
        failures_per_minute: NonZeroU32::new(2).unwrap(),
        ..QuotaSettings::default()
    };
    (Limits::new(&settings, &(Arc::clone(&hand) as Arc<dyn Clock>)), hand)
}

fn ask(limits: &Limits, who: &str) -> (bool, String, HeaderMap) {
    let slot = UsageSlot::default();
    let taken = limits.caller(who.to_owned(), limits.of_person(), Some(&slot)).is_ok();
    let mut headers = HeaderMap::new();
    slot.write(&mut headers, !taken);
    (taken, headers["ratelimit"].to_str().unwrap().to_owned(), headers)
}

#[test]
fn a_bucket_empties_refuses_and_fills_again() {
    let (limits, hand) = limits(6);
    for (remaining, seconds) in [(5, 10), (4, 20), (3, 30), (2, 40), (1, 50), (0, 60)] {
        let (taken, standing, headers) = ask(&limits, "a");
        assert_eq!((taken, standing), (true, format!("\"tok\";r={remaining};t={seconds}")));
        assert_eq!(headers["ratelimit-policy"], "\"tok\";q=6;w=60");
        assert!(!headers.contains_key("retry-after"));
    }
    let (taken, standing, headers) = ask(&limits, "a");
    assert_eq!((taken, &*standing), (false, "\"tok\";r=0;t=10"));
    assert_eq!(headers["retry-after"], "10");
    assert!(ask(&limits, "b").0, "another caller has a bucket of its own");
    hand.0.fetch_add(10_000, Ordering::Relaxed);
    assert!(ask(&limits, "a").0);
    assert!(!ask(&limits, "a").0);
}

#[test]
fn a_clock_that_is_set_back_holds_nobody_up() {
    let (limits, hand) = limits(6);
    for _ in 0..6 {
        assert!(ask(&limits, "a").0);
    }
    hand.0.fetch_sub(86_400_000, Ordering::Relaxed);
    assert!(!ask(&limits, "a").0);
    hand.0.fetch_add(10_000, Ordering::Relaxed);
    assert!(ask(&limits, "a").0);
}

#[test]
fn a_token_with_a_limit_of_its_own_has_that_and_an_operators_has_more_than_others() {
    let (limits, _) = limits(6);
    let partner = Principal::Partner(marque_config::PartnerId::new(1, &[0; 10]));
    let rate = |number| NonZeroU32::new(number).unwrap();
    assert_eq!(limits.of_token(partner, None), rate(6));
    assert_eq!(limits.of_token(Principal::Operator, None), rate(7));
    let own = limits.of_token(partner, Some(rate(1)));
    assert!(limits.caller("a".into(), own, None).is_ok());
    assert!(limits.caller("a".into(), own, None).is_err());
    assert!(limits.caller("b".into(), own, None).is_ok(), "another token with the same limit");
    assert!(limits.caller("a".into(), limits.of_token(partner, Some(rate(9))), None).is_ok());
}

#[test]
fn addresses_of_one_network_share_a_bucket() {
    let (limits, _) = limits(6);
    let ask = |ip: &str| limits.address(Some(ip.parse().unwrap()), None).is_ok();
    assert!(ask("2001:db8::1") && ask("2001:db8::2") && !ask("2001:db8::3"));
    assert!(ask("2001:db8:0:1::1"));
    assert!(ask("192.0.2.1") && ask("::ffff:192.0.2.1") && !ask("192.0.2.1") && ask("192.0.2.2"));
    assert!(limits.address(None, None).is_ok());
}
