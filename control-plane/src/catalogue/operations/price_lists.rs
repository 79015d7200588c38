//! Price lists: each is of one currency (S3.16), and for some partners and countries or for all.

use iso_currency::Currency;
use serde_json::json;

use crate::catalogue::model::price::{PriceList, PriceListState};
use crate::catalogue::operations::check_length;
use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::kernel::fault::{Conflict, FieldFault, text, unknown};
use crate::kernel::ids::{PriceListId, PriceListKind};
use crate::kernel::language::Sentence;
use crate::kernel::principal::{Principal, Reach};
use crate::kernel::resource::{New, Patch};

/// Adds a price list. It has no prices yet.
///
/// # Errors
/// [`Refused`].
pub async fn create(write: &mut Write, new: New<PriceList>) -> Result<PriceList, Refused> {
    let mut assigned = write.assigned::<PriceListKind>();
    assigned["state"] = json!(PriceListState::Open);
    let list = new.with(assigned)?;
    check(write, &list).await?;
    let is_new = write.create("price_list.created", Whose::VENDOR, &list).await?;
    if is_new { Ok(list) } else { Err(Conflict::NAME_TAKEN.into()) }
}

/// Changes a price list; its currency stays.
///
/// # Errors
/// [`Refused`].
pub async fn change(write: &mut Write, before: PriceList, patch: Patch<PriceList>) -> Result<PriceList, Refused> {
    let list = patch.over(&before)?;
    check(write, &list).await?;
    if write.is_price_list_name_taken(&list).await? {
        return Err(Conflict::NAME_TAKEN.into());
    }
    write.change("price_list.changed", Whose::VENDOR, (&before, &list)).await?;
    Ok(list)
}

/// One price list, if it is for the caller.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, id: PriceListId) -> Result<PriceList, Refused> {
    let list: Option<PriceList> = store.find(&id).await?;
    list.filter(|list| sees(reach, list)).map(|list| seen_by(reach, list)).ok_or(Refused::NotFound)
}

/// A partner isn't told for whom else a list is.
#[must_use]
pub fn seen_by(reach: &Reach, list: PriceList) -> PriceList {
    PriceList { partners: list.partners.filter(|_| reach.is_operator()), ..list }
}

/// Whose wholesale prices are shown: the vendor's to itself, a partner's to that partner, and to nobody else. Null is
/// the vendor, as statements bind it; nothing is for who sees none.
#[must_use]
pub fn audience(reach: &Reach) -> Option<Option<String>> {
    match (reach.principal(), reach.partner()) {
        (Principal::Operator, None) => Some(None),
        (Principal::Partner(id), Some(of)) if of == id.to_string() => Some(Some(of)),
        _ => None,
    }
}

/// Takes a currency in which something can be sold: gold and test codes have no minor unit.
pub(crate) fn money(pointer: &str, currency: Currency) -> Result<Currency, FieldFault> {
    if currency.exponent().is_some() {
        return Ok(currency);
    }
    let said = Sentence::fixed("Nothing is sold in this currency.", "Rien ne se vend dans cette devise.");
    Err(FieldFault::new(pointer, "invalid-currency", said))
}

fn sees(reach: &Reach, list: &PriceList) -> bool {
    match (audience(reach), reach.principal()) {
        (Some(None), _) => true,
        (Some(Some(_)), Principal::Partner(id)) => list.is_for(id),
        _ => false,
    }
}

async fn check(write: &mut Write, list: &PriceList) -> Result<(), Refused> {
    text("/name", &list.name, 100)?;
    money("/currency", list.currency)?;
    check_length("/countries", list.countries.0.len(), 300)?;
    check_length("/partners", list.partners.iter().flatten().count(), 100)?;
    for id in list.partners.iter().flatten() {
        write.partner(&Reach::system("catalogue"), *id).await?.ok_or_else(|| unknown("/partners"))?;
    }
    Ok(())
}
