//! A whole installation on loopback: CA, control plane, proxy, cash register, and the objects that join them.

mod arrival;
mod more;
mod site;
mod tenancy;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

pub use arrival::PASSWORD;
pub use more::{Control, Edge};
pub use site::{BASE, Database, Listening, Site};
pub use tenancy::{BRAND, Business, Tenancy};

use crate::api::Api;
use crate::authority::http_client;
use crate::knot::Knot;
use crate::pebble::{NOBODYS, Pebble, Wanted};
use crate::plane::Plane;
use crate::port::Port;
use crate::postgres::Cluster;
use crate::process::Output;
use crate::relay::Relay;
use crate::till::{FOURNIL, MOULIN, Till};
use crate::visitor::Visitor;
use crate::wait::until;

/// How long a name may take from its creation to being served.
pub const ISSUANCE: Duration = Duration::from_secs(60);

/// Which kind of database a suite runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// A cluster of its own.
    Postgres,
    /// A cluster of its own that is as durable as one in earnest.
    PostgresDurable,
}

/// Everything that runs. Dropping it ends all of it.
pub struct Installation {
    /// The operator's hand on the API.
    pub operator: Api,
    /// Somebody outside.
    pub visitor: Visitor,
    /// The control plane.
    pub control: Plane,
    /// The proxy.
    pub proxy: Plane,
    /// The application.
    pub till: Till,
    /// Stands between the control plane and the CA, and counts.
    pub relay: Relay,
    /// The CA.
    pub pebble: Pebble,
    /// Where everything lies and listens.
    pub site: Site,
    /// The control plane's database.
    pub database: Database,
    _cluster: Option<Cluster>,
    _knot: Option<Knot>,
    _ports: Vec<Port>,
    _directory: TempDir,
}

/// What is special about where an installation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Plain,
    /// The proxy answers DNS questions for the platform's zone.
    WithWildcard,
    /// The CA doesn't get through to port 80.
    WithoutPort80,
    /// A DNS server takes updates of the platform's zone.
    WithUpdates,
}

impl Installation {
    /// Starts everything, empty: no partner, no name.
    ///
    /// # Errors
    /// When a component is missing or doesn't start.
    pub async fn start(engine: Engine) -> Result<Self> {
        Self::start_with(engine, Place::Plain).await
    }

    /// The same, with one certificate for every platform name.
    ///
    /// # Errors
    /// As [`Installation::start`].
    pub async fn start_with_wildcard(engine: Engine) -> Result<Self> {
        Self::start_with(engine, Place::WithWildcard).await
    }

    /// The same, where a DNS server of the operator's own proves it.
    ///
    /// # Errors
    /// As [`Installation::start`].
    pub async fn start_with_updates(engine: Engine) -> Result<Self> {
        Self::start_with(engine, Place::WithUpdates).await
    }

    /// The same, where the CA gets through to port 443 alone.
    ///
    /// # Errors
    /// As [`Installation::start`].
    pub async fn start_without_port_80(engine: Engine) -> Result<Self> {
        Self::start_with(engine, Place::WithoutPort80).await
    }

