//! Finds the programs that the suites start. A missing one is named together with what brings it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// A program of the system, by its name; `package` is the Debian package that has it.
///
/// # Errors
/// When it isn't there.
pub fn program(name: &str, package: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Where Debian has servers, which is no part of everybody's path.
    let directories = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let found = directories.map(|directory| directory.join(name)).find(|file| file.is_file());
    found.with_context(|| format!("{name} is missing: `make setup` installs it (Debian package {package})"))
}

/// A program of PostgreSQL, of the newest version that Debian's packages have installed.
///
/// # Errors
/// When it isn't there.
pub fn postgres_program(name: &str) -> Result<PathBuf> {
    let version = |path: &Path| path.file_name().and_then(|it| it.to_str()).and_then(|it| it.parse::<u32>().ok());
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path());
    let newest = installed.filter(|path| path.join("bin").join(name).is_file()).max_by_key(|path| version(path));
    match newest {
        Some(path) => Ok(path.join("bin").join(name)),
        None => program(name, "postgresql"),
    }
}

/// A tool that came from PyPI, beside what cargo builds.
///
/// # Errors
/// When it isn't there.
pub fn tool(name: &str) -> Result<PathBuf> {
    let built = built()?;
    let file = built.parent().unwrap_or(&built).join("tools/bin").join(name);
    if !file.is_file() {
        bail!("{} is missing: `make setup` installs it", file.display());
    }
    Ok(file)
}

/// A binary of this workspace, which lies beside the one that runs.
///
/// # Errors
/// When it hasn't been built.
pub fn own(name: &str) -> Result<PathBuf> {
    let file = built()?.join(name);
    if !file.is_file() {
        bail!("{} is missing: `cargo build --workspace --bins` makes it", file.display());
    }
    Ok(file)
}

/// As [`own`], of a later version, as the feature `rehearsal` plays it.
///
/// # Errors
/// When it hasn't been built.
pub fn later(name: &str) -> Result<PathBuf> {
    let file = built()?.join("rehearsal").join(name);
    if !file.is_file() {
        bail!("{} is missing: `make rehearsal` makes it", file.display());
    }
    Ok(file)
}

/// Where cargo put the program that runs: `target/debug`.
fn built() -> Result<PathBuf> {
    let running = std::env::current_exe().context("where this program lies")?;
    let directory = running.parent().context("this program lies in a directory")?;
    let is_below = directory.ends_with("deps") || directory.ends_with("examples");
    let directory = if is_below { directory.parent().unwrap_or(directory) } else { directory };
    Ok(directory.to_owned())
}
