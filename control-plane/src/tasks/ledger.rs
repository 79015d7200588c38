//! Adds the whole ledger up again each night: what stands in a wallet is what its entries come to.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::{Pass, PassError};
use crate::store::Store;

const DAY_MS: i64 = 86_400_000;
/// Between three and four in the morning, UTC.
const HOUR_MS: i64 = 3 * 3_600_000;

pub(super) struct Ledger {
    store: Store,
    /// Up to when it was looked at.
    looked_ms: AtomicI64,
}

impl Ledger {
    pub(super) fn new(store: &Store) -> Self {
        Self { store: store.clone(), looked_ms: AtomicI64::new(0) }
    }

    pub(super) async fn pass(self: Arc<Self>) -> Result<Pass, PassError> {
        let now_ms = self.store.now_ms();
        let due_ms = now_ms - (now_ms - HOUR_MS).rem_euclid(DAY_MS);
        if self.looked_ms.load(Ordering::Relaxed) >= due_ms {
            return Ok(Pass::Idle);
        }
        let faults = self.store.ledger_faults().await?;
        for wallet in &faults {
            tracing::error!(wallet.id = %wallet, "a wallet is not what its entries add up to");
        }
        if !faults.is_empty() {
            return Err(PassError::Ledger(faults.len()));
        }
        self.looked_ms.store(now_ms, Ordering::Relaxed);
        Ok(Pass::Worked)
    }
}

#[cfg(test)]
mod tests {
    use iso_currency::Currency;

    use super::*;
    use crate::model::actor::Actor;
    use crate::model::money::Money;
    use crate::model::partner::Look;
    use crate::operations::ledger::{self, Source, SourceKind};
    use crate::operations::partners::{self, NewPartner, Terms};
    use crate::store::tests::store;

    #[tokio::test]
    async fn a_wallet_that_was_tampered_with_is_found() {
        let (store, _directory) = store().await;
        let mut write = store.begin(&Actor::system("test"), store.now_ms()).await.unwrap();
        let brand = marque_config::brand::Brand { name: "Caisse Nord".into(), support: None };
        let name = "Caisse Nord".into();
        let new = NewPartner { name, brand, look: Look::default(), terms: Terms::default() };
        let partner = partners::create(&mut write, new).await.unwrap();
        let credit = Money::new(-500, Currency::EUR).unwrap();
        let source = Source { kind: SourceKind::Change, id: "c1".into() };
        ledger::charge(&mut write, partner.id, credit, &source).await.unwrap();
        write.commit().await.unwrap();
        let pass = async || Arc::new(Ledger::new(&store)).pass().await;
        assert_eq!(pass().await.unwrap(), Pass::Worked);
        for (tampered, mended) in [
            ("update ledger_wallet set balance = balance + 1", "update ledger_wallet set balance = balance - 1"),
            ("update ledger_wallet set pending = pending + 1", "update ledger_wallet set pending = pending - 1"),
            ("update ledger_tx set change = change + 1", "update ledger_tx set change = change - 1"),
        ] {
            run(&store, tampered).await;
            assert!(matches!(pass().await, Err(PassError::Ledger(1))), "{tampered}");
            run(&store, mended).await;
            assert_eq!(pass().await.unwrap(), Pass::Worked);
        }
        let ledger = Arc::new(Ledger::new(&store));
        assert_eq!(Arc::clone(&ledger).pass().await.unwrap(), Pass::Worked);
        assert_eq!(ledger.pass().await.unwrap(), Pass::Idle, "once a night is enough");
    }

    async fn run(store: &Store, statement: &'static str) {
        let mut write = store.begin(&Actor::system("test"), store.now_ms()).await.unwrap();
        sqlx::query(statement).execute(write.connection()).await.unwrap();
        write.commit().await.unwrap();
    }
}
