use proptest::prelude::*;

use super::*;

const NOON_MS: i64 = 1_795_000_000_000;

pub(crate) fn licence(kind: LicenceKind) -> Licence {
    let trial = kind == LicenceKind::Trial;
    Licence {
        id: LicenceId::new(1, &[0; 10]),
        serial: Serial::draw([0; 15]),
        tenant: TenantId::new(1, &[0; 10]),
        partner: PartnerId::new(1, &[0; 10]),
        application: ApplicationId::new(1, &[0; 10]),
        client: None,
        plan: PlanId::new(1, &[0; 10]),
        product: ProductId::new(1, &[0; 10]),
        subscription: None,
        order: None,
        kind,
        origin: Origin::Manual,
        term: Term::Monthly,
        components: vec![],
        max_activations: 1,
        trial_days: 14,
        extension_days: 7,
        grace_days: if trial { 0 } else { 5 },
        when_over: WhenOver::Block,
        renews: !trial,
        issued_ms: NOON_MS,
        activated_ms: None,
        expires_ms: Some(NOON_MS + 30 * DAY_MS),
        extended_ms: None,
        suspended: None,
        cancelled_ms: None,
        voided_ms: None,
        superseded: None,
    }
}

fn held(by: HeldBy) -> Suspension {
    Suspension { since_ms: NOON_MS, by, reason: None }
}

#[test]
fn a_trial_begins_at_its_activation_and_lapses_without_one() {
    let trial = licence(LicenceKind::Trial);
    assert_eq!(trial.status(NOON_MS), LicenceStatus::Issued);
    assert_eq!(trial.status(NOON_MS + 30 * DAY_MS), LicenceStatus::Expired);
    let late = trial.clone().activated(NOON_MS + 29 * DAY_MS).unwrap();
    assert_eq!(late.expires_ms, Some(NOON_MS + 43 * DAY_MS));
    assert_eq!(late.status(NOON_MS + 43 * DAY_MS - 1), LicenceStatus::Expiring);
    assert_eq!(late.status(NOON_MS + 43 * DAY_MS), LicenceStatus::Expired);
    assert_eq!(trial.activated(NOON_MS + 30 * DAY_MS), Err(Unfit::Over));
}

#[test]
fn what_was_used_once_was_used_then() {
    let once = licence(LicenceKind::Trial).activated(NOON_MS + 1).unwrap();
    assert_eq!(once.clone().activated(NOON_MS + DAY_MS).unwrap(), once);
    assert_eq!(once.voided(NOON_MS + DAY_MS), Err(Unfit::Activated));
}

#[test]
fn a_trial_is_extended_once_and_by_a_week() {
    let trial = licence(LicenceKind::Trial);
    let waiting = trial.clone().extended(NOON_MS).unwrap();
    assert_eq!(waiting.expires_ms, Some(NOON_MS + 37 * DAY_MS));
    assert_eq!(waiting.clone().activated(NOON_MS).unwrap().expires_ms, Some(NOON_MS + 21 * DAY_MS));
    assert_eq!(waiting.extended(NOON_MS), Err(Unfit::Extended));
    let running = trial.activated(NOON_MS).unwrap().extended(NOON_MS).unwrap();
    assert_eq!(running.expires_ms, Some(NOON_MS + 21 * DAY_MS));
    assert_eq!(running.extended(NOON_MS), Err(Unfit::Extended));
    assert_eq!(licence(LicenceKind::Paid).extended(NOON_MS), Err(Unfit::NoTrial));
    assert_eq!(licence(LicenceKind::Trial).extended(NOON_MS + 30 * DAY_MS), Err(Unfit::Over));
}

