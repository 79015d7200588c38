//! Where an installation's files lie and its planes listen, and the files that tell them so.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Engine;
use crate::knot;
use crate::pebble::Pebble;
use crate::plane::run;
use crate::postgres::Cluster;
use crate::resolver::Delegation;

/// The domain of the installation: browsers resolve every name below it to loopback by themselves.
pub const BASE: &str = "localhost";

const CONTROL_PLANE: &str = "marque-control-plane";

/// One certificate for every platform name.
const WILDCARD: &str = "platform_wildcard = \"dns\"\nname_servers = [\"edge-1.localhost\"]\n";

/// A database's URL.
#[derive(Debug, Clone)]
pub struct Database(pub String);

impl Database {
    /// An empty database of this kind; its cluster, if it has one, runs as long as what is given beside.
    ///
    /// # Errors
    /// When PostgreSQL is missing or doesn't start.
    pub async fn of(engine: Engine, site: &Site, name: &str) -> Result<(Option<Cluster>, Self)> {
        match engine {
            Engine::Sqlite => Ok((None, site.sqlite())),
            Engine::Postgres | Engine::PostgresDurable => {
                let durable = engine == Engine::PostgresDurable;
                let cluster = if durable { Cluster::start_durable().await? } else { Cluster::start().await? };
                let url = cluster.database(name).await?;
                Ok((Some(cluster), Self(url)))
            }
        }
    }
}

/// The addresses of both planes.
#[derive(Debug, Clone, Copy)]
pub struct Listening {
    /// The proxy, TLS.
    pub https: SocketAddr,
    /// The proxy, plain.
    pub http: SocketAddr,
    /// The control plane's API and feed.
    pub api: SocketAddr,
    /// The control plane's health.
    pub control_status: SocketAddr,
    /// The proxy's health.
    pub proxy_status: SocketAddr,
    /// The proxy, DNS; none: each platform name has a certificate of its own.
    pub dns: Option<SocketAddr>,
    /// The DNS server that takes updates of the platform's zone, where there is one.
    pub updates: Option<SocketAddr>,
}

impl Listening {
    /// The zone that proves the platform's names, when the proxy answers for it or another server is told.
    #[must_use]
    pub fn delegation(&self) -> Option<Delegation> {
        let at = |zone: String, server| Delegation { zone, servers: vec![server], is_spelt_at_random: true };
        let here = self.dns.map(|server| at(format!("_acme-challenge.p.{BASE}"), server));
        here.or_else(|| self.updates.map(|server| at(format!("p.{BASE}"), server)))
    }
}

/// One installation's directory and addresses.
#[derive(Debug, Clone)]
pub struct Site {
    /// Where everything lies.
    pub directory: PathBuf,
    /// Where everything listens.
    pub listening: Listening,
}

impl Site {
    /// A site in a directory that exists.
    #[must_use]
    pub fn new(directory: &Path, listening: Listening) -> Self {
        Self { directory: directory.to_owned(), listening }
    }

    /// The control plane's settings file.
    #[must_use]
    pub fn control_plane_settings(&self) -> PathBuf {
        self.directory.join("control-plane.toml")
    }

    /// The proxy's settings file.
    #[must_use]
    pub fn proxy_settings(&self) -> PathBuf {
        self.directory.join("proxy.toml")
    }

    /// The file with the operator's token.
    #[must_use]
    pub fn operator_token(&self) -> PathBuf {
        self.directory.join("operator.token")
    }

    /// The file with the proxy's token.
    #[must_use]
    pub fn edge_token(&self) -> PathBuf {
        self.directory.join("edge.token")
    }

    /// The file with a partner's token.
    #[must_use]
    pub fn partner_token(&self) -> PathBuf {
        self.directory.join("partner.token")
    }

    /// A database in a file here.
    #[must_use]
    pub fn sqlite(&self) -> Database {
        Database(format!("sqlite://{}", self.directory.join("marque.db").display()))
    }

