//! Price lists: each is of one currency (S3.16), and for some partners and countries or for all.

use iso_currency::Currency;
use marque_config::PartnerId;
use serde_json::{Value, json};

use crate::catalogue::model::price::{PriceList, PriceListState};
use crate::catalogue::operations::{countries, limit};
use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::kernel::country::Country;
use crate::kernel::fault::{Conflict, FieldFault, text, unknown};
use crate::kernel::ids::PriceListId;
use crate::kernel::language::Sentence;
use crate::kernel::principal::{Principal, Reach};

/// What may change of a price list, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceListRest {
    /// How people call it.
    pub name: String,
    /// Where the clients are that it is for; empty is everywhere.
    pub countries: Vec<Country>,
    /// Whom it is for; empty is every partner.
    pub partners: Vec<PartnerId>,
    /// Whether orders are taken with it.
    pub state: PriceListState,
}

/// Adds a price list. It has no prices yet.
///
/// # Errors
/// [`Refused`].
pub async fn create(write: &mut Write, currency: Currency, rest: PriceListRest) -> Result<PriceList, Refused> {
    let list = PriceList {
        id: write.id(),
        name: text("/name", &rest.name, 100)?,
        currency: money("/currency", currency)?,
        countries: countries("/countries", rest.countries)?,
        partners: limit("/partners", rest.partners)?,
        state: rest.state,
        created_ms: write.now_ms(),
    };
    check_partners(write, &list).await?;
    if !write.add_price_list(&list).await? {
        return Err(Conflict::NAME_TAKEN.into());
    }
    write.audit("price_list.created", &list.id, Whose::VENDOR, audit_detail(&list));
    Ok(list)
}

/// Changes a price list; its currency stays.
///
/// # Errors
/// [`Refused`].
pub async fn change(write: &mut Write, id: PriceListId, rest: PriceListRest) -> Result<PriceList, Refused> {
    let before = write.price_list(id).await?.ok_or(Refused::NotFound)?;
    let list = PriceList {
        name: text("/name", &rest.name, 100)?,
        countries: countries("/countries", rest.countries)?,
        partners: limit("/partners", rest.partners)?,
        state: rest.state,
        ..before.clone()
    };
    if list == before {
        return Ok(list);
    }
    check_partners(write, &list).await?;
    if !write.update_price_list(&list).await? {
        return Err(Conflict::NAME_TAKEN.into());
    }
    let detail = json!({ "before": audit_detail(&before), "after": audit_detail(&list) });
    write.audit("price_list.changed", &list.id, Whose::VENDOR, detail);
    Ok(list)
}

/// One price list, behind the gate.
///
/// # Errors
/// [`Refused`].
pub async fn current(write: &mut Write, id: PriceListId) -> Result<PriceList, Refused> {
    write.price_list(id).await?.ok_or(Refused::NotFound)
}

/// One price list, if it is for the caller.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, id: PriceListId) -> Result<PriceList, Refused> {
    let list = store.price_list(id).await?.ok_or(Refused::NotFound)?;
    if sees(reach, &list) { Ok(list) } else { Err(Refused::NotFound) }
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

async fn check_partners(write: &mut Write, list: &PriceList) -> Result<(), Refused> {
    for id in list.partners.iter().flatten() {
        write.partner(&Reach::system("catalogue"), *id).await?.ok_or_else(|| unknown("/partners"))?;
    }
    Ok(())
}

fn audit_detail(list: &PriceList) -> Value {
    json!({
        "name": list.name,
        "currency": list.currency,
        "countries": list.countries,
        "partners": list.partners,
        "state": list.state,
    })
}