#[test]
fn a_licence_works_until_its_grace_is_over() {
    let paid = licence(LicenceKind::Paid).activated(NOON_MS).unwrap();
    assert_eq!(paid.status(NOON_MS + 20 * DAY_MS), LicenceStatus::Active);
    assert_eq!(paid.status(NOON_MS + 35 * DAY_MS - 1), LicenceStatus::Active);
    assert_eq!(paid.status(NOON_MS + 35 * DAY_MS), LicenceStatus::Expired);
    let ending = Licence { renews: false, cancelled_ms: Some(NOON_MS + 30 * DAY_MS), ..paid };
    assert_eq!(ending.status(NOON_MS + DAY_MS), LicenceStatus::Expiring);
    assert_eq!(ending.status(NOON_MS + 30 * DAY_MS), LicenceStatus::Cancelled);
}

#[test]
fn an_operators_word_goes_before_all_others() {
    let paid = licence(LicenceKind::Paid);
    let by = |licence: &Licence, by| licence.clone().suspended(held(by), NOON_MS).unwrap();
    let who = |licence: Licence| licence.suspended.unwrap().by;
    let operator = by(&paid, HeldBy::Operator);
    assert_eq!(who(by(&operator, HeldBy::Partner)), HeldBy::Operator);
    assert_eq!(operator.clone().resumed(HeldBy::Partner, NOON_MS), Err(Unfit::HeldByOperator));
    assert_eq!(operator.resumed(HeldBy::Operator, NOON_MS), Ok(paid.clone()));
    let partner = by(&paid, HeldBy::Partner);
    assert_eq!(who(by(&partner, HeldBy::Operator)), HeldBy::Operator);
    assert_eq!(partner.resumed(HeldBy::Partner, NOON_MS), Ok(paid.clone()));
    let billing = by(&paid, HeldBy::Billing);
    assert_eq!(who(by(&billing, HeldBy::Partner)), HeldBy::Billing);
    assert_eq!(billing.clone().resumed(HeldBy::Partner, NOON_MS), Err(Unfit::HeldByBilling));
    assert_eq!(billing.activated(NOON_MS), Err(Unfit::Suspended));
    assert_eq!(paid.resumed(HeldBy::Operator, NOON_MS), Err(Unfit::NotSuspended));
}

#[test]
fn what_is_told_is_told_at_its_time() {
    let trial = licence(LicenceKind::Trial).activated(NOON_MS).unwrap();
    assert_eq!(trial.next_ms(NOON_MS), Some(NOON_MS + 7 * DAY_MS));
    assert_eq!(trial.next_ms(NOON_MS + 7 * DAY_MS), Some(NOON_MS + 14 * DAY_MS));
    assert_eq!(trial.next_ms(NOON_MS + 14 * DAY_MS), None);
    let paid = licence(LicenceKind::Paid);
    assert_eq!(paid.next_ms(NOON_MS), Some(NOON_MS + 35 * DAY_MS));
    assert_eq!(Licence { renews: false, ..paid }.next_ms(NOON_MS), Some(NOON_MS + 5 * DAY_MS));
}

proptest! {
    /// I4: a licence that was taken back was never used, whatever is tried in whatever order.
    #[test]
    fn used_once_and_never_taken_back_after(steps in proptest::collection::vec((0..6_u8, 0..20_i64), 1..30)) {
        let mut licence = licence(LicenceKind::Trial);
        let mut now_ms = NOON_MS;
        for (step, days) in steps {
            now_ms += days * DAY_MS / 4;
            let before = licence.clone();
            let after = match step {
                0 => licence.clone().activated(now_ms),
                1 => licence.clone().voided(now_ms),
                2 => licence.clone().extended(now_ms),
                3 => licence.clone().suspended(held(HeldBy::Partner), now_ms),
                4 => licence.clone().suspended(held(HeldBy::Operator), now_ms),
                _ => licence.clone().resumed(HeldBy::Operator, now_ms),
            };
            licence = after.unwrap_or(before.clone());
            prop_assert!(before.activated_ms.is_none() || licence.activated_ms == before.activated_ms);
            prop_assert!(licence.voided_ms.is_none() || licence.activated_ms.is_none());
            prop_assert!(before.voided_ms.is_none() || licence == before);
        }
    }
}
