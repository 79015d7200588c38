//! How fast each kind of end reaches three proxies that are busy with others' requests: from the API's answer to the first
//! refusal at each. `REVOCATIONS` says how often each is done; the figures are for whoever asks for more than two.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use http::StatusCode;
use marque_tests::api::text;
use marque_tests::installation::{Edge, Engine, ISSUANCE};
use marque_tests::shop::{Goods, MONTH, SELLING, pay};
use marque_tests::visitor::{Connection, Visitor};
use marque_tests::wait::until;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::door::{BAKER, DEADLINE, Door, MILLER};

/// A space that an order paid for.
const ORDERED: &str = "petrin.p.localhost";
/// Between two requests to one proxy: 200 in a second to the three.
const BETWEEN: Duration = Duration::from_millis(15);

#[tokio::test(flavor = "multi_thread")]
async fn every_end_reaches_three_busy_proxies_soon() -> Result<()> {
    let rounds = std::env::var("REVOCATIONS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(2);
    let mut stage = Stage::open().await?;
    let mut busy = JoinSet::new();
    for visitor in stage.visitors() {
        busy.spawn(keep_busy(visitor));
    }
    for kind in ["tenant", "licence", "consent", "assignment", "entry"] {
        let mut taken = Vec::new();
        for _ in 0..rounds {
            taken.extend(stage.end(kind).await.with_context(|| format!("a {kind}'s end"))?);
        }
        taken.sort_unstable();
        let at = |part: usize| taken[(taken.len() - 1) * part / 100];
        println!("{kind}: {} ends seen, p50 {:?}, p99 {:?}, max {:?}", taken.len(), at(50), at(99), at(100));
    }
    ensure!(busy.try_join_next().is_none(), "whoever has nothing to do with it is served all the while");
    Ok(())
}

/// Three proxies, and what ends before them.
struct Stage {
    door: Door,
    others: [Edge; 2],
    /// The space that was ordered, and its licence.
    tenant: String,
    licence: String,
    /// Of whoever is in.
    cookies: BTreeMap<String, String>,
}

impl Stage {
    async fn open() -> Result<Self> {
        let door = Door::open(Engine::Sqlite).await?;
        let installation = &door.installation;
        let control = installation.site.listening.api;
        let others = [
            installation.start_proxy("second", &[control]).await?,
            installation.start_proxy("third", &[control]).await?,
        ];
        let (tenant, licence) = order(&door).await?;
        let stage = Self { door, others, tenant, licence, cookies: BTreeMap::new() };
        for host in [BAKER, MILLER, ORDERED] {
            for visitor in stage.visitors() {
                until(&format!("{host} is served everywhere"), ISSUANCE, async || {
                    Ok(visitor.get(host, "/echo").await?.status == StatusCode::OK)
                })
                .await?;
            }
        }
        Ok(stage)
    }

    fn visitors(&self) -> [Visitor; 3] {
        [&self.door.installation.visitor, &self.others[0].visitor, &self.others[1].visitor].map(Clone::clone)
    }

    /// Ends one thing, and says how long after the API's answer each proxy refused; what was ended is there again
    /// afterwards.
    async fn end(&mut self, kind: &str) -> Result<Vec<Duration>> {
        let is_entry = ["consent", "assignment", "entry"].contains(&kind);
        let mut open = self.connections(is_entry).await?;
        self.act(kind, "end").await?;
        let begun = Instant::now();
        let taken = try_join_all(open.iter_mut().map(|connection| refused(connection, begun))).await?;
        self.act(kind, "begin").await?;
        if !is_entry {
            for visitor in self.visitors() {
                until("it's served again", DEADLINE, async || {
                    Ok(visitor.get(ORDERED, "/echo").await?.status == StatusCode::OK)
                })
                .await?;
            }
        }
        Ok(taken)
    }

    /// One to each proxy, by an entry or as everybody.
    async fn connections(&mut self, by_entry: bool) -> Result<Vec<Connection>> {
        let host = if by_entry { BAKER } else { ORDERED };
        self.cookies = if by_entry { self.door.enter().await?.cookies } else { BTreeMap::new() };
        let mut open = Vec::new();
        for visitor in self.visitors() {
            let mut connection = visitor.http1(host).await?;
            connection.cookies.clone_from(&self.cookies);
            until("it's open", DEADLINE, async || Ok(connection.get("/echo").await?.status == StatusCode::OK)).await?;
            open.push(connection);
        }
        Ok(open)
    }

    async fn act(&mut self, kind: &str, what: &str) -> Result<()> {
        let operator = &self.door.installation.operator;
        let post = async |path: String| operator.post(&path, json!({})).await.map(drop);
        match (kind, what) {
            ("tenant", "end") => post(format!("/v1/tenants/{}/suspend", self.tenant)).await,
            ("tenant", _) => post(format!("/v1/tenants/{}/resume", self.tenant)).await,
            ("licence", "end") => post(format!("/v1/licences/{}/suspend", self.licence)).await,
            ("licence", _) => post(format!("/v1/licences/{}/resume", self.licence)).await,
            ("consent", "end") => {
                let path = format!("/v1/consents/{}/revoke", self.door.consent);
                self.door.client.post(&path, json!({})).await.map(drop)
            }
            ("assignment", "end") => {
                operator.delete(&format!("/v1/assignments/{}", self.door.assignment)).await.map(drop)
            }
            ("entry", "end") => self.leave().await,
            ("entry", _) => Ok(()),
            _ => self.door.assign("act", None).await,
        }
    }

    /// Whoever is in leaves, by the first proxy.
    async fn leave(&self) -> Result<()> {
        let mut inside = self.door.installation.visitor.http1(BAKER).await?;
        inside.cookies.clone_from(&self.cookies);
        let left = inside.post_form("/.well-known/marque/leave", &[]).await?;
        ensure!(left.status == StatusCode::SEE_OTHER, "{}: {}", left.status, left.text());
        Ok(())
    }
}

/// Asks until it's refused.
async fn refused(connection: &mut Connection, begun: Instant) -> Result<Duration> {
    while begun.elapsed() < DEADLINE {
        if connection.get("/echo").await?.status != StatusCode::OK {
            return Ok(begun.elapsed());
        }
    }
    anyhow::bail!("it's served for {DEADLINE:?}")
}

/// Asks on and on, as somebody whom nothing of it concerns.
async fn keep_busy(visitor: Visitor) -> Result<()> {
    let mut connection = visitor.http1(MILLER).await?;
    let mut ticks = interval(BETWEEN);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let answer = connection.get("/echo").await?;
        ensure!(answer.status == StatusCode::OK, "{}: {}", answer.status, answer.text());
    }
}

/// Orders a space, has it handed over, and serves it.
async fn order(door: &Door) -> Result<(String, String)> {
    let (installation, operator) = (&door.installation, &door.installation.operator);
    let goods = Goods::list(operator, &door.business.application).await?;
    pay(operator, &door.business.partner, 2 * MONTH).await?;
    let token = json!({"name": "shop", "principal": format!("partner:{}", door.business.partner), "scopes": SELLING});
    let partner = operator.with_token(text(&operator.post("/v1/tokens", token).await?, "/token")?);
    let order = partner.post("/v1/orders", goods.order("order", "paul@petrin.example", 0)).await?;
    let (tenant, licence) = (text(&order, "/tenant")?, text(&order, "/licence")?);
    operator.post(&format!("/v1/tenants/{tenant}/bind"), json!({"account": "petrin"})).await?;
    operator.post("/v1/domains", json!({"tenant": tenant, "kind": "platform", "label": "petrin"})).await?;
    installation.hand_over(&tenant, "paul@petrin.example").await?;
    Ok((tenant, licence))
}
