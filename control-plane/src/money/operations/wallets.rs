//! What partners have: opened, and how far it may go below zero.

use iso_currency::Currency;
use marque_config::PartnerId;
use serde_json::json;

use super::ledger;
use crate::database::refused::Refused;
use crate::database::{Store, Whose, Write};
use crate::kernel::fault::{Conflict, FieldFault, unknown};
use crate::kernel::ids::WalletId;
use crate::kernel::language::Sentence;
use crate::kernel::money::{MOST_MINOR, Money};
use crate::kernel::principal::Reach;
use crate::money::model::ledger::Wallet;

/// What a new wallet is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWallet {
    /// Whose it is.
    pub partner: PartnerId,
    /// Its currency.
    pub currency: Currency,
    /// How far below zero it may go.
    pub credit_limit: i64,
    /// The partner is told when less than this can be spent.
    pub warn_below: Option<i64>,
}

/// What may change of a wallet by hand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WalletChange {
    /// How far below zero it may go.
    pub credit_limit: Option<i64>,
    /// The partner is told when less than this can be spent; none inside: it is never told.
    pub warn_below: Option<Option<i64>>,
}

impl Conflict {
    /// The partner has a wallet in the currency.
    pub const WALLET_EXISTS: Self = Self::new(
        "wallet-exists",
        "The partner has a wallet in this currency.",
        "Le partenaire a déjà un compte dans cette devise.",
    );
    /// More of the credit is used than would be left.
    pub const LIMIT_BELOW_DEBT: Self = Self::new(
        "limit-below-debt",
        "The partner has used more of its credit than this.",
        "Le partenaire a déjà utilisé plus de crédit que cela.",
    );
}

/// Opens a wallet.
///
/// # Errors
/// [`Refused`].
pub async fn open(write: &mut Write, reach: &Reach, new: NewWallet) -> Result<Wallet, Refused> {
    write.partner(reach, new.partner).await?.ok_or_else(|| unknown("/partner"))?;
    let wallet = Wallet {
        id: write.id(),
        partner: new.partner,
        currency: new.currency,
        balance: 0,
        pending: 0,
        credit_limit: bounded("/credit_limit", new.credit_limit)?,
        warn_below: new.warn_below.map(|below| bounded("/warn_below", below)).transpose()?,
        is_low: false,
        created_ms: write.now_ms(),
    };
    if write.wallet_in(wallet.partner, wallet.currency).await?.is_some() {
        return Err(Conflict::WALLET_EXISTS.into());
    }
    let mut wallet = wallet;
    write.add_wallet(&wallet).await?;
    write.audit("wallet.opened", &wallet.id, Whose::partner(wallet.partner), audit_detail(&wallet));
    ledger::warn(write, &mut wallet).await?;
    write.update_wallet(&wallet).await?;
    ledger::grew(write, 0, &wallet).await?;
    Ok(wallet)
}

/// Changes how far a wallet may go, or when the partner is warned.
///
/// # Errors
/// [`Refused`].
pub async fn change(write: &mut Write, reach: &Reach, id: WalletId, change: WalletChange) -> Result<Wallet, Refused> {
    let before = current(write, reach, id).await?;
    let mut wallet = before.clone();
    if let Some(limit) = change.credit_limit {
        wallet.credit_limit = bounded("/credit_limit", limit)?;
    }
    if let Some(below) = change.warn_below {
        wallet.warn_below = below.map(|below| bounded("/warn_below", below)).transpose()?;
    }
    if wallet.available() < 0 {
        return Err(Conflict::LIMIT_BELOW_DEBT.into());
    }
    if wallet == before {
        return Ok(wallet);
    }
    let detail = json!({ "before": audit_detail(&before), "after": audit_detail(&wallet) });
    write.audit("wallet.changed", &wallet.id, Whose::partner(wallet.partner), detail);
    ledger::warn(write, &mut wallet).await?;
    write.update_wallet(&wallet).await?;
    ledger::grew(write, before.available(), &wallet).await?;
    Ok(wallet)
}

/// One wallet, behind the gate.
///
/// # Errors
/// [`Refused`].
pub async fn current(write: &mut Write, reach: &Reach, id: WalletId) -> Result<Wallet, Refused> {
    write.wallet(reach, id).await?.ok_or(Refused::NotFound)
}

/// One wallet.
///
/// # Errors
/// [`Refused`].
pub async fn one(store: &Store, reach: &Reach, id: WalletId) -> Result<Wallet, Refused> {
    store.wallet(reach, id).await?.ok_or(Refused::NotFound)
}

fn audit_detail(wallet: &Wallet) -> serde_json::Value {
    let money = |minor| Money { minor, currency: wallet.currency };
    json!({ "credit_limit": money(wallet.credit_limit), "warn_below": wallet.warn_below.map(money) })
}

fn bounded(pointer: &str, minor: i64) -> Result<i64, FieldFault> {
    let said = Sentence::fixed(
        "This is 0 to 1,000,000,000,000 in the currency’s minor unit.",
        "C’est de 0 à 1 000 000 000 000 dans l’unité mineure de la devise.",
    );
    let fits = (0..=MOST_MINOR).contains(&minor);
    if fits { Ok(minor) } else { Err(FieldFault::new(pointer, "invalid-amount", said)) }
}
