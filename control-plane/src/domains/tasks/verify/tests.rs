//! What looks at DNS change, and a pass over a real name server and store.

mod rows;

use marque_config::tenant::AddressKind;
use marque_config::{DomainId, TenantId};

use super::*;
use crate::domains::store::hostnames::{CertificateState, CertificateStatus, DnsStatus, Role};

const INTERVAL_MS: i64 = 10_000;
const NOW_MS: i64 = 1_764_000_000_000;

fn name(state: DnsState, lost_since_ms: Option<i64>) -> ClaimedName {
    ClaimedName {
        host: "till.example".parse().unwrap(),
        domain: DomainId::new(1, &[0; 10]),
        tenant: TenantId::new(1, &[0; 10]),
        kind: AddressKind::Custom,
        role: Role::Main,
        main: "till.example".parse().unwrap(),
        target_label: "k7".into(),
        txt_token: "token".into(),
        created_ms: NOW_MS,
        dns: DnsStatus { state, reason: None, checked_ms: None, next_ms: None, lost_since_ms },
        certificate: CertificateStatus {
            state: CertificateState::None,
            source: None,
            reason: None,
            not_after_ms: None,
            renew_at_ms: None,
            ends_soon_ms: None,
            attempts: 0,
            next_attempt_ms: None,
        },
    }
}

fn decided(name: &ClaimedName, seen: Result<(), Reason>, now_ms: i64) -> (DnsState, Option<bool>) {
    let change = decide(name, seen, now_ms, INTERVAL_MS);
    (change.state, change.serve)
}

#[test]
fn a_name_is_served_once_it_leads_here() {
    let pending = name(DnsState::Pending, None);
    assert_eq!(decided(&pending, Err(Reason::Nxdomain), NOW_MS), (DnsState::Pending, None));
    assert_eq!(decided(&pending, Ok(()), NOW_MS), (DnsState::Verified, Some(true)));
    assert_eq!(decided(&name(DnsState::Verified, None), Ok(()), NOW_MS), (DnsState::Verified, None));
}

#[test]
fn a_lost_name_is_served_for_three_days_more() {
    let verified = name(DnsState::Verified, None);
    let change = decide(&verified, Err(Reason::Nxdomain), NOW_MS, INTERVAL_MS);
    assert_eq!((change.state, change.lost_since_ms, change.serve), (DnsState::Lost, Some(NOW_MS), None));
    let lost = name(DnsState::Lost, Some(NOW_MS));
    assert_eq!(decided(&lost, Err(Reason::Nxdomain), NOW_MS + GRACE_MS - 1), (DnsState::Lost, None));
    assert_eq!(decided(&lost, Err(Reason::Nxdomain), NOW_MS + GRACE_MS), (DnsState::Pending, Some(false)));
    assert_eq!(decided(&lost, Ok(()), NOW_MS + GRACE_MS), (DnsState::Verified, Some(true)));
}

#[test]
fn nothing_is_held_against_a_name_that_could_not_be_asked_about() {
    for reason in [Reason::Timeout, Reason::Servfail] {
        let verified = name(DnsState::Verified, None);
        assert_eq!(decided(&verified, Err(reason.clone()), NOW_MS), (DnsState::Verified, None));
        let lost = name(DnsState::Lost, Some(NOW_MS));
        assert_eq!(decided(&lost, Err(reason), NOW_MS + 9 * DAY_MS), (DnsState::Lost, None));
    }
}

#[test]
fn looks_become_rarer_with_waiting_and_never_cease() {
    let pending = name(DnsState::Pending, None);
    let wait = |waited_ms: i64| {
        let now_ms = NOW_MS + waited_ms;
        decide(&pending, Err(Reason::Nxdomain), now_ms, INTERVAL_MS).next_ms - now_ms
    };
    assert_eq!(wait(0), INTERVAL_MS);
    assert_eq!(wait(3_600_000), 6 * INTERVAL_MS);
    assert_eq!(wait(90 * DAY_MS), 60 * INTERVAL_MS);
}
