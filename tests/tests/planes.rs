//! Several control planes for each proxy: whichever is killed or frozen, every proxy learns of a suspension from another.

use std::time::Duration;

use anyhow::{Context, Result};
use http::StatusCode;
use marque_tests::api::Api;
use marque_tests::installation::{Control, Edge, Engine, Installation, Tenancy};
use marque_tests::wait::until;

/// The next control plane is followed within three seconds; the rest is for the machine that the suites share.
const DEADLINE: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_reaches_every_proxy_whichever_control_plane_is_dead_or_frozen() -> Result<()> {
    let installation = Installation::start(Engine::Postgres).await?;
    let [fournil, _] = installation.open_both().await?;
    let (mut a, mut b) = (installation.start_control().await?, installation.start_control().await?);
    let edges = [
        installation.start_proxy("edge-1", &[a.api, b.api]).await?,
        installation.start_proxy("edge-2", &[a.api, b.api]).await?,
        installation.start_proxy("edge-3", &[b.api, a.api]).await?,
    ];
    // Those that lose their control plane go to the other and stay there for a while: so each is lost in each way.
    kill(&mut a, &b, &fournil, &edges).await.context("the first is killed")?;
    freeze(&b, &a, &fournil, &edges).await.context("the second is frozen")?;
    freeze(&a, &b, &fournil, &edges).await.context("the first is frozen")?;
    kill(&mut b, &a, &fournil, &edges).await.context("the second is killed")
}

async fn kill(lost: &mut Control, left: &Control, tenancy: &Tenancy, edges: &[Edge]) -> Result<()> {
    lost.plane.kill()?;
    bites(&left.operator, tenancy, edges).await?;
    lost.plane.start().await
}

async fn freeze(lost: &Control, left: &Control, tenancy: &Tenancy, edges: &[Edge]) -> Result<()> {
    lost.plane.freeze()?;
    let bitten = bites(&left.operator, tenancy, edges).await;
    lost.plane.thaw()?;
    bitten
}

/// Suspends and resumes; every proxy follows both in time.
async fn bites(operator: &Api, tenancy: &Tenancy, edges: &[Edge]) -> Result<()> {
    tenancy.suspend(operator).await?;
    all_answer(edges, tenancy, StatusCode::FORBIDDEN).await?;
    tenancy.resume(operator).await?;
    all_answer(edges, tenancy, StatusCode::OK).await
}

async fn all_answer(edges: &[Edge], tenancy: &Tenancy, status: StatusCode) -> Result<()> {
    let host = tenancy.platform_host();
    until(&format!("every proxy answers {status}"), DEADLINE, async || {
        for edge in edges {
            if edge.visitor.get(&host, "/echo").await?.status != status {
                return Ok(false);
            }
        }
        Ok(true)
    })
    .await
}
