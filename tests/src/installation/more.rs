//! More planes for an installation: control planes on the same database, and proxies that know several of them.

use std::fs;
use std::net::SocketAddr;

use anyhow::{Context, Result};

use super::Installation;
use crate::api::Api;
use crate::plane::Plane;
use crate::port::Port;
use crate::visitor::Visitor;

/// Another control plane.
pub struct Control {
    /// It.
    pub plane: Plane,
    /// The operator's hand on its API.
    pub operator: Api,
    /// Where its API and feed are.
    pub api: SocketAddr,
    _ports: [Port; 2],
}

/// Another proxy.
pub struct Edge {
    /// It.
    pub plane: Plane,
    /// Somebody outside, at this proxy.
    pub visitor: Visitor,
    _ports: [Port; 4],
}

impl Installation {
    /// Starts another control plane on the same database and with the same keys; only PostgreSQL has room for two.
    ///
    /// # Errors
    /// When it doesn't start.
    pub async fn start_control(&self) -> Result<Control> {
        let ports = [Port::reserve()?, Port::reserve()?];
        let [api, status] = [&ports[0], &ports[1]].map(Port::address);
        let listening = self.site.listening;
        let text = fs::read_to_string(self.site.control_plane_settings()).context("read the settings")?;
        let text = text.replace(&listening.api.to_string(), &api.to_string());
        let text = text.replace(&listening.control_status.to_string(), &status.to_string());
        let file = self.site.directory.join(format!("control-{}.toml", api.port()));
        fs::write(&file, text).context("write a control plane's settings")?;
        let mut plane = Plane::control_plane(&file, status);
        plane.start().await?;
        let token = fs::read_to_string(self.site.operator_token()).context("read the operator's token")?;
        let operator = Api::new(format!("http://{api}"), token)?;
        Ok(Control { plane, operator, api, _ports: ports })
    }

    /// Starts another proxy, of a name, that follows these control planes, the preferred one first.
    ///
    /// # Errors
    /// When it doesn't start.
    pub async fn start_proxy(&self, name: &str, controls: &[SocketAddr]) -> Result<Edge> {
        let ports = [Port::reserve()?, Port::reserve()?, Port::reserve()?, Port::reserve()?];
        let [https, http, status, dns] = ports.each_ref().map(Port::address);
        let listening = self.site.listening;
        let at = |file: &str| self.site.directory.join(file);
        let token = at(&format!("{name}.token"));
        self.site.create_token(&token, "edge", &["edge:sync"])?;
        let urls: Vec<_> = controls.iter().map(|control| format!("\"http://{control}\"")).collect();
        let text = fs::read_to_string(self.site.proxy_settings()).context("read the settings")?;
        let text = text
            .replace(&listening.https.to_string(), &https.to_string())
            .replace(&listening.http.to_string(), &http.to_string())
            .replace(&listening.proxy_status.to_string(), &status.to_string())
            .replace(&format!("url = \"http://{}\"", listening.api), &format!("url = [{}]", urls.join(", ")))
            .replace("edge.token", &format!("{name}.token"))
            .replace("replica.db", &format!("{name}.db"))
            .replace("[feed]\n", &format!("[feed]\nname = \"{name}\"\n"));
        let text = match listening.dns {
            Some(first) => text.replace(&first.to_string(), &dns.to_string()),
            None => text,
        };
        let file = at(&format!("{name}.toml"));
        fs::write(&file, text).context("write a proxy's settings")?;
        let mut plane = Plane::proxy(&file, status);
        plane.start().await?;
        let visitor = Visitor::new(https, &self.pebble.issuing_root);
        Ok(Edge { plane, visitor, _ports: ports })
    }
}
