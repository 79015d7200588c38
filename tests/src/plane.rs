//! Both planes as what they are in earnest: processes that are told by a settings file, and can be killed.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;

use crate::authority::http_client;
use crate::component::{later, own};
use crate::process::{Output, Process};
use crate::wait::until;

/// How long a plane may take to be ready.
const START: Duration = Duration::from_secs(30);

/// Which version of a program is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// This one.
    Today,
    /// A later one, as the feature `rehearsal` plays it.
    Later,
}

impl Version {
    fn program(self, name: &str) -> Result<PathBuf> {
        match self {
            Self::Today => own(name),
            Self::Later => later(name),
        }
    }
}

/// One plane, running or not. Started again, it finds what it left.
#[derive(Debug)]
pub struct Plane {
    binary: &'static str,
    version: Version,
    program: Option<PathBuf>,
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
        let version = Version::Today;
        Self { binary, version, program: None, settings: settings.to_owned(), status, log: None, process: None }
    }

    /// Runs this program instead of one of ours.
    #[must_use]
    pub fn run_by(mut self, program: PathBuf) -> Self {
        self.program = Some(program);
        self
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
        let program = self.program.clone().map_or_else(|| self.version.program(self.binary), Ok)?;
        let mut command = Command::new(program);
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

    /// Ends it, and starts another version of it in its place.
    ///
    /// # Errors
    /// When it doesn't end, or the other doesn't start.
    pub async fn change_to(&mut self, version: Version) -> Result<()> {
        self.stop().await?;
        self.version = version;
        self.start().await
    }

    /// Stops its time (SIGSTOP): it answers nothing, and its connections stay open.
    ///
    /// # Errors
    /// When it isn't running.
    pub fn freeze(&self) -> Result<()> {
        self.signal(Signal::SIGSTOP)
    }

    /// Lets its time go on.
    ///
    /// # Errors
    /// When it isn't running.
    pub fn thaw(&self) -> Result<()> {
        self.signal(Signal::SIGCONT)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        self.process.as_ref().with_context(|| format!("{} is not running", self.binary))?.signal(signal)
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
    run_of(Version::Today, binary, arguments)
}

/// As [`run`], of a version.
///
/// # Errors
/// As [`run`].
pub fn run_of(version: Version, binary: &str, arguments: &[&str]) -> Result<String> {
    let program = version.program(binary)?;
    let output = Command::new(program).args(arguments).output().with_context(|| format!("run {binary}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{binary} {} failed: {}", arguments.join(" "), said.trim());
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
