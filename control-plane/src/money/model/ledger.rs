//! The ledger's rules: which account each step takes from and gives to, and the current status of a charge.

use iso_currency::Currency;
use marque_config::PartnerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::ids::WalletId;

/// What is charged for: each is charged at most once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Source {
    /// What kind of thing.
    pub kind: SourceKind,
    /// Its identity, or whatever names it once and for all.
    pub id: String,
}

/// What kinds of things move money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// An order.
    Order,
    /// A period of a subscription.
    Renewal,
    /// A change of a licence in the middle of a period.
    Change,
    /// A licence that was added without an order.
    Take,
    /// A correction by hand.
    Adjustment,
    /// A payment of the partner.
    Payment,
}

/// The current status of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeState {
    /// Held, and not yet earned.
    Pending,
    /// Done.
    Posted,
    /// Given back before it was done.
    Voided,
    /// Given back after it was done.
    Reversed,
}

/// One step of the ledger: a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Sets an amount aside.
    Hold,
    /// What was held is earned.
    Post,
    /// What was held is free again.
    Cancel,
    /// What was earned is given back.
    Reverse,
    /// Something is given back in the course of business, as when a licence becomes smaller.
    Credit,
    /// The partner paid.
    Pay,
    /// Two operators corrected something.
    Adjust,
}

/// The accounts of each partner and currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// What the partner can spend.
    Wallet,
    /// What is held.
    Pending,
    /// What the vendor earned.
    Revenue,
    /// What the partner paid in.
    Cash,
    /// What was corrected.
    Adjustment,
}

/// An amount that goes from one account to another: nothing is made or lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Where it is taken.
    pub from: Account,
    /// Where it goes.
    pub to: Account,
    /// How much; never below zero.
    pub amount: i64,
}

/// What a partner has in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wallet {
    /// Its identity.
    pub id: WalletId,
    /// Whose it is.
    pub partner: PartnerId,
    /// The currency.
    pub currency: Currency,
    /// What is in it, without what is held; below zero when the partner has used its credit.
    pub balance: i64,
    /// What is held.
    pub pending: i64,
    /// How far below zero it may go.
    pub credit_limit: i64,
    /// The partner is told when less than this can be spent.
    pub warn_below: Option<i64>,
    /// Whether it was told.
    pub is_low: bool,
    /// When it was opened, milliseconds since 1970, UTC.
    pub created_ms: i64,
}

impl Step {
    /// What the step does with an amount; one below zero goes the other way.
    #[must_use]
    pub fn entry(self, amount: i64) -> Entry {
        let (from, to) = match self {
            Self::Hold => (Account::Wallet, Account::Pending),
            Self::Post => (Account::Pending, Account::Revenue),
            Self::Cancel => (Account::Pending, Account::Wallet),
            Self::Reverse => (Account::Revenue, Account::Wallet),
            Self::Credit => (Account::Wallet, Account::Revenue),
            Self::Pay => (Account::Cash, Account::Wallet),
            Self::Adjust => (Account::Adjustment, Account::Wallet),
        };
        let (from, to) = if amount < 0 { (to, from) } else { (from, to) };
        // Amounts are bounded by `MOST_MINOR`, far from where this would wrap.
        Entry { from, to, amount: amount.saturating_abs() }
    }
}

impl Entry {
    /// What it does to an account.
    #[must_use]
    pub fn change_of(self, account: Account) -> i64 {
        match account {
            _ if account == self.to => self.amount,
            _ if account == self.from => -self.amount,
            _ => 0,
        }
    }
}

impl Wallet {
    /// What can be spent.
    #[must_use]
    pub fn available(&self) -> i64 {
        self.balance.saturating_add(self.credit_limit)
    }

    /// The wallet after an entry, unless it would hold less than the credit allows, or more than can be counted.
    ///
    /// # Errors
    /// [`Unaffordable`].
    pub fn after(mut self, entry: Entry, most: i64) -> Result<Self, Unaffordable> {
        let change = entry.change_of(Account::Wallet);
        self.balance = self.balance.checked_add(change).ok_or(Unaffordable::TooLarge)?;
        self.pending = self.pending.checked_add(entry.change_of(Account::Pending)).ok_or(Unaffordable::TooLarge)?;
        if self.balance.saturating_abs() > most || self.pending > most {
            return Err(Unaffordable::TooLarge);
        }
        if change < 0 && self.available() < 0 { Err(Unaffordable::Credit) } else { Ok(self) }
    }

    /// Whether the partner should know that little is left.
    #[must_use]
    pub fn should_warn(&self) -> bool {
        self.warn_below.is_some_and(|below| self.available() < below)
    }
}

/// Why a wallet can't take an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unaffordable {
    /// Balance and credit are insufficient.
    Credit,
    /// The sum is larger than is counted here.
    TooLarge,
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [Step; 7] =
        [Step::Hold, Step::Post, Step::Cancel, Step::Reverse, Step::Credit, Step::Pay, Step::Adjust];
    const ACCOUNTS: [Account; 5] =
        [Account::Wallet, Account::Pending, Account::Revenue, Account::Cash, Account::Adjustment];

    #[test]
    fn every_step_adds_up_to_nothing() {
        for step in STEPS {
            for amount in [-7, 0, 7] {
                let entry = step.entry(amount);
                assert!(entry.amount >= 0 && entry.from != entry.to);
                assert_eq!(ACCOUNTS.iter().map(|account| entry.change_of(*account)).sum::<i64>(), 0);
            }
        }
    }

    #[test]
    fn what_is_held_ends_as_revenue_or_in_the_wallet() {
        let sum = |steps: &[Step], account| steps.iter().map(|step| step.entry(5).change_of(account)).sum::<i64>();
        assert_eq!(sum(&[Step::Hold, Step::Cancel], Account::Wallet), 0);
        assert_eq!(sum(&[Step::Hold, Step::Post], Account::Revenue), 5);
        assert_eq!(sum(&[Step::Hold, Step::Post, Step::Reverse], Account::Wallet), 0);
        for account in ACCOUNTS {
            assert_eq!(sum(&[Step::Hold, Step::Post, Step::Reverse], account), 0);
        }
        assert_eq!(Step::Credit.entry(-5).change_of(Account::Wallet), 5);
    }
}
