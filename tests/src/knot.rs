//! A real authoritative DNS server, Debian's `knot`, for a zone that takes updates (RFC 2136) signed by a key (RFC 8945).

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::net::TcpStream;

use crate::component::program;
use crate::port::Port;
use crate::process::{Output, Process};
use crate::wait::until;

/// The key's name.
pub const KEY_NAME: &str = "marque";
/// The key, base64.
pub const KEY: &str = "c2l4dHkgdGhyZWUgYnl0ZXMgb2YgYSBrZXkgdGhhdCBldmVyeWJvZHkga25vd3M=";

/// A running server; every name below its zone is this machine's.
#[derive(Debug)]
pub struct Knot {
    port: Port,
    _process: Process,
}

impl Knot {
    /// Starts one that keeps its files in `directory`.
    ///
    /// # Errors
    /// When the program is missing or doesn't answer.
    pub async fn start(directory: &Path, zone: &str, output: Output<'_>) -> Result<Self> {
        let (port, home) = (Port::reserve()?, directory.join("knot"));
        fs::create_dir_all(&home).context("create the server's directory")?;
        fs::write(home.join("zone"), records(zone)).context("write the zone")?;
        let settings = home.join("knot.conf");
        fs::write(&settings, text(&home, port.number(), zone)).context("write the server's settings")?;
        let mut command = Command::new(program("knotd", "knot")?);
        command.arg("-c").arg(&settings);
        let process = Process::start("knotd", command, output)?;
        let address = port.address();
        let answers = async || Ok(TcpStream::connect(address).await.is_ok());
        until("the DNS server answers", Duration::from_secs(10), answers).await?;
        Ok(Self { port, _process: process })
    }

    /// Where it is asked, and told.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }
}

fn records(zone: &str) -> String {
    format!(
        "$ORIGIN {zone}.\n$TTL 1\n@ SOA ns.{zone}. hostmaster.{zone}. 1 60 60 3600 1\n@ NS ns.{zone}.\n\
         ns A 127.0.0.1\n* A 127.0.0.1\n"
    )
}

fn text(home: &Path, port: u16, zone: &str) -> String {
    let home = home.display();
    format!(
        r#"server:
    rundir: "{home}"
    listen: 127.0.0.1@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: warning
database:
    storage: "{home}"
key:
  - id: {KEY_NAME}
    algorithm: hmac-sha256
    secret: {KEY}
acl:
  - id: updates
    action: update
    key: {KEY_NAME}
zone:
  - domain: {zone}
    file: "{home}/zone"
    acl: updates
    zonefile-sync: -1
"#
    )
}
