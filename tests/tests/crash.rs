//! Power cuts while orders are placed, taken back and activated by several at once: what was answered is there, nothing
//! is there twice, and the books hold together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};
use http::StatusCode;
use marque_config::settings::DatabaseSettings;
use marque_control_plane::database::Store;
use marque_control_plane::kernel::parts::Parts;
use marque_control_plane::reports::operations::audit;
use marque_tests::api::{Api, text};
use marque_tests::installation::Engine;
use marque_tests::office::Office;
use marque_tests::shop::{MONTH, Shop};
use serde_json::{Value, json};
use tokio::sync::Notify;

const WRITERS: usize = 4;
const KILLS: usize = 12;
/// How many answers there are between two kills, at most: so that each comes in the middle of something else.
const BETWEEN: usize = 23;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_ordered_survives_power_cuts_on_sqlite() -> Result<()> {
    survives(Engine::Sqlite).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_ordered_survives_power_cuts_on_postgresql() -> Result<()> {
    survives(Engine::Postgres).await
}

/// What the writers and the one who kills know of each other.
#[derive(Default)]
struct Progress {
    answers: AtomicUsize,
    answered: Notify,
    is_over: AtomicBool,
}

async fn survives(engine: Engine) -> Result<()> {
    let mut office = Office::open(engine, "").await?;
    let shop = Arc::new(Shop::open(&office, 10_000 * MONTH).await?);
    let progress = Arc::new(Progress::default());
    let writers: Vec<_> =
        (0..WRITERS).map(|writer| tokio::spawn(write(writer, Arc::clone(&shop), Arc::clone(&progress)))).collect();
    for kill in 0..KILLS {
        let wanted = progress.answers.load(Ordering::SeqCst) + 1 + usize::from(drawn()?) % BETWEEN;
        progress.until(wanted).await;
        office.control.kill()?;
        office.control.start().await.with_context(|| format!("start after kill {kill}"))?;
    }
    progress.is_over.store(true, Ordering::SeqCst);
    let mut placed = Vec::new();
    for writer in writers {
        placed.extend(writer.await??);
    }
    all_is_there_once(&shop.partner, &placed).await?;
    office.control.stop().await?;
    the_books_hold(&office.database).await
}

impl Progress {
    async fn until(&self, wanted: usize) {
        loop {
            let answered = self.answered.notified();
            if self.answers.load(Ordering::SeqCst) >= wanted {
                return;
            }
            answered.await;
        }
    }

    fn count(&self) {
        self.answers.fetch_add(1, Ordering::SeqCst);
        self.answered.notify_waiters();
    }
}

/// Places orders until it is over; every second one is taken back and activated at once. Gives what was placed: the
/// partner's own number, and the order's identity.
async fn write(writer: usize, shop: Arc<Shop>, progress: Arc<Progress>) -> Result<Vec<(String, String)>> {
    let mut placed = Vec::new();
    while !progress.is_over.load(Ordering::SeqCst) {
        let po_number = format!("{writer}-{}", placed.len());
        let kind = if placed.len() % 3 == 2 { "trial" } else { "order" };
        let mut body = shop.goods.order(kind, &format!("client-{po_number}@fournil.example"), 1);
        body["po_number"] = po_number.clone().into();
        let order = insisting(&shop.partner, "/v1/orders", body, &progress).await?;
        ensure!(order.0 == StatusCode::CREATED, "{po_number}: {} {}", order.0, order.1);
        let id = text(&order.1, "/id")?;
        if placed.len() % 2 == 1 {
            let (void, serial) = (format!("/v1/orders/{id}/void"), text(&order.1, "/serial")?);
            let activation = json!({"serial": serial, "fingerprint": po_number});
            let (void, activated) = tokio::join!(
                insisting(&shop.partner, &void, json!({}), &progress),
                insisting(&shop.partner, "/v1/activations", activation, &progress),
            );
            let done = [void?.0.is_success(), activated?.0.is_success()];
            ensure!(done[0] != done[1], "{po_number} was taken back and activated, or neither: {done:?}");
        }
        placed.push((po_number, id));
    }
    Ok(placed)
}

/// Posts until there is an answer, under one key.
async fn insisting(api: &Api, path: &str, body: Value, progress: &Progress) -> Result<(StatusCode, Value)> {
    let api = api.repeating();
    loop {
        // No answer, or that there is no database just now: nobody knows whether it was done, so ask again.
        if let Ok(reply) = api.try_post(path, body.clone()).await
            && !reply.status.is_server_error()
        {
            progress.count();
            return Ok((reply.status, reply.body));
        }
        tokio::task::yield_now().await;
    }
}

async fn all_is_there_once(partner: &Api, placed: &[(String, String)]) -> Result<()> {
    ensure!(placed.len() > KILLS, "only {} orders were placed", placed.len());
    for (po_number, id) in placed {
        let mut found = Vec::new();
        // Lists leave out what was taken back, unless asked for.
        for state in ["", "&state=voided"] {
            let list = partner.get(&format!("/v1/orders?po_number={po_number}{state}")).await?;
            found.extend(list["items"].as_array().into_iter().flatten().map(|order| order["id"].clone()));
        }
        ensure!(found == [Value::from(id.as_str())], "{po_number} is {found:?}, not {id}");
    }
    Ok(())
}

async fn the_books_hold(url: &str) -> Result<()> {
    let settings = DatabaseSettings { url: url.to_owned(), ..DatabaseSettings::default() };
    let store = Store::open(&settings, Parts::real()).await?;
    let broken = store.broken().await?;
    ensure!(broken.is_empty(), "{broken:?}");
    let stretch = audit::verify_all(&store).await?;
    ensure!(stretch.fault.is_none(), "{:?}", stretch.fault);
    store.close().await;
    Ok(())
}

fn drawn() -> Result<u8> {
    let mut byte = [0];
    aws_lc_rs::rand::fill(&mut byte).map_err(|_| anyhow::anyhow!("no random bytes"))?;
    Ok(byte[0])
}
