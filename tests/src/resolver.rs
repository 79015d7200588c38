//! A real recursive resolver, Debian's `unbound`, before the DNS stand-in, which can't delegate: one zone is asked of the
//! name servers that it is delegated to, as the internet would ask them. It keeps no answer, and may spell its questions at
//! random (0x20).

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::net::TcpStream;

use crate::component::program;
use crate::dns::Dns;
use crate::port::Port;
use crate::process::{Output, Process};
use crate::wait::until;

/// A zone, and who answers for it.
#[derive(Debug, Clone)]
pub struct Delegation {
    /// The zone.
    pub zone: String,
    /// Its name servers.
    pub servers: Vec<SocketAddr>,
    /// Whether questions are spelt at random. The stand-in finds TXT records by their exact letters only, so custom domains
    /// aren't proved then.
    pub is_spelt_at_random: bool,
}

/// A running resolver.
#[derive(Debug)]
pub struct Resolver {
    port: Port,
    _process: Process,
}

impl Resolver {
    /// Starts one that keeps its settings in `directory`.
    ///
    /// # Errors
    /// When the program is missing or doesn't answer.
    pub async fn start(directory: &Path, dns: &Dns, delegation: &Delegation, output: Output<'_>) -> Result<Self> {
        let port = Port::reserve()?;
        let settings = directory.join("unbound.conf");
        fs::write(&settings, text(directory, (port.number(), dns.address()), delegation))
            .context("write the resolver's settings")?;
        let mut command = Command::new(program("unbound", "unbound")?);
        command.arg("-d").arg("-c").arg(&settings);
        let process = Process::start("unbound", command, output)?;
        let address = port.address();
        let answers = async || Ok(TcpStream::connect(address).await.is_ok());
        until("the resolver answers", Duration::from_secs(10), answers).await?;
        Ok(Self { port, _process: process })
    }

    /// Where it is asked.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }
}

fn text(directory: &Path, (port, dns): (u16, SocketAddr), delegation: &Delegation) -> String {
    let at = |address: &SocketAddr| format!("{}@{}", address.ip(), address.port());
    let (directory, zone, dns) = (directory.display(), &delegation.zone, at(&dns));
    let spelling = if delegation.is_spelt_at_random { "yes" } else { "no" };
    let servers: String = delegation.servers.iter().map(|server| format!("  stub-addr: {}\n", at(server))).collect();
    format!(
        r#"server:
  interface: 127.0.0.1@{port}
  port: {port}
  do-ip6: no
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "{directory}"
  pidfile: ""
  use-syslog: no
  logfile: ""
  num-threads: 1
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  module-config: "iterator"
  local-zone: "localhost." nodefault
  local-zone: "test." nodefault
  cache-max-ttl: 0
  cache-max-negative-ttl: 0
  infra-host-ttl: 1
  infra-cache-min-rtt: 100
  infra-cache-max-rtt: 1000
  use-caps-for-id: {spelling}
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-addr: {dns}
stub-zone:
  name: "{zone}."
{servers}"#
    )
}
