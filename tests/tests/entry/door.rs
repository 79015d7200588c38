//! A client's space, one of its partner's people with the client's consent, and the way in.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, StatusCode, header};
use marque_tests::api::{Api, text};
use marque_tests::installation::{Business, Engine, Installation};
use marque_tests::plane::Plane;
use marque_tests::till::{FOURNIL, MOULIN};
use marque_tests::visitor::{Answer, Connection, whole};
use serde_json::{Value, json};

use super::{field, post_ticket};

pub(crate) const BAKER: &str = "fournil.p.localhost";
pub(crate) const MILLER: &str = "moulin.p.localhost";
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);
const ANNE: &str = "anne@comptoir.example";

/// Everything that runs, and who is at the door.
pub(crate) struct Door {
    pub(crate) installation: Installation,
    pub(crate) business: Business,
    /// The baker's space.
    pub(crate) tenant: String,
    /// Its administrator.
    pub(crate) client: Api,
    pub(crate) anne: Person,
    pub(crate) assignment: String,
    pub(crate) consent: String,
}

/// One of the partner's people.
pub(crate) struct Person {
    pub(crate) api: Api,
    pub(crate) member: String,
    pub(crate) user: String,
}

impl Door {
    /// Anne has the client's consent to do what the client's own people can.
    pub(crate) async fn open(engine: Engine) -> Result<Self> {
        Self::open_for(engine, "act", None).await
    }

    /// The same, for a scope and perhaps until a time.
    pub(crate) async fn open_for(engine: Engine, scope: &str, until: Option<&str>) -> Result<Self> {
        let installation = Installation::start(engine).await?;
        let business = installation.open_business().await?;
        let operator = &installation.operator;
        let moulin = business.open_tenancy(operator, MOULIN).await?;
        moulin.add_platform_name(operator, MOULIN.account).await?;
        let tenancy = business.open_client(operator, FOURNIL).await?;
        tenancy.add_platform_name(operator, FOURNIL.account).await?;
        let client = installation.hand_over(&tenancy.id, FOURNIL.email).await?;
        let anne = Person::invited(&installation, &business).await?;
        let (assignment, consent) = (String::new(), String::new());
        let mut door = Self { installation, business, tenant: tenancy.id, client, anne, assignment, consent };
        door.license().await?;
        door.assign(scope, until).await?;
        for host in [BAKER, MILLER] {
            door.installation.until_served(host).await?;
        }
        Ok(door)
    }

    /// A licence that nobody has to pay for here.
    async fn license(&self) -> Result<()> {
        let licence = json!({ "state": "usable", "when_over": "block" });
        self.sql(&format!("update tenant set licence = '{licence}', licence_use = '{{}}' where kind = 'client'"))
            .await?;
        // Told anew with the next change of it.
        for verb in ["suspend", "resume"] {
            self.installation.operator.post(&format!("/v1/tenants/{}/{verb}", self.tenant), json!({})).await?;
        }
        Ok(())
    }

    /// Anne helps the client, who consents.
    pub(crate) async fn assign(&mut self, scope: &str, until: Option<&str>) -> Result<()> {
        let operator = &self.installation.operator;
        let level1 = json!({"support_level1": true});
        let path = format!("/v1/partners/{}", self.business.partner);
        operator.send(Method::PATCH, &path, Some(level1), &[]).await?.expect_success(&path)?;
        let roles = json!({
            "partner": self.business.partner, "email": ANNE, "name": "Anne Martin", "roles": ["technical_support"],
        });
        let path = "/v1/collaborators";
        let known = operator.try_post(path, roles).await?;
        ensure!(known.status.is_success() || known.body["code"] == "role-held", "{}", known.body);
        let wanted =
            json!({"collaborator": self.anne.member, "tenant": self.tenant, "reason": "Panne", "scope": scope});
        let consent = operator.post("/v1/consents", wanted).await?;
        self.consent = text(&consent, "/id")?;
        let term = until.map_or(json!({"lasting": true}), |until| json!({"until": until}));
        self.client.post(&format!("/v1/consents/{}/grant", self.consent), term).await?;
        let open = operator.get(&format!("/v1/assignments?tenant={}&open=true", self.tenant)).await?;
        self.assignment = text(&open, "/items/0/id")?;
        Ok(())
    }

    /// A ticket that Anne is given.
    pub(crate) async fn ticket(&self) -> Result<String> {
        ticket(&self.anne.api, &self.tenant).await
    }

