use serde_json::{Value, json};

use super::*;
use crate::brand::{Brand, Look, Partner, WhiteLabel};
use crate::certificate::{AlpnProof, DnsZone, WildcardCertificate};
use crate::entry::{Entry, EntryKind, EntryRole};
use crate::seal::Sealed;
use crate::tenant::{
    Address, AddressKind, Licence, LicenceState, LicenceUse, Licensing, Tenant, TenantState, WhenOver,
};
use crate::{EntryId, TenantId};

const OWN: Format = Format(2);
const TENANT: &str = "ten_00000000000000000000000001";

fn address() -> Record {
    Record::Address(Address {
        host: "a.p.example.com".parse().unwrap(),
        tenant: TenantId::new(1, &[0; 10]),
        kind: AddressKind::Platform,
        hsts: true,
        #[cfg(feature = "rehearsal")]
        note: String::new(),
    })
}

fn tenant(licence: Licensing) -> Record {
    Record::Tenant(Tenant {
        id: TENANT.parse().unwrap(),
        application: "app_00000000000000000000000001".parse().unwrap(),
        partner: "ptr_00000000000000000000000001".parse().unwrap(),
        account: Some("A".parse().unwrap()),
        state: TenantState::Active,
        licence,
        licence_use: LicenceUse::default(),
        awaits_handover: false,
    })
}

fn entry() -> Entry {
    Entry {
        id: EntryId::new(1, &[0; 10]),
        tenant: TENANT.parse().unwrap(),
        kind: EntryKind::Collaborator,
        role: EntryRole::Accountant,
        person: "usr_1".into(),
        consent: None,
        assignment: Some("asg_1".into()),
        reads_only: false,
        until_ms: 7,
    }
}

fn envelope(record: &Record) -> Value {
    serde_json::to_value(record.envelope().unwrap()).unwrap()
}

fn read(value: &Value) -> ReadRecord {
    ReadRecord::read(&value.to_string(), OWN).unwrap()
}

fn closes(value: &Value, kind: RecordKind, name: &str) {
    assert_eq!(read(value).reading, Reading::Closed(vec![KeyText::new(kind, name)]), "{value}");
}

#[test]
fn a_record_is_read_in_both_spellings() {
    for record in [address(), tenant(Licensing::Required(None)), tenant(Licensing::NotRequired)] {
        let found = read(&envelope(&record));
        assert_eq!(found, ReadRecord { key: record.key().into(), reading: Reading::Known(Box::new(record)) });
    }
    let landed = ReadRecord::read(&landed::body(&address()).unwrap(), OWN).unwrap();
    assert_eq!(landed.reading, Reading::Known(Box::new(address())));
}

#[test]
fn what_only_later_formats_know_describes_and_is_skipped_by_programs_from_before() {
    let zone = || "p.example.com".parse().unwrap();
    let (chain, key) = (vec!["AA==".to_owned()], Sealed::from_bytes(vec![1]));
    for record in [
        Record::Wildcard(WildcardCertificate { zone: zone(), chain, key, not_after_ms: 7 }),
        Record::DnsZone(DnsZone { host: zone(), name_servers: vec![zone()], texts: vec!["proof".into()] }),
        Record::AlpnProof(AlpnProof { host: zone(), certificate: "AA==".into(), key: Sealed::from_bytes(vec![1]) }),
        Record::WhiteLabel(WhiteLabel {
            tenant: TENANT.parse().unwrap(),
            brand: None,
            look: Look::default(),
            primary: vec![zone()],
        }),
        Record::Entry(Box::new(entry())),
    ] {
        assert_eq!((record.must(), record.governs(), landed::body(&record)), (Format::LANDED, Vec::new(), None));
        let mut wire = envelope(&record);
        assert_eq!(read(&wire).reading, Reading::Known(Box::new(record)));
        // A program that doesn't know the kind reads it as it reads this one.
        wire["kind"] = json!("curfew");
        assert_eq!(read(&wire).reading, Reading::Skipped, "{wire}");
    }
}

#[test]
fn a_landed_tenant_without_a_licence_is_one_of_which_nobody_said() {
    let not_required = landed::body(&tenant(Licensing::NotRequired)).unwrap();
    assert!(!not_required.contains("licence"), "{not_required}");
    let found = ReadRecord::read(&not_required, OWN).unwrap();
    assert_eq!(found.reading, Reading::Known(Box::new(tenant(Licensing::Unsaid))));
    let ended = Licence { state: LicenceState::Ended, until_ms: None, when_over: WhenOver::Block };
    let found = ReadRecord::read(&landed::body(&tenant(Licensing::Required(None))).unwrap(), OWN).unwrap();
    // Programs that act on no licence would let everybody in.
    let Record::Tenant(mut closed) = tenant(Licensing::Required(Some(ended))) else { unreachable!() };
    closed.state = TenantState::Suspended;
    assert_eq!(found.reading, Reading::Known(Box::new(Record::Tenant(closed))));
}

