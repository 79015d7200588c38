//! What restricts from a later format on: switched on when all proxies know it, closed to those that don't.

use marque_config::TenantId;
use marque_config::feed::RecordKind;
use marque_config::tenant::{LicenceUse, Licensing, Lock, Tenant, TenantState};
use marque_config::{ApplicationId, PartnerId};
use serde_json::Value;

use super::*;
use crate::database::Store;
use crate::database::tests::store;
use crate::kernel::actor::Actor;

fn tenant(state: TenantState) -> Tenant {
    let (application, partner) = (ApplicationId::new(1, &[0; 10]), PartnerId::new(1, &[0; 10]));
    let account = Some("a".parse().unwrap());
    Tenant {
        id: id(),
        application,
        partner,
        account,
        state,
        licence: Licensing::NotRequired,
        licence_use: LicenceUse::default(),
    }
}

fn id() -> TenantId {
    TenantId::new(1, &[0; 10])
}

fn lock() -> Record {
    Record::Lock(Lock { tenant: id() })
}

async fn write(store: &Store, change: impl FnOnce(&mut Write)) -> Result<Revision, StoreError> {
    let mut write = store.begin(&Actor::system("test"), store.now_ms()).await.unwrap();
    change(&mut write);
    write.commit().await
}

/// The tenant's state as readers of format 0 and of the current one are told.
async fn states(store: &Store) -> [String; 2] {
    let mut snapshot = store.feed().await.unwrap();
    let rows = snapshot.page(Revision(0), None).await.unwrap();
    let row = rows.iter().find(|row| row.kind == "tenant").unwrap();
    let landed: Value = serde_json::from_str(row.text(Format::LANDED).unwrap()).unwrap();
    let current: Value = serde_json::from_str(row.text(Format::CURRENT).unwrap()).unwrap();
    [&landed["tenant"]["state"], &current["body"]["state"]].map(|state| state.as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_restriction_is_switched_on_when_every_live_proxy_reads_it() {
    let (store, _directory) = store().await;
    let old = store.open_stream("old", Revision(0), Format(3)).await.unwrap();
    let _new = store.open_stream("new", Revision(0), Format(4)).await.unwrap();
    let refused = write(&store, |write| write.feed(lock())).await.unwrap_err();
    let StoreError::ProxiesLackFormat { format, proxies } = refused else { panic!("{refused}") };
    assert_eq!((format, proxies), (Format(4), vec!["old".to_owned()]));
    // It is replaced by one that does.
    let _after = store.open_stream("old", Revision(0), Format(4)).await.unwrap();
    drop(old);
    write(&store, |write| write.feed(lock())).await.unwrap();
    // What is on stays on, and may be said again, whoever comes.
    let _third = store.open_stream("third", Revision(0), Format(3)).await.unwrap();
    write(&store, |write| write.feed(lock())).await.unwrap();
}

#[tokio::test]
async fn what_is_restricted_is_closed_to_those_who_do_not_know_how() {
    let (store, _directory) = store().await;
    let told = |state| move |write: &mut Write| write.feed(Record::Tenant(tenant(state)));
    write(&store, told(TenantState::Active)).await.unwrap();
    assert_eq!(states(&store).await, ["active", "active"]);
    write(&store, |write| write.feed(lock())).await.unwrap();
    assert_eq!(states(&store).await, ["suspended", "active"]);
    write(&store, told(TenantState::Provisioning)).await.unwrap();
    assert_eq!(states(&store).await, ["suspended", "provisioning"]);
    write(&store, told(TenantState::Active)).await.unwrap();
    let key = Key { kind: RecordKind::Lock, name: id().to_string() };
    write(&store, |write| write.feed_delete(key)).await.unwrap();
    assert_eq!(states(&store).await, ["active", "active"]);
    write(&store, told(TenantState::Paused)).await.unwrap();
    assert_eq!(states(&store).await, ["suspended", "paused"]);
}
