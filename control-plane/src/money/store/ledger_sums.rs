//! Whether wallets are what their entries add up to. Transactions are added up a step at a time, so that no statement
//! grows with the ledger; what was added up before is kept, and a sum goes on from there. A step is kept only when
//! nothing in it is wrong, so what is wrong is found again until it is mended.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AnyConnection, AssertSqlSafe, FromRow};

use crate::database::{Store, StoreError, Write, parsed, rows};
use crate::kernel::ids::WalletId;

/// What came after the last step that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerStep {
    /// The number of the transaction after which it begins.
    after: i64,
    /// The number of its last transaction.
    until: i64,
    sums: Vec<Sum>,
    /// Whether it reaches the last transaction that there was, so that the wallets were looked at, too.
    pub is_last: bool,
    /// The wallets that aren't what their entries and transactions add up to.
    pub faults: BTreeSet<WalletId>,
}

/// What a wallet's transactions in a step, and their entries, come to.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
struct Sum {
    wallet_id: String,
    change: i64,
    balance: i64,
    pending: i64,
}

/// What is in a wallet, and what comes to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Stand {
    balance: i64,
    pending: i64,
}

/// As many transactions are added up by one statement.
pub const STEP: i64 = 5_000;

const SUMS: &str = "select t.wallet_id as wallet_id, cast(sum(t.change) as bigint) as change,
    cast(coalesce(sum(case when e.to_account = 'wallet' then e.amount
        when e.from_account = 'wallet' then -e.amount else 0 end), 0) as bigint) as balance,
    cast(coalesce(sum(case when e.to_account = 'pending' then e.amount
        when e.from_account = 'pending' then -e.amount else 0 end), 0) as bigint) as pending
    from ledger_tx t left join ledger_entry e on e.tx = t.seq
    where t.seq > $1 and t.seq <= $2 group by t.wallet_id order by t.wallet_id";

const STAND: &str = "select w.id, w.balance, w.pending, coalesce(c.balance, 0), coalesce(c.pending, 0)
    from ledger_wallet w left join ledger_checked c on c.wallet_id = w.id where w.id > $1 order by w.id limit $2";

const KEEP: &str = "insert into ledger_checked (wallet_id, balance, pending)";

const KEPT: &str = "on conflict (wallet_id) do update set balance = ledger_checked.balance + excluded.balance,
    pending = ledger_checked.pending + excluded.pending";

impl Stand {
    fn with(self, sum: &Sum) -> Self {
        Self { balance: self.balance + sum.balance, pending: self.pending + sum.pending }
    }
}

impl Store {
    /// Adds up at most `most` transactions from where it was kept how far that has come.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn ledger_step(&self, most: i64) -> Result<LedgerStep, StoreError> {
        let mut moment = self.reader().begin_with(self.inner.backend.begin_read()).await?;
        let after: i64 =
            sqlx::query_scalar("select seq from ledger_checkpoint where one = 1").fetch_one(&mut *moment).await?;
        let last = last(&mut moment).await?;
        let until = last.min(after.saturating_add(most));
        let sums = sums(&mut moment, after, until).await?;
        let mut step = LedgerStep { after, until, sums, is_last: until >= last, faults: BTreeSet::new() };
        step.faults = unequal(&step.sums)?;
        if step.is_last {
            let so_far = step.sums.iter().map(|sum| (sum.wallet_id.clone(), Stand::default().with(sum))).collect();
            step.faults.extend(off(&mut moment, &so_far, true).await?);
        }
        moment.commit().await?;
        Ok(step)
    }

    /// When the whole ledger was found to add up, milliseconds since 1970, UTC; 0 when it never was.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn ledger_reached_ms(&self) -> Result<i64, StoreError> {
        let query = sqlx::query_scalar("select reached_ms from ledger_checkpoint where one = 1");
        Ok(query.fetch_one(self.reader()).await?)
    }

    /// The wallets that aren't what their entries and transactions add up to, from the very first one on, whatever was
    /// kept of it.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn ledger_faults(&self) -> Result<Vec<WalletId>, StoreError> {
        let mut moment = self.reader().begin_with(self.inner.backend.begin_read()).await?;
        let last = last(&mut moment).await?;
        let (mut after, mut faults) = (0, BTreeSet::new());
        let mut stands: BTreeMap<String, Stand> = BTreeMap::new();
        while after < last {
            let until = last.min(after + STEP);
            let step = sums(&mut moment, after, until).await?;
            faults.extend(unequal(&step)?);
            for sum in &step {
                let stand = stands.entry(sum.wallet_id.clone()).or_default();
                *stand = stand.with(sum);
            }
            after = until;
        }
        faults.extend(off(&mut moment, &stands, false).await?);
        moment.commit().await?;
        Ok(faults.into_iter().collect())
    }
}

