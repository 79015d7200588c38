//! Who may be at an issuance, and what is due.

use marque_config::TenantId;
use marque_config::tenant::AddressKind;

use super::*;
use crate::database::Backend;
use crate::database::tests::store;
use crate::domains::acme::certificate::Checked;
use crate::domains::store::hostnames::{CertificateSource, CertificateState, Role};
use crate::kernel::actor::Actor;

pub(in crate::domains::store) const DAY_MS: i64 = super::DAY_MS;
pub(in crate::domains::store) const NOW_MS: i64 = 1_764_000_000_000;

pub(in crate::domains::store) async fn write(store: &Store, now_ms: i64) -> Write {
    store.begin(&Actor::system("test"), now_ms).await.unwrap()
}

pub(in crate::domains::store) async fn platform_name(store: &Store) -> ClaimedName {
    let mut write = write(store, NOW_MS).await;
    let (tenant, domain): (TenantId, DomainId) = (write.id(), write.id());
    for statement in [
        "insert into partner (id, name, brand, state, created_ms) values ('p', 'p', '{}', 'active', 0)".to_owned(),
        "insert into application (id, name, policy, created_ms) values ('a', 'a', '{}', 0)".to_owned(),
        format!(
            "insert into tenant (id, partner_id, application_id, name, kind, state, created_ms)
             values ('{tenant}', 'p', 'a', 't', 'client', 'active', 0)"
        ),
        format!(
            "insert into domain (id, tenant_id, kind, host, target_label, txt_token, created_ms)
             values ('{domain}', '{tenant}', 'platform', 'n.p.example', '', '', 0)"
        ),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(write.connection()).await.unwrap();
    }
    let host = "n.p.example".parse().unwrap();
    assert!(write.claim_name(&host, domain, (tenant, AddressKind::Platform, Role::Main)).await.unwrap());
    write.commit().await.unwrap();
    store.name(&host).await.unwrap().unwrap()
}

async fn claim(store: &Store, name: &ClaimedName, owner: &str, now_ms: i64) -> Claim {
    let mut write = write(store, now_ms).await;
    let claim = write.claim_issuance(name, (owner, &Sealed::from_bytes(vec![1])), 5).await.unwrap();
    write.commit().await.unwrap();
    claim
}

fn ours(claim: Claim) -> Issuance {
    match claim {
        Claim::Ours(issuance) => *issuance,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn one_at_a_time_is_at_a_name_and_another_takes_it_up_when_the_lease_ends() {
    let (store, _directory) = store().await;
    let name = platform_name(&store).await;
    assert_eq!(store.names_due_for_certificate(NOW_MS, 10).await.unwrap(), [name.host.to_string()]);
    let first = ours(claim(&store, &name, "one", NOW_MS).await);
    assert_eq!(claim(&store, &name, "two", NOW_MS + LEASE_MS - 1).await, Claim::NotOurs);
    assert!(store.names_due_for_certificate(NOW_MS, 10).await.unwrap().is_empty());
    assert_eq!(store.names_due_for_certificate(NOW_MS + LEASE_MS, 10).await.unwrap().len(), 1);
    assert_eq!(ours(claim(&store, &name, "two", NOW_MS + LEASE_MS).await), first);
    let mut write = write(&store, NOW_MS + LEASE_MS).await;
    assert!(!write.advance_issuance(&first.clone().into(), "one").await.unwrap());
    assert!(!write.extend_lease(first.id, "one").await.unwrap());
    assert!(!write.end_issuance((first.id, &first.host), "one", None).await.unwrap());
    assert!(write.advance_issuance(&first.into(), "two").await.unwrap());
}

#[tokio::test]
async fn who_looked_before_it_was_issued_begins_no_other() {
    let (store, _directory) = store().await;
    let name = platform_name(&store).await;
    let issuance = ours(claim(&store, &name, "one", NOW_MS).await);
    assert_eq!(store.name(&name.host).await.unwrap().unwrap().certificate.state, CertificateState::Issuing);
    let not_after_ms = NOW_MS + 90 * DAY_MS;
    let checked = Checked { chain: vec![vec![1]], names: Vec::new(), not_before_ms: NOW_MS, not_after_ms };
    let mut write = write(&store, NOW_MS).await;
    assert!(write.end_issuance((issuance.id, &issuance.host), "one", None).await.unwrap());
    let (to, key) = ((&name.host, name.tenant), issuance.key.clone());
    assert!(write.install_certificate(to, &checked, key, CertificateSource::Acme).await.unwrap());
    write.commit().await.unwrap();
    assert_eq!(claim(&store, &name, "two", NOW_MS + LEASE_MS).await, Claim::NotOurs);
    assert!(store.names_due_for_certificate(NOW_MS + 59 * DAY_MS, 10).await.unwrap().is_empty());
    let renewed = claim(&store, &name, "two", NOW_MS + 60 * DAY_MS).await;
    assert_ne!(ours(renewed).id, issuance.id);
}

#[tokio::test]
async fn what_is_due_is_found_without_reading_every_name() {
    let (store, _directory) = store().await;
    if store.inner.backend == Backend::Postgres {
        return; // Its plans depend on how much there is.
    }
    let explain = format!("explain query plan {}", super::super::hostnames::DUE_FOR_CERTIFICATE);
    let plan: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(sqlx::AssertSqlSafe(explain)).bind(NOW_MS).bind(10_i64).fetch_all(store.reader()).await.unwrap();
    assert!(!plan.iter().any(|(.., step)| step.starts_with("SCAN")), "{plan:?}");
}
