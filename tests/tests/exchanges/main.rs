//! Random exchanges: a visitor says what a generator made up, valid or not, to a real proxy before an application that
//! answers what the generator made up, byte by byte. What both saw is compared with what a model expects of it.
//!
//! A failing conversation is printed in its smallest form, with the seed that leads to it. The environment changes what is
//! run: `PROPTEST_CASES` is the number of conversations, of three exchanges on average, `PROPTEST_RNG_SEED` the seed,
//! `EXCHANGES_PROXY` the path of another proxy than the one that was built, and with `EXCHANGES_LIST` every conversation
//! that fails is listed as it is, rather than the first made small.

mod application;
mod edge;
mod fields;
mod generate;
mod http1;
mod http2;
mod model;
mod odd;
mod plan;
mod talk;

use std::cell::RefCell;
use std::env::var_os;

use anyhow::{Context, Result, ensure};
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use tokio::runtime::Builder;

use crate::edge::Edge;

/// Conversations, unless the environment says otherwise.
const CONVERSATIONS: u32 = 120;
/// The seed, unless the environment says otherwise: what is built fails by what was changed, not by chance.
const SEED: u64 = 1;

#[test]
fn exchanges_are_what_both_sides_said() -> Result<()> {
    // One thread: a client looks for interim answers and then for the answer, and would lose what came in between.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let edge = runtime.block_on(Edge::start(var_os("EXCHANGES_PROXY").map(Into::into)))?;
    let config = config();
    let seed = format!("PROPTEST_RNG_SEED={}", config.rng_seed);
    println!("{seed}");
    let (is_listing, failures) = (var_os("EXCHANGES_LIST").is_some(), RefCell::new(0_usize));
    let ran = TestRunner::new(config).run(&generate::conversation(), |conversation| {
        let Err(error) = runtime.block_on(talk::hold(&edge, &conversation)) else { return Ok(()) };
        if !is_listing {
            return Err(TestCaseError::fail(format!("{error:#}")));
        }
        println!("DIFFERS {error:#}\n  {conversation:?}");
        *failures.borrow_mut() += 1;
        Ok(())
    });
    ran.map_err(|error| anyhow::anyhow!("{error}")).context(seed)?;
    let failures = failures.into_inner();
    ensure!(failures == 0, "{failures} conversations fail");
    edge.check_refused()
}

/// How much is run, and from which seed.
fn config() -> Config {
    let mut config = Config { failure_persistence: None, max_shrink_time: 60_000, ..Config::default() };
    if var_os("PROPTEST_CASES").is_none() {
        config.cases = CONVERSATIONS;
    }
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(SEED);
    }
    config
}
