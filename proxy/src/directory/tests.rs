use marque_config::feed::Record;
use marque_config::tenant::TenantState;
use serde_json::{Value, json};

use super::*;
use crate::test_support::{certificate, change, snapshot, tenant, tenant_id, wildcard};

const HOST: &str = "a.example.com";
const NOW_MS: i64 = 1;

fn filled() -> Directory {
    let directory = Directory::default();
    let mut records = tenant(1, HOST, TenantState::Active);
    records.push(certificate(1, HOST, 0).0);
    directory.apply(snapshot(1, records));
    directory
}

fn told(directory: &Directory, changes: Vec<Change>) {
    directory.apply(Batch { revision: Revision(2), is_snapshot: false, changes });
}

fn upsert(envelope: &Value) -> Change {
    Change::upsert(serde_json::value::to_raw_value(envelope).unwrap()).unwrap()
}

fn envelope(record: &Record) -> Value {
    serde_json::to_value(record.envelope().unwrap()).unwrap()
}

fn leads(directory: &Directory) -> Result<(), Unrouted> {
    directory.lookup(HOST).map(drop)
}

#[test]
fn what_is_not_understood_shadows_what_was_known_until_it_is_understood() {
    let records = tenant(1, HOST, TenantState::Active);
    for (record, field) in [(&records[0], "policy"), (&records[2], "state"), (&records[3], "kind")] {
        let directory = filled();
        let mut odd = envelope(record);
        odd["body"][field] = json!("odd");
        told(&directory, vec![upsert(&odd)]);
        assert_eq!(leads(&directory), Err(Unrouted::Closed), "{odd}");
        assert!(directory.certificate(HOST, NOW_MS).is_some(), "visitors are told");
        assert_eq!(directory.not_understood(9).examples, [KeyText::from(record.key())]);
        told(&directory, vec![change(record)]);
        assert_eq!((leads(&directory), directory.not_understood(9)), (Ok(()), NotUnderstood::default()));
    }
}

#[test]
fn what_is_governed_is_closed_before_it_comes_and_until_what_governs_it_goes() {
    let governs = json!([{"kind": "tenant", "name": tenant_id(1)}]);
    let lock = json!({"kind": "curfew", "name": "x", "must": 1_000, "governs": governs, "body": {}});
    let key = KeyText { kind: "curfew".into(), name: "x".into() };
    let directory = Directory::default();
    told(&directory, vec![upsert(&lock)]);
    told(&directory, tenant(1, HOST, TenantState::Active).iter().map(change).collect());
    assert_eq!(leads(&directory), Err(Unrouted::Closed));
    // Told anew, the tenant stays closed.
    told(&directory, tenant(1, HOST, TenantState::Active).iter().map(change).collect());
    assert_eq!(leads(&directory), Err(Unrouted::Closed));
    told(&directory, vec![Change::Delete(key)]);
    assert_eq!(leads(&directory), Ok(()));
    told(&directory, vec![upsert(&lock)]);
    directory.apply(snapshot(3, tenant(1, HOST, TenantState::Active)));
    assert_eq!(leads(&directory), Ok(()), "a snapshot replaces everything");
}

#[test]
fn what_only_describes_is_passed_over() {
    let directory = filled();
    let mut odd = envelope(&certificate(1, HOST, 0).0);
    odd["body"]["chain"] = json!(7);
    told(&directory, vec![upsert(&odd), upsert(&json!({"kind": "motto", "name": "x", "body": "…"}))]);
    assert!(leads(&directory).is_ok() && directory.certificate(HOST, NOW_MS).is_none());
    assert_eq!(directory.not_understood(0).skipped, 2);
    let mut plain = envelope(&tenant(1, HOST, TenantState::Active)[1]);
    plain["body"]["brand"] = json!("odd");
    told(&directory, vec![upsert(&plain)]);
    assert_eq!(directory.route(HOST).unwrap().partner.brand, marque_config::brand::Brand::plain());
}

#[test]
fn an_issuer_is_held_once_across_snapshots() {
    let issued = |number: u8| {
        let Record::Certificate(mut it) = certificate(number, &format!("n{number}.example.com"), 0).0 else {
            unreachable!()
        };
        it.chain.push("aXNzdWVy".into());
        let mut records = tenant(number, &format!("n{number}.example.com"), TenantState::Active);
        records.push(Record::Certificate(it));
        records
    };
    let directory = Directory::default();
    let issuer =
        |number: u8| Arc::clone(&directory.certificate(&format!("n{number}.example.com"), NOW_MS).unwrap().chain[1]);
    directory.apply(snapshot(1, issued(1)));
    let before = issuer(1);
    directory.apply(snapshot(2, issued(1).into_iter().chain(issued(2)).collect()));
    told(&directory, issued(3).iter().map(change).collect());
    assert!([1, 2, 3].into_iter().all(|number| Arc::ptr_eq(&before, &issuer(number))));
}

#[test]
fn a_name_below_a_zone_has_its_wildcard_if_it_leads_anywhere_and_has_no_better_one() {
    const ZONE: &str = "example.com";
    let served = |own: Option<i64>, host: &str| {
        let directory = Directory::default();
        let mut records = tenant(1, HOST, TenantState::Active);
        records.push(wildcard(ZONE, 50).0);
        records.extend(own.map(|not_after_ms| certificate(1, HOST, not_after_ms).0));
        directory.apply(snapshot(1, records));
        directory.certificate(host, NOW_MS).map(|it| it.owner)
    };
    let own = Some(Owner::Tenant(tenant_id(1)));
    assert_eq!(served(None, HOST), Some(Owner::Zone));
    assert_eq!(served(Some(NOW_MS + 1), HOST), own, "its own, as long as it lasts");
    assert_eq!(served(Some(NOW_MS), HOST), Some(Owner::Zone));
    for host in ["b.example.com", "example.com", "b.a.example.com", "com"] {
        assert_eq!(served(None, host), None, "{host}");
    }
    let directory = filled();
    directory.apply(Batch { changes: vec![change(&wildcard(ZONE, -1).0)], revision: Revision(2), is_snapshot: false });
    let ended = directory.certificate(HOST, NOW_MS).unwrap();
    assert_eq!(ended.owner, Owner::Tenant(tenant_id(1)), "of two that have ended, the later");
}
