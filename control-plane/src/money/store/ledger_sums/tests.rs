use iso_currency::Currency;
use marque_config::PartnerId;
use proptest::prelude::*;

use super::*;
use crate::database::tests::store;
use crate::kernel::actor::Actor;
use crate::kernel::look::Look;
use crate::kernel::money::Money;
use crate::money::model::ledger::{Source, SourceKind};
use crate::money::operations::ledger;
use crate::partners::operations::{self as partners, NewPartner, Terms};

async fn partner(store: &Store, name: &str) -> PartnerId {
    let mut write = store.begin(&Actor::system("test"), store.now_ms()).await.unwrap();
    let brand = marque_config::brand::Brand { name: name.to_owned(), support: None };
    let new = NewPartner { name: name.to_owned(), brand, look: Look::default(), terms: Terms::default() };
    let partner = partners::create(&mut write, new).await.unwrap();
    write.commit().await.unwrap();
    partner.id
}

/// Gives a partner something, or holds what may be earned later.
async fn act(store: &Store, partner: PartnerId, number: usize, minor: i64) {
    let mut write = store.begin(&Actor::system("test"), store.now_ms()).await.unwrap();
    let source = Source { kind: SourceKind::Change, id: format!("c{number}") };
    let credit = Money::new(-1 - minor, Currency::EUR).unwrap();
    let held = Money::new(1 + minor / 3, Currency::EUR).unwrap();
    let done = match minor % 3 {
        0 => ledger::hold(&mut write, partner, held, &source).await.map(drop),
        _ => ledger::charge(&mut write, partner, credit, &source).await.map(drop),
    };
    if done.is_ok() {
        write.commit().await.unwrap();
    }
}

async fn run(store: &Store, statement: &str) {
    let mut write = store.begin(&Actor::system("test"), store.now_ms()).await.unwrap();
    sqlx::query(AssertSqlSafe(statement.to_owned())).execute(write.connection()).await.unwrap();
    write.commit().await.unwrap();
}

async fn keep(store: &Store, step: &LedgerStep) {
    let mut write = store.begin(&Actor::system("test"), store.now_ms()).await.unwrap();
    write.keep_ledger_step(step).await.unwrap();
    write.commit().await.unwrap();
}

/// Goes on to the end, or to what is wrong.
async fn added_up(store: &Store, most: i64) -> BTreeSet<WalletId> {
    loop {
        let step = store.ledger_step(most).await.unwrap();
        if !step.faults.is_empty() {
            return step.faults;
        }
        keep(store, &step).await;
        if step.is_last {
            return BTreeSet::new();
        }
    }
}

async fn kept(store: &Store) -> Vec<(String, i64, i64)> {
    let kept = "select wallet_id, balance, pending from ledger_checked order by wallet_id";
    sqlx::query_as(kept).fetch_all(store.reader()).await.unwrap()
}

async fn wallets(store: &Store) -> Vec<(String, i64, i64)> {
    let wallets = "select id, balance, pending from ledger_wallet w
        where exists (select 1 from ledger_tx t where t.wallet_id = w.id) order by id";
    sqlx::query_as(wallets).fetch_all(store.reader()).await.unwrap()
}

/// One way in which somebody tampers with the newest transaction, or with what is kept of it.
fn tampering(how: u8) -> &'static str {
    match how {
        0 => {
            "update ledger_wallet set balance = balance + 1 where id = (select wallet_id from ledger_tx order by seq desc limit 1)"
        }
        1 => {
            "update ledger_wallet set pending = pending + 1 where id = (select wallet_id from ledger_tx order by seq desc limit 1)"
        }
        2 => "update ledger_tx set change = change + 1 where seq = (select max(seq) from ledger_tx)",
        3 => "update ledger_entry set amount = amount + 1 where tx = (select max(tx) from ledger_entry)",
        _ => "delete from ledger_entry where tx = (select max(tx) from ledger_entry)",
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn step_by_step_comes_to_the_same_as_everything_at_once(
        parts in prop::collection::vec((prop::collection::vec((0..2_usize, 0..4_000_i64), 1..12), 1..9_i64), 1..5),
        how in 0..5_u8,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (store, _directory) = store().await;
            let partners = [partner(&store, "Caisse Nord").await, partner(&store, "Caisse Sud").await];
            let mut number = 0;
            for (acts, most) in parts {
                for (who, minor) in acts {
                    number += 1;
                    act(&store, partners[who], number, minor).await;
                }
                assert_eq!(added_up(&store, most).await, BTreeSet::new());
                assert_eq!(store.ledger_faults().await.unwrap(), []);
                assert_eq!(kept(&store).await, wallets(&store).await);
            }
            act(&store, partners[0], number + 1, 1).await;
            run(&store, tampering(how)).await;
            let found: Vec<_> = added_up(&store, 3).await.into_iter().collect();
            assert_eq!(found.len(), 1, "{how}");
            assert_eq!(store.ledger_faults().await.unwrap(), found);
        });
    }
}

#[tokio::test]
async fn a_broken_entry_is_found_in_its_step_and_again_until_it_is_mended() {
    let (store, _directory) = store().await;
    let partner = partner(&store, "Caisse Nord").await;
    for number in 0..6 {
        act(&store, partner, number, 100).await;
    }
    let first = store.ledger_step(3).await.unwrap();
    assert!(first.faults.is_empty() && !first.is_last);
    keep(&store, &first).await;
    run(&store, "update ledger_tx set change = change + 1 where seq = 5").await;
    for _ in 0..2 {
        assert_eq!(added_up(&store, 1).await.len(), 1);
        assert_eq!(store.ledger_step(1).await.unwrap().after, 4, "nothing behind the fault is kept");
    }
    run(&store, "update ledger_tx set change = change - 1 where seq = 5").await;
    assert_eq!(added_up(&store, 1).await, BTreeSet::new());
}

#[tokio::test]
async fn a_step_that_was_not_kept_and_one_that_was_kept_twice_change_nothing() {
    let (store, _directory) = store().await;
    let partner = partner(&store, "Caisse Nord").await;
    for number in 0..5 {
        act(&store, partner, number, 100).await;
    }
    let step = store.ledger_step(2).await.unwrap();
    // As a crash leaves it.
    let mut write = store.begin(&Actor::system("test"), 0).await.unwrap();
    write.keep_ledger_step(&step).await.unwrap();
    drop(write);
    assert_eq!((kept(&store).await, store.ledger_step(2).await.unwrap()), (Vec::new(), step.clone()));
    // As two processes do it at once.
    keep(&store, &step).await;
    keep(&store, &step).await;
    assert_eq!(added_up(&store, 2).await, BTreeSet::new());
    assert_eq!(kept(&store).await, wallets(&store).await);
}
