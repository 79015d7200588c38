//! A PostgreSQL cluster of our own, in a temporary directory, on a loopback port, gone with the value that holds it.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection};
use tempfile::TempDir;

use crate::component::postgres_program;
use crate::port::Port;
use crate::process::{Output, Process, as_somebody, give_to_somebody};
use crate::wait::eventually;

/// The cluster's one role.
const ROLE: &str = "marque";

/// A running cluster.
#[derive(Debug)]
pub struct Cluster {
    // Ends before the directory is removed: fields are dropped in this order.
    _process: Process,
    port: Port,
    _directory: TempDir,
}

impl Cluster {
    /// Makes and starts one that forgets everything when the machine does: for tests.
    ///
    /// # Errors
    /// When PostgreSQL is missing or doesn't start.
    pub async fn start() -> Result<Self> {
        Self::begin(&["fsync=off"]).await
    }

    /// As [`Cluster::start`], as durable as one in earnest: for measurements.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub async fn start_durable() -> Result<Self> {
        Self::begin(&[]).await
    }

    async fn begin(settings: &[&str]) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("marque-postgres-").tempdir()?;
        give_to_somebody(directory.path())?;
        let data = directory.path().join("data");
        initialise(&data)?;
        let port = Port::reserve()?;
        let mut command = Command::new(postgres_program("postgres")?);
        command.arg("-D").arg(&data).args(["-h", "127.0.0.1", "-p", &port.number().to_string()]).current_dir(&data);
        command.arg("-k").arg(directory.path());
        for setting in settings {
            command.args(["-c", setting]);
        }
        for setting in ["max_connections=200", "log_min_messages=fatal", "shared_buffers=32MB"] {
            command.args(["-c", setting]);
        }
        as_somebody(&mut command)?;
        // SIGQUIT is its immediate shutdown: it frees what it shares and leaves nobody behind.
        let process = Process::start("postgres", command, Output::Nowhere)?.ended_by(Signal::SIGQUIT);
        let this = Self { _process: process, port, _directory: directory };
        eventually("PostgreSQL answers", Duration::from_secs(30), async || this.connect().await.map(Some)).await?;
        Ok(this)
    }

    /// Makes an empty database and says its URL.
    ///
    /// # Errors
    /// When the name is taken.
    pub async fn database(&self, name: &str) -> Result<String> {
        let mut connection = self.connect().await?;
        // The name comes from a test's own text.
        let statement = AssertSqlSafe(format!("create database \"{name}\""));
        sqlx::query(statement).execute(&mut connection).await.with_context(|| format!("create database {name}"))?;
        Ok(format!("postgres://{ROLE}@127.0.0.1:{}/{name}", self.port.number()))
    }

    /// The URL of the cluster, without the name of a database before its parameters.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://{ROLE}@127.0.0.1:{}/?sslmode=disable", self.port.number())
    }

    async fn connect(&self) -> Result<PgConnection> {
        let address = Ipv4Addr::LOCALHOST.to_string();
        let options = PgConnectOptions::new_without_pgpass().host(&address).port(self.port.number());
        Ok(PgConnection::connect_with(&options.username(ROLE).database("postgres")).await?)
    }
}

fn initialise(data: &Path) -> Result<()> {
    let mut command = Command::new(postgres_program("initdb")?);
    command.arg("-D").arg(data).args(["-U", ROLE, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]);
    command.current_dir("/");
    as_somebody(&mut command)?;
    let output = command.output().context("run initdb")?;
    ensure!(output.status.success(), "initdb failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
