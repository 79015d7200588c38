//! A proxy as a program of its own, before the scripted application.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use marque_tests::authority::Authority;
use marque_tests::feed::{A, Feed};
use marque_tests::plane::Plane;
use marque_tests::port::Port;
use marque_tests::visitor::Visitor;
use marque_tests::wait::until;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::application::{Application, Script};
use crate::plan::Exchange;
use crate::talk::Asked;

/// A proxy before an application.
pub(crate) struct Edge {
    pub(crate) application: Application,
    visitor: Visitor,
    proxy: parking_lot::Mutex<Plane>,
    asked: AtomicUsize,
    /// Those of which no application may have a whole request.
    refused: parking_lot::Mutex<Vec<Arc<Script>>>,
    _feed: Feed,
    _ports: [Port; 3],
    _directory: TempDir,
}

impl Edge {
    /// Starts the proxy that was built, or another.
    pub(crate) async fn start(program: Option<PathBuf>) -> Result<Self> {
        let application = Application::start().await?;
        let authority = Authority::new("exchanges")?;
        let feed = Feed::start(application.address(), json!({}), &authority).await?;
        let directory = tempfile::Builder::new().prefix("marque-").tempdir()?;
        Feed::write_files(directory.path())?;
        let ports = [Port::reserve()?, Port::reserve()?, Port::reserve()?];
        let settings = directory.path().join("proxy.toml");
        let text = settings_text(&directory, &feed, &ports);
        std::fs::write(&settings, text).context("write the proxy's settings")?;
        let mut proxy = Plane::proxy(&settings, ports[2].address()).logging_to(directory.path().join("proxy.log"));
        if let Some(program) = program {
            proxy = proxy.run_by(program);
        }
        proxy.start().await?;
        let visitor = Visitor::new(ports[0].address(), &authority.root_pem());
        let (proxy, asked, refused) = (proxy.into(), AtomicUsize::new(0), Default::default());
        let (_feed, _ports, _directory) = (feed, ports, directory);
        let edge = Self { application, visitor, proxy, asked, refused, _feed, _ports, _directory };
        until("the name is served", Duration::from_secs(10), async || Ok(edge.connect("h2").await.is_ok())).await?;
        Ok(edge)
    }

    /// A connection for this protocol (ALPN).
    pub(crate) async fn connect(&self, protocol: &str) -> Result<TlsStream<TcpStream>> {
        self.visitor.handshake(A, &[protocol]).await
    }

    /// Has an exchange ready to be asked for.
    pub(crate) fn ask(&self, exchange: &Exchange) -> Asked {
        let marker = format!("m{:06}", self.asked.fetch_add(1, Ordering::Relaxed));
        let script = self.application.expect(&marker, exchange.answer.clone());
        if exchange.request.flaw.is_some() {
            self.refused.lock().push(Arc::clone(&script));
        }
        Asked { marker, exchange: exchange.clone(), script }
    }

    /// Fails when a request that is refused, or was broken off, reached the application whole after all.
    pub(crate) fn check_refused(&self) -> Result<()> {
        for script in self.refused.lock().iter() {
            ensure!(script.got().iter().all(|got| !got.is_whole), "{script:?}");
        }
        Ok(())
    }

    /// Fails when the proxy has ended.
    pub(crate) fn expect_running(&self) -> Result<()> {
        self.proxy.lock().expect_running()
    }
}

fn settings_text(directory: &TempDir, feed: &Feed, [https, http, status]: &[Port; 3]) -> String {
    let [https, http, status] = [https, http, status].map(Port::address);
    let (directory, feed) = (directory.path().display(), feed.url());
    format!(
        r#"[listen]
https = ["{https}"]
http = ["{http}"]
status = "{status}"

[feed]
url = "{feed}"
token_file = "{directory}/token"
public_key_file = "{directory}/feed.pub"
edge_key_file = "{directory}/edge.key"
replica = "{directory}/replica.db"

[limits]
drain_notice = "1ms"
"#
    )
}
