//! A real ACME server: Let's Encrypt's Pebble, asking our DNS stand-in. Its issuing root is new at every start.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;

use crate::authority::{Authority, http_client};
use crate::component::program;
use crate::dns::Dns;
use crate::port::Port;
use crate::process::{Output, Process};
use crate::resolver::{Delegation, Resolver};
use crate::wait::eventually;

/// A port that nobody listens at.
pub const NOBODYS: u16 = 1;

/// How a CA is to be.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The port on which it expects the answers to `http-01`.
    pub http_port: u16,
    /// The port on which it expects the answers to `tls-alpn-01`; nobody's unless said otherwise.
    pub tls_port: u16,
    /// How long its certificates are valid, in seconds.
    pub validity_seconds: u64,
    /// Out of a hundred good nonces, how many it refuses.
    pub nonces_refused: u8,
    /// A zone that is asked of other name servers than the DNS stand-in.
    pub delegation: Option<Delegation>,
}

impl Wanted {
    /// Ninety days, and no nonce refused.
    #[must_use]
    pub fn plain(http_port: u16) -> Self {
        Self { http_port, tls_port: NOBODYS, validity_seconds: 90 * 86_400, nonces_refused: 0, delegation: None }
    }
}

/// A running CA with its DNS stand-in.
pub struct Pebble {
    /// The DNS stand-in.
    pub dns: Dns,
    /// The resolver before it, when there is a delegation.
    resolver: Option<Resolver>,
    /// Signs what its API, and a relay before it, show.
    pub authority: Authority,
    /// The root of `authority`, as a file.
    pub api_root_file: PathBuf,
    /// The root of what it issues, PEM.
    pub issuing_root: String,
    api: Port,
    _process: Process,
}

impl Pebble {
    /// Starts one that keeps its files in `directory`.
    ///
    /// # Errors
    /// When a program is missing or doesn't answer.
    pub async fn start(directory: &Path, wanted: Wanted, output: Output<'_>) -> Result<Self> {
        let dns = Dns::start(output).await?;
        let resolver = match &wanted.delegation {
            Some(delegation) => Some(Resolver::start(directory, &dns, delegation, output).await?),
            None => None,
        };
        let asked = resolver.as_ref().map_or(dns.address(), Resolver::address);
        let (api, management) = (Port::reserve()?, Port::reserve()?);
        let authority = Authority::new("The suites' own root, for Pebble's API")?;
        let api_root_file = directory.join("api-root.pem");
        fs::write(&api_root_file, authority.root_pem()).context("write the API's root")?;
        let config = write_config(directory, &authority, &wanted, [&api, &management])?;
        let mut command = Command::new(program("pebble", "pebble")?);
        command.arg("-config").arg(config).args(["-dnsserver", &asked.to_string(), "-strict=false"]);
        command.env("PEBBLE_VA_NOSLEEP", "1").env("PEBBLE_AUTHZREUSE", "0");
        command.env("PEBBLE_WFE_NONCEREJECT", wanted.nonces_refused.to_string());
        let process = Process::start("pebble", command, output)?;
        let issuing_root = fetch_root(&authority, &management).await?;
        Ok(Self { dns, resolver, authority, api_root_file, issuing_root, api, _process: process })
    }

    /// Where names are asked of, by it as by everybody.
    #[must_use]
    pub fn resolver(&self) -> SocketAddr {
        self.resolver.as_ref().map_or(self.dns.address(), Resolver::address)
    }

    /// The directory that ACME clients are told.
    #[must_use]
    pub fn directory(&self) -> String {
        format!("https://localhost:{}/dir", self.api.number())
    }

    /// The port of its API.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.api.number()
    }
}

fn write_config(directory: &Path, authority: &Authority, wanted: &Wanted, ports: [&Port; 2]) -> Result<PathBuf> {
    let (chain, key) = authority.issue(&["localhost", "127.0.0.1"])?.write(directory, "api")?;
    let config = json!({"pebble": {
        "listenAddress": ports[0].address().to_string(),
        "managementListenAddress": ports[1].address().to_string(),
        "certificate": chain,
        "privateKey": key,
        "httpPort": wanted.http_port,
        "tlsPort": wanted.tls_port,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": false,
        "certificateValidityPeriod": wanted.validity_seconds,
    }});
    let file = directory.join("pebble.json");
    fs::write(&file, config.to_string()).context("write Pebble's settings")?;
    Ok(file)
}

/// The root that Pebble has just made for itself; that it answers says that it has started.
async fn fetch_root(authority: &Authority, management: &Port) -> Result<String> {
    let trusted = reqwest::Certificate::from_pem(authority.root_pem().as_bytes())?;
    let http = http_client().tls_certs_only([trusted]).build()?;
    let url = format!("https://127.0.0.1:{}/roots/0", management.number());
    eventually("Pebble answers", Duration::from_secs(20), async || {
        let answer = http.get(&url).send().await?.error_for_status()?;
        Ok(Some(answer.text().await?))
    })
    .await
}