    /// Writes the settings of both planes.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn write_settings(&self, database: &Database, acme_directory: &str, pebble: &Pebble) -> Result<()> {
        let control_plane = self.control_plane_text(database, acme_directory, pebble);
        fs::write(self.control_plane_settings(), control_plane).context("write the control plane's settings")?;
        fs::write(self.proxy_settings(), self.proxy_text()).context("write the proxy's settings")
    }

    /// Makes the keys of both planes.
    ///
    /// # Errors
    /// When there are keys already.
    pub fn create_keys(&self) -> Result<()> {
        run(CONTROL_PLANE, &["keys", &self.keys().to_string_lossy()])?;
        let mut file = fs::File::options();
        let mut file = file.write(true).create_new(true).mode(0o600).open(self.update_key())?;
        std::io::Write::write_all(&mut file, knot::KEY.as_bytes()).context("write the key of updates")
    }

    /// Makes the tables of the database, or brings them up to date.
    ///
    /// # Errors
    /// When the control plane's command fails.
    pub fn migrate(&self) -> Result<()> {
        run(CONTROL_PLANE, &["migrate", "--settings", &self.control_plane_settings().to_string_lossy()]).map(drop)
    }

    /// Has the certificate of all platform names issued anew.
    ///
    /// # Errors
    /// When the control plane's command fails.
    pub fn renew_wildcard(&self) -> Result<()> {
        let settings = self.control_plane_settings();
        run(CONTROL_PLANE, &["admin", "renew-wildcard", "--settings", &settings.to_string_lossy()]).map(drop)
    }

    /// Makes a token that may do everything through the API, keeps it in a file, and gives it.
    ///
    /// # Errors
    /// When the control plane's command fails.
    pub fn create_operator_token(&self) -> Result<String> {
        self.create(&self.operator_token(), "operator", &["--all"])
    }

    /// Makes the token with which the proxy follows the feed, and keeps it in a file.
    ///
    /// # Errors
    /// When the control plane's command fails.
    pub fn create_edge_token(&self) -> Result<()> {
        self.create_token(&self.edge_token(), "edge", &["edge:sync"]).map(drop)
    }

    /// Makes a token, keeps it in a file, and gives it.
    ///
    /// # Errors
    /// When the control plane's command fails.
    pub fn create_token(&self, file: &Path, principal: &str, scopes: &[&str]) -> Result<String> {
        let scopes: Vec<_> = scopes.iter().flat_map(|scope| ["--scope", *scope]).collect();
        self.create(file, principal, &scopes)
    }

    fn create(&self, file: &Path, principal: &str, rights: &[&str]) -> Result<String> {
        let settings = self.control_plane_settings();
        let settings = settings.to_string_lossy();
        let mut arguments = vec!["admin", "token", "--settings", &settings, "--name", principal];
        arguments.extend(["--principal", principal]);
        arguments.extend(rights);
        let token = run(CONTROL_PLANE, &arguments)?;
        let mut options = fs::File::options();
        let opened = options.write(true).create(true).truncate(true).mode(0o600).open(file);
        let mut opened = opened.with_context(|| format!("open {}", file.display()))?;
        std::io::Write::write_all(&mut opened, token.as_bytes()).context("write a token")?;
        Ok(token)
    }

    /// The key that the control plane alone has.
    #[must_use]
    pub(super) fn store_key(&self) -> PathBuf {
        self.keys().join("store.key")
    }

    fn keys(&self) -> PathBuf {
        self.directory.join("keys")
    }

    fn control_plane_text(&self, database: &Database, acme_directory: &str, pebble: &Pebble) -> String {
        let Listening { api, control_status, .. } = self.listening;
        let (keys, url) = (self.keys(), &database.0);
        let (keys, root, dns) = (keys.display(), pebble.api_root_file.display(), pebble.resolver());
        let wildcard = match (self.listening.dns, self.listening.updates) {
            (Some(_), _) => WILDCARD.to_owned(),
            (None, Some(server)) => self.updates_text(server),
            (None, None) => String::new(),
        };
        format!(
            r#"[listen]
api = "{api}"
status = "{control_status}"

[database]
url = "{url}"

[keys]
store_key_file = "{keys}/store.key"
edge_key_file = "{keys}/edge.key"
feed_key_file = "{keys}/feed.key"

[limits]
requests_per_minute = 1000000
failures_per_minute = 1000000
[names]
base = "{BASE}"
special_use = true
edge_addresses = ["127.0.0.1"]
{wildcard}
[acme]
directory = "{acme_directory}"
contacts = ["mailto:operator@marque.example"]
terms_agreed = true
root_file = "{root}"
# This CA counts nothing, and names are issued anew at every start of a demonstration.
orders_per_tenant = 1000

[dns]
servers = ["{dns}"]
deadline = "2s"
interval = "500ms"

[log]
format = "text"
"#
        )
    }

    fn updates_text(&self, server: SocketAddr) -> String {
        let (key_name, file) = (knot::KEY_NAME, self.update_key());
        format!(
            r#"platform_wildcard = "update"
[names.update]
server = "{server}"
zone = "p.{BASE}"
key_name = "{key_name}"
key_file = "{}"
"#,
            file.display()
        )
    }

    /// The file with the key that updates are signed by.
    #[must_use]
    pub fn update_key(&self) -> PathBuf {
        self.keys().join("update.key")
    }

    fn proxy_text(&self) -> String {
        let Listening { https, http, api, proxy_status, .. } = self.listening;
        let (keys, directory) = (self.keys(), self.directory.display());
        let keys = keys.display();
        let dns = self.listening.dns.map_or(String::new(), |dns| format!("[dns]\nlisten = [\"{dns}\"]\n\n"));
        format!(
            r#"[listen]
https = ["{https}"]
http = ["{http}"]
status = "{proxy_status}"

[feed]
url = "http://{api}"
token_file = "{directory}/edge.token"
public_key_file = "{keys}/feed.pub"
edge_key_file = "{keys}/edge.key"
replica = "{directory}/replica.db"

{dns}[limits]
drain_notice = "1ms"

[log]
format = "text"
"#
        )
    }
}
