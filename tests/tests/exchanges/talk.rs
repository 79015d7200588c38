//! Holds a conversation, and compares what came of it with what was to come of it.

use std::sync::Arc;

use anyhow::{Context, Result};

use crate::application::{Field, Script};
use crate::edge::Edge;
use crate::http1::Http1;
use crate::http2::Http2;
use crate::model;
use crate::plan::{Conversation, Exchange, Version};

/// An exchange that is held.
pub(crate) struct Asked {
    /// What stands in all that belongs to it.
    pub(crate) marker: String,
    pub(crate) exchange: Exchange,
    pub(crate) script: Arc<Script>,
}

/// What the visitor saw of an exchange.
#[derive(Debug)]
pub(crate) enum Outcome {
    Answer(Seen),
    /// The connection or the stream ended without an answer.
    Nothing,
}

/// An answer as it came.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// What came before it.
    pub(crate) interim: Vec<u16>,
    pub(crate) status: u16,
    pub(crate) fields: Vec<Field>,
    pub(crate) body: Vec<u8>,
    /// Whether it looks whole.
    pub(crate) is_whole: bool,
    /// Why an HTTP/2 stream was reset before its request was sent.
    pub(crate) reset: Option<h2::Reason>,
}

impl Seen {
    /// The values of a field.
    pub(crate) fn values(&self, name: &str) -> Vec<&[u8]> {
        self.fields.iter().filter(|(it, _)| it == name).map(|(_, value)| &value[..]).collect()
    }
}

/// Holds a conversation.
///
/// # Errors
/// When it doesn't come out as it should.
pub(crate) async fn hold(edge: &Edge, conversation: &Conversation) -> Result<()> {
    let asked: Vec<_> = conversation.exchanges.iter().map(|exchange| edge.ask(exchange)).collect();
    match conversation.version {
        Version::Http1 => over_http1(edge, &asked, conversation.is_at_once).await?,
        Version::Http2 => over_http2(edge, &asked, conversation.is_at_once).await?,
    }
    edge.expect_running()?;
    edge.application.check()
}

async fn over_http1(edge: &Edge, asked: &[Asked], is_at_once: bool) -> Result<()> {
    let mut visitor = Http1::new(edge);
    if is_at_once {
        let outcomes = visitor.ask_all(asked).await?;
        return compare(asked, &outcomes, Version::Http1).await;
    }
    for asked in asked {
        let outcome = visitor.ask(asked).await.with_context(|| asked.marker.clone())?;
        compare(std::slice::from_ref(asked), &[outcome], Version::Http1).await?;
    }
    Ok(())
}

async fn over_http2(edge: &Edge, asked: &[Asked], is_at_once: bool) -> Result<()> {
    let visitor = Http2::connect(edge).await?;
    if is_at_once {
        let outcomes = futures_util::future::try_join_all(asked.iter().map(|asked| visitor.ask(asked))).await?;
        return compare(asked, &outcomes, Version::Http2).await;
    }
    for asked in asked {
        let outcome = visitor.ask(asked).await.with_context(|| asked.marker.clone())?;
        compare(std::slice::from_ref(asked), &[outcome], Version::Http2).await?;
    }
    Ok(())
}

async fn compare(asked: &[Asked], outcomes: &[Outcome], version: Version) -> Result<()> {
    for asked in asked {
        asked.script.end().await?;
    }
    for (asked, outcome) in asked.iter().zip(outcomes) {
        model::check(asked, outcome, version).with_context(|| asked.marker.clone())?;
    }
    Ok(())
}
