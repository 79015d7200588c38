//! Dossiers are looked at, never made: they appear with their tenants, in the same transaction.

use marque_config::TenantId;

use super::Refused;
use crate::model::dossier::Dossier;
use crate::model::principal::Reach;
use crate::store::{DossierFilter, Page, Store};

/// One dossier.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, tenant: TenantId) -> Result<Dossier, Refused> {
    let filter = DossierFilter { tenant: Some(tenant), ..DossierFilter::default() };
    let page = Page { after: String::new(), limit: 1 };
    store.dossiers(reach, &filter, &page).await?.pop().ok_or(Refused::NotFound)
}
