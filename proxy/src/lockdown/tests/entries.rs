//! Who comes in by an entry, before and after the handover.

use marque_config::entry::Entry;

use super::*;
use crate::lockdown::fixture;

/// The route of a tenant that waits for its handover, or not, asked by an entry of a kind, or by everybody.
fn asked_by(kind: Option<EntryKind>, awaits_handover: bool) -> Route {
    let mut route = everywhere();
    Arc::make_mut(&mut route.tenant).awaits_handover = awaits_handover;
    route.entry = kind.map(|kind| Arc::new(Entry { kind, ..fixture::entry(NOW_MS + 1) }));
    route
}

#[test]
fn before_the_handover_only_whoever_sets_a_tenant_up_is_let_in() {
    let requests = [
        Request::get("/sales"),
        Request::get("/login"),
        Request::post("/login", FORM, b"account=A"),
        Request::get("/live").with("upgrade", "websocket"),
        Request { method: "TRACE", ..Request::get("/x") },
    ];
    for request in &requests {
        for kind in [None, Some(EntryKind::Collaborator), Some(EntryKind::Support)] {
            let refused = request.decide(&asked_by(kind, true)).map(drop);
            assert_eq!(refused, Err(Refusal::BeingSetUp), "{kind:?} {request:?}");
        }
    }
    for request in &requests[..4] {
        assert!(request.decide(&asked_by(Some(EntryKind::Setup), true)).is_ok(), "{request:?}");
        assert!(request.decide(&asked_by(None, false)).is_ok(), "{request:?}");
    }
}

#[test]
fn an_entry_changes_nothing_else_of_the_decision() {
    let route = asked_by(Some(EntryKind::Setup), true);
    assert_eq!(Request::get("/accounts/B").decide(&route).err(), Some(Refusal::ForeignAccount));
    let mut suspended = route.clone();
    Arc::make_mut(&mut suspended.tenant).state = TenantState::Suspended;
    assert_eq!(Request::get("/").decide(&suspended).err(), Some(Refusal::Suspended));
}

#[test]
fn a_consent_to_look_lets_look_and_log_in_and_out() {
    let mut route = asked_by(Some(EntryKind::Support), false);
    route.entry = Some(Arc::new(Entry { reads_only: true, ..fixture::entry(NOW_MS + 1) }));
    for passes in [Request::get("/sales"), Request::post("/login", FORM, b"account=A")] {
        assert!(passes.decide(&route).is_ok(), "{passes:?}");
    }
    for refused in [
        Request::post("/sales", FORM, b"a=b"),
        Request::get("/sales?_method=delete"),
        Request::get("/live").with("upgrade", "websocket"),
        Request { method: "DELETE", ..Request::get("/sales") },
    ] {
        assert_eq!(refused.decide(&route).err(), Some(Refusal::EntryReadOnly), "{refused:?}");
    }
}

#[test]
fn a_session_is_the_tenants_or_an_entrys() {
    let owner = |route: &Route| Request::get("/").decide(route).unwrap().session_owner();
    let (own, entered) = (owner(&asked_by(None, false)), owner(&asked_by(Some(EntryKind::Support), false)));
    assert_eq!(own, everywhere().tenant.id.to_string());
    assert_eq!(entered, format!("{own}/{}", fixture::entry(1).id));
}
