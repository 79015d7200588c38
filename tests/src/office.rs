//! A control plane alone, without edge and CA: for the business behind it.

use std::fs;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::api::Api;
use crate::installation::{Database, Engine, Listening, Site};
use crate::plane::Plane;
use crate::port::Port;
use crate::postgres::Cluster;

/// A control plane that runs, with its database. Dropping it ends both.
pub struct Office {
    /// The operator's hand on the API.
    pub operator: Api,
    /// The control plane.
    pub control: Plane,
    /// Where everything lies and listens.
    pub site: Site,
    /// The URL of its database.
    pub database: String,
    _cluster: Option<Cluster>,
    _ports: Vec<Port>,
    _directory: TempDir,
}

impl Office {
    /// Starts one on an empty database; `settings` is more TOML, sections of its own.
    ///
    /// # Errors
    /// When a component is missing or doesn't start.
    pub async fn open(engine: Engine, settings: &str) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("marque-office-").tempdir()?;
        let ports = (0..2).map(|_| Port::reserve()).collect::<Result<Vec<_>>>()?;
        let (api, status) = (ports[0].address(), ports[1].address());
        let listening = Listening {
            https: api,
            http: api,
            api,
            control_status: status,
            proxy_status: status,
            dns: None,
            updates: None,
        };
        let site = Site::new(directory.path(), listening);
        let (cluster, database) = Database::of(engine, &site, "office").await?;
        let text = format!("{}\n{settings}", written(&site, &database));
        fs::write(site.control_plane_settings(), text).context("write the control plane's settings")?;
        site.create_keys()?;
        site.migrate()?;
        let operator = Api::new(format!("http://{api}"), site.create_operator_token()?)?;
        let mut control = Plane::control_plane(&site.control_plane_settings(), status);
        control.start().await?;
        let (_cluster, _ports, _directory) = (cluster, ports, directory);
        let database = database.0;
        Ok(Self { operator, control, site, database, _cluster, _ports, _directory })
    }
}

fn written(site: &Site, database: &Database) -> String {
    let Listening { api, control_status, .. } = site.listening;
    let (keys, url) = (site.directory.join("keys"), &database.0);
    let keys = keys.display();
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

[names]
base = "localhost"
special_use = true

[limits]
requests_per_minute = 1000000
failures_per_minute = 1000000

[log]
filter = "warn"
format = "text"
"#
    )
}
