//! The ledger: amounts are held, earned, given back, in whole minor units and never below what a partner's credit
//! allows. Each source is charged at most once. Who calls writes the audit row of what the amount is for; only what the
//! ledger decides itself, that a balance is low, is audited here.

use iso_currency::Currency;
use marque_config::PartnerId;
use serde_json::json;

use crate::database::refused::Refused;
use crate::database::{Signal, StoreError, Whose, Write};
use crate::kernel::fault::{Conflict, FieldFault};
use crate::kernel::ids::LedgerTxId;
use crate::kernel::language::Sentence;
use crate::kernel::money::{MOST_MINOR, Money};
use crate::kernel::principal::Reach;
use crate::kernel::right::Right;
use crate::money::model::ledger::{ChargeState, Source, Step, Unaffordable, Wallet};
use crate::money::store::ledger::{Charge, NewLedgerTx};
use crate::notify::model::mail::MailKind;
use crate::notify::operations::mail::{self, Notice};

impl Conflict {
    /// The balance and the credit are insufficient.
    pub const CREDIT_EXCEEDED: Self =
        Self::new("credit-exceeded", "Insufficient balance and credit.", "Le solde et le crédit sont insuffisants.");
    /// It was charged for before.
    pub const ALREADY_CHARGED: Self =
        Self::new("already-charged", "This was charged for before.", "Ceci a déjà été débité.");
    /// What is held was earned or given back before, or never held.
    pub const CHARGE_SETTLED: Self = Self::new(
        "charge-settled",
        "This charge was settled before, or there is none.",
        "Ce débit a déjà été soldé, ou n’existe pas.",
    );
}

/// Opens what a partner starts with. Further wallets appear on first use.
///
/// # Errors
/// [`Refused`].
pub async fn open_wallets(write: &mut Write, partner: PartnerId) -> Result<(), Refused> {
    wallet(write, partner, Currency::EUR).await?;
    Ok(())
}

/// Sets an amount aside.
///
/// # Errors
/// [`Conflict::CREDIT_EXCEEDED`], [`Conflict::ALREADY_CHARGED`], an amount below zero.
pub async fn hold(
    write: &mut Write,
    partner: PartnerId,
    amount: Money,
    source: &Source,
) -> Result<LedgerTxId, Refused> {
    if amount.minor < 0 {
        return Err(wrong_amount().into());
    }
    begin(write, partner, amount, source, Begun::held()).await
}

/// What was held is earned.
///
/// # Errors
/// [`Conflict::CHARGE_SETTLED`].
pub async fn post(write: &mut Write, source: &Source) -> Result<LedgerTxId, Refused> {
    settle(write, source, (ChargeState::Pending, Step::Post, ChargeState::Posted)).await
}

/// What was held is free again.
///
/// # Errors
/// [`Conflict::CHARGE_SETTLED`].
pub async fn cancel(write: &mut Write, source: &Source) -> Result<LedgerTxId, Refused> {
    settle(write, source, (ChargeState::Pending, Step::Cancel, ChargeState::Voided)).await
}

/// What was earned is given back, at most once.
///
/// # Errors
/// [`Conflict::CHARGE_SETTLED`].
pub async fn reverse(write: &mut Write, source: &Source) -> Result<LedgerTxId, Refused> {
    settle(write, source, (ChargeState::Posted, Step::Reverse, ChargeState::Reversed)).await
}

/// Gives back whatever a source was charged: what is held is cancelled, what was earned is reversed. Where nothing was
/// charged, or it was given back before, nothing is done.
///
/// # Errors
/// [`Refused`].
pub async fn give_back(write: &mut Write, source: &Source) -> Result<Option<LedgerTxId>, Refused> {
    match write.charge_of(source).await?.map(|charge| charge.state) {
        Some(ChargeState::Pending) => cancel(write, source).await.map(Some),
        Some(ChargeState::Posted) => reverse(write, source).await.map(Some),
        Some(ChargeState::Voided | ChargeState::Reversed) | None => Ok(None),
    }
}

/// Holds and earns in one: nobody waits in between. An amount below zero is given to the partner.
///
/// # Errors
/// As [`hold`].
pub async fn charge(
    write: &mut Write,
    partner: PartnerId,
    amount: Money,
    source: &Source,
) -> Result<LedgerTxId, Refused> {
    let steps: &[Step] = if amount.minor < 0 { &[Step::Credit] } else { &[Step::Hold, Step::Post] };
    begin(write, partner, amount, source, Begun { steps, state: ChargeState::Posted, note: None }).await
}

/// How a source first moves money.
pub(crate) struct Begun<'a> {
    steps: &'static [Step],
    state: ChargeState,
    note: Option<&'a str>,
}

impl<'a> Begun<'a> {
    fn held() -> Self {
        Self { steps: &[Step::Hold], state: ChargeState::Pending, note: None }
    }

    /// The partner paid.
    pub(crate) fn paid(reference: &'a str) -> Self {
        Self { steps: &[Step::Pay], state: ChargeState::Posted, note: Some(reference) }
    }

