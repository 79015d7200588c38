//! The promo codes themselves: the vendor makes and ends them.

use serde_json::{Value, json};

use super::kept;
use crate::catalogue::model::promo::{Discount, Lasts, Promo, PromoTerms};
use crate::catalogue::operations::{price_lists, within};
use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::kernel::fault::{Conflict, FieldFault, unknown};
use crate::kernel::ids::PromoId;
use crate::kernel::language::Sentence;
use crate::kernel::money::{MOST_MINOR, Money};
use crate::kernel::principal::Reach;
use crate::kernel::time::Time;

/// What a new promo code is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPromo {
    /// What people type.
    pub code: String,
    /// What it gives, and to whom.
    pub terms: PromoTerms,
    /// From when on; none is now.
    pub from_ms: Option<i64>,
    /// Until when and how often.
    pub ends: Ends,
}

/// When a promo code ends: what may change of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ends {
    /// Until when.
    pub until_ms: Option<i64>,
    /// How often it can be used.
    pub max_uses: Option<i64>,
    /// How often each partner can use it.
    pub max_uses_per_partner: Option<i64>,
}

/// No limit of uses is higher.
const MOST_USES: i64 = 1_000_000;

/// Adds a promo code.
///
/// # Errors
/// [`Refused`].
pub async fn create(write: &mut Write, new: NewPromo) -> Result<Promo, Refused> {
    let from_ms = new.from_ms.unwrap_or(write.now_ms());
    check_terms(write, &new.terms).await?;
    let promo = Promo {
        id: write.id(),
        code: code(&new.code)?,
        terms: new.terms,
        from_ms,
        until_ms: until(new.ends.until_ms, from_ms)?,
        max_uses: uses("/max_uses", new.ends.max_uses, 1)?,
        max_uses_per_partner: uses("/max_uses_per_partner", new.ends.max_uses_per_partner, 1)?,
        used: 0,
        revoked_ms: None,
        created_ms: write.now_ms(),
    };
    if !write.insert(&promo).await? {
        return Err(Conflict::CODE_TAKEN.into());
    }
    write.audit("promo_code.created", &promo.id, Whose::VENDOR, audit_detail(&promo));
    Ok(promo)
}

/// Changes when a promo code ends. It can't have been used more often than it may be.
///
/// # Errors
/// [`Refused`].
pub async fn change(write: &mut Write, id: PromoId, ends: Ends) -> Result<Promo, Refused> {
    let before = current(write, id).await?;
    let promo = Promo {
        until_ms: until(ends.until_ms, before.from_ms)?,
        max_uses: uses("/max_uses", ends.max_uses, before.used.max(1))?,
        max_uses_per_partner: uses("/max_uses_per_partner", ends.max_uses_per_partner, 1)?,
        ..before.clone()
    };
    if promo != before {
        write.update(&promo).await?;
        let detail = json!({ "before": audit_detail(&before), "after": audit_detail(&promo) });
        write.audit("promo_code.changed", &promo.id, Whose::VENDOR, detail);
    }
    Ok(promo)
}

/// Ends a promo code for good. What it was given to keeps it.
///
/// # Errors
/// [`Refused`].
pub async fn revoke(write: &mut Write, id: PromoId) -> Result<Promo, Refused> {
    let before = current(write, id).await?;
    if before.revoked_ms.is_some() {
        return Ok(before);
    }
    let promo = Promo { revoked_ms: Some(write.now_ms()), ..before };
    write.update(&promo).await?;
    write.audit("promo_code.revoked", &promo.id, Whose::VENDOR, audit_detail(&promo));
    Ok(promo)
}

/// One promo code, behind the gate.
///
/// # Errors
/// [`Refused`].
pub async fn current(write: &mut Write, id: PromoId) -> Result<Promo, Refused> {
    write.find(&id).await?.ok_or(Refused::NotFound)
}

/// One promo code.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, id: PromoId) -> Result<Promo, Refused> {
    store.find(&id).await?.ok_or(Refused::NotFound)
}

async fn check_terms(write: &mut Write, terms: &PromoTerms) -> Result<(), Refused> {
    match terms.discount {
        Discount::Percent { basis_points } => {
            within("/discount/basis_points", basis_points, 1..=10_000)?;
        }
        Discount::Amount { off } => check_amount("/discount/off", off, 1)?,
    }
    if let Lasts::Periods { periods } = terms.lasts {
        within("/lasts/periods", i64::from(periods), 1..=120)?;
    }
    if let Some(minimum) = terms.minimum {
        check_amount("/minimum", minimum, 0)?;
    }
    for id in terms.plans.iter().flatten() {
        write.plan(*id).await?.ok_or_else(|| unknown("/plans"))?;
    }
    for id in terms.partners.iter().flatten() {
        write.partner(&Reach::system("promos"), *id).await?.ok_or_else(|| unknown("/partners"))?;
    }
    Ok(())
}

fn check_amount(pointer: &str, amount: Money, least: i64) -> Result<(), FieldFault> {
    within(&format!("{pointer}/amount"), amount.minor, least..=MOST_MINOR)?;
    price_lists::money(&format!("{pointer}/currency"), amount.currency)?;
    Ok(())
}

/// Letters, digits, hyphens and underscores, 3 to 40 of them; kept in capitals.
fn code(text: &str) -> Result<String, FieldFault> {
    let kept = kept(text);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if (3..=40).contains(&kept.len()) && kept.bytes().all(plain) {
        return Ok(kept);
    }
    let said = Sentence::fixed(
        "A promo code has 3 to 40 letters without accents, digits, hyphens and underscores.",
        "Un code promo a de 3 à 40 lettres sans accent, chiffres, tirets et soulignés.",
    );
    Err(FieldFault::new("/code", "invalid-code", said))
}

fn until(until_ms: Option<i64>, from_ms: i64) -> Result<Option<i64>, FieldFault> {
    if until_ms.is_none_or(|until_ms| until_ms > from_ms) {
        return Ok(until_ms);
    }
    let said = Sentence::fixed("It ends after it begins.", "La fin vient après le début.");
    Err(FieldFault::new("/until", "ends-before-it-begins", said))
}

fn uses(pointer: &str, uses: Option<i64>, least: i64) -> Result<Option<i64>, FieldFault> {
    uses.map(|uses| within(pointer, uses, least..=MOST_USES)).transpose()
}

fn audit_detail(promo: &Promo) -> Value {
    json!({
        "code": promo.code,
        "terms": promo.terms,
        "from": Time::from_ms(promo.from_ms),
        "until": promo.until_ms.map(Time::from_ms),
        "max_uses": promo.max_uses,
        "max_uses_per_partner": promo.max_uses_per_partner,
        "revoked": promo.revoked_ms.is_some(),
    })
}
