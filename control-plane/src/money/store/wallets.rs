//! What partners have, as rows.

use marque_config::PartnerId;
use sqlx::{Any, Executor};

use super::ledger::WalletRow;
use crate::database::statement::Statement;
use crate::database::{Page, Store, StoreError, Write};
use crate::kernel::ids::WalletId;
use crate::kernel::principal::Reach;
use crate::money::model::ledger::Wallet;

const SELECT: &str = "select id, partner_id, currency, balance, pending, credit_limit, warn_below, is_low, created_ms
    from ledger_wallet";

impl Store {
    /// One wallet within reach.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn wallet(&self, reach: &Reach, id: WalletId) -> Result<Option<Wallet>, StoreError> {
        one(self.reader(), reach, id).await
    }

    /// The wallets within reach, of one partner where one is named.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn wallets(
        &self,
        reach: &Reach,
        partner: Option<PartnerId>,
        page: &Page,
    ) -> Result<Vec<Wallet>, StoreError> {
        Statement::of(SELECT)
            .within_partner("partner_id", reach)
            .given("partner_id = ?1", partner.map(|partner| partner.to_string()))
            .page("id", page)
            .all::<WalletRow, _>(self.reader())
            .await
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
    let one = Statement::of(SELECT).narrowed("id = ?1", Some(id.to_string()));
    one.within_partner("partner_id", reach).one::<WalletRow, _>(executor).await
}
