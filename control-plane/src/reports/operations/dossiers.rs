//! Dossiers are looked at, never made: they appear with their tenants, in the same transaction.

use marque_config::TenantId;

use crate::database::refused::Refused;
use crate::database::{Page, Store};
use crate::kernel::principal::Reach;
use crate::reports::model::dossier::Dossier;
use crate::reports::store::dossiers::DossierFilter;

/// One dossier.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, tenant: TenantId) -> Result<Dossier, Refused> {
    let filter = DossierFilter { tenant: Some(tenant), ..DossierFilter::default() };
    let page = Page::first(1);
    store.dossiers(reach, &filter, &page).await?.pop().ok_or(Refused::NotFound)
}
