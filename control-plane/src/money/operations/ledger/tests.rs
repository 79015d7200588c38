//! Random histories of many writers at once.

use std::collections::BTreeMap;

use iso_currency::Currency;
use marque_config::PartnerId;
use proptest::prelude::*;

use super::*;
use crate::database::{Store, StoreError};
use crate::kernel::actor::Actor;
use crate::money::model::ledger::{Source, SourceKind};

/// One thing that a writer tries: what it does, to which source, with how much.
type Attempt = (u8, u8, i64);

const LIMIT: i64 = 5_000;

async fn partner(store: &Store) -> PartnerId {
    let mut write = store.begin(&Actor::system("test"), store.now_ms()).await.unwrap();
    let brand = marque_config::brand::Brand { name: "Caisse Nord".into(), support: None };
    let name = "Caisse Nord".to_owned();
    let new =
        crate::partners::operations::NewPartner { name, brand, look: Default::default(), terms: Default::default() };
    let partner = crate::partners::operations::create(&mut write, new).await.unwrap();
    let mut wallet = wallet(&mut write, partner.id, Currency::EUR).await.unwrap();
    wallet.credit_limit = LIMIT;
    write.update_wallet(&wallet).await.unwrap();
    write.commit().await.unwrap();
    partner.id
}

fn euros(minor: i64) -> Money {
    Money::new(minor, Currency::EUR).unwrap()
}

fn source(number: u8) -> Source {
    Source { kind: SourceKind::Order, id: format!("o{number}") }
}

/// Does what is attempted, and says whether it was done.
async fn attempt(store: &Store, partner: PartnerId, (what, number, minor): Attempt) -> bool {
    let mut write = store.begin(&Actor::system("test"), store.now_ms()).await.unwrap();
    let source = source(number);
    let done = match what % 7 {
        0 => hold(&mut write, partner, euros(minor), &source).await,
        1 => post(&mut write, &source).await,
        2 => cancel(&mut write, &source).await,
        3 => reverse(&mut write, &source).await,
        4 => charge(&mut write, partner, euros(minor), &source).await,
        5 => charge(&mut write, partner, euros(-minor), &source).await,
        _ => begin(&mut write, partner, euros(minor), &source, Begun::paid("transfer")).await,
    };
    match done {
        Ok(_) => {
            write.commit().await.unwrap();
            true
        }
        Err(Refused::Conflict(_) | Refused::Fields(_)) => false,
        Err(other) => panic!("{other}"),
    }
}

/// What the entries alone add up to, for each account.
async fn folded(store: &Store) -> Result<BTreeMap<String, i64>, StoreError> {
    let rows: Vec<(String, String, i64)> =
        sqlx::query_as("select from_account, to_account, amount from ledger_entry").fetch_all(store.reader()).await?;
    let mut sums = BTreeMap::new();
    for (from, to, amount) in rows {
        *sums.entry(from).or_default() -= amount;
        *sums.entry(to).or_default() += amount;
    }
    Ok(sums)
}

async fn look(store: &Store, partner: PartnerId) {
    let mut write = store.begin(&Actor::system("test"), store.now_ms()).await.unwrap();
    let wallet = write.wallet_in(partner, Currency::EUR).await.unwrap().unwrap();
    drop(write);
    let sums = folded(store).await.unwrap();
    assert_eq!(sums.values().sum::<i64>(), 0, "{sums:?}");
    assert_eq!(sums.get("wallet").copied().unwrap_or_default(), wallet.balance);
    assert_eq!(sums.get("pending").copied().unwrap_or_default(), wallet.pending);
    let rows: Vec<(i64, i64)> =
        sqlx::query_as("select change, balance from ledger_tx order by seq").fetch_all(store.reader()).await.unwrap();
    let mut balance = 0;
    for (change, after) in rows {
        balance += change;
        assert_eq!(balance, after);
        assert!(balance >= -LIMIT, "below the credit: {balance}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn whatever_many_writers_do_at_once_the_sums_hold(
        attempts in prop::collection::vec((0..7_u8, 0..12_u8, 0..4_000_i64), 20..120),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let (store, _directory) = crate::database::tests::store().await;
            let partner = partner(&store).await;
            let mut writers = tokio::task::JoinSet::new();
            for part in attempts.chunks(attempts.len().div_ceil(8)) {
                let (store, part) = (store.clone(), part.to_vec());
                writers.spawn(async move {
                    for one in part {
                        attempt(&store, partner, one).await;
                    }
                });
            }
            while let Some(done) = writers.join_next().await {
                done.unwrap();
            }
            look(&store, partner).await;
        });
    }
}

#[tokio::test]
async fn a_charge_is_settled_once() {
    let (store, _directory) = crate::database::tests::store().await;
    let partner = partner(&store).await;
    assert!(attempt(&store, partner, (0, 1, 4_000)).await);
    assert!(!attempt(&store, partner, (0, 1, 1)).await, "held twice");
    assert!(!attempt(&store, partner, (3, 1, 0)).await, "reversed before it was earned");
    assert!(!attempt(&store, partner, (0, 2, 1_001)).await, "below the credit");
    assert!(attempt(&store, partner, (0, 2, 1_000)).await);
    assert!(attempt(&store, partner, (2, 2, 0)).await);
    assert!(!attempt(&store, partner, (1, 2, 0)).await, "earned after it was cancelled");
    assert!(attempt(&store, partner, (1, 1, 0)).await);
    assert!(attempt(&store, partner, (3, 1, 0)).await);
    assert!(!attempt(&store, partner, (3, 1, 0)).await, "reversed twice");
    look(&store, partner).await;
    let mut write = store.begin(&Actor::system("test"), store.now_ms()).await.unwrap();
    assert_eq!(give_back(&mut write, &source(1)).await.unwrap(), None);
    let wallet = write.wallet_in(partner, Currency::EUR).await.unwrap().unwrap();
    assert_eq!((wallet.balance, wallet.pending), (0, 0));
}

#[tokio::test]
async fn what_costs_nothing_is_remembered() {
    let (store, _directory) = crate::database::tests::store().await;
    let partner = partner(&store).await;
    assert!(attempt(&store, partner, (4, 1, 0)).await);
    assert!(!attempt(&store, partner, (4, 1, 0)).await);
    assert!(attempt(&store, partner, (3, 1, 0)).await);
    look(&store, partner).await;
}
