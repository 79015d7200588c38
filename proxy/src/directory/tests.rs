use marque_config::brand::{Brand, Look, WhiteLabel};
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

/// A white label of the tenant that names these as its primary ones.
fn label(primary: &[&str]) -> Record {
    let primary = primary.iter().map(|host| host.parse().unwrap()).collect();
    Record::WhiteLabel(WhiteLabel { tenant: tenant_id(1), brand: None, look: Look::default(), primary })
}

/// The name that visitors of [`HOST`] are sent to.
fn primary(directory: &Directory) -> Option<String> {
    directory.route(HOST).unwrap().primary.as_deref().map(|address| address.host.to_string())
}

#[test]
fn the_primary_name_is_the_first_that_is_the_tenant_s_and_has_a_certificate() {
    let [others, bare, own_name, later_name] = ["others.example", "bare.example", "own.example", "later.example"];
    let directory = filled();
    let (own, later) = (tenant(1, own_name, TenantState::Active), tenant(1, later_name, TenantState::Active));
    let mut records = [tenant(2, others, TenantState::Active), tenant(1, bare, TenantState::Active)].concat();
    records.extend(own.clone());
    records.extend(later);
    records.extend([(2, others), (1, own_name), (1, later_name)].map(|(number, host)| certificate(number, host, 0).0));
    told(&directory, records.iter().map(change).collect());
    assert_eq!(primary(&directory), None, "without a white label every name is served");
    told(&directory, vec![change(&label(&["nowhere.example", others, bare, own_name, later_name]))]);
    assert_eq!(primary(&directory).as_deref(), Some(own_name));
    told(&directory, vec![Change::Delete(own[3].key().into())]);
    assert_eq!(primary(&directory).as_deref(), Some(later_name), "the best that is there");
    told(&directory, vec![change(&label(&[HOST, later_name]))]);
    assert_eq!(primary(&directory), None, "nobody is sent from the primary name");
    told(&directory, vec![change(&label(&[later_name])), Change::Delete(label(&[]).key().into())]);
    assert_eq!(primary(&directory), None, "with the white label it ends");
}

#[test]
fn a_platform_name_below_a_wildcard_can_be_the_primary_one() {
    let directory = filled();
    let mut records = tenant(1, "a.p.example.com", TenantState::Active);
    records.extend([wildcard("p.example.com", i64::MAX).0, label(&["a.p.example.com"])]);
    told(&directory, records.iter().map(change).collect());
    assert_eq!(primary(&directory).as_deref(), Some("a.p.example.com"));
}

#[test]
fn pages_are_in_the_tenant_s_own_brand_else_in_the_partner_s() {
    let directory = filled();
    let shown = || directory.route(HOST).unwrap().shown().brand.name.clone();
    told(&directory, vec![change(&label(&[]))]);
    assert_eq!(shown(), "Brand");
    let Record::WhiteLabel(mut own) = label(&[]) else { unreachable!() };
    own.brand = Some(Brand { name: "Fournil".into(), support: None });
    told(&directory, vec![change(&Record::WhiteLabel(own))]);
    assert_eq!(shown(), "Fournil");
}
