use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use super::*;
use crate::database::task::{Pass, Runs};
use crate::database::tests::store;
use crate::kernel::actor::Actor;
use crate::tests::api::desk::Desk;

const HOUR: Duration = Duration::from_secs(3600);
const SOON: Duration = Duration::from_secs(20);

fn ticker(store: &Store) -> Ticker {
    let (store, stop, runs) = (store.clone(), CancellationToken::new(), Runs::default());
    Ticker { name: "test", every: HOUR, is_woken: false, store, stop, runs }
}

#[tokio::test]
async fn a_task_works_until_there_is_nothing_to_do() {
    let (store, _directory) = store().await;
    let (left, idle) = (Arc::new(AtomicUsize::new(7)), Arc::new(Notify::new()));
    let (at, told) = (Arc::clone(&left), Arc::clone(&idle));
    let running = tokio::spawn(ticker(&store).run(move || {
        let has_work = at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
        if !has_work {
            told.notify_one();
        }
        std::future::ready(Ok(if has_work { Pass::Worked } else { Pass::Idle }))
    }));
    tokio::time::timeout(SOON, idle.notified()).await.expect("it waits for its hour though there is work");
    assert_eq!(left.load(Ordering::Relaxed), 0);
    running.abort();
}

#[tokio::test]
async fn a_task_that_never_comes_to_an_end_lets_others_write_and_is_stopped() {
    let (store, _directory) = store().await;
    let ticker = ticker(&store);
    let (stop, at) = (ticker.stop.clone(), store.clone());
    let passes = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&passes);
    let running = tokio::spawn(ticker.run(move || {
        let (store, counted) = (at.clone(), Arc::clone(&counted));
        async move {
            let write = store.begin(&Actor::system("test"), store.now_ms()).await?;
            write.commit().await?;
            counted.fetch_add(1, Ordering::Relaxed);
            Ok(Pass::Worked)
        }
    }));
    let others = async {
        // As often as the task itself, at least.
        for _ in 0..20 {
            store.begin(&Actor::system("other"), 0).await.unwrap().commit().await.unwrap();
        }
        while passes.load(Ordering::Relaxed) < 5 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, others).await.expect("the others never come in");
    stop.cancel();
    tokio::time::timeout(SOON, running).await.expect("it doesn't stop while there is work").unwrap();
}

/// Two claimed names that stand so in DNS; the first one's row can't be read.
pub(crate) async fn names(dns_state: &str) -> (Desk, [String; 2]) {
    let desk = Desk::open().await;
    let world = desk.world().await;
    let names = ["bad.boulangerie.fr", "good.boulangerie.fr"].map(str::to_owned);
    let mut write = desk.store.begin(&Actor::system("test"), desk.store.now_ms()).await.unwrap();
    for (number, (host, role)) in names.iter().zip(["nonsense", "main"]).enumerate() {
        let domain = marque_config::DomainId::new(1, &[u8::try_from(number).unwrap(); 10]).to_string();
        sqlx::query(
            "insert into domain (id, tenant_id, kind, host, target_label, txt_token, created_ms)
             values ($1, $2, 'custom', $3, $4, 'token', 0)",
        )
        .bind(domain.clone())
        .bind(world.partners[0].tenant.clone())
        .bind(host)
        .bind(format!("k{number}"))
        .execute(write.connection())
        .await
        .unwrap();
        sqlx::query(
            "insert into hostname (host, domain_id, role, dns_state, dns_next_ms, certificate_state, attempts)
             values ($1, $2, $3, $4, 1, 'none', 0)",
        )
        .bind(host)
        .bind(domain)
        .bind(role)
        .bind(dns_state)
        .execute(write.connection())
        .await
        .unwrap();
    }
    write.commit().await.unwrap();
    (desk, names)
}
