//! The proxy's process: settings, log, threads, signals.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use marque_config::settings::{EXIT_BAD_SETTINGS, ProxySettings, Settings, SettingsError};
use marque_proxy::telemetry::LogLosses;
use marque_proxy::{FileError, Parts, Proxy, check_files, telemetry};
use tokio::signal::unix::{SignalKind, signal};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The edge of Marque: terminates TLS, locks each address to one account, routes to the application.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGTERM or SIGINT, then let requests finish.
    Serve {
        /// The settings' file; without one the defaults. PROXY__SECTION__KEY in the environment overrides.
        #[arg(long)]
        settings: Option<PathBuf>,
    },
    /// Look whether the settings, and the files that they name, are good.
    Check {
        /// The settings' file.
        #[arg(long)]
        settings: Option<PathBuf>,
    },
}

/// Why settings can't be had.
#[derive(Debug, thiserror::Error)]
enum LoadError {
    #[error("{}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    NamedFile(#[from] FileError),
}

fn main() -> ExitCode {
    let (path, runs) = match Arguments::parse().command {
        Command::Serve { settings } => (settings, true),
        Command::Check { settings } => (settings, false),
    };
    let settings = match load(path.as_deref()) {
        Ok(settings) => settings,
        Err(error) => return fail(&format_args!("{:#}", anyhow::Error::new(error)), EXIT_BAD_SETTINGS),
    };
    match if runs { run(settings) } else { Ok(()) } {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format_args!("{error:#}"), 1),
    }
}

/// One line, and the exit status.
fn fail(error: &dyn std::fmt::Display, status: u8) -> ExitCode {
    eprintln!("marque-proxy: {error}");
    ExitCode::from(status)
}

/// The settings, with every file that they name looked at: a wrong file is a wrong setting.
fn load(path: Option<&Path>) -> Result<ProxySettings, LoadError> {
    let text = match path {
        Some(path) => std::fs::read_to_string(path).map_err(|source| LoadError::File { path: path.into(), source })?,
        None => String::new(),
    };
    let settings = ProxySettings::parse(&text, std::env::vars())?;
    check_files(&settings)?;
    Ok(settings)
}

fn run(settings: ProxySettings) -> anyhow::Result<()> {
    let log = telemetry::init(&settings.log)?;
    let mut threads = match settings.listen.threads {
        // One thread needs nothing that threads share work with.
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    if settings.listen.threads > 1 {
        threads.worker_threads(settings.listen.threads);
    }
    threads.enable_all().build().context("threads")?.block_on(serve(settings, log.losses()))
}

async fn serve(settings: ProxySettings, losses: LogLosses) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT")?;
    let proxy = Proxy::bind(settings, Parts::real()).await?;
    proxy.report(losses);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tokio::select! {
        () = proxy.shutdown() => {}
        // Who asks twice doesn't want to wait.
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_the_settings_name_and_that_is_not_there_is_a_wrong_setting() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut file, b"[feed]\nedge_key_file = \"/nowhere/edge.key\"").unwrap();
        let error = load(Some(file.path())).unwrap_err();
        assert!(matches!(error, LoadError::NamedFile(_)), "{error}");
        assert_eq!(error.to_string(), "feed.edge_key_file /nowhere/edge.key");
    }
}