    /// Shows a ticket at an address, as a program.
    pub(crate) async fn show(&self, host: &str, ticket: &str) -> Result<Answer> {
        let mut connection = self.installation.visitor.http1(host).await?;
        let request = connection.request(Method::POST, "/.well-known/marque/enter");
        let request = request.header(header::ACCEPT, "application/json");
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        connection.send(request.body(whole(format!("ticket={ticket}")))?).await
    }

    /// Anne comes in to the baker's space.
    pub(crate) async fn enter(&self) -> Result<Connection> {
        let mut connection = self.installation.visitor.http1(BAKER).await?;
        let entered = post_ticket(&mut connection, &self.ticket().await?).await?;
        ensure!(entered.status == StatusCode::SEE_OTHER, "{}: {}", entered.status, entered.text());
        Ok(connection)
    }

    /// What the client is shown of who came in.
    pub(crate) async fn entries(&self) -> Result<Vec<Value>> {
        let listed = self.client.get(&format!("/v1/tenants/{}/entries", self.tenant)).await?;
        Ok(listed["items"].as_array().context("a list")?.clone())
    }

    /// Has both planes write their logs to files, from a new start on.
    pub(crate) async fn log_to_files(&mut self) -> Result<[PathBuf; 2]> {
        let (site, listening) = (&self.installation.site, self.installation.site.listening);
        let logs = ["control.log", "proxy.log"].map(|name| site.directory.join(name));
        self.installation.control.stop().await?;
        self.installation.proxy.stop().await?;
        let control = Plane::control_plane(&site.control_plane_settings(), listening.control_status);
        self.installation.control = control.logging_to(logs[0].clone());
        let proxy = Plane::proxy(&site.proxy_settings(), listening.proxy_status);
        self.installation.proxy = proxy.logging_to(logs[1].clone());
        self.installation.control.start().await?;
        self.installation.proxy.start().await?;
        Ok(logs)
    }

    /// The proxy's metrics.
    pub(crate) async fn metrics(&self) -> Result<String> {
        let url = format!("http://{}/metrics", self.installation.site.listening.proxy_status);
        Ok(marque_tests::authority::http_client().build()?.get(url).send().await?.text().await?)
    }

    /// Changes rows behind the API's back.
    pub(crate) async fn sql(&self, statement: &str) -> Result<()> {
        sqlx::any::install_default_drivers();
        let pool = sqlx::AnyPool::connect(&self.installation.database.0).await?;
        sqlx::query(sqlx::AssertSqlSafe(statement.to_owned())).execute(&pool).await?;
        pool.close().await;
        Ok(())
    }
}

impl Person {
    /// Somebody who is invited by the partner, follows the link, and comes in.
    pub(crate) async fn invited(installation: &Installation, business: &Business) -> Result<Self> {
        let operator = &installation.operator;
        let member = json!({"partner": business.partner, "email": ANNE, "name": "Anne Martin", "rights": []});
        let member = operator.post("/v1/members", member).await?;
        let api = installation.site.arrive(&installation.database, operator, ANNE).await?;
        Ok(Self { api, member: text(&member, "/id")?, user: text(&member, "/user")? })
    }
}

/// A ticket that somebody is given to a space.
pub(crate) async fn ticket(person: &Api, tenant: &str) -> Result<String> {
    let issued = person.post(&format!("/v1/tenants/{tenant}/entries"), json!({})).await?;
    let url = text(&issued, "/entry_url")?;
    let (address, ticket) = url.split_once("?ticket=").context("a ticket")?;
    ensure!(
        address.starts_with(&format!("https://{BAKER}:")) && address.ends_with("/.well-known/marque/enter"),
        "{url}"
    );
    Ok(ticket.to_owned())
}

/// What the application is told of who asks, as `/echo` shows it.
pub(crate) fn asserted(echo: &Answer) -> Result<Value> {
    ensure!(echo.status == StatusCode::OK, "{}: {}", echo.status, echo.text());
    let echo = echo.json()?;
    let assertion = field(&echo, "marque-assertion").context("an assertion")?;
    let claims = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1).context("claims")?)?;
    Ok(serde_json::from_slice(&claims)?)
}

/// Looks that an answer is this refusal.
pub(crate) fn refused(answer: &Answer, (status, code): (StatusCode, &str)) -> Result<()> {
    ensure!(answer.status == status, "{}: {}", answer.status, answer.text());
    ensure!(answer.json()?["code"] == code, "{}", answer.text());
    Ok(())
}