    /// Something was corrected.
    pub(crate) fn adjusted(reason: &'a str) -> Self {
        Self { steps: &[Step::Adjust], state: ChargeState::Posted, note: Some(reason) }
    }
}

pub(crate) async fn begin(
    write: &mut Write,
    partner: PartnerId,
    amount: Money,
    source: &Source,
    begun: Begun<'_>,
) -> Result<LedgerTxId, Refused> {
    if !(-MOST_MINOR..=MOST_MINOR).contains(&amount.minor) {
        return Err(wrong_amount().into());
    }
    if !write.add_charge(source, &Charge { partner, amount, state: begun.state }).await? {
        return Err(Conflict::ALREADY_CHARGED.into());
    }
    let wallet = wallet(write, partner, amount.currency).await?;
    apply(write, wallet, (source, amount.minor), (begun.steps, begun.note)).await
}

async fn settle(
    write: &mut Write,
    source: &Source,
    (before, step, after): (ChargeState, Step, ChargeState),
) -> Result<LedgerTxId, Refused> {
    let charge = write.charge_of(source).await?.filter(|charge| charge.state == before);
    let charge = charge.ok_or(Conflict::CHARGE_SETTLED)?;
    let wallet = wallet(write, charge.partner, charge.amount.currency).await?;
    write.update_charge(source, after).await?;
    apply(write, wallet, (source, charge.amount.minor), (&[step], None)).await
}

/// Takes steps with an amount, one after the other, and gives the transaction of the last.
async fn apply(
    write: &mut Write,
    mut wallet: Wallet,
    (source, minor): (&Source, i64),
    (steps, note): (&[Step], Option<&str>),
) -> Result<LedgerTxId, Refused> {
    let (before, mut txs) = (wallet.available(), Vec::with_capacity(steps.len()));
    for step in steps {
        let entry = step.entry(minor);
        wallet = wallet.after(entry, MOST_MINOR).map_err(unaffordable)?;
        txs.push(NewLedgerTx { id: write.id(), source, step: *step, entry, balance: wallet.balance, note });
    }
    warn(write, &mut wallet).await?;
    write.add_ledger_txs(&txs, &wallet).await?;
    grew(write, before, &wallet).await?;
    Ok(txs.last().map(|tx| tx.id).ok_or(StoreError::RowCount(0))?)
}

fn unaffordable(why: Unaffordable) -> Refused {
    match why {
        Unaffordable::Credit => Conflict::CREDIT_EXCEEDED.into(),
        Unaffordable::TooLarge => wrong_amount().into(),
    }
}

/// Where a partner can spend more than before, what it didn't pay is tried at once.
pub(crate) async fn grew(write: &mut Write, before: i64, wallet: &Wallet) -> Result<(), StoreError> {
    if wallet.available() > before && write.try_unpaid(wallet.partner).await? {
        write.wake(Signal::Tasks);
    }
    Ok(())
}

/// Says once that little is left, and once that it is enough again.
pub(crate) async fn warn(write: &mut Write, wallet: &mut Wallet) -> Result<(), StoreError> {
    if wallet.should_warn() == wallet.is_low {
        return Ok(());
    }
    wallet.is_low = !wallet.is_low;
    let action = if wallet.is_low { "balance.low" } else { "balance.restored" };
    let detail = json!({
        "currency": wallet.currency.code(),
        "available": wallet.available(),
        "warn_below": wallet.warn_below,
    });
    write.audit(action, &wallet.id, Whose::partner(wallet.partner), detail);
    if wallet.is_low { mail(write, wallet).await } else { Ok(()) }
}

/// Writes to everybody of the partner who sees its balance.
async fn mail(write: &mut Write, wallet: &Wallet) -> Result<(), StoreError> {
    let everybody = Reach::system("ledger");
    let Some(partner) = write.partner(&everybody, wallet.partner).await? else { return Ok(()) };
    let balance = Money { minor: wallet.balance, currency: wallet.currency };
    let values = json!({ "company": partner.name, "balance": balance, "path": "/balance" });
    let notice = Notice { kind: MailKind::BalanceLow, brand: Some(partner.id), values };
    mail::to_members(write, partner.id, Right::BillingRead, notice).await
}

/// The partner's wallet in a currency, opened if it isn't yet there.
pub(crate) async fn wallet(write: &mut Write, partner: PartnerId, currency: Currency) -> Result<Wallet, Refused> {
    if let Some(wallet) = write.wallet_in(partner, currency).await? {
        return Ok(wallet);
    }
    let wallet = Wallet {
        id: write.id(),
        partner,
        currency,
        balance: 0,
        pending: 0,
        credit_limit: 0,
        warn_below: None,
        is_low: false,
        created_ms: write.now_ms(),
    };
    write.add_wallet(&wallet).await?;
    Ok(wallet)
}

fn wrong_amount() -> FieldFault {
    let english = "This amount is below zero, or larger than is counted here.";
    let french = "Ce montant est négatif, ou dépasse ce qui est compté ici.";
    FieldFault::new("/amount", "invalid-amount", Sentence::fixed(english, french))
}

#[cfg(test)]
mod tests;
