//! Either plane is upgraded and rolled back first, with restrictions switched on in between: nothing is ever more open
//! than either version alone. The later version is this one with the feature `rehearsal`: it has a kind of record, a
//! field and a value more.

use std::time::Duration;

use anyhow::{Result, ensure};
use http::StatusCode;
use marque_tests::installation::{Engine, Installation, Tenancy};
use marque_tests::plane::Version::{Later, Today};
use marque_tests::plane::run_of;
use marque_tests::wait::until;

const DEADLINE: Duration = Duration::from_secs(10);
/// What this version says of what it doesn't understand.
const CLOSED: StatusCode = StatusCode::SERVICE_UNAVAILABLE;
const REFUSED: StatusCode = StatusCode::FORBIDDEN;

/// Both planes, and two tenants that are served.
struct Joint {
    installation: Installation,
    fournil: Tenancy,
    moulin: Tenancy,
}

impl Joint {
    async fn open() -> Result<Self> {
        let installation = Installation::start(Engine::Sqlite).await?;
        let [fournil, moulin] = installation.open_both().await?;
        Ok(Self { installation, fournil, moulin })
    }

    /// Has the later control plane's command tell something of a tenant.
    fn rehearse(&self, what: &str, tenancy: &Tenancy) -> Result<String> {
        let settings = self.installation.site.control_plane_settings();
        let settings = settings.to_string_lossy();
        run_of(Later, "marque-control-plane", &["rehearse", "--settings", &settings, what, &tenancy.id])
    }

    async fn answers(&self, tenancy: &Tenancy, status: StatusCode) -> Result<()> {
        let host = tenancy.platform_host();
        until(&format!("{host} answers {status}"), DEADLINE, async || {
            Ok(self.installation.visitor.get(&host, "/echo").await?.status == status)
        })
        .await
    }

    /// The first answer of a proxy that has just been started.
    async fn answers_at_once(&self, tenancy: &Tenancy, status: StatusCode) -> Result<()> {
        let answer = self.installation.visitor.get(&tenancy.platform_host(), "/echo").await?.status;
        ensure!(answer == status, "{} answers {answer}, not {status}", tenancy.platform_host());
        Ok(())
    }

    /// Nobody took the replica for damaged.
    fn has_whole_replica(&self) -> Result<()> {
        for entry in std::fs::read_dir(&self.installation.site.directory)? {
            let name = entry?.file_name();
            ensure!(!name.to_string_lossy().contains("damaged"), "{name:?} was set aside");
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_control_plane_may_change_first() -> Result<()> {
    let mut joint = Joint::open().await?;
    joint.installation.control.change_to(Later).await?;
    joint.fournil.suspend(&joint.installation.operator).await?;
    joint.answers(&joint.fournil, REFUSED).await?;
    let refused = joint.rehearse("lock", &joint.moulin);
    ensure!(refused.is_err(), "a lock was switched on while a live proxy doesn't understand it");
    joint.answers_at_once(&joint.moulin, StatusCode::OK).await?;
    // A value that the proxy doesn't know closes, and nothing else.
    joint.rehearse("pause", &joint.moulin)?;
    joint.answers(&joint.moulin, CLOSED).await?;

    joint.installation.proxy.change_to(Later).await?;
    joint.answers_at_once(&joint.moulin, REFUSED).await?;
    joint.answers_at_once(&joint.fournil, REFUSED).await?;
    joint.fournil.resume(&joint.installation.operator).await?;
    joint.answers(&joint.fournil, StatusCode::OK).await?;
    joint.rehearse("lock", &joint.fournil)?;
    joint.answers(&joint.fournil, REFUSED).await?;

    // Back, the control plane first: it passes on what it doesn't understand.
    joint.installation.control.change_to(Today).await?;
    joint.answers_at_once(&joint.fournil, REFUSED).await?;
    joint.installation.proxy.change_to(Today).await?;
    joint.answers_at_once(&joint.fournil, CLOSED).await?;
    joint.answers_at_once(&joint.moulin, CLOSED).await?;
    joint.has_whole_replica()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proxy_may_change_first() -> Result<()> {
    let mut joint = Joint::open().await?;
    joint.installation.proxy.change_to(Later).await?;
    joint.answers_at_once(&joint.moulin, StatusCode::OK).await?;
    joint.fournil.suspend(&joint.installation.operator).await?;
    joint.answers(&joint.fournil, REFUSED).await?;
    joint.installation.control.change_to(Later).await?;
    joint.rehearse("lock", &joint.moulin)?;
    joint.answers(&joint.moulin, REFUSED).await?;

    // Back, the proxy first; and with nobody to ask: its own file says what is closed.
    joint.installation.control.stop().await?;
    joint.installation.proxy.change_to(Today).await?;
    joint.answers_at_once(&joint.moulin, CLOSED).await?;
    joint.answers_at_once(&joint.fournil, REFUSED).await?;
    joint.installation.control.start().await?;
    joint.fournil.resume(&joint.installation.operator).await?;
    joint.answers(&joint.fournil, StatusCode::OK).await?;
    joint.answers_at_once(&joint.moulin, CLOSED).await?;
    joint.rehearse("unlock", &joint.moulin)?;
    joint.answers(&joint.moulin, StatusCode::OK).await?;
    joint.has_whole_replica()
}
