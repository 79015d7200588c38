//! What partners have, as rows.

use marque_config::PartnerId;
use sqlx::{Any, Executor};

use super::ledger::WalletRow;
use super::{Page, Store, StoreError, Write, within};
use crate::model::ids::WalletId;
use crate::model::ledger::Wallet;
use crate::model::principal::Reach;

const ONE: &str = "select id, partner_id, currency, balance, pending, credit_limit, warn_below, is_low, created_ms
    from ledger_wallet where id = $1 and ($2 is null or partner_id = $2) and $3 is null";

const PAGE: &str = "select id, partner_id, currency, balance, pending, credit_limit, warn_below, is_low, created_ms
    from ledger_wallet where ($1 is null or partner_id = $1) and $2 is null and ($3 is null or partner_id = $3)
    and id > $4 order by id limit $5";

impl Store {
    /// One wallet within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn wallet(&self, reach: &Reach, id: WalletId) -> Result<Option<Wallet>, StoreError> {
        one(self.reader(), reach, id).await
    }

    /// The wallets within reach, of one partner where one is named, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn wallets(
        &self,
        reach: &Reach,
        partner: Option<PartnerId>,
        page: &Page,
    ) -> Result<Vec<Wallet>, StoreError> {
        let rows: Vec<WalletRow> = sqlx::query_as(PAGE)
            .bind(reach.partner())
            .bind(reach.application())
            .bind(partner.map(|partner| partner.to_string()))
            .bind(&page.after)
            .bind(page.limit)
            .fetch_all(self.reader())
            .await?;
        rows.into_iter().map(Wallet::try_from).collect()
    }
}

impl Write {
    /// One wallet within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn wallet(&mut self, reach: &Reach, id: WalletId) -> Result<Option<Wallet>, StoreError> {
        one(self.connection(), reach, id).await
    }
}

async fn one<'e>(
    executor: impl Executor<'e, Database = Any>,
    reach: &Reach,
    id: WalletId,
) -> Result<Option<Wallet>, StoreError> {
    let row: Option<WalletRow> = within::of_partner(executor, ONE, reach, id.to_string()).await?;
    row.map(Wallet::try_from).transpose()
}
