//! Child processes that end with the value that holds them.

use std::fs::File;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User};

use crate::wait::eventually;

/// Where a child's words go.
#[derive(Debug, Clone, Copy)]
pub enum Output<'a> {
    /// To our own standard error, which the test runner shows when a test fails.
    Ours,
    /// To a file, appended.
    File(&'a Path),
    /// Nowhere: for programs that talk a lot and say nothing.
    Nowhere,
}

/// A running child.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    last_signal: Signal,
}

impl Process {
    /// Starts `command`, without input.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start(name: &str, mut command: Command, output: Output<'_>) -> Result<Self> {
        let (out, err) = match output {
            Output::Ours => (Stdio::from(std::io::stderr()), Stdio::inherit()),
            Output::File(path) => {
                let file = File::options().create(true).append(true).open(path);
                let file = file.with_context(|| format!("open {}", path.display()))?;
                (file.try_clone().context("a second handle of a log")?.into(), file.into())
            }
            Output::Nowhere => (Stdio::null(), Stdio::null()),
        };
        command.stdin(Stdio::null()).stdout(out).stderr(err);
        let child = command.spawn().with_context(|| format!("start {name}"))?;
        Ok(Self { name: name.to_owned(), child, last_signal: Signal::SIGKILL })
    }

    /// Sends `signal` instead of SIGKILL when the value is dropped.
    #[must_use]
    pub fn ended_by(mut self, signal: Signal) -> Self {
        self.last_signal = signal;
        self
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// When the system doesn't say.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().with_context(|| format!("ask for {}", self.name))
    }

    /// Fails when the child has ended.
    ///
    /// # Errors
    /// When it has.
    pub fn expect_running(&mut self) -> Result<()> {
        match self.ended()? {
            None => Ok(()),
            Some(status) => bail!("{} ended by itself: {}", self.name, describe(status)),
        }
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// When the child is no more.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        // A process id is a small positive number.
        kill(Pid::from_raw(self.child.id() as i32), signal).with_context(|| format!("{signal} to {}", self.name))
    }

    /// Ends it as a power cut would (`kill -9`).
    ///
    /// # Errors
    /// When it was gone already.
    pub fn kill(mut self) -> Result<()> {
        self.expect_running()?;
        self.child.kill().with_context(|| format!("kill {}", self.name))?;
        self.child.wait().map(drop).with_context(|| format!("wait for {}", self.name))
    }

    /// Asks it to end (SIGTERM) and waits for that.
    ///
    /// # Errors
    /// When it doesn't end within the deadline.
    pub async fn terminate(mut self, deadline: Duration) -> Result<ExitStatus> {
        self.signal(Signal::SIGTERM)?;
        let what = format!("{} ends after SIGTERM", self.name);
        eventually(&what, deadline, async || self.ended()).await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Ok(None) = self.ended() {
            let _ = self.signal(self.last_signal);
            let _ = self.child.wait();
        }
    }
}

/// Makes a command run as somebody without rights, when we are root: PostgreSQL and browsers refuse root.
///
/// # Errors
/// When there is no such user.
pub fn as_somebody(command: &mut Command) -> Result<()> {
    if let Some(user) = somebody()? {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    Ok(())
}

/// Gives a directory to that same user.
///
/// # Errors
/// When the system doesn't.
pub fn give_to_somebody(directory: &Path) -> Result<()> {
    if let Some(user) = somebody()? {
        std::os::unix::fs::chown(directory, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
            .with_context(|| format!("give {} away", directory.display()))?;
    }
    Ok(())
}

fn somebody() -> Result<Option<User>> {
    if !nix::unistd::geteuid().is_root() {
        return Ok(None);
    }
    let user = User::from_name("nobody").context("look up a user")?;
    user.map(Some).context("there is no user `nobody` to run as instead of root")
}

fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "for no known reason".to_owned(),
    }
}
