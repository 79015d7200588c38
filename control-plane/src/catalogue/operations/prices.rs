//! What a basket costs. The server alone works prices out, from the version of the price list that is in force, in
//! integers; a percentage is rounded once, half to even. The result is whole, so that an order keeps it.

mod chosen;

use marque_config::PartnerId;
use sqlx::AnyConnection;

use super::{price_lists, promos};
use crate::catalogue::model::price::{Basket, Priced, PricedLine, Step};
use crate::catalogue::model::promo::Unusable;
use crate::catalogue::model::{Plan, Product};
use crate::database::refused::Refused;
use crate::database::{Store, StoreError};
use crate::kernel::fault::{Conflict, FieldFault, unknown};
use crate::kernel::ids::PromoId;
use crate::kernel::language::Sentence;
use crate::kernel::money::{Money, MoneyError};
use crate::kernel::principal::{Principal, Reach};
use chosen::Chosen;

impl Conflict {
    /// What was chosen isn't sold to a client there.
    pub const OFFER_UNAVAILABLE_IN_REGION: Self = Self::new(
        "offer-unavailable-in-region",
        "This offer is not available in the client’s country.",
        "Cette offre n’est pas disponible dans le pays du client.",
    );
    /// What was chosen isn't sold, or has no price now.
    pub const OFFER_UNAVAILABLE: Self =
        Self::new("offer-unavailable", "This offer is not on sale.", "Cette offre n’est pas en vente.");
}

/// What was promised to a subscription, and the period that is to be priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promised {
    /// The promo code that it was ordered with.
    pub promo: Option<PromoId>,
    /// Which period it is, counted from 1.
    pub period: i64,
}

/// What a basket chose of the catalogue, and what it costs.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    /// The plan.
    pub(crate) plan: Plan,
    /// Its product.
    pub(crate) product: Product,
    /// The price.
    pub(crate) priced: Priced,
}

/// What a basket costs now, if it can be ordered. Faults point at the fields of an order: `/price_list`, `/plan`,
/// `/components/0/quantity`.
///
/// # Errors
/// [`Refused`].
pub async fn price(connection: &mut AnyConnection, now_ms: i64, basket: &Basket) -> Result<Priced, Refused> {
    Ok(select(connection, now_ms, basket).await?.priced)
}

/// The same, with what was looked up for it.
///
/// # Errors
/// As [`price`].
pub(crate) async fn select(connection: &mut AnyConnection, now_ms: i64, basket: &Basket) -> Result<Selection, Refused> {
    match worked_out(connection, now_ms, basket).await? {
        (selection, None) => Ok(selection),
        (_, Some(unusable)) => Err(promos::invalid(unusable)),
    }
}

/// What a basket costs now, and why its promo code takes nothing off.
///
/// # Errors
/// [`Refused`].
pub async fn check(store: &Store, basket: &Basket) -> Result<(Priced, Option<Unusable>), Refused> {
    let mut connection = store.reader().acquire().await.map_err(StoreError::from)?;
    let (selection, unusable) = worked_out(&mut connection, store.now_ms(), basket).await?;
    Ok((selection.priced, unusable))
}

async fn worked_out(
    connection: &mut AnyConnection,
    now_ms: i64,
    basket: &Basket,
) -> Result<(Selection, Option<Unusable>), Refused> {
    let chosen = Chosen::look_up(connection, now_ms, basket).await?;
    chosen.check_on_sale(basket)?;
    chosen.check_configuration(basket)?;
    let sums = chosen.add_up()?;
    let mut priced = whole(&chosen, basket, &sums)?;
    let unusable = discount(connection, (now_ms, basket), (&mut priced, &sums)).await?;
    Ok((Selection { plan: chosen.plan, product: chosen.product, priced }, unusable))
}

/// Takes off what a basket's promo code gives, or says why it gives nothing.
async fn discount(
    connection: &mut AnyConnection,
    (now_ms, basket): (i64, &Basket),
    (priced, sums): (&mut Priced, &Sums),
) -> Result<Option<Unusable>, Refused> {
    let Some(code) = &basket.promo else { return Ok(None) };
    let promo = match promos::usable(connection, now_ms, (code, basket)).await? {
        Ok(promo) => promo,
        Err(unusable) => return Ok(Some(unusable)),
    };
    match promo.terms.off(sums.plan, sums.components).map_err(too_large)? {
        Ok(off) => take_off(priced, promo.id, off, &promo.code).map(|()| None),
        Err(unusable) => Ok(Some(unusable)),
    }
}

/// The same, outside of a write.
///
/// # Errors
/// [`Refused`].
pub async fn now(store: &Store, basket: &Basket) -> Result<Priced, Refused> {
    let mut connection = store.reader().acquire().await.map_err(StoreError::from)?;
    price(&mut connection, store.now_ms(), basket).await
}

/// What a period of a subscription costs now. What isn't on sale any more is renewed all the same; only what has no
/// price is refused. The basket's promo code isn't looked at: the subscription's own holds.
///
/// # Errors
/// [`Refused`].
pub async fn renew(
    connection: &mut AnyConnection,
    now_ms: i64,
    (basket, promised): (&Basket, Promised),
) -> Result<Priced, Refused> {
    let chosen = Chosen::look_up(connection, now_ms, basket).await?;
    let sums = chosen.add_up()?;
    let mut priced = whole(&chosen, basket, &sums)?;
    keep_promise(connection, &mut priced, (sums.plan, sums.components), promised).await?;
    Ok(priced)
}

