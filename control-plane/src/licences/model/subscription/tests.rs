use iso_currency::Currency;
use jiff::Timestamp;

use super::*;
use crate::kernel::ids::SubscriptionId;

fn ms(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}

fn begun(term: Term, at: &str) -> Subscription {
    let nothing = Period { number: 0, start_ms: 0, end_ms: 0 };
    let subscription = Subscription {
        id: SubscriptionId::new(1, &[0; 10]),
        tenant: TenantId::new(1, &[0; 10]),
        partner: PartnerId::new(1, &[0; 10]),
        application: ApplicationId::new(1, &[0; 10]),
        client: None,
        plan: PlanId::new(1, &[0; 10]),
        product: ProductId::new(1, &[0; 10]),
        term,
        components: vec![],
        state: SubscriptionState::Active,
        ends_after_period: false,
        anchor: (0, 0),
        period: nothing,
        grace_days: 5,
        priced: None,
        promo: None,
        scheduled: None,
        next_ms: None,
        created_ms: 0,
        suspended_ms: None,
        ended_ms: None,
    };
    subscription.begun(ms(at)).unwrap()
}

#[test]
fn periods_follow_each_other_and_the_31st_comes_back() {
    let mut subscription = begun(Term::Monthly, "2027-01-31T10:00:00Z");
    let ends = ["2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31", "2027-06-30"];
    for (number, end) in (1..).zip(ends) {
        let period = subscription.period;
        assert_eq!((period.number, period.end_ms), (number, ms(&format!("{end}T10:00:00Z"))));
        assert_eq!(subscription.next_ms, Some(period.end_ms));
        let following = subscription.following().unwrap();
        assert_eq!(following.start_ms, period.end_ms);
        subscription = subscription.paid(following);
    }
    let yearly = begun(Term::Yearly, "2028-02-29T00:00:00Z");
    assert_eq!(yearly.period.end_ms, ms("2029-02-28T00:00:00Z"));
    assert_eq!(yearly.following().unwrap().end_ms, ms("2030-02-28T00:00:00Z"));
}

#[test]
fn what_begins_anew_counts_on() {
    let subscription = begun(Term::Monthly, "2027-01-31T10:00:00Z");
    let again = subscription.begun(ms("2027-06-15T00:00:00Z")).unwrap();
    assert_eq!((again.period.number, again.period.end_ms), (2, ms("2027-07-15T00:00:00Z")));
    assert_eq!(again.following().unwrap().end_ms, ms("2027-08-15T00:00:00Z"));
}

#[test]
fn an_unpaid_period_is_past_due_until_the_grace_is_over() {
    let subscription = begun(Term::Monthly, "2027-01-01T00:00:00Z");
    let due = subscription.clone().unpaid(ms("2027-02-01T00:00:00Z"), 60 * DAY_MS);
    assert_eq!((due.state, due.next_ms), (SubscriptionState::PastDue, Some(ms("2027-02-02T00:00:00Z"))));
    let due = due.unpaid(ms("2027-02-05T12:00:00Z"), 60 * DAY_MS);
    assert_eq!((due.state, due.next_ms), (SubscriptionState::PastDue, Some(ms("2027-02-06T00:00:00Z"))));
    let over = due.unpaid(ms("2027-02-06T00:00:00Z"), 60 * DAY_MS);
    let ends_ms = ms("2027-04-07T00:00:00Z");
    assert_eq!((over.state, over.next_ms), (SubscriptionState::Suspended, Some(ends_ms)));
    // Tried again in vain, it ends no later.
    let over = over.unpaid(ms("2027-03-01T00:00:00Z"), 60 * DAY_MS);
    assert_eq!((over.next_ms, over.was_suspended_for(60 * DAY_MS, ends_ms - 1)), (Some(ends_ms), false));
    assert!(over.was_suspended_for(60 * DAY_MS, ends_ms));
    let paid = over.clone().begun(ms("2027-03-02T00:00:00Z")).unwrap();
    assert_eq!((paid.state, paid.suspended_ms), (SubscriptionState::Active, None));
}

#[test]
fn a_change_costs_the_difference_for_what_is_left() {
    let euros = |minor| Money::new(minor, Currency::EUR).unwrap();
    let period = Period { number: 1, start_ms: 0, end_ms: 30 * DAY_MS };
    let at = |days: i64, paid, price| prorated(period, days * DAY_MS, euros(paid), euros(price)).unwrap().minor;
    assert_eq!(at(0, 1000, 3000), 2000);
    assert_eq!(at(15, 1000, 3000), 1000);
    assert_eq!(at(30, 1000, 3000), 0);
    assert_eq!(at(40, 1000, 3000), 0);
    assert_eq!(at(10, 3000, 1000), -1333);
    assert_eq!(at(29, 100, 101), 0);
}
