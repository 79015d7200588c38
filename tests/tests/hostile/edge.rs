//! A proxy in this process, with its names, certificates and keys from a feed of one batch.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use marque_config::settings::{Milliseconds, ProxySettings};
use marque_proxy::{Handle, Parts, Proxy};
use marque_tests::authority::Authority;
use marque_tests::feed::Feed;
pub(crate) use marque_tests::feed::{A, B, PROOF, TOKEN};
use marque_tests::visitor::Visitor;
use marque_tests::wait::until;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::Raw;
use crate::upstream::Upstream;

/// A proxy before an application.
pub(crate) struct Edge {
    pub(crate) visitor: Visitor,
    pub(crate) handle: Handle,
    pub(crate) upstream: Upstream,
    pub(crate) roots: String,
    _feed: Feed,
    _directory: TempDir,
}

impl Edge {
    /// One whose application is under no policy to speak of.
    pub(crate) async fn plain() -> Result<Self> {
        Self::start(json!({}), |_| {}).await
    }

    /// One with this policy and these settings.
    pub(crate) async fn start(policy: Value, change: impl FnOnce(&mut ProxySettings)) -> Result<Self> {
        marque_tests::authority::provider();
        let upstream = Upstream::start().await?;
        let authority = Authority::new("hostile")?;
        let feed = Feed::start(upstream.address(), policy, &authority).await?;
        let directory = tempfile::Builder::new().prefix("marque-").tempdir()?;
        let mut settings = settings(directory.path(), feed.url())?;
        change(&mut settings);
        let handle = Proxy::bind(settings, Parts::real()).await?;
        let roots = authority.root_pem();
        let visitor = Visitor::new(handle.https(), &roots);
        let edge = Self { visitor, handle, upstream, roots, _feed: feed, _directory: directory };
        until("the feed is known", Duration::from_secs(10), async || {
            let known = edge.handle.directory().certificate(B, 0).is_some();
            Ok(known && edge.visitor.handshake(A, &["h2"]).await.is_ok())
        })
        .await?;
        Ok(edge)
    }

    /// A connection for HTTP/1 at the name A.
    pub(crate) async fn http1(&self) -> Result<Raw> {
        Ok(Raw::new(self.visitor.handshake(A, &["http/1.1"]).await?))
    }

    /// Whether somebody honest is served in two seconds.
    pub(crate) async fn probe(&self) -> Result<()> {
        let probe = async {
            let mut client = self.http1().await?;
            client.say(get_of("/probe")).await?;
            let (head, body) = client.answer().await?;
            anyhow::ensure!(head.starts_with("HTTP/1.1 200") && body == b"/probe", "{head}");
            Ok(())
        };
        tokio::time::timeout(Duration::from_secs(2), probe).await.context("an honest client waits too long")?
    }
}

/// A plain request for a path at A.
pub(crate) fn get_of(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {A}\r\n\r\n")
}

fn settings(directory: &Path, feed: String) -> Result<ProxySettings> {
    Feed::write_files(directory)?;
    let mut settings = ProxySettings::default();
    let free = "127.0.0.1:0".parse()?;
    (settings.listen.https, settings.listen.http, settings.listen.status) = (vec![free], vec![free], free);
    settings.feed.url = vec![feed];
    settings.feed.token_file = directory.join("token");
    settings.feed.public_key_file = directory.join("feed.pub");
    settings.feed.edge_key_file = directory.join("edge.key");
    settings.feed.replica = directory.join("replica.db");
    settings.limits.drain_notice = Milliseconds::new(1);
    settings.upstream.connect_deadline = Milliseconds::new(500);
    Ok(settings)
}
