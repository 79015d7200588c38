//! Runs a command with `MARQUE_TEST_POSTGRES` leading to a PostgreSQL cluster of its own: the suites that make their
//! own databases then make them there instead of on SQLite.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use marque_tests::postgres::Cluster;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().context("usage: marque-on-postgres PROGRAM ARGUMENT...")?;
    let cluster = Cluster::start().await?;
    let status = Command::new(&program).args(arguments).env("MARQUE_TEST_POSTGRES", cluster.url()).status();
    let code = status.with_context(|| format!("run {}", program.display()))?.code();
    Ok(code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
