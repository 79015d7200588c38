//! The benchmark runs: with this build, two tenants and one short round. Its figures are thrown away.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use marque_tests::component::{own, program};
use marque_tests::port::Port;
use marque_tests::process::{Output, Process};
use marque_tests::wait::eventually;
use nix::sys::signal::Signal;

#[tokio::test]
async fn the_benchmark_measures_this_build() -> Result<()> {
    let directory = tempfile::Builder::new().prefix("marque-bench-").tempdir()?;
    let [https, api, upstream] = [Port::reserve()?, Port::reserve()?, Port::reserve()?];
    let programs = own("bench-load")?.parent().context("programs lie in a directory")?.to_owned();
    program("openssl", "openssl")?;
    let mut command = Command::new(program("python3", "python3")?);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/run.py"));
    command.args(["--peers", "marque", "--workloads", "W3,W6", "--domains", "2"]);
    command.args(["--rounds", "1", "--secs", "0.3", "--quiet", "0", "--out", ""]);
    command
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("MARQUE_BIN", &programs)
        .env("BENCH_RUN", directory.path().join("run"));
    command.env("BENCH_CERTS", directory.path().join("certs")).env("BENCH_PORT", https.number().to_string());
    command.env("BENCH_API_PORT", api.number().to_string()).env("BENCH_UPSTREAM_PORT", upstream.number().to_string());
    let log = directory.path().join("log");
    // SIGTERM: it ends its peers before it ends itself.
    let mut bench = Process::start("run.py", command, Output::File(&log))?.ended_by(Signal::SIGTERM);
    let ended = eventually("the benchmark ends", Duration::from_secs(150), async || bench.ended()).await;
    let said = std::fs::read_to_string(&log).context("the benchmark's log")?;
    ensure!(ended.with_context(|| said.clone())?.success(), "{said}");
    // One row of each workload.
    ensure!(said.contains("W3 full TLS 1.3 handshake") && said.contains("served_s"), "{said}");
    Ok(())
}
