//! What orders cost while a million rows that are over are pruned: figures for people, no test.
//! `cargo build --workspace --bins --release && cargo run --release --package marque-tests --example pruning`

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use marque_tests::installation::Engine;
use marque_tests::office::Office;
use marque_tests::shop::{MONTH, Shop};
use sqlx::{AnyConnection, AssertSqlSafe, Connection};

#[derive(Debug, Parser)]
struct Arguments {
    /// How many rows are over.
    #[arg(long, default_value_t = 1_000_000)]
    rows: i64,
    /// For how many seconds orders are placed, before and while they are pruned.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// How many place orders at once.
    #[arg(long, default_value_t = 4)]
    writers: usize,
    /// Only on SQLite.
    #[arg(long)]
    sqlite: bool,
    /// Only on PostgreSQL.
    #[arg(long)]
    postgres: bool,
}

/// Rows that one statement adds.
const AT_ONCE: i64 = 50_000;
/// The task looks every minute.
const PATIENCE: Duration = Duration::from_secs(90);

#[tokio::main]
async fn main() -> Result<()> {
    sqlx::any::install_default_drivers();
    let arguments = Arguments::parse();
    let engines = [(Engine::Sqlite, arguments.postgres), (Engine::PostgresDurable, arguments.sqlite)];
    for (engine, is_left_out) in engines {
        if !is_left_out {
            measure(engine, &arguments).await?;
        }
    }
    Ok(())
}

async fn measure(engine: Engine, arguments: &Arguments) -> Result<()> {
    let office = Office::open(engine, "").await?;
    let shop = Arc::new(Shop::open(&office, 1_000_000 * MONTH).await?);
    let span = Duration::from_secs(arguments.seconds);
    // The first ones warm everything up.
    ordering(&shop, Duration::from_secs(3), arguments.writers).await?;
    let before = ordering(&shop, span, arguments.writers).await?;
    let mut connection = AnyConnection::connect(&office.database).await.context("connect to the database")?;
    fill(&mut connection, arguments.rows).await?;
    let began = Instant::now();
    while left(&mut connection).await? >= arguments.rows {
        ensure!(began.elapsed() < PATIENCE, "nothing is pruned");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let first = left(&mut connection).await?;
    let during = ordering(&shop, span, arguments.writers).await?;
    let last = left(&mut connection).await?;
    ensure!(last > 0 && last < first, "it was pruned before the orders were placed: {first} and then {last} were left");
    println!(
        "{engine:?}: before {}, while {} rows a second are pruned {}",
        told(&before),
        (first - last) / i64::try_from(arguments.seconds)?,
        told(&during)
    );
    let percent = during.1.as_micros() * 100 / before.1.as_micros().max(1);
    println!("{engine:?}: p99 is {percent} % of what it was");
    Ok(())
}

/// How many were placed, and their p99 and p50.
type Figures = (usize, Duration, Duration);

fn told((orders, p99, p50): &Figures) -> String {
    format!("{orders} orders, p50 {} us, p99 {} us", p50.as_micros(), p99.as_micros())
}

async fn ordering(shop: &Arc<Shop>, span: Duration, writers: usize) -> Result<Figures> {
    let is_over = Arc::new(AtomicBool::new(false));
    let place = |shop: Arc<Shop>, is_over: Arc<AtomicBool>| async move {
        let mut latencies = Vec::new();
        while !is_over.load(Ordering::Relaxed) {
            latencies.push(place(&shop).await?);
        }
        anyhow::Ok(latencies)
    };
    let tasks: Vec<_> = (0..writers).map(|_| tokio::spawn(place(Arc::clone(shop), Arc::clone(&is_over)))).collect();
    tokio::time::sleep(span).await;
    is_over.store(true, Ordering::Relaxed);
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await??);
    }
    latencies.sort_unstable();
    let at = |percent: usize| latencies.get(latencies.len() * percent / 100).copied().unwrap_or_default();
    Ok((latencies.len(), at(99), at(50)))
}

async fn place(shop: &Shop) -> Result<Duration> {
    let mut bytes = [0_u8; 8];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("no random bytes"))?;
    let body = shop.goods.order("order", &format!("c{}@fournil.example", u64::from_be_bytes(bytes)), 1);
    let began = Instant::now();
    shop.partner.post("/v1/orders", body).await?;
    Ok(began.elapsed())
}

/// Answers to requests of long ago.
async fn fill(connection: &mut AnyConnection, rows: i64) -> Result<()> {
    for first in (0..rows).step_by(usize::try_from(AT_ONCE)?) {
        let last = rows.min(first + AT_ONCE);
        let insert = format!(
            "insert into idempotency (principal, key, request_hash, status, body, created_ms, kept_until_ms)
             with recursive number (n) as (select {first} union all select n + 1 from number where n + 1 < {last})
             select 'nobody', 'k' || n, 'h', 200, '{{\"id\":\"ord_0\"}}', 1, 1 from number"
        );
        sqlx::query(AssertSqlSafe(insert)).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn left(connection: &mut AnyConnection) -> Result<i64> {
    let count = "select count(*) from idempotency where principal = 'nobody'";
    Ok(sqlx::query_scalar(count).fetch_one(connection).await?)
}
