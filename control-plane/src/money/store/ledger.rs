//! The ledger, as rows. Transactions and entries are only ever added.

use iso_currency::Currency;
use marque_config::PartnerId;
use sqlx::FromRow;

use crate::database::row::{from_word, word};
use crate::database::{StoreError, Write, parsed, rows};
use crate::kernel::ids::LedgerTxId;
use crate::kernel::money::Money;
use crate::money::model::ledger::{Account, ChargeState, Entry, Source, Step, Wallet};

/// What was charged for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// Who was charged.
    pub partner: PartnerId,
    /// How much; below zero when the partner was given something back.
    pub amount: Money,
    /// Its current status.
    pub state: ChargeState,
}

/// A transaction to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLedgerTx<'a> {
    /// Its identity.
    pub id: LedgerTxId,
    /// What moves it.
    pub source: &'a Source,
    /// What is done.
    pub step: Step,
    /// What it comes to.
    pub entry: Entry,
    /// What is in the wallet after it.
    pub balance: i64,
    /// As a person put it.
    pub note: Option<&'a str>,
}

const ADD_TXS: &str = "insert into ledger_tx
    (id, wallet_id, source_kind, source_id, step, change, balance, at_ms, note, partner_id, seq)";

const ADD_ENTRIES: &str = "insert into ledger_entry (tx, line, from_account, to_account, amount)";

#[derive(FromRow)]
pub(crate) struct WalletRow {
    id: String,
    partner_id: String,
    currency: String,
    balance: i64,
    pending: i64,
    credit_limit: i64,
    warn_below: Option<i64>,
    is_low: i64,
    created_ms: i64,
}

