//! A real mail server (Debian's aiosmtpd) that keeps what it takes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::component::program;
use crate::port::Port;
use crate::process::{Output, Process};
use crate::wait::eventually;

/// A running mail server on loopback, without TLS. It refuses recipients whose name begins with `never` for good, with
/// `later` for now.
pub struct Mailbox {
    port: Port,
    directory: PathBuf,
    _process: Process,
}

/// One mail that it took.
#[derive(Debug, Clone, Deserialize)]
pub struct Taken {
    /// The sender, as the envelope says.
    pub from: String,
    /// The recipients, as the envelope says.
    pub to: Vec<String>,
    /// The mail itself.
    pub data: String,
}

impl Mailbox {
    /// Starts one that keeps its files below `directory`.
    ///
    /// # Errors
    /// When the program is missing or doesn't answer.
    pub async fn start(directory: &Path, output: Output<'_>) -> Result<Self> {
        let directory = directory.join("mailbox");
        std::fs::create_dir_all(&directory).context("make the mailbox")?;
        program("aiosmtpd", "python3-aiosmtpd")?;
        let port = Port::reserve()?;
        let mut command = Command::new("/usr/bin/python3");
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/src/mailbox.py"));
        command.arg(port.number().to_string()).arg(&directory);
        let process = Process::start("mailbox", command, output)?;
        let address = port.address();
        eventually("the mail server answers", Duration::from_secs(20), async || {
            Ok(tokio::net::TcpStream::connect(address).await.ok().map(drop))
        })
        .await?;
        Ok(Self { port, directory, _process: process })
    }

    /// What the control plane's settings say of it.
    #[must_use]
    pub fn settings(&self) -> String {
        format!("[mail]\nserver = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n", self.port.number())
    }

    /// What it took, in order.
    ///
    /// # Errors
    /// When a file can't be read.
    pub fn taken(&self) -> Result<Vec<Taken>> {
        let entries = std::fs::read_dir(&self.directory).context("list the mailbox")?.flatten();
        let mut files: Vec<_> = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some()).collect();
        files.sort();
        let read = |path: PathBuf| Ok(serde_json::from_slice(&std::fs::read(&path)?)?);
        files.into_iter().map(read).collect()
    }
}
