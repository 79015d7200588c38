//! Partners: who sells, and in whose brand clients are served.

use marque_config::PartnerId;
use marque_config::brand::{self, Brand};
use marque_config::feed::Record;
use serde_json::json;

use super::{Refused, search, text};
use crate::model::principal::Reach;
use crate::store::{Partner, Store, Whose, Write};

/// What a new partner is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPartner {
    /// Its name, for the vendor's staff.
    pub name: String,
    /// What its clients see.
    pub brand: Brand,
}

/// What may change of a partner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartnerChange {
    /// A new name.
    pub name: Option<String>,
    /// A new brand.
    pub brand: Option<Brand>,
}

/// Adds a partner.
///
/// # Errors
/// [`Refused`].
pub async fn create(write: &mut Write, new: NewPartner) -> Result<Partner, Refused> {
    let partner = Partner {
        id: write.id(),
        name: text("/name", &new.name, 200)?,
        brand: checked(new.brand)?,
        state: "active".into(),
        created_ms: write.now_ms(),
    };
    write.add_partner(&partner).await?;
    search::partner(write, &partner).await?;
    write.audit("partner.created", &partner.id, Whose::partner(partner.id), json!({ "name": partner.name }));
    write.feed(at_the_edge(&partner));
    Ok(partner)
}

/// Changes a partner.
///
/// # Errors
/// [`Refused`].
pub async fn change(
    write: &mut Write,
    reach: &Reach,
    id: PartnerId,
    change: PartnerChange,
) -> Result<Partner, Refused> {
    let mut partner = write.partner(reach, id).await?.ok_or(Refused::NotFound)?;
    let before = json!({ "name": partner.name, "brand": partner.brand });
    if let Some(name) = change.name {
        partner.name = text("/name", &name, 200)?;
    }
    if let Some(brand) = change.brand {
        partner.brand = checked(brand)?;
    }
    write.update_partner(&partner).await?;
    search::partner(write, &partner).await?;
    let after = json!({ "name": partner.name, "brand": partner.brand });
    write.audit(
        "partner.changed",
        &partner.id,
        Whose::partner(partner.id),
        json!({ "before": before, "after": after }),
    );
    write.feed(at_the_edge(&partner));
    Ok(partner)
}

/// One partner, behind the gate.
///
/// # Errors
/// [`Refused`].
pub async fn current(write: &mut Write, reach: &Reach, id: PartnerId) -> Result<Partner, Refused> {
    write.partner(reach, id).await?.ok_or(Refused::NotFound)
}

/// One partner.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, id: PartnerId) -> Result<Partner, Refused> {
    store.partner(reach, id).await?.ok_or(Refused::NotFound)
}

fn checked(brand: Brand) -> Result<Brand, Refused> {
    let support = brand.support.map(|support| text("/brand/support", &support, 200)).transpose()?;
    Ok(Brand { name: text("/brand/name", &brand.name, 100)?, support })
}

fn at_the_edge(partner: &Partner) -> Record {
    Record::Partner(brand::Partner { id: partner.id, brand: partner.brand.clone() })
}