impl Write {
    /// What a partner has in a currency, once it was opened.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn wallet_in(&mut self, partner: PartnerId, currency: Currency) -> Result<Option<Wallet>, StoreError> {
        let row: Option<WalletRow> = sqlx::query_as(
            "select id, partner_id, currency, balance, pending, credit_limit, warn_below, is_low, created_ms
             from ledger_wallet where partner_id = $1 and currency = $2",
        )
        .bind(partner.to_string())
        .bind(currency.code())
        .fetch_optional(self.connection())
        .await?;
        row.map(Wallet::try_from).transpose()
    }

    /// Opens a wallet.
    ///
    /// # Errors
    /// When the database is away, or the partner has one in the currency.
    pub async fn add_wallet(&mut self, wallet: &Wallet) -> Result<(), StoreError> {
        sqlx::query(
            "insert into ledger_wallet
             (id, partner_id, currency, balance, pending, credit_limit, warn_below, is_low, created_ms)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(wallet.id.to_string())
        .bind(wallet.partner.to_string())
        .bind(wallet.currency.code())
        .bind(wallet.balance)
        .bind(wallet.pending)
        .bind(wallet.credit_limit)
        .bind(wallet.warn_below)
        .bind(i64::from(wallet.is_low))
        .bind(wallet.created_ms)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Writes a wallet as it is now.
    ///
    /// # Errors
    /// When the database is away, or less would be in it than its credit allows.
    pub async fn update_wallet(&mut self, wallet: &Wallet) -> Result<(), StoreError> {
        let done = sqlx::query(
            "update ledger_wallet set balance = $2, pending = $3, credit_limit = $4, warn_below = $5, is_low = $6
             where id = $1",
        )
        .bind(wallet.id.to_string())
        .bind(wallet.balance)
        .bind(wallet.pending)
        .bind(wallet.credit_limit)
        .bind(wallet.warn_below)
        .bind(i64::from(wallet.is_low))
        .execute(self.connection())
        .await?;
        crate::database::one_row(&done)
    }

    /// What was charged for something, if it ever was.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn charge_of(&mut self, source: &Source) -> Result<Option<Charge>, StoreError> {
        let row: Option<(String, String, i64, String)> =
            sqlx::query_as("select partner_id, currency, amount, state from ledger_source where kind = $1 and id = $2")
                .bind(word("ledger_source.kind", &source.kind)?)
                .bind(&source.id)
                .fetch_optional(self.connection())
                .await?;
        let Some((partner, currency, minor, state)) = row else { return Ok(None) };
        Ok(Some(Charge {
            partner: parsed("ledger_source.partner_id", &partner)?,
            amount: Money { minor, currency: self::currency("ledger_source.currency", &currency)? },
            state: from_word("ledger_source.state", &state)?,
        }))
    }

    /// Remembers what something was charged, unless it was charged before.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn add_charge(&mut self, source: &Source, charge: &Charge) -> Result<bool, StoreError> {
        let now_ms = self.now_ms();
        let done = sqlx::query(
            "insert into ledger_source (kind, id, partner_id, currency, amount, state, created_ms)
             values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        )
        .bind(word("ledger_source.kind", &source.kind)?)
        .bind(&source.id)
        .bind(charge.partner.to_string())
        .bind(charge.amount.currency.code())
        .bind(charge.amount.minor)
        .bind(word("ledger_source.state", &charge.state)?)
        .bind(now_ms)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Writes the current status of a charge.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_charge(&mut self, source: &Source, state: ChargeState) -> Result<(), StoreError> {
        let done = sqlx::query("update ledger_source set state = $3 where kind = $1 and id = $2")
            .bind(word("ledger_source.kind", &source.kind)?)
            .bind(&source.id)
            .bind(word("ledger_source.state", &state)?)
            .execute(self.connection())
            .await?;
        crate::database::one_row(&done)
    }

    /// Adds transactions of one wallet in their order, and writes the wallet as it is after them.
    ///
    /// # Errors
    /// When the database is away, or one of the steps was taken before.
    pub async fn add_ledger_txs(&mut self, txs: &[NewLedgerTx<'_>], wallet: &Wallet) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        let text = rows::insert(ADD_TXS, (txs.len(), 11), |first| {
            rows::numbered(first, 11, "select coalesce(max(seq), 0) + ?1 from ledger_tx")
        });
        let mut add = sqlx::query_scalar(rows::returning(text, "seq"));
        for (nth, tx) in (1_i64..).zip(txs) {
            add = add
                .bind(tx.id.to_string())
                .bind(wallet.id.to_string())
                .bind(word("ledger_tx.source_kind", &tx.source.kind)?)
                .bind(&tx.source.id)
                .bind(word("ledger_tx.step", &tx.step)?)
                .bind(tx.entry.change_of(Account::Wallet))
                .bind(tx.balance)
                .bind(now_ms)
                .bind(tx.note)
                .bind(wallet.partner.to_string())
                .bind(nth);
        }
        let mut seqs: Vec<i64> = add.fetch_all(self.connection()).await?;
        // What `returning` gives is in no order.
        seqs.sort_unstable();
        self.add_ledger_entries(seqs.into_iter().zip(txs.iter().map(|tx| tx.entry)).collect()).await?;
        self.update_wallet(wallet).await
    }

    async fn add_ledger_entries(&mut self, entries: Vec<(i64, Entry)>) -> Result<(), StoreError> {
        let mut add = sqlx::query(rows::insert(ADD_ENTRIES, (entries.len(), 5), |first| rows::places(first, 5)));
        for (seq, entry) in entries {
            add = add
                .bind(seq)
                .bind(1_i64)
                .bind(word("ledger_entry.from_account", &entry.from)?)
                .bind(word("ledger_entry.to_account", &entry.to)?)
                .bind(entry.amount);
        }
        add.execute(self.connection()).await?;
        Ok(())
    }
}

/// Reads a column that holds a currency.
pub(crate) fn currency(what: &'static str, code: &str) -> Result<Currency, StoreError> {
    Currency::from_code(code).ok_or_else(|| StoreError::Unreadable { what, detail: "no currency".into() })
}

impl TryFrom<WalletRow> for Wallet {
    type Error = StoreError;

    fn try_from(row: WalletRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("ledger_wallet.id", &row.id)?,
            partner: parsed("ledger_wallet.partner_id", &row.partner_id)?,
            currency: currency("ledger_wallet.currency", &row.currency)?,
            balance: row.balance,
            pending: row.pending,
            credit_limit: row.credit_limit,
            warn_below: row.warn_below,
            is_low: row.is_low != 0,
            created_ms: row.created_ms,
        })
    }
}
