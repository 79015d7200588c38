//! Quotes: what a basket costs, sealed so that only we can have written it. Nothing is kept; an order that carries one is
//! refused when it would cost something else.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use marque_config::seal::{Context, KeyRing, Purpose, Sealed};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::promos;
use crate::catalogue::model::price::{Basket, Priced};
use crate::database::StoreError;
use crate::database::refused::Refused;
use crate::kernel::fault::{Conflict, FieldFault};
use crate::kernel::language::Sentence;
use crate::kernel::money::Money;
use crate::kernel::parts::Parts;
use crate::kernel::token::hex;

impl Conflict {
    /// The order would cost something else than the quote says.
    pub const PRICE_CHANGED: Self = Self::new(
        "price-changed",
        "The price is not the quote’s any more: ask for a new quote.",
        "Le prix n’est plus celui du devis : demandez-en un nouveau.",
    );
    /// The quote is too old.
    pub const QUOTE_EXPIRED: Self = Self::new(
        "quote-expired",
        "The quote has expired: ask for a new one.",
        "Le devis a expiré : demandez-en un nouveau.",
    );
}

/// For how long a quote may be carried by an order.
const LASTS_MS: i64 = 30 * 86_400_000;

/// No quote's text is longer.
const MOST_TEXT: usize = 1_000;

const CONTEXT: Context<'static> = Context { purpose: Purpose::Quote, owner: "control-plane", name: "" };

/// A quote's text, and until when an order may carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// What an order carries.
    pub text: String,
    /// Until when, milliseconds since 1970, UTC.
    pub expires_ms: i64,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Promise {
    basket: String,
    total: Money,
    expires_ms: i64,
}

/// Writes a quote down.
///
/// # Errors
/// When it can't be sealed.
pub fn give(keys: &KeyRing, parts: &Parts, basket: &Basket, priced: &Priced) -> Result<Quote, Refused> {
    let expires_ms = parts.now_ms().saturating_add(LASTS_MS);
    let promise = Promise { basket: named(basket), total: priced.total, expires_ms };
    let sealed = keys.seal(CONTEXT, &parts.bytes(), json!(promise).to_string().as_bytes());
    let sealed = sealed.map_err(|error| StoreError::Unreadable { what: "quote", detail: error.to_string() })?;
    Ok(Quote { text: URL_SAFE_NO_PAD.encode(sealed.as_bytes()), expires_ms })
}

/// Looks at the quote that an order carries, once the order is priced; for which client it is doesn't matter.
///
/// # Errors
/// [`Conflict::PRICE_CHANGED`], [`Conflict::QUOTE_EXPIRED`], or a fault at `/quote` when it is none of ours or of
/// another order.
pub fn accept(keys: &KeyRing, now_ms: i64, text: &str, (basket, priced): (&Basket, &Priced)) -> Result<(), Refused> {
    let promise = opened(keys, text).ok_or_else(|| {
        let said = Sentence::fixed("This is no quote of ours.", "Ce devis n’est pas de nous.");
        FieldFault::new("/quote", "invalid-quote", said)
    })?;
    if promise.basket != named(basket) {
        let said = Sentence::fixed("This quote is for another order.", "Ce devis est pour une autre commande.");
        return Err(FieldFault::new("/quote", "quote-of-another-order", said).into());
    }
    if promise.expires_ms <= now_ms {
        return Err(Conflict::QUOTE_EXPIRED.into());
    }
    if promise.total == priced.total { Ok(()) } else { Err(Conflict::PRICE_CHANGED.into()) }
}

fn opened(keys: &KeyRing, text: &str) -> Option<Promise> {
    let bytes = Some(text).filter(|text| text.len() <= MOST_TEXT).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())?;
    let plain = keys.open(CONTEXT, &Sealed::from_bytes(bytes)).ok()?;
    serde_json::from_slice(&plain).ok()
}

/// Names what is ordered, whatever the order of the components.
fn named(basket: &Basket) -> String {
    let components: BTreeMap<_, _> =
        basket.components.iter().map(|(id, quantity)| (id.to_string(), quantity)).collect();
    let what = json!({
        "partner": basket.partner,
        "country": basket.country,
        "price_list": basket.price_list,
        "plan": basket.plan,
        "term": basket.term,
        "components": components,
        "promo": basket.promo.as_deref().map(promos::kept),
    });
    hex(digest(&SHA256, what.to_string().as_bytes()).as_ref())
}
