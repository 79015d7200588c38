//! `make run`: a whole installation on one machine, to look at with a browser.
//!
//! Everything that it keeps lies in one directory; a second run goes on from there. The CA is a test server whose root
//! is new at every start, so the names of an earlier run are issued anew.

mod guide;
mod objects;

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use marque_tests::api::Api;
use marque_tests::installation::{ISSUANCE, Listening, Site, metrics};
use marque_tests::pebble::{Pebble, Wanted};
use marque_tests::plane::Plane;
use marque_tests::process::Output;
use marque_tests::resolver::Delegation;
use marque_tests::shop::SELLING;
use marque_tests::till::Till;
use marque_tests::visitor::Visitor;
use marque_tests::wait::until;
use tokio::signal::unix::{SignalKind, signal};

use objects::Objects;

/// Runs both planes, a test CA and the example application, and says how to look at them.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where everything is kept; removing it starts from nothing.
    #[arg(long, default_value = ".run")]
    state: PathBuf,
    /// The proxy's port for HTTPS.
    #[arg(long, default_value_t = 8443)]
    https: u16,
    /// The proxy's port for plain HTTP.
    #[arg(long, default_value_t = 8080)]
    http: u16,
}

/// Everything that runs.
struct Demo {
    control: Plane,
    proxy: Plane,
    till: Till,
    pebble: Pebble,
    site: Site,
    _lock: File,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut demo = Demo::start(&arguments).await?;
    let operator = Api::with_token_file(demo.api(), &demo.site.operator_token())?;
    let objects = Objects::open(&demo.site, &operator, &demo.till).await?;
    objects.create_records(&demo.pebble.dns).await?;
    if !demo.site.partner_token().exists() {
        let principal = format!("partner:{}", objects.partner);
        let scopes = [SELLING, &["support:read"]].concat();
        demo.site.create_token(&demo.site.partner_token(), &principal, &scopes)?;
    }
    println!("Certificates are being issued ...");
    let visitor = Visitor::new(demo.site.listening.https, &demo.pebble.issuing_root);
    for host in objects.hosts() {
        // A name that was left suspended is served, too: with a page that says so.
        let served = async || visitor.get(&host, "/login").await.map(|_| true);
        until(&format!("{host} is served"), ISSUANCE, served).await.context(demo.where_to_look())?;
    }
    guide::print(&demo.site, &arguments.state, &objects);
    guide::print_selling(&demo.site, &arguments.state, &objects);
    guide::print_lock(&demo.site, &arguments.state, &objects);
    guide::print_end(&arguments.state);
    let ended = demo.until_told_to_stop().await;
    println!("Stopping.");
    let _ = demo.proxy.stop().await;
    let _ = demo.control.stop().await;
    ended
}

impl Demo {
    async fn start(arguments: &Arguments) -> Result<Self> {
        let state = &arguments.state;
        fs::create_dir_all(state).with_context(|| format!("create {}", state.display()))?;
        let state = state.canonicalize().context("where the state lies")?;
        let lock = File::create(state.join("lock")).context("lock the state")?;
        lock.try_lock().with_context(|| format!("another `make run` uses {}", state.display()))?;
        let site = Site::new(&state, listening(arguments)?);
        let pebble = start_ca(&state, &site.listening).await?;
        site.write_settings(&site.sqlite(), &pebble.directory(), &pebble)?;
        if !site.operator_token().exists() {
            println!("First run: keys and tokens are made in {}", state.display());
            site.create_keys()?;
            site.migrate()?;
            site.create_edge_token()?;
            // The last one: what is there before it is made again by a run that was interrupted.
            site.create_operator_token()?;
        }
        Objects::recall_records(&site, &pebble.dns).await?;
        let till = Till::start((Ipv4Addr::LOCALHOST, 9000).into()).await.context("start the cash register")?;
        let control = Plane::control_plane(&site.control_plane_settings(), site.listening.control_status);
        let mut control = control.logging_to(state.join("control-plane.log"));
        control.start().await.context("see .run/control-plane.log")?;
        let proxy = Plane::proxy(&site.proxy_settings(), site.listening.proxy_status);
        let mut proxy = proxy.logging_to(state.join("proxy.log"));
        proxy.start().await.context("see .run/proxy.log")?;
        // The first names are to be served by it, too.
        until("the certificate of all platform names is there", ISSUANCE, async || has_wildcard(&site).await)
            .await
            .context("see .run/control-plane.log")?;
        Ok(Self { control, proxy, till, pebble, site, _lock: lock })
    }

    fn api(&self) -> String {
        format!("http://{}", self.site.listening.api)
    }

    fn where_to_look(&self) -> String {
        format!("see the logs in {}", self.site.directory.display())
    }

    /// Returns at Ctrl-C or SIGTERM, or when something ends that should not.
    async fn until_told_to_stop(&mut self) -> Result<()> {
        let mut interrupted = signal(SignalKind::interrupt())?;
        let mut terminated = signal(SignalKind::terminate())?;
        let mut look = tokio::time::interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                _ = interrupted.recv() => return Ok(()),
                _ = terminated.recv() => return Ok(()),
                ended = self.till.ended() => return ended.context("the cash register ended"),
                _ = look.tick() => {
                    self.control.expect_running()?;
                    self.proxy.expect_running()?;
                }
            }
        }
    }
}

async fn has_wildcard(site: &Site) -> Result<bool> {
    let page = metrics(site.listening.control_status).await?;
    let days = page.lines().find_map(|line| line.strip_prefix("control_wildcard_days "));
    // More than any certificate's life stands for none.
    Ok(days.and_then(|days| days.parse().ok()).is_some_and(|days: i64| (1..3_650).contains(&days)))
}

async fn start_ca(state: &Path, listening: &Listening) -> Result<Pebble> {
    let directory = state.join("ca");
    fs::create_dir_all(&directory).context("create the CA's directory")?;
    let log = directory.join("pebble.log");
    let delegation = listening.delegation().map(|it| Delegation { is_spelt_at_random: false, ..it });
    let wanted = Wanted { delegation, ..Wanted::plain(listening.http.port()) };
    let pebble = Pebble::start(&directory, wanted, Output::File(&log)).await?;
    fs::write(directory.join("issuing-root.pem"), &pebble.issuing_root).context("keep the issuing root")?;
    Ok(pebble)
}

fn listening(arguments: &Arguments) -> Result<Listening> {
    let free = |port: u16| -> Result<SocketAddr> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        ensure!(TcpListener::bind(address).is_ok(), "port {port} is in use: stop what listens there, or see --help");
        Ok(address)
    };
    Ok(Listening {
        https: free(arguments.https)?,
        http: free(arguments.http)?,
        api: free(8600)?,
        control_status: free(8601)?,
        proxy_status: free(8610)?,
        dns: Some(free(8653)?),
        updates: None,
    })
}
