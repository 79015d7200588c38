//! The partner, the application, the tenants and their names, what is sold and one order: made once through the API,
//! remembered in a file.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use http::Method;
use marque_tests::api::{Api, text};
use marque_tests::dns::Dns;
use marque_tests::installation::{Business, PASSWORD, Site, Tenancy};
use marque_tests::shop::{Goods, pay};
use marque_tests::till::{FOURNIL, MOULIN, Till};
use serde_json::{Value, json};

/// The partner's technician.
pub(crate) const TECHNICIAN: &str = "luc@comptoir.example";

/// What the API made.
#[derive(Debug)]
pub(crate) struct Objects {
    /// The ids of both tenants, the baker's and the miller's.
    pub(crate) tenants: [String; 2],
    /// The partner, who sells to both.
    pub(crate) partner: String,
    /// What it sells.
    pub(crate) goods: Goods,
    /// The baker's order, and the serial number that it led to.
    pub(crate) order: [String; 2],
    /// The miller's licence.
    pub(crate) licence: String,
    domains: Vec<Value>,
}

impl Objects {
    /// Finds what an earlier run made, and has its names issued anew; or makes all of it.
    pub(crate) async fn open(site: &Site, operator: &Api, till: &Till) -> Result<Self> {
        let Some(objects) = Self::read(site)? else {
            let objects = Self::create(site, operator, till).await?;
            objects.write(site)?;
            return Ok(objects);
        };
        println!("Going on from {}", site.directory.display());
        site.renew_wildcard().context("the certificate of the last run's CA is renewed")?;
        for domain in &objects.domains {
            let path = format!("/v1/domains/{}/renew", text(domain, "/id")?);
            operator.post(&path, json!({})).await.context("the certificates of the last run's CA are renewed")?;
        }
        Ok(objects)
    }

    /// Tells the DNS stand-in, which forgets, what an earlier run told it: before the control plane looks again.
    pub(crate) async fn recall_records(site: &Site, dns: &Dns) -> Result<()> {
        match Self::read(site)? {
            Some(objects) => objects.create_records(dns).await,
            None => Ok(()),
        }
    }

    /// Creates the DNS records that the custom domain needs.
    pub(crate) async fn create_records(&self, dns: &Dns) -> Result<()> {
        for domain in self.domains.iter().filter(|domain| domain["kind"] == "custom") {
            dns.create_records_of(domain).await?;
        }
        Ok(())
    }

    /// Every name.
    pub(crate) fn hosts(&self) -> Vec<String> {
        let hostnames = self.domains.iter().filter_map(|domain| domain["hostnames"].as_array()).flatten();
        hostnames.filter_map(|hostname| hostname["host"].as_str()).map(str::to_owned).collect()
    }

    async fn create(site: &Site, operator: &Api, till: &Till) -> Result<Self> {
        let public_https_port = site.listening.https.port();
        // A first run that was interrupted is taken up by the next one.
        let operator = &operator.repeating();
        let business = Business::open(operator, till.address(), public_https_port).await?;
        let fournil: Tenancy = business.open_client(operator, FOURNIL).await?;
        let moulin = business.open_client(operator, MOULIN).await?;
        let domains = vec![
            fournil.add_platform_name(operator, "fournil").await?,
            moulin.add_platform_name(operator, "moulin").await?,
            fournil.claim_custom_domain(operator, "fournil.localhost").await?,
        ];
        let goods = Goods::list(operator, &business.application).await?;
        pay(operator, &business.partner, 20_000).await?;
        let mut orders = Vec::new();
        for (tenancy, printers) in [(&fournil, 1), (&moulin, 0)] {
            let mut order = goods.order("order", tenancy.person.email, printers);
            order["partner"] = json!(business.partner);
            order["tenant"] = json!(tenancy.id);
            orders.push(operator.post("/v1/orders", order).await?);
            // A run that was interrupted may have come further than this.
            if operator.get(&format!("/v1/tenants/{}", tenancy.id)).await?["handed_over_at"].is_null() {
                site.hand_over(&site.sqlite(), operator, (&tenancy.id, tenancy.person.email)).await?;
            }
        }
        let [bakers, millers] = orders.try_into().ok().context("two orders")?;
        let order = [text(&bakers, "/id")?, text(&bakers, "/serial")?];
        let licence = text(&millers, "/licence")?;
        assign(site, operator, (&business.partner, &fournil.id)).await?;
        let tenants = [fournil.id, moulin.id];
        Ok(Self { tenants, partner: business.partner, goods, order, licence, domains })
    }

    fn read(site: &Site) -> Result<Option<Self>> {
        let Ok(written) = fs::read(file(site)) else { return Ok(None) };
        let value: Value = serde_json::from_slice(&written).context("read objects.json")?;
        let domains = value["domains"].as_array().context("objects.json has domains")?.clone();
        let known = |place: &str| text(&value, place);
        let goods = Goods { price_list: known("/price_list")?, plan: known("/plan")?, printer: known("/printer")? };
        let tenants = [known("/tenants/0")?, known("/tenants/1")?];
        let (order, licence) = ([known("/order/0")?, known("/order/1")?], known("/licence")?);
        Ok(Some(Self { tenants, partner: known("/partner")?, goods, order, licence, domains }))
    }

    fn write(&self, site: &Site) -> Result<()> {
        let Goods { price_list, plan, printer } = &self.goods;
        let value = json!({
            "tenants": self.tenants, "domains": self.domains, "partner": self.partner, "order": self.order,
            "price_list": price_list, "plan": plan, "printer": printer, "licence": self.licence,
        });
        fs::write(file(site), value.to_string()).context("write objects.json")
    }
}

/// The partner's technician, who may come in to the baker's space: the baker agreed.
async fn assign(site: &Site, operator: &Api, (partner, tenant): (&str, &str)) -> Result<()> {
    let path = format!("/v1/partners/{partner}");
    let level1 = json!({"support_level1": true});
    operator.send(Method::PATCH, &path, Some(level1), &[]).await?.expect_success(&path)?;
    let member = json!({"partner": partner, "email": TECHNICIAN, "name": "Luc Petit", "rights": []});
    let member = text(&operator.post("/v1/members", member).await?, "/id")?;
    // A run that was interrupted may have come further than this.
    if operator.get(&format!("/v1/members/{member}")).await?["state"] != "active" {
        site.arrive(&site.sqlite(), operator, TECHNICIAN).await?;
    }
    let roles = json!({"partner": partner, "email": TECHNICIAN, "name": "Luc Petit", "roles": ["technical_support"]});
    operator.post("/v1/collaborators", roles).await?;
    let wanted = json!({"collaborator": member, "tenant": tenant, "reason": "Panne", "scope": "act"});
    let consent = format!("/v1/consents/{}", text(&operator.post("/v1/consents", wanted).await?, "/id")?);
    if operator.get(&consent).await?["state"] == "requested" {
        let client = operator.with_token("").entered(FOURNIL.email, PASSWORD).await?;
        client.post(&format!("{consent}/grant"), json!({"lasting": true})).await?;
    }
    Ok(())
}

fn file(site: &Site) -> PathBuf {
    site.directory.join("objects.json")
}
