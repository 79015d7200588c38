//! How fast orders are placed on each database, and what the races of taking back against activating come to: figures for
//! people, no test. `cargo run --release --package marque-tests --example ordering -- --orders 2000 --races 10000`

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Parser;
use marque_tests::api::text;
use marque_tests::installation::Engine;
use marque_tests::office::Office;
use marque_tests::shop::{MONTH, Shop};
use serde_json::json;

#[derive(Debug, Parser)]
struct Arguments {
    /// How many orders are placed for each number of writers.
    #[arg(long, default_value_t = 1000)]
    orders: usize,
    /// How many place orders at once.
    #[arg(long, value_delimiter = ',', default_value = "1,8,32")]
    writers: Vec<usize>,
    /// How many orders are taken back and activated at once, after that.
    #[arg(long, default_value_t = 0)]
    races: usize,
}

/// How many races run side by side.
const LANES: usize = 8;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    for engine in [Engine::Sqlite, Engine::PostgresDurable] {
        let office = Office::open(engine, "").await?;
        let shop = Arc::new(Shop::open(&office, 1_000_000 * MONTH).await?);
        for writers in &arguments.writers {
            ordering(&shop, engine, *writers, arguments.orders).await?;
        }
        if arguments.races > 0 {
            racing(&shop, engine, arguments.races).await?;
        }
    }
    Ok(())
}

async fn ordering(shop: &Arc<Shop>, engine: Engine, writers: usize, orders: usize) -> Result<()> {
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let tasks: Vec<_> = (0..writers)
        .map(|_| {
            let (shop, next) = (Arc::clone(shop), Arc::clone(&next));
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                while next.fetch_add(1, Ordering::Relaxed) < orders {
                    latencies.push(place(&shop, "order").await?.1);
                }
                anyhow::Ok(latencies)
            })
        })
        .collect();
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await??);
    }
    let took = began.elapsed();
    latencies.sort_unstable();
    let at = |percent: usize| latencies.get(latencies.len() * percent / 100).copied().unwrap_or_default();
    println!(
        "{engine:?}: {writers} writers, {orders} orders in {} ms: {} a second, p50 {} us, p99 {} us",
        took.as_millis(),
        orders as u128 * 1_000_000 / took.as_micros().max(1),
        at(50).as_micros(),
        at(99).as_micros(),
    );
    Ok(())
}

async fn racing(shop: &Arc<Shop>, engine: Engine, races: usize) -> Result<()> {
    let (next, voided) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let tasks: Vec<_> = (0..LANES)
        .map(|_| {
            let (shop, next, voided) = (Arc::clone(shop), Arc::clone(&next), Arc::clone(&voided));
            tokio::spawn(async move {
                while next.fetch_add(1, Ordering::Relaxed) < races {
                    voided.fetch_add(usize::from(race(&shop).await?), Ordering::Relaxed);
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    println!("{engine:?}: {races} races, {} taken back, the others activated", voided.load(Ordering::Relaxed));
    Ok(())
}

/// Takes an order back and activates it at once; says whether it was taken back. Both or neither is an error.
async fn race(shop: &Shop) -> Result<bool> {
    let (order, _) = place(shop, "order").await?;
    let void = format!("/v1/orders/{}/void", text(&order, "/id")?);
    let activation = json!({"serial": text(&order, "/serial")?, "fingerprint": "till 1"});
    let (void, activated) =
        tokio::join!(shop.partner.try_post(&void, json!({})), shop.partner.try_post("/v1/activations", activation));
    let (void, activated) = (void?.status.is_success(), activated?.status.is_success());
    ensure!(void != activated, "taken back: {void}, activated: {activated}");
    Ok(void)
}

async fn place(shop: &Shop, kind: &str) -> Result<(serde_json::Value, Duration)> {
    let mut bytes = [0_u8; 8];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("no random bytes"))?;
    let body = shop.goods.order(kind, &format!("c{}@fournil.example", u64::from_be_bytes(bytes)), 1);
    let began = Instant::now();
    let order = shop.partner.post("/v1/orders", body).await?;
    Ok((order, began.elapsed()))
}
