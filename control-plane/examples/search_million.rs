//! Measures the search over a million things: `cargo run --release --example search_million -- sqlite:///tmp/m.db?mode=rwc`,
//! or with the URL of an empty PostgreSQL database. It asserts nothing. A second run on the same database measures without filling it again.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use marque_config::PartnerId;
use marque_config::settings::DatabaseSettings;
use marque_control_plane::database::{Indexed, Store, Whose};
use marque_control_plane::kernel::actor::Actor;
use marque_control_plane::kernel::parts::Parts;
use marque_control_plane::kernel::principal::Reach;
use marque_control_plane::kernel::search::SearchKind;
use marque_control_plane::reports::operations::search;

const AT_ONCE: u64 = 5_000;
/// The one partner that has a tenth of everything; the others are a thousand.
const LARGEST: u64 = 0;

const TRADES: [&str; 16] = [
    "Boulangerie",
    "Crêperie",
    "Imprimerie",
    "Épicerie",
    "Garage",
    "Pharmacie",
    "Librairie",
    "Menuiserie",
    "Fromagerie",
    "Hôtel",
    "Brasserie",
    "Cordonnerie",
    "Papeterie",
    "Quincaillerie",
    "Serrurerie",
    "Bijouterie",
];
const NAMES: [&str; 20] = [
    "Martin", "Bernard", "Thomas", "Petit", "Robert", "Richard", "Durand", "Dubois", "Moreau", "Laurent", "Simon",
    "Michel", "Lefèvre", "Leroy", "Roux", "David", "Bertrand", "Morel", "Fournier", "Écluse",
];

fn partner(number: u64) -> PartnerId {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    PartnerId::new(1, &random)
}

/// What the thing of this number is called: a trade, a name, and a number of its own, as a serial number has one.
fn name(number: u64) -> (String, String) {
    let pick = |list: &[&'static str], step: u64| list[usize::try_from(number / step).unwrap_or(0) % list.len()];
    let serial = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (format!("{} {}", pick(&TRADES, 1), pick(&NAMES, 16)), format!("{serial:016X}"))
}

fn owner(number: u64) -> PartnerId {
    partner(if number.is_multiple_of(10) { LARGEST } else { 1 + number % 1_000 })
}

async fn fill(store: &Store, rows: u64) -> Result<()> {
    let begun = Instant::now();
    for first in (0..rows).step_by(usize::try_from(AT_ONCE)?) {
        let mut write = store.begin(&Actor::command("bench"), store.now_ms()).await?;
        for number in first..rows.min(first + AT_ONCE) {
            let (label, serial) = name(number);
            let (object, whose) = (format!("cli_{number:026}"), Whose::partner(owner(number)));
            let texts = [label.as_str(), serial.as_str()];
            write.index(&Indexed { kind: SearchKind::Client, object: &object, whose, label: &label, texts: &texts });
        }
        write.commit().await?;
    }
    println!("indexed {rows} in {:?}", begun.elapsed());
    Ok(())
}

async fn measure(store: &Store, reach: &Reach, what: &str, text: &str) -> Result<()> {
    let mut took: Vec<Duration> = Vec::new();
    let mut found = 0;
    for _ in 0..200 {
        let begun = Instant::now();
        found = search::find(store, reach, text, SearchKind::ALL.into(), 10).await?.len();
        took.push(begun.elapsed());
    }
    took.sort();
    let at = |share: usize| took.get(took.len() * share / 100).copied().unwrap_or_default();
    println!("{what:<38} {text:<24} {found:>3} found  p50 {:>9.1?}  p99 {:>9.1?}", at(50), at(99));
    Ok(())
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().context("give the URL of a database")?;
    let rows = arguments.next().map_or(Ok(1_000_000), |rows| rows.parse())?;
    let settings = DatabaseSettings { url, ..DatabaseSettings::default() };
    let store = Store::open(&settings, Parts::real()).await?;
    let filled: i64 = sqlx::query_scalar("select count(*) from search_entry").fetch_one(store.reader()).await?;
    if filled == 0 {
        fill(&store, rows).await?;
        let mut write = store.begin(&Actor::command("bench"), store.now_ms()).await?;
        sqlx::query("analyze").execute(write.connection()).await?;
        write.commit().await?;
    }
    let operator = Reach::command("bench");
    let (_, serial) = name(rows / 2);
    for (what, text) in [
        ("a serial number", serial.as_str()),
        ("its beginning", &serial[..6]),
        ("a common word", "boulangerie"),
        ("two letters", "bo"),
        ("two common words", "creperie lefevre"),
        ("common words that nothing has both of", "garage boulangerie"),
        ("a rare word and a common one", &format!("{} boulangerie", &serial[..8])),
        ("nothing", "zzzz"),
    ] {
        measure(&store, &operator, what, text).await?;
    }
    store.close().await;
    Ok(())
}
