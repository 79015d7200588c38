//! A real mail server (Debian's aiosmtpd) that keeps what it takes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
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
    /// The mail as a mail program shows it.
    pub mail: Shown,
}

/// A mail as a mail program shows it.
#[derive(Debug, Clone, Deserialize)]
pub struct Shown {
    /// Its heads, decoded, by their names in lower case.
    pub heads: BTreeMap<String, String>,
    /// What readers without HTML see.
    pub text: String,
    /// What the others see.
    pub html: String,
    /// What goes along with it.
    pub attached: Vec<Attached>,
}

/// A file that goes along with a mail.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Attached {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub kind: String,
    /// What is in it, hexadecimal.
    pub content: String,
}

impl Shown {
    /// Where the link leads whose address begins so; it stands in the text and, escaped, in the page.
    ///
    /// # Errors
    /// When there is none, or only in one of both.
    pub fn link(&self, beginning: &str) -> Result<String> {
        let line = self.text.lines().find(|line| line.starts_with(beginning));
        let link = line.with_context(|| format!("no link {beginning} in {}", self.text))?.trim_end();
        let escaped = link.replace('/', "&#x2f;");
        let stands =
            self.html.contains(&format!("href=\"{link}\"")) || self.html.contains(&format!("href=\"{escaped}\""));
        ensure!(stands, "the page has another link than the text: {}", self.html);
        Ok(link.to_owned())
    }
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

    /// Waits for the first mail to somebody whose subject holds this.
    ///
    /// # Errors
    /// When none comes.
    pub async fn mail_to(&self, address: &str, subject: &str) -> Result<Shown> {
        let what = format!("a mail about {subject:?} to {address}");
        eventually(&what, Duration::from_secs(20), async || {
            let wanted = |taken: &Taken| taken.to == [address] && taken.mail.heads["subject"].contains(subject);
            Ok(self.taken()?.into_iter().find(wanted).map(|taken| taken.mail))
        })
        .await
    }

    /// Takes from now on what it has refused for now.
    ///
    /// # Errors
    /// When that can't be written down.
    pub fn open(&self) -> Result<()> {
        std::fs::write(self.directory.join("open"), "").context("open the mailbox")
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
