//! Both planes as what they are in earnest: processes that are told by a settings file, and can be killed.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::authority::http_client;
use crate::component::own;
use crate::process::{Output, Process};
use crate::wait::until;

/// How long a plane may take to be ready.
const START: Duration = Duration::from_secs(30);

/// One plane, running or not. Started again, it finds what it left.
#[derive(Debug)]
pub struct Plane {
    binary: &'static str,
    settings: PathBuf,
    status: SocketAddr,
    log: Option<PathBuf>,
    process: Option<Process>,
}

impl Plane {
    /// A control plane that isn't running yet; `status` is what its settings say.
    #[must_use]
    pub fn control_plane(settings: &Path, status: SocketAddr) -> Self {
        Self::new("marque-control-plane", settings, status)
    }

    /// A proxy that isn't running yet; `status` is what its settings say.
    #[must_use]
    pub fn proxy(settings: &Path, status: SocketAddr) -> Self {
        Self::new("marque-proxy", settings, status)
    }

    fn new(binary: &'static str, settings: &Path, status: SocketAddr) -> Self {
        Self { binary, settings: settings.to_owned(), status, log: None, process: None }
    }

    /// Sends its log to a file instead of our own standard error.
    #[must_use]
    pub fn logging_to(mut self, file: PathBuf) -> Self {
        self.log = Some(file);
        self
    }

    /// Starts it and waits until it says that it is ready.
    ///
    /// # Errors
    /// When the binary is missing, ends, or doesn't become ready.
    pub async fn start(&mut self) -> Result<()> {
        let mut command = Command::new(own(self.binary)?);
        command.arg("serve").arg("--settings").arg(&self.settings);
        let output = self.log.as_deref().map_or(Output::Ours, Output::File);
        self.process = Some(Process::start(self.binary, command, output)?);
        let what = format!("{} is ready", self.binary);
        let url = format!("http://{}/readyz", self.status);
        let http = http_client().build()?;
        until(&what, START, async || {
            // One that has ended won't become ready: that ends the wait at once.
            if self.expect_running().is_err() {
                return Ok(true);
            }
            Ok(http.get(&url).send().await?.status().is_success())
        })
        .await?;
        self.expect_running()
    }

    /// Ends it as a power cut would.
    ///
    /// # Errors
    /// When it wasn't running.
    pub fn kill(&mut self) -> Result<()> {
        self.process.take().with_context(|| format!("{} was not running", self.binary))?.kill()
    }

    /// Asks it to end, and waits for that.
    ///
    /// # Errors
    /// When it wasn't running, or ends by anything but its own will.
    pub async fn stop(&mut self) -> Result<()> {
        let process = self.process.take().with_context(|| format!("{} was not running", self.binary))?;
        let status = process.terminate(Duration::from_secs(40)).await?;
        ensure!(status.success(), "{} ended with {status}", self.binary);
        Ok(())
    }

    /// Fails when it has ended by itself.
    ///
    /// # Errors
    /// When it has, or was never started.
    pub fn expect_running(&mut self) -> Result<()> {
        self.process.as_mut().with_context(|| format!("{} was not started", self.binary))?.expect_running()
    }
}

/// Runs a command of a plane's binary to its end and gives what it printed.
///
/// # Errors
/// When it is missing or fails; what it said on standard error is in the error.
pub fn run(binary: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(own(binary)?).args(arguments).output().with_context(|| format!("run {binary}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{binary} {} failed: {}", arguments.join(" "), said.trim());
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