#[test]
fn what_allows_no_use_is_closed_to_programs_that_act_on_no_licence() {
    let required = |state| Licence { state, until_ms: Some(7), when_over: WhenOver::ReadOnly };
    let told = |licensing| ReadRecord::read(&envelope(&tenant(licensing)).to_string(), Format::ENVELOPES).unwrap();
    for state in [LicenceState::Suspended, LicenceState::Ended] {
        let closed = Reading::Closed(vec![KeyText::new(RecordKind::Tenant, TENANT)]);
        assert_eq!(told(Licensing::Required(Some(required(state)))).reading, closed, "{state:?}");
        assert_eq!(told(Licensing::Required(None)).reading, closed);
    }
    for licensing in [Licensing::NotRequired, Licensing::Required(Some(required(LicenceState::Usable)))] {
        assert!(matches!(told(licensing).reading, Reading::Known(_)), "{licensing:?}");
    }
}

#[test]
fn what_waits_for_its_handover_is_closed_to_programs_that_would_let_everybody_in() {
    let Record::Tenant(mut waiting) = tenant(Licensing::NotRequired) else { unreachable!() };
    assert!(!envelope(&Record::Tenant(waiting.clone())).to_string().contains("awaits_handover"), "as before");
    waiting.awaits_handover = true;
    let told = envelope(&Record::Tenant(waiting.clone())).to_string();
    let read = |own| ReadRecord::read(&told, own).unwrap().reading;
    let closed = Reading::Closed(vec![KeyText::new(RecordKind::Tenant, TENANT)]);
    assert_eq!((read(Format::ENVELOPES), read(Format::LICENCES)), (closed.clone(), closed));
    assert_eq!(read(Format::ENTRIES), Reading::Known(Box::new(Record::Tenant(waiting.clone()))));
    let landed = landed::body(&Record::Tenant(waiting)).unwrap();
    assert!(landed.contains(r#""state":"suspended""#), "{landed}");
}

#[test]
fn in_an_envelope_silence_about_the_licence_closes() {
    let mut silent = envelope(&tenant(Licensing::NotRequired));
    silent["body"].as_object_mut().unwrap().remove("licence");
    closes(&silent, RecordKind::Tenant, TENANT);
    silent["body"]["licence"] = Value::Null;
    closes(&silent, RecordKind::Tenant, TENANT);
}

#[test]
fn what_must_be_understood_closes_what_it_governs() {
    let governs = json!([{"kind": "tenant", "name": TENANT, "more": 1}]);
    let lock = json!({"kind": "curfew", "name": "x", "must": 3, "governs": governs, "body": {}});
    closes(&lock, RecordKind::Tenant, TENANT);
    let alone = json!({"kind": "tenant", "name": TENANT, "must": 3, "body": {}});
    closes(&alone, RecordKind::Tenant, TENANT);
    // It could be read, and isn't.
    let mut readable = envelope(&address());
    readable["must"] = json!(3);
    closes(&readable, RecordKind::Address, "a.p.example.com");
    // The format would do, but the kind isn't known to it.
    let odd = json!({"kind": "curfew", "name": "x", "must": 1, "governs": governs, "body": {}});
    closes(&odd, RecordKind::Tenant, TENANT);
}

#[test]
fn a_value_that_is_not_known_closes_what_admits_and_is_skipped_elsewhere() {
    for value in [json!("dormant"), json!({"until": 5}), json!(7), Value::Null] {
        let mut odd = envelope(&tenant(Licensing::NotRequired));
        odd["body"]["state"] = value;
        closes(&odd, RecordKind::Tenant, TENANT);
    }
    let mut odd = envelope(&address());
    odd["body"]["kind"] = json!("borrowed");
    closes(&odd, RecordKind::Address, "a.p.example.com");
    let application = json!({"kind": "application", "name": "app_x", "body": {"policy": 1}});
    closes(&application, RecordKind::Application, "app_x");
    for kind in ["certificate", "challenge", "shared_key", "curfew"] {
        assert_eq!(read(&json!({"kind": kind, "name": "x", "body": {"odd": 1}})).reading, Reading::Skipped, "{kind}");
    }
    let name = "ptr_00000000000000000000000001";
    let partner = read(&json!({"kind": "partner", "name": name, "body": {"id": name, "brand": 7}}));
    let Reading::Known(record) = partner.reading else { panic!("{partner:?}") };
    assert!(matches!(*record, Record::Partner(it) if it.brand == crate::brand::Brand::plain()));
}

#[test]
fn a_field_that_is_not_known_is_passed_over_however_deep() {
    let mut more = envelope(&address());
    more["later"] = json!([1]);
    more["body"]["later"] = json!({"a": [1, 2]});
    assert_eq!(read(&more).reading, Reading::Known(Box::new(address())));
    let licence = Licence { state: LicenceState::Usable, until_ms: Some(7), when_over: WhenOver::ReadOnly };
    let record = tenant(Licensing::Required(Some(licence)));
    let mut more = envelope(&record);
    more["body"]["licence"]["required"]["later"] = json!(true);
    assert_eq!(read(&more).reading, Reading::Known(Box::new(record)));
    let policy = json!({"upstreams": ["http://127.0.0.1:1"], "later": 1,
        "logins": [{"path": "/login", "answer": [{"header": "x"}], "later": 1}]});
    let name = "app_00000000000000000000000001";
    let body = json!({"id": name, "name": "till", "policy": policy});
    let found = read(&json!({"kind": "application", "name": name, "body": body}));
    let Reading::Known(record) = found.reading else { panic!("{found:?}") };
    assert!(matches!(*record, Record::Application(it) if it.policy.logins.len() == 1));
}

#[test]
fn what_names_itself_otherwise_than_its_envelope_is_not_understood() {
    let mut other = envelope(&tenant(Licensing::NotRequired));
    other["name"] = json!("ten_00000000000000000000000002");
    closes(&other, RecordKind::Tenant, "ten_00000000000000000000000002");
}

#[test]
fn what_does_not_say_which_it_is_is_an_error() {
    for value in ["7", "{}", r#"{"curfew":{}}"#, r#"{"tenant":{}}"#, r#"{"kind":"tenant","body":{}}"#, "[]"] {
        assert!(ReadRecord::read(value, OWN).is_err(), "{value}");
    }
    let landed = json!({"tenant": {"id": TENANT, "state": "dormant"}});
    closes(&landed, RecordKind::Tenant, TENANT);
}

#[test]
fn a_line_says_one_thing() {
    let line = |text: &str| serde_json::from_str::<Line>(text);
    let begin = r#"{"begin":{"epoch":"e","base":null,"revision":7,"later":1}}"#;
    assert!(matches!(line(begin).unwrap(), Line::Begin(it) if it.format == Format::LANDED && it.base.is_none()));
    let wait = serde_json::to_string(&Line::Wait {}).unwrap();
    assert_eq!(wait, r#"{"wait":{}}"#);
    assert!(matches!(line(r#"{"wait":{"place":3}}"#).unwrap(), Line::Wait {}));
    assert!(matches!(line(r#"{"later":{}}"#).unwrap(), Line::Unknown));
    let upsert = Line::upsert(&address(), OWN).unwrap();
    let text = serde_json::to_string(&upsert).unwrap() + "\n";
    assert_eq!(text, Line::upsert_text(&serde_json::to_string(&address().envelope().unwrap()).unwrap()));
    assert!(matches!(line(&text).unwrap(), Line::Upsert(value) if text.contains(value.get())));
    assert!(line(r#"{"wait":{},"delete":{"kind":"a","name":"b"}}"#).is_err());
    assert!(line(r#"{"commit":{}}"#).is_err());
    assert!(
        matches!(line(r#"{"delete":{"kind":"curfew","name":"b"}}"#).unwrap(), Line::Delete(it) if it.known().is_none())
    );
}

#[test]
fn to_landed_programs_nothing_unknown_is_said() {
    let line = serde_json::to_string(&Line::upsert(&address(), Format::LANDED).unwrap()).unwrap();
    let expected = json!({"upsert": {"address":
        {"host": "a.p.example.com", "tenant": TenantId::new(1, &[0; 10]), "kind": "platform", "hsts": true}}});
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), expected);
    let suspended = landed::closed(&tenant(Licensing::NotRequired)).unwrap();
    assert!(suspended.contains(r#""state":"suspended""#), "{suspended}");
    assert_eq!(landed::closed(&address()), None);
}

#[test]
fn what_is_no_number_names_the_landed_format() {
    let formats = [None, Some(""), Some("1"), Some(" 12 "), Some("-1"), Some("one")].map(Format::of_header);
    assert_eq!(formats, [0, 0, 1, 12, 0, 0].map(Format));
}

#[test]
fn a_landed_partner_is_its_name_and_brand() {
    let id = "ptr_00000000000000000000000001".parse().unwrap();
    let look = Look { logo: Some("https://a.example/l.svg".into()), ..Look::default() };
    let partner = Partner { look, hidden: vec!["news".into()], ..Partner::new(id, Brand::plain()) };
    let found = ReadRecord::read(&landed::body(&Record::Partner(partner)).unwrap(), OWN).unwrap();
    assert_eq!(found.reading, Reading::Known(Box::new(Record::Partner(Partner::new(id, Brand::plain())))));
}

#[test]
fn a_contact_form_closes_its_application_to_programs_that_would_pass_it_on() {
    let policy = r#"{"upstreams":["http://a:1"],
        "contact_forms":[{"path":"/contact","fields":{"email":"e","text":"t"},"then":"/thanks"}]}"#;
    let policy = serde_json::from_str(policy).unwrap();
    let id = "app_00000000000000000000000001";
    let application = crate::application::Application { id: id.parse().unwrap(), name: "till".into(), policy };
    let record = Record::Application(Box::new(application));
    assert_eq!((record.must(), landed::body(&record)), (Format::CONTACT_FORMS, None));
    let text = envelope(&record).to_string();
    let read = |format| ReadRecord::read(&text, format).unwrap().reading;
    assert_eq!(read(Format::LICENCES), Reading::Closed(vec![KeyText::new(RecordKind::Application, id)]));
    assert_eq!(read(Format::CURRENT), Reading::Known(Box::new(record)));
}
