//! The DNS stand-in: Pebble's `pebble-challtestsrv`, which answers every question with 127.0.0.1 unless told otherwise.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::api::text;
use crate::authority::http_client;
use crate::component::program;
use crate::port::Port;
use crate::process::{Output, Process};
use crate::wait::until;

/// A running stand-in. What it was told is gone with it.
#[derive(Debug)]
pub struct Dns {
    dns: Port,
    management: Port,
    http: reqwest::Client,
    _process: Process,
}

impl Dns {
    /// Starts one.
    ///
    /// # Errors
    /// When the program is missing or doesn't answer.
    pub async fn start(output: Output<'_>) -> Result<Self> {
        let (dns, management) = (Port::reserve()?, Port::reserve()?);
        let mut command = Command::new(program("pebble-challtestsrv", "pebble")?);
        command.args(["-dns01", &dns.address().to_string(), "-management", &management.address().to_string()]);
        command.args(["-http01", "", "-https01", "", "-tlsalpn01", ""]);
        command.args(["-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""]);
        let process = Process::start("pebble-challtestsrv", command, output)?;
        let this = Self { dns, management, http: http_client().build()?, _process: process };
        let ready = async || this.tell("clear-txt", json!({"host": "ready.test."})).await.map(|()| true);
        until("the DNS stand-in answers", Duration::from_secs(10), ready).await?;
        Ok(this)
    }

    /// Where it answers questions.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.dns.address()
    }

    /// Makes `host` an alias of `target`.
    ///
    /// # Errors
    /// When the stand-in doesn't take it.
    pub async fn set_cname(&self, host: &str, target: &str) -> Result<()> {
        self.tell("set-cname", json!({"host": absolute(host), "target": absolute(target)})).await
    }

    /// Takes an alias away.
    ///
    /// # Errors
    /// When the stand-in doesn't take it.
    pub async fn clear_cname(&self, host: &str) -> Result<()> {
        self.tell("clear-cname", json!({"host": absolute(host)})).await
    }

    /// Gives `host` these IPv4 addresses.
    ///
    /// # Errors
    /// When the stand-in doesn't take it.
    pub async fn set_a(&self, host: &str, addresses: &[&str]) -> Result<()> {
        self.tell("clear-a", json!({"host": absolute(host)})).await?;
        self.tell("add-a", json!({"host": absolute(host), "addresses": addresses})).await
    }

    /// Gives `host` one text record; those that it had are gone, for the stand-in only ever adds.
    ///
    /// # Errors
    /// When the stand-in doesn't take it.
    pub async fn set_txt(&self, host: &str, value: &str) -> Result<()> {
        self.tell("clear-txt", json!({"host": absolute(host)})).await?;
        self.tell("set-txt", json!({"host": absolute(host), "value": value})).await
    }

    /// Says which CA may issue for `host` and what lies below it.
    ///
    /// # Errors
    /// When the stand-in doesn't take it.
    pub async fn set_caa(&self, host: &str, issuer: &str) -> Result<()> {
        self.tell("clear-caa", json!({"host": absolute(host)})).await?;
        let policies = json!([{"tag": "issue", "value": issuer}]);
        self.tell("add-caa", json!({"host": absolute(host), "policies": policies})).await
    }

    /// Answers questions about `host` with SERVFAIL from now on.
    ///
    /// # Errors
    /// When the stand-in doesn't take it.
    pub async fn set_servfail(&self, host: &str) -> Result<()> {
        self.tell("set-servfail", json!({"host": absolute(host)})).await
    }

    /// Takes [`Dns::set_servfail`] back.
    ///
    /// # Errors
    /// When the stand-in doesn't take it.
    pub async fn clear_servfail(&self, host: &str) -> Result<()> {
        self.tell("clear-servfail", json!({"host": absolute(host)})).await
    }

    /// Creates the records that the API asks a partner to create for a domain (`hostnames[].dns.records`). Where it
    /// offers an alias, the alias is enough.
    ///
    /// # Errors
    /// When the domain has no records to create, or the stand-in doesn't take one.
    pub async fn create_records_of(&self, domain: &Value) -> Result<()> {
        let hostnames = domain["hostnames"].as_array().context("a domain has hostnames")?;
        for hostname in hostnames {
            let records = hostname["dns"]["records"].as_array().context("a hostname has records to create")?;
            let aliases: Vec<_> = records.iter().filter(|record| record["type"] == "CNAME").collect();
            let chosen = if aliases.is_empty() { records.iter().collect() } else { aliases };
            for record in chosen {
                self.create(record).await?;
            }
        }
        Ok(())
    }

    async fn create(&self, record: &Value) -> Result<()> {
        let (kind, name, value) = (text(record, "/type")?, text(record, "/name")?, text(record, "/value")?);
        match kind.as_str() {
            "CNAME" => self.set_cname(&name, &value).await,
            "TXT" => self.set_txt(&name, &value).await,
            "A" => self.set_a(&name, &[&value]).await,
            other => bail!("the stand-in is not told of {other} records"),
        }
    }

    async fn tell(&self, what: &str, body: Value) -> Result<()> {
        let url = format!("http://{}/{what}", self.management.address());
        let answer = self.http.post(url).json(&body).send().await.with_context(|| format!("tell DNS {what}"))?;
        answer.error_for_status().map(drop).with_context(|| format!("tell DNS {what}"))
    }
}

fn absolute(host: &str) -> String {
    format!("{}.", host.trim_end_matches('.'))
}
