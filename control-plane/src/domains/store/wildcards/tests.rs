//! Which names a zone's certificate serves, and who may be at getting one.

use marque_config::TenantId;
use marque_config::tenant::AddressKind;

use super::*;
use crate::database::tests::store;
use crate::domains::store::hostnames::{CertificateSource, CertificateState, Role};
use crate::domains::store::issuances::tests::{DAY_MS, NOW_MS, platform_name, write};

fn zone() -> Hostname {
    "p.example".parse().unwrap()
}

fn checked(now_ms: i64) -> Checked {
    let not_after_ms = now_ms + 90 * DAY_MS;
    Checked { chain: vec![vec![1]], names: vec!["*.p.example".into()], not_before_ms: now_ms, not_after_ms }
}

fn key() -> Sealed {
    Sealed::from_bytes(vec![1])
}

async fn wildcard(store: &Store) -> Wildcard {
    store.wildcards().await.unwrap().into_iter().find(|it| it.zone == zone()).unwrap()
}

/// A zone that serves its names, or no longer does.
async fn course(store: &Store, covers: bool) {
    let mut write = write(store, NOW_MS).await;
    write.add_wildcard(&zone()).await.unwrap();
    write.install_wildcard(&zone(), &checked(NOW_MS), key()).await.unwrap();
    write.commit().await.unwrap();
    let before = wildcard(store).await;
    let name_servers = Some(vec!["edge-1.example".parse().unwrap()]);
    let course = Course { is_wanted: true, covers, name_servers };
    assert!(!course.is_that_of(&before).unwrap());
    let mut write = super::super::issuances::tests::write(store, NOW_MS).await;
    write.set_course(&before, &course).await.unwrap();
    write.commit().await.unwrap();
    assert!(course.is_that_of(&wildcard(store).await).unwrap());
}

async fn kinds(store: &Store) -> Vec<String> {
    let query = "select kind from feed_record where line is not null order by kind";
    sqlx::query_scalar(query).fetch_all(store.reader()).await.unwrap()
}

#[tokio::test]
async fn a_new_name_of_a_covered_zone_is_served_from_the_start_and_none_of_another() {
    let (store, _directory) = store().await;
    course(&store, true).await;
    let name = platform_name(&store).await;
    let certificate = &name.certificate;
    assert_eq!((certificate.state, certificate.source), (CertificateState::Active, Some(CertificateSource::Wildcard)));
    assert_eq!(certificate.not_after_ms, Some(NOW_MS + 90 * DAY_MS));
    assert!(store.names_due_for_certificate(NOW_MS, 10).await.unwrap().is_empty());
    assert_eq!(kinds(&store).await, ["address", "dns_zone", "wildcard"]);
    let mut write = write(&store, NOW_MS).await;
    for other in ["a.n.p.example", "n.q.p.example", "p.example", "n.xp.example"] {
        assert!(!write.is_covered(&other.parse().unwrap()).await.unwrap(), "{other}");
    }
    assert!(write.is_covered(&"m.p.example".parse().unwrap()).await.unwrap());
    drop(write);
    let mut late = super::super::issuances::tests::write(&store, NOW_MS + 90 * DAY_MS).await;
    assert!(!late.is_covered(&name.host).await.unwrap(), "it has ended");
}

#[tokio::test]
async fn a_names_own_certificate_is_kept_until_it_is_due_and_given_back_when_the_zones_is_lost() {
    let (store, _directory) = store().await;
    let name = platform_name(&store).await;
    let mut first = write(&store, NOW_MS).await;
    let to = (&name.host, name.tenant);
    assert!(first.install_certificate(to, &checked(NOW_MS), key(), CertificateSource::Acme).await.unwrap());
    // Two labels below the zone, as names of another zone may be: not covered.
    let domain = name.domain;
    let deeper: Hostname = "x.n.p.example".parse().unwrap();
    let whose: (TenantId, _, _) = (name.tenant, AddressKind::Platform, Role::Www);
    assert!(first.claim_name(&deeper, domain, whose).await.unwrap());
    first.commit().await.unwrap();
    course(&store, true).await;
    for (at_ms, covered) in [(NOW_MS, 0), (NOW_MS + 60 * DAY_MS, 1)] {
        let mut write = write(&store, at_ms).await;
        assert_eq!(write.cover_names(&zone(), 10).await.unwrap(), covered);
        write.commit().await.unwrap();
    }
    let served = store.name(&name.host).await.unwrap().unwrap();
    assert_eq!(served.certificate.source, Some(CertificateSource::Wildcard));
    assert_eq!(kinds(&store).await, ["address", "address", "dns_zone", "wildcard"], "its own is gone at the edge");
    assert_eq!(store.covered_names(&zone(), 10).await.unwrap(), [name.host.to_string()]);
    let mut last = write(&store, NOW_MS).await;
    assert_eq!(last.uncover_names(&zone(), 10).await.unwrap(), 1);
    last.commit().await.unwrap();
    let due = store.names_due_for_certificate(NOW_MS, 10).await.unwrap();
    assert!(due.contains(&name.host.to_string()), "{due:?}");
}

#[tokio::test]
async fn one_at_a_time_is_at_a_zone_and_another_goes_on_when_the_lease_ends() {
    let (store, _directory) = store().await;
    let mut first = write(&store, NOW_MS).await;
    first.add_wildcard(&zone()).await.unwrap();
    let begun = first.claim_wildcard(&zone(), "one", &key()).await.unwrap().unwrap();
    assert_eq!(first.claim_wildcard(&zone(), "two", &key()).await.unwrap(), None);
    first.commit().await.unwrap();
    assert!(!wildcard(&store).await.is_due(NOW_MS) && wildcard(&store).await.is_due(NOW_MS + LEASE_MS));
    let mut second = write(&store, NOW_MS + LEASE_MS).await;
    assert_eq!(second.claim_wildcard(&zone(), "two", &key()).await.unwrap(), Some(begun.clone()));
    let ordered = Progress { order_url: Some("https://ca/1".into()), state: IssuanceState::Ordered, ..begun };
    assert!(!second.advance_wildcard(&ordered, "one").await.unwrap());
    assert!(second.advance_wildcard(&ordered, "two").await.unwrap());
    second.release_leases("two").await.unwrap();
    assert_eq!(second.claim_wildcard(&zone(), "three", &key()).await.unwrap(), Some(ordered.clone()));
    assert!(!second.end_wildcard(&ordered, "two").await.unwrap());
    assert!(second.end_wildcard(&ordered, "three").await.unwrap());
    second.install_wildcard(&zone(), &checked(NOW_MS), key()).await.unwrap();
    assert_eq!(second.claim_wildcard(&zone(), "three", &key()).await.unwrap(), None, "it isn't due");
    second.commit().await.unwrap();
    let mut asked = write(&store, NOW_MS + LEASE_MS).await;
    assert_eq!(asked.renew_wildcards().await.unwrap(), 1);
    assert!(asked.claim_wildcard(&zone(), "three", &key()).await.unwrap().is_some(), "it is due by hand");
}