/// What a subscription that is changed costs from now on: what is chosen must be on sale, as for an order, and the
/// subscription's own promo code holds.
///
/// # Errors
/// [`Refused`].
pub async fn change(
    connection: &mut AnyConnection,
    now_ms: i64,
    (basket, promised): (&Basket, Promised),
) -> Result<Priced, Refused> {
    let chosen = Chosen::look_up(connection, now_ms, basket).await?;
    chosen.check_on_sale(basket)?;
    chosen.check_configuration(basket)?;
    let sums = chosen.add_up()?;
    let mut priced = whole(&chosen, basket, &sums)?;
    keep_promise(connection, &mut priced, (sums.plan, sums.components), promised).await?;
    Ok(priced)
}

/// The price that was agreed on, for a period that has no other: with what was promised taken off anew.
///
/// # Errors
/// [`Refused`].
pub async fn as_agreed(connection: &mut AnyConnection, agreed: &Priced, promised: Promised) -> Result<Priced, Refused> {
    let mut explanation = agreed.explanation.clone();
    explanation.retain(|step| step.code != "promo");
    let discount = Money::zero(agreed.currency);
    let mut priced = Priced { discount, total: agreed.net, promo: None, explanation, ..agreed.clone() };
    // The plan's line is the first one.
    let plan = agreed.lines.first().map_or(agreed.net, |line| line.total);
    let components = agreed.net.minus(plan).map_err(too_large)?;
    keep_promise(connection, &mut priced, (plan, components), promised).await?;
    Ok(priced)
}

/// Takes off what a subscription's promo code gives in this period. Where it gives nothing, to this plan or to so
/// little, that is no refusal: it may give something in the next.
async fn keep_promise(
    connection: &mut AnyConnection,
    priced: &mut Priced,
    (plan, components): (Money, Money),
    promised: Promised,
) -> Result<(), Refused> {
    let Some(promo) = promised.promo else { return Ok(()) };
    let promo = promos::promised(connection, promo).await?;
    if !promo.terms.holds_in(promised.period) || !promo.terms.is_for(priced.plan, priced.term) {
        return Ok(());
    }
    match promo.terms.off(plan, components).map_err(too_large)? {
        Ok(off) => take_off(priced, promo.id, off, &promo.code),
        Err(_) => Ok(()),
    }
}

/// Who orders: a partner for itself, the vendor for a partner that it names.
///
/// # Errors
/// [`Refused`].
pub async fn orderer(store: &Store, reach: &Reach, named: Option<PartnerId>) -> Result<PartnerId, Refused> {
    let own = match (price_lists::audience(reach), reach.principal()) {
        (Some(Some(_)), Principal::Partner(id)) => Some(id),
        (Some(None), _) => None,
        _ => return Err(Refused::NotFound),
    };
    let Some(wanted) = named.or(own) else {
        let said = Sentence::fixed("Say for which partner.", "Dites pour quel partenaire.");
        return Err(FieldFault::new("/partner", "missing-field", said).into());
    };
    let partner = store.partner(reach, wanted).await?;
    Ok(partner.ok_or_else(|| unknown("/partner"))?.id)
}

/// The client that a basket names is the partner's, and where the basket says: what is sold depends on it.
///
/// # Errors
/// [`Refused`].
pub async fn check_client(store: &Store, reach: &Reach, basket: &Basket) -> Result<(), Refused> {
    let Some(id) = basket.client else { return Ok(()) };
    let client = store.client(reach, id).await?.filter(|client| client.partner == basket.partner);
    let client = client.ok_or_else(|| unknown("/client"))?;
    if client.country == basket.country {
        return Ok(());
    }
    let said = Sentence::fixed("The client is in another country.", "Le client est dans un autre pays.");
    Err(FieldFault::new("/country", "other-country", said).into())
}

/// What the lines come to.
struct Sums {
    lines: Vec<PricedLine>,
    plan: Money,
    components: Money,
}

fn whole(chosen: &Chosen, basket: &Basket, sums: &Sums) -> Result<Priced, Refused> {
    let net = sums.plan.plus(sums.components).map_err(too_large)?;
    let (name, number) = (&chosen.list.name, chosen.version.number);
    let version = Step {
        code: "version".into(),
        english: format!("The prices are of version {number} of the price list “{name}”."),
        french: format!("Les prix sont ceux de la version {number} de la liste de prix « {name} »."),
        amount: None,
    };
    let lines = Step {
        code: "lines".into(),
        english: "The lines add up.".into(),
        french: "Les lignes s’additionnent.".into(),
        amount: Some(net),
    };
    Ok(Priced {
        price_list: chosen.list.id,
        version: chosen.version.id,
        currency: chosen.list.currency,
        product: chosen.product.id,
        application: chosen.product.application,
        plan: basket.plan,
        term: basket.term,
        lines: sums.lines.clone(),
        net,
        discount: Money::zero(chosen.list.currency),
        total: net,
        promo: None,
        explanation: vec![version, lines],
    })
}

fn take_off(priced: &mut Priced, promo: PromoId, off: Money, code: &str) -> Result<(), Refused> {
    priced.promo = Some(promo);
    priced.discount = off;
    priced.total = priced.net.minus(off).map_err(too_large)?;
    priced.explanation.push(Step {
        code: "promo".into(),
        english: format!("The promo code {code} takes this off."),
        french: format!("Le code promo {code} déduit ce montant."),
        amount: Some(off),
    });
    Ok(())
}

/// What doesn't fit is refused, never wrapped.
fn too_large(_: MoneyError) -> Refused {
    let said = Sentence::fixed("The amount is too large.", "Le montant est trop grand.");
    FieldFault::new("/components", "amount-too-large", said).into()
}
