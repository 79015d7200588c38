//! What was done in the ledger, as it is read.

use iso_currency::Currency;
use marque_config::PartnerId;
use sqlx::FromRow;

use super::ledger::currency;
use crate::database::row::from_word;
use crate::database::statement::Statement;
use crate::database::{Page, Store, StoreError, parsed};
use crate::kernel::ids::{LedgerTxId, WalletId};
use crate::kernel::principal::Reach;
use crate::money::model::ledger::{Source, Step};

/// A transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerTx {
    /// Its number: later ones are higher.
    pub seq: i64,
    /// Its identity.
    pub id: LedgerTxId,
    /// The wallet.
    pub wallet: WalletId,
    /// Whose it is.
    pub partner: PartnerId,
    /// Its currency.
    pub currency: Currency,
    /// What moved it.
    pub source: Source,
    /// What was done.
    pub step: Step,
    /// How much was moved, wherever it went.
    pub amount: i64,
    /// What it did to the wallet.
    pub change: i64,
    /// What was in the wallet then.
    pub balance: i64,
    /// When, milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// As a person put it.
    pub note: Option<String>,
}

/// Which transactions are wanted.
#[derive(Debug, Clone, Default)]
pub struct TxFilter {
    /// Only of this partner.
    pub partner: Option<PartnerId>,
    /// Only of this wallet.
    pub wallet: Option<WalletId>,
}

#[derive(FromRow)]
struct Row {
    seq: i64,
    id: String,
    wallet_id: String,
    partner_id: String,
    currency: String,
    source_kind: String,
    source_id: String,
    step: String,
    amount: i64,
    change: i64,
    balance: i64,
    at_ms: i64,
    note: Option<String>,
}

const SELECT: &str = "select t.seq as seq, t.id as id, t.wallet_id as wallet_id, t.partner_id as partner_id,
    w.currency as currency, t.source_kind as source_kind, t.source_id as source_id, t.step as step,
    e.amount as amount, t.change as change, t.balance as balance, t.at_ms as at_ms, t.note as note
    from ledger_tx t join ledger_wallet w on w.id = t.wallet_id join ledger_entry e on e.tx = t.seq and e.line = 1";

impl Store {
    /// The transactions within reach; a page is in the order of their numbers.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn transactions(
        &self,
        reach: &Reach,
        filter: &TxFilter,
        page: &Page,
    ) -> Result<Vec<LedgerTx>, StoreError> {
        list(reach, filter, page).all::<Row, _>(self.reader()).await
    }

    /// What changed a wallet in a stretch of time, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn wallet_changes(
        &self,
        wallet: WalletId,
        (from_ms, before_ms): (i64, i64),
        limit: i64,
    ) -> Result<Vec<LedgerTx>, StoreError> {
        Statement::of(SELECT)
            .with("t.change <> 0 and t.wallet_id = ?1", wallet.to_string())
            .and("t.at_ms >= ?1 and t.at_ms < ?2", [from_ms.into(), before_ms.into()])
            .text(" order by t.seq limit ?1", [limit.into()])
            .all::<Row, _>(self.reader())
            .await
    }

    /// What was in a wallet at a time.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn wallet_balance_at(&self, wallet: WalletId, at_ms: i64) -> Result<i64, StoreError> {
        let sum = sqlx::query_scalar(
            "select cast(coalesce(sum(change), 0) as bigint) from ledger_tx where wallet_id = $1 and at_ms < $2",
        );
        Ok(sum.bind(wallet.to_string()).bind(at_ms).fetch_one(self.reader()).await?)
    }
}

pub(crate) fn list(reach: &Reach, filter: &TxFilter, page: &Page) -> Statement {
    let after = page.after.parse::<i64>().ok();
    Statement::of(SELECT)
        .narrowed("t.wallet_id = ?1", filter.wallet.map(|wallet| wallet.to_string()))
        .within_partner("t.partner_id", reach)
        .owned("t.partner_id", filter.partner.map(|partner| partner.to_string()))
        .page_by_number("t.seq", ("?1", "?1"), after.map(Into::into), page)
}

impl TryFrom<Row> for LedgerTx {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            seq: row.seq,
            id: parsed("ledger_tx.id", &row.id)?,
            wallet: parsed("ledger_tx.wallet_id", &row.wallet_id)?,
            partner: parsed("ledger_tx.partner_id", &row.partner_id)?,
            currency: currency("ledger_wallet.currency", &row.currency)?,
            source: Source { kind: from_word("ledger_tx.source_kind", &row.source_kind)?, id: row.source_id },
            step: from_word("ledger_tx.step", &row.step)?,
            amount: row.amount,
            change: row.change,
            balance: row.balance,
            at_ms: row.at_ms,
            note: row.note,
        })
    }
}
