//! Health checks: a place counts as healthy while its application's health path answers 2xx.

use std::sync::Arc;

use marque_config::application::{Upstream, UpstreamProtocol};
use pingora::connectors::http::Connector;
use pingora::http::RequestHeader;
use pingora::upstreams::peer::HttpPeer;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::Upstreams;
use super::target::Target;
use crate::directory::Directory;

/// Checks all places of all applications, again and again, until `closing`.
pub(crate) async fn watch(
    upstreams: Arc<Upstreams>,
    directory: Arc<Directory>,
    connector: Arc<Connector>,
    mut closing: watch::Receiver<bool>,
) {
    let mut ticks = interval(upstreams.options.settings.health_interval.duration());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = closing.wait_for(|is_closing| *is_closing) => return,
            _ = ticks.tick() => {}
        }
        let mut checks = JoinSet::new();
        for application in directory.applications() {
            let pool = upstreams.pool(&application);
            let policy = &pool.application().policy;
            let path = policy.health_path.as_ref().map(|path| Arc::from(path.to_string()));
            let asked = path.map(|path| (path, policy.upstream_protocol));
            for target in pool.targets() {
                checks.spawn(check(Arc::clone(&upstreams), Arc::clone(target), asked.clone(), Arc::clone(&connector)));
            }
        }
        upstreams.keep_only(&directory);
        checks.join_all().await;
    }
}

async fn check(
    upstreams: Arc<Upstreams>,
    target: Arc<Target>,
    asked: Option<(Arc<str>, UpstreamProtocol)>,
    connector: Arc<Connector>,
) {
    target.refresh(&upstreams.options).await;
    let is_healthy = match asked {
        Some((path, protocol)) => answers(&upstreams, &target, (&path, protocol), &connector).await,
        None => true,
    };
    if target.set_healthy(is_healthy) {
        let upstream = tracing::field::display(target.upstream());
        if is_healthy {
            tracing::info!(upstream, "an upstream is healthy again");
        } else {
            tracing::warn!(upstream, "an upstream does not answer its health check");
        }
    }
}

async fn answers(
    upstreams: &Upstreams,
    target: &Target,
    (path, protocol): (&str, UpstreamProtocol),
    connector: &Connector,
) -> bool {
    let settings = &upstreams.options.settings;
    let Some(peer) = target.peer(&upstreams.options).await else { return false };
    let peer = super::spoken_to_in(protocol, HttpPeer::clone(&peer));
    let deadline = settings.connect_deadline.duration() + settings.health_interval.duration();
    let status = timeout(deadline, status(connector, &peer, target.upstream(), path)).await;
    matches!(status, Ok(Ok(200..=299)))
}

async fn status(connector: &Connector, peer: &HttpPeer, upstream: &Upstream, path: &str) -> pingora::Result<u16> {
    let mut head = RequestHeader::build_no_case("GET", path.as_bytes(), Some(3))?;
    head.insert_header(http::header::HOST, format!("{}:{}", upstream.host, upstream.port))?;
    head.insert_header(http::header::USER_AGENT, "marque-health")?;
    let (mut session, _) = connector.get_http_session(peer).await?;
    session.write_request_header(Box::new(head)).await?;
    session.finish_request_body().await?;
    session.read_response_header().await?;
    let status = session.response_header().map_or(0, |head| head.status.as_u16());
    session.shutdown().await;
    Ok(status)
}
