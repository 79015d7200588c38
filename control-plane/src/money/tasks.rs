//! Adds the ledger up each night, from where the night before came to: what stands in a wallet is what its entries come
//! to. From the very first entry on an operator has it added up, by `admin verify-audit`.

use crate::database::Store;
use crate::database::task::{Pass, PassError};
use crate::kernel::actor::Actor;
use crate::kernel::period::DAY_MS;
use crate::money::store::ledger_sums::STEP as LEDGER_STEP;

/// Between three and four in the morning, UTC.
const HOUR_MS: i64 = 3 * 3_600_000;

/// One step.
pub(crate) async fn pass(store: Store) -> Result<Pass, PassError> {
    let now_ms = store.now_ms();
    let due_ms = now_ms - (now_ms - HOUR_MS).rem_euclid(DAY_MS);
    if store.ledger_reached_ms().await? >= due_ms {
        return Ok(Pass::Idle);
    }
    let step = store.ledger_step(LEDGER_STEP).await?;
    for wallet in &step.faults {
        tracing::error!(wallet.id = %wallet, "a wallet is not what its entries add up to");
    }
    if !step.faults.is_empty() {
        return Err(PassError::Ledger(step.faults.len()));
    }
    let mut write = store.begin(&Actor::system("ledger"), now_ms).await?;
    write.keep_ledger_step(&step).await?;
    write.commit().await?;
    Ok(Pass::Worked)
}

#[cfg(test)]
mod tests {
    use iso_currency::Currency;

    use super::*;
    use crate::database::tests::store;
    use crate::kernel::actor::Actor;
    use crate::kernel::look::Look;
    use crate::kernel::money::Money;
    use crate::money::model::ledger::{Source, SourceKind};
    use crate::money::operations::ledger;
    use crate::partners::operations::{self as partners, NewPartner, Terms};

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
        for (tampered, mended) in [
            ("update ledger_wallet set balance = balance + 1", "update ledger_wallet set balance = balance - 1"),
            ("update ledger_wallet set pending = pending + 1", "update ledger_wallet set pending = pending - 1"),
            ("update ledger_tx set change = change + 1", "update ledger_tx set change = change - 1"),
        ] {
            run(&store, tampered).await;
            assert!(matches!(pass(store.clone()).await, Err(PassError::Ledger(1))), "{tampered}");
            run(&store, mended).await;
        }
        assert_eq!(pass(store.clone()).await.unwrap(), Pass::Worked);
        assert_eq!(pass(store.clone()).await.unwrap(), Pass::Idle, "once a night is enough");
        // The night after, only what is new is looked at, and each wallet.
        for (statement, found) in [
            ("update ledger_checkpoint set reached_ms = 0", false),
            ("update ledger_wallet set balance = balance + 1", true),
        ] {
            run(&store, statement).await;
            assert_eq!(pass(store.clone()).await.is_err(), found, "{statement}");
            run(&store, "update ledger_checkpoint set reached_ms = 0").await;
        }
    }

    async fn run(store: &Store, statement: &'static str) {
        let mut write = store.begin(&Actor::system("test"), store.now_ms()).await.unwrap();
        sqlx::query(statement).execute(write.connection()).await.unwrap();
        write.commit().await.unwrap();
    }
}
