//! What is published to the edge of a tenant's licences: kept with the tenant, so that each publication of the tenant
//! holds them.

use marque_config::TenantId;
use marque_config::feed::Record;
use marque_config::tenant::{self, LicenceState, LicenceUse};

use super::tenant;
use crate::database::Write;
use crate::database::refused::Refused;
use crate::kernel::tenant::TenantKind;
use crate::licences::model::{Licence, LicenceStatus};
use crate::tenants::model::Tenant;

/// Publishes the licences of a tenant to the edge, where they changed.
///
/// # Errors
/// When the database is away.
pub async fn publish(write: &mut Write, id: TenantId) -> Result<(), Refused> {
    let (tenant, licences) = (tenant(write, id).await?, write.licences_of_tenant(id).await?);
    publish_of(write, tenant, &licences).await
}

/// The same, of a tenant and all of its licences as they are now.
///
/// # Errors
/// When the database is away.
pub(super) async fn publish_of(write: &mut Write, mut tenant: Tenant, licences: &[Licence]) -> Result<(), Refused> {
    let now_ms = write.now_ms();
    let (licence, licence_use) = match tenant.kind {
        TenantKind::Client => (best(licences, now_ms), in_use(licences, now_ms)),
        // The partner's own are free, for life.
        TenantKind::BusinessFreePartner | TenantKind::Sandbox | TenantKind::Test => (None, LicenceUse::default()),
    };
    if licence != tenant.licence || tenant.licence_use.as_ref() != Some(&licence_use) {
        write.set_tenant_licence(tenant.id, licence.as_ref(), &licence_use).await?;
        (tenant.licence, tenant.licence_use) = (licence, Some(licence_use));
        write.feed(Record::Tenant(tenant.at_the_edge()));
    }
    Ok(())
}

/// Since when the licence that allows the most is in its grace, and which licences wait for their first use.
fn in_use(licences: &[Licence], now_ms: i64) -> LicenceUse {
    let best = allowing_most(licences, now_ms).filter(|(_, told)| told.state == LicenceState::Usable);
    let grace_from_ms =
        best.and_then(|(licence, told)| licence.expires_ms.filter(|at_ms| told.until_ms > Some(*at_ms)));
    let is_unused = |licence: &&Licence| licence.activated_ms.is_none() && licence.is_usable(now_ms);
    LicenceUse { grace_from_ms, unused: licences.iter().filter(is_unused).map(|licence| licence.id).collect() }
}

/// What the edge is told of the licence that allows the most.
fn best(licences: &[Licence], now_ms: i64) -> Option<tenant::Licence> {
    allowing_most(licences, now_ms).map(|(_, told)| told)
}

/// The licence that allows the most: one that is usable before one that isn't, and the one that ends last. A tenant that
/// has none, or only such as were taken back, isn't asked for one.
fn allowing_most(licences: &[Licence], now_ms: i64) -> Option<(&Licence, tenant::Licence)> {
    let published = licences.iter().filter_map(|licence| {
        let state = match licence.status(now_ms) {
            LicenceStatus::Voided | LicenceStatus::Superseded => return None,
            LicenceStatus::Issued | LicenceStatus::Active | LicenceStatus::Expiring => LicenceState::Usable,
            LicenceStatus::Suspended => LicenceState::Suspended,
            LicenceStatus::Expired | LicenceStatus::Cancelled => LicenceState::Ended,
        };
        let told = tenant::Licence { state, until_ms: licence.usable_until_ms(), when_over: licence.when_over };
        Some((licence, told))
    });
    published.max_by_key(|(_, licence)| {
        let rank = match licence.state {
            LicenceState::Usable => 2,
            LicenceState::Suspended => 1,
            LicenceState::Ended => 0,
        };
        (rank, licence.until_ms.unwrap_or(i64::MAX))
    })
}

#[cfg(test)]
mod tests {
    use marque_config::tenant::WhenOver;

    use super::*;
    use crate::kernel::period::DAY_MS;
    use crate::licences::model::tests::licence;
    use crate::licences::model::{HeldBy, LicenceKind, Suspension};

    #[test]
    fn a_tenant_is_used_by_the_licence_that_allows_the_most() {
        let paid = licence(LicenceKind::Paid);
        let now_ms = paid.issued_ms;
        let until = |licence: &Licence| best(std::slice::from_ref(licence), now_ms).map(|it| (it.state, it.until_ms));
        assert_eq!(until(&paid), Some((LicenceState::Usable, Some(now_ms + 35 * DAY_MS))));
        assert_eq!(until(&Licence { voided_ms: Some(1), ..paid.clone() }), None);
        let held = Suspension { since_ms: now_ms, by: HeldBy::Operator, reason: None };
        let suspended = paid.clone().suspended(held, now_ms).unwrap();
        assert_eq!(until(&suspended), Some((LicenceState::Suspended, Some(now_ms + 35 * DAY_MS))));
        let forever = Licence { expires_ms: None, ..paid.clone() };
        let most = tenant::Licence { state: LicenceState::Usable, until_ms: None, when_over: WhenOver::Block };
        assert_eq!(best(&[suspended.clone(), forever, paid], now_ms), Some(most));
        assert_eq!(best(&[suspended], now_ms + 35 * DAY_MS).map(|it| it.is_usable(now_ms)), Some(false));
        assert_eq!(best(&[], now_ms), None);
    }

    #[test]
    fn the_grace_and_what_waits_for_its_first_use_are_described() {
        let paid = licence(LicenceKind::Paid);
        let (now_ms, expires_ms) = (paid.issued_ms, paid.expires_ms.unwrap());
        let unused = LicenceUse { grace_from_ms: Some(expires_ms), unused: vec![paid.id] };
        assert_eq!(in_use(std::slice::from_ref(&paid), now_ms), unused);
        let used = Licence { activated_ms: Some(now_ms), ..paid.clone() };
        assert_eq!(in_use(&[used], now_ms), LicenceUse { unused: Vec::new(), ..unused });
        for nothing in [
            Licence { grace_days: 0, activated_ms: Some(1), ..paid.clone() },
            Licence { cancelled_ms: Some(now_ms), ..paid.clone() },
            Licence { voided_ms: Some(now_ms), ..paid.clone() },
        ] {
            assert_eq!(in_use(std::slice::from_ref(&nothing), now_ms), LicenceUse::default(), "{nothing:?}");
        }
        assert_eq!(in_use(&[paid], expires_ms + 5 * DAY_MS), LicenceUse::default(), "it is over");
    }
}