    async fn start_with(engine: Engine, place: Place) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("marque-").tempdir()?;
        let ports = (0..6).map(|_| Port::reserve()).collect::<Result<Vec<_>>>()?;
        let knot = match place {
            Place::WithUpdates => Some(Knot::start(directory.path(), &format!("p.{BASE}"), Output::Nowhere).await?),
            _ => None,
        };
        let listening = Listening {
            https: ports[0].address(),
            http: ports[1].address(),
            api: ports[2].address(),
            control_status: ports[3].address(),
            proxy_status: ports[4].address(),
            dns: (place == Place::WithWildcard).then(|| ports[5].address()),
            updates: knot.as_ref().map(Knot::address),
        };
        let site = Site::new(directory.path(), listening);
        let pebble = Pebble::start(directory.path(), wanted_of(place, &listening), Output::Nowhere).await?;
        let relay = Relay::start(&pebble).await?;
        let (cluster, database) = Database::of(engine, &site, "system").await?;
        site.write_settings(&database, &relay.directory(), &pebble)?;
        site.create_keys()?;
        site.migrate()?;
        let operator = Api::new(format!("http://{}", listening.api), site.create_operator_token()?)?;
        site.create_edge_token()?;
        let mut control = Plane::control_plane(&site.control_plane_settings(), listening.control_status);
        control.start().await?;
        let mut proxy = Plane::proxy(&site.proxy_settings(), listening.proxy_status);
        proxy.start().await?;
        let till = Till::start(([127, 0, 0, 1], 0).into()).await.context("start the cash register")?;
        let visitor = Visitor::new(listening.https, &pebble.issuing_root);
        let (_cluster, _knot, _ports, _directory) = (cluster, knot, ports, directory);
        Ok(Self {
            operator,
            visitor,
            control,
            proxy,
            till,
            relay,
            pebble,
            site,
            database,
            _cluster,
            _knot,
            _ports,
            _directory,
        })
    }

    /// Adds to the settings of both planes, and starts again each that was told something.
    ///
    /// # Errors
    /// When a file can't be written, or a plane doesn't start.
    pub async fn configure(&mut self, control_plane: &str, proxy: &str) -> Result<()> {
        let files = [self.site.control_plane_settings(), self.site.proxy_settings()];
        let planes = [&mut self.control, &mut self.proxy];
        for ((file, more), plane) in files.iter().zip([control_plane, proxy]).zip(planes) {
            if more.is_empty() {
                continue;
            }
            let settings = std::fs::read_to_string(file).context("read settings")?;
            std::fs::write(file, format!("{settings}\n{more}\n")).context("write settings")?;
            plane.stop().await?;
            plane.start().await?;
        }
        Ok(())
    }

    /// Makes the partner and the application that a suite's tenants belong to.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn open_business(&self) -> Result<Business> {
        Business::open(&self.operator, self.till.address(), self.site.listening.https.port()).await
    }

    /// Hands a client's tenant over to its first administrator, and gives their hand on the API.
    ///
    /// # Errors
    /// As [`Site::hand_over`].
    pub async fn hand_over(&self, tenant: &str, email: &str) -> Result<Api> {
        self.site.hand_over(&self.database, &self.operator, (tenant, email)).await
    }

    /// Opens the baker's and the miller's spaces, each at its platform name, and waits until both are served.
    ///
    /// # Errors
    /// When the API refuses, or a name isn't served in time.
    pub async fn open_both(&self) -> Result<[Tenancy; 2]> {
        self.open_both_of(&self.open_business().await?).await
    }

    /// As [`Installation::open_both`], for a business that is there already.
    ///
    /// # Errors
    /// As [`Installation::open_both`].
    pub async fn open_both_of(&self, business: &Business) -> Result<[Tenancy; 2]> {
        let fournil = business.open_tenancy(&self.operator, FOURNIL).await?;
        let moulin = business.open_tenancy(&self.operator, MOULIN).await?;
        for tenancy in [&fournil, &moulin] {
            tenancy.add_platform_name(&self.operator, tenancy.person.account).await?;
        }
        for tenancy in [&fournil, &moulin] {
            self.until_served(&tenancy.platform_host()).await?;
        }
        Ok([fournil, moulin])
    }

    /// Waits until a name is served over HTTPS with a chain that validates, and its application answers.
    ///
    /// # Errors
    /// When it isn't in time.
    pub async fn until_served(&self, host: &str) -> Result<()> {
        until(&format!("{host} is served"), ISSUANCE, async || {
            Ok(self.visitor.get(host, "/echo").await?.status.is_success())
        })
        .await
    }
}

/// What the CA needs to know of a place.
fn wanted_of(place: Place, listening: &Listening) -> Wanted {
    let http_port = if place == Place::WithoutPort80 { NOBODYS } else { listening.http.port() };
    Wanted { delegation: listening.delegation(), tls_port: listening.https.port(), ..Wanted::plain(http_port) }
}

/// What a plane measures, by the address of its status page.
///
/// # Errors
/// When it doesn't answer.
pub async fn metrics(status: SocketAddr) -> Result<String> {
    Ok(http_client().build()?.get(format!("http://{status}/metrics")).send().await?.text().await?)
}