impl Write {
    /// Keeps a step in which nothing is wrong. Does nothing where another process was faster.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn keep_ledger_step(&mut self, step: &LedgerStep) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        let done = sqlx::query(
            "update ledger_checkpoint set seq = $2, reached_ms = case when $3 = 1 then $4 else reached_ms end
             where one = 1 and seq = $1",
        )
        .bind(step.after)
        .bind(step.until)
        .bind(i64::from(step.is_last))
        .bind(now_ms)
        .execute(self.connection())
        .await?;
        if done.rows_affected() == 0 {
            return Ok(());
        }
        for sums in step.sums.chunks(rows::MOST) {
            let AssertSqlSafe(keep) = rows::insert(KEEP, (sums.len(), 3), |first| rows::places(first, 3));
            let keep = sums.iter().fold(sqlx::query(AssertSqlSafe(format!("{keep} {KEPT}"))), |keep, sum| {
                keep.bind(sum.wallet_id.clone()).bind(sum.balance).bind(sum.pending)
            });
            keep.execute(self.connection()).await?;
        }
        Ok(())
    }
}

async fn last(moment: &mut AnyConnection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("select coalesce(max(seq), 0) from ledger_tx").fetch_one(moment).await?)
}

async fn sums(moment: &mut AnyConnection, after: i64, until: i64) -> Result<Vec<Sum>, StoreError> {
    Ok(sqlx::query_as(SUMS).bind(after).bind(until).fetch_all(moment).await?)
}

/// Where transactions say something else than their entries.
fn unequal(sums: &[Sum]) -> Result<BTreeSet<WalletId>, StoreError> {
    let unequal = sums.iter().filter(|sum| sum.change != sum.balance);
    unequal.map(|sum| parsed("ledger_tx.wallet_id", &sum.wallet_id)).collect()
}

/// The wallets in which something else is than `sums` say, on top of what was kept where that counts.
async fn off(
    moment: &mut AnyConnection,
    sums: &BTreeMap<String, Stand>,
    counts_kept: bool,
) -> Result<BTreeSet<WalletId>, StoreError> {
    let (mut off, mut after) = (BTreeSet::new(), String::new());
    loop {
        let wallets: Vec<(String, i64, i64, i64, i64)> =
            sqlx::query_as(STAND).bind(&after).bind(STEP).fetch_all(&mut *moment).await?;
        let Some((last, ..)) = wallets.last() else { return Ok(off) };
        after.clone_from(last);
        for (id, balance, pending, kept_balance, kept_pending) in wallets {
            let sum = sums.get(&id).copied().unwrap_or_default();
            let kept = Stand { balance: kept_balance, pending: kept_pending };
            let kept = if counts_kept { kept } else { Stand::default() };
            let expected = Stand { balance: kept.balance + sum.balance, pending: kept.pending + sum.pending };
            if expected != (Stand { balance, pending }) {
                off.insert(parsed("ledger_wallet.id", &id)?);
            }
        }
    }
}

#[cfg(test)]
mod tests;
