//! The objects that join an application, a partner, and tenants with their names.

use std::net::SocketAddr;

use anyhow::Result;
use serde_json::{Value, json};

use super::BASE;
use crate::api::{Api, text};
use crate::dns::Dns;
use crate::till::{self, Person};

/// The name of the partner's brand.
pub const BRAND: &str = "Comptoir & Cie";

/// A partner that sells the cash register.
#[derive(Debug, Clone)]
pub struct Business {
    /// The application's id.
    pub application: String,
    /// The partner's id.
    pub partner: String,
}

/// One client's space.
#[derive(Debug, Clone)]
pub struct Tenancy {
    /// The tenant's id.
    pub id: String,
    /// Who logs in there.
    pub person: Person,
}

impl Business {
    /// Makes both.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn open(operator: &Api, upstream: SocketAddr, public_https_port: u16) -> Result<Self> {
        let policy = till::policy(upstream, public_https_port);
        let application = operator.post("/v1/applications", json!({"name": "till", "policy": policy})).await?;
        let brand = json!({"name": BRAND, "support": "aide@comptoir.example"});
        let legal = json!({"status": "company", "registration": "RCS 1", "evidence": "extract of the register"});
        let partner = json!({"name": "Comptoir", "brand": brand, "legal": legal});
        let partner = text(&operator.post("/v1/partners", partner).await?, "/id")?;
        let manager = json!({"name": "Camille", "email": "camille@marque.example"});
        let manager = text(&operator.post("/v1/account-managers", manager).await?, "/id")?;
        let approval = json!({"account_manager": manager});
        operator.post(&format!("/v1/partners/{partner}/approve"), approval).await?;
        Ok(Self { application: text(&application, "/id")?, partner })
    }

    /// Makes a tenant for a test, bound to the person's account: it is served without a licence, and nobody takes it over.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn open_tenancy(&self, operator: &Api, person: Person) -> Result<Tenancy> {
        self.open_tenancy_for(operator, person, person.account).await
    }

    /// As [`Business::open_tenancy`], bound to another account than the person's.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn open_tenancy_for(&self, operator: &Api, person: Person, account: &str) -> Result<Tenancy> {
        self.add(operator, person, ("test", account)).await
    }

    /// Makes a client's tenant, bound to the person's account. Until the client has taken it over, it is only set up.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn open_client(&self, operator: &Api, person: Person) -> Result<Tenancy> {
        self.add(operator, person, ("client", person.account)).await
    }

    async fn add(&self, operator: &Api, person: Person, (kind, account): (&str, &str)) -> Result<Tenancy> {
        let name = person.shop;
        let body = json!({"partner": self.partner, "application": self.application, "name": name, "kind": kind});
        let id = text(&operator.post("/v1/tenants", body).await?, "/id")?;
        operator.post(&format!("/v1/tenants/{id}/bind"), json!({"account": account})).await?;
        Ok(Tenancy { id, person })
    }
}

impl Tenancy {
    /// The platform name that it is known by: its account below the platform zone.
    #[must_use]
    pub fn platform_host(&self) -> String {
        format!("{}.p.{BASE}", self.person.account)
    }

    /// Gives it `LABEL.p.localhost`.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn add_platform_name(&self, operator: &Api, label: &str) -> Result<Value> {
        operator.post("/v1/domains", json!({"tenant": self.id, "kind": "platform", "label": label})).await
    }

    /// Gives it a custom domain (with its `www`), and creates the DNS records that the API asks for.
    ///
    /// # Errors
    /// When the API or the DNS stand-in refuses.
    pub async fn add_custom_domain(&self, operator: &Api, dns: &Dns, host: &str) -> Result<Value> {
        let domain = self.claim_custom_domain(operator, host).await?;
        dns.create_records_of(&domain).await?;
        Ok(domain)
    }

    /// As [`Tenancy::add_custom_domain`], with nothing done in DNS.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn claim_custom_domain(&self, operator: &Api, host: &str) -> Result<Value> {
        operator.post("/v1/domains", json!({"tenant": self.id, "kind": "custom", "host": host})).await
    }

    /// Stops it.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn suspend(&self, operator: &Api) -> Result<Value> {
        operator.post(&format!("/v1/tenants/{}/suspend", self.id), json!({})).await
    }

    /// Starts it again.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn resume(&self, operator: &Api) -> Result<Value> {
        operator.post(&format!("/v1/tenants/{}/resume", self.id), json!({})).await
    }
}
