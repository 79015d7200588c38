//! Headless Chromium, driven through ChromeDriver, in a home directory of its own that trusts one root.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use fantoccini::{Client, ClientBuilder};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::component::program;
use crate::port::Port;
use crate::process::{Output, Process, as_somebody, give_to_somebody};
use crate::wait::eventually;

/// Flags that keep Chromium from calling its maker at every start, and from needing a screen.
const FLAGS: [&str; 9] = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    // Containers forbid the name spaces that its sandbox is made of; it visits only our own pages, without rights.
    "--no-sandbox",
];

/// A running browser.
#[derive(Debug)]
pub struct Browser {
    /// What a person would do with it.
    pub client: Client,
    _driver: Process,
    _port: Port,
    _home: TempDir,
}

impl Browser {
    /// Starts one that trusts `root` (PEM).
    ///
    /// # Errors
    /// When Chromium, ChromeDriver or certutil is missing or doesn't start.
    pub async fn start(root: &str) -> Result<Self> {
        let home = tempfile::Builder::new().prefix("marque-browser-").tempdir()?;
        give_to_somebody(home.path())?;
        trust(home.path(), root)?;
        let chromium = program("chromium", "chromium")?;
        let port = Port::reserve()?;
        let mut command = Command::new(program("chromedriver", "chromium-driver")?);
        command.arg(format!("--port={}", port.number())).env("HOME", home.path()).env("TMPDIR", home.path());
        command.env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME").current_dir(home.path());
        as_somebody(&mut command)?;
        // At SIGTERM it takes its browsers along.
        let driver = Process::start("chromedriver", command, Output::Nowhere)?.ended_by(Signal::SIGTERM);
        let url = format!("http://127.0.0.1:{}", port.number());
        let client = eventually("ChromeDriver opens a browser", Duration::from_secs(60), async || {
            let options = capabilities(&chromium, home.path());
            let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
            Ok(Some(builder.capabilities(options).connect(&url).await?))
        })
        .await?;
        Ok(Self { client, _driver: driver, _port: port, _home: home })
    }

    /// Closes the browser, and with it its processes.
    ///
    /// # Errors
    /// When it doesn't answer.
    pub async fn close(self) -> Result<()> {
        self.client.close().await.context("close the browser")
    }
}

fn capabilities(chromium: &Path, home: &Path) -> serde_json::Map<String, Value> {
    let profile = format!("--user-data-dir={}", home.join("profile").display());
    let flags: Vec<&str> = FLAGS.into_iter().chain([profile.as_str()]).collect();
    let mut capabilities = serde_json::Map::new();
    capabilities.insert("goog:chromeOptions".to_owned(), json!({"binary": chromium, "args": flags}));
    // The library's default is to take any certificate.
    capabilities.insert("acceptInsecureCerts".to_owned(), json!(false));
    capabilities
}

/// Puts the root into the NSS database where Chromium looks for roots that its user trusts.
fn trust(home: &Path, root: &str) -> Result<()> {
    let file = home.join("root.pem");
    std::fs::write(&file, root).context("write the root")?;
    let database = home.join(".pki/nssdb");
    std::fs::create_dir_all(&database).context("make an NSS database")?;
    for directory in [home.join(".pki"), database.clone()] {
        give_to_somebody(&directory)?;
    }
    let place = format!("sql:{}", database.display());
    certutil(home, &["-N", "-d", &place, "--empty-password"])?;
    let file = file.to_string_lossy();
    certutil(home, &["-A", "-d", &place, "-t", "C,,", "-n", "pebble", "-i", &file])
}

fn certutil(home: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new(program("certutil", "libnss3-tools")?);
    command.args(arguments).env("HOME", home).current_dir(home);
    as_somebody(&mut command)?;
    let output = command.output().context("run certutil")?;
    ensure!(output.status.success(), "certutil failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
