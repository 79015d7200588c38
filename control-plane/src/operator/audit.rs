//! The audit trail, from outside: stretch by stretch, each one joined to the one before here, not there.

use clap::Subcommand;
use http::Method;
use serde_json::{Value, json};

use super::client::{Client, ClientError};
use super::plain;

/// What can be done with the audit trail.
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Lists the newest events.
    List {
        /// Only those of this object.
        #[arg(long)]
        object: Option<String>,
    },
    /// Looks whether the whole trail is as it was written, and says where it ends: keep that elsewhere.
    Verify {
        /// Where the trail ended before, as it was said then: SEQ:HASH.
        #[arg(long)]
        head: Option<String>,
    },
}

impl Audit {
    pub(super) async fn run(self, client: &Client) -> Result<Value, ClientError> {
        match self {
            Self::List { object } => {
                let object = object.as_deref().map(plain).transpose()?;
                let filter = object.map(|object| format!("&object={object}")).unwrap_or_default();
                client.ask(Method::GET, &format!("/v1/audit-events?limit=100&order=newest{filter}"), None).await
            }
            Self::Verify { head } => {
                if let Some(head) = head {
                    compare(client, &head).await?;
                }
                verify(client).await
            }
        }
    }
}

async fn proof(client: &Client, query: &str) -> Result<Value, ClientError> {
    client.ask(Method::GET, &format!("/v1/audit-events/proof?{query}"), None).await
}

/// Looks whether the event at which the trail once ended is still the one that it was.
async fn compare(client: &Client, head: &str) -> Result<(), ClientError> {
    let parts = head.split_once(':').and_then(|(seq, hash)| Some((seq.parse::<u32>().ok()?, hash)));
    let Some((seq, hash)) = parts else { return Err(ClientError::Argument(head.to_owned())) };
    if seq == 0 {
        return Ok(());
    }
    let proved = proof(client, &format!("from={seq}&most=1")).await?;
    let is_same = proved["last"] == json!(seq) && proved["hash"] == json!(hash);
    if is_same { Ok(()) } else { Err(ClientError::Broken(format!("event {seq} is another one than it was"))) }
}

async fn verify(client: &Client) -> Result<Value, ClientError> {
    let (mut from, mut before) = (1, String::new());
    loop {
        let proved = proof(client, &format!("from={from}")).await?;
        let text = |name: &str| proved[name].as_str().unwrap_or_default().to_owned();
        if let Some(fault) = proved.get("fault") {
            return Err(ClientError::Broken(format!("event {}: {}", fault["seq"], text_of(&fault["kind"]))));
        }
        if proved["intact"] != json!(true) || text("previous") != before {
            return Err(ClientError::Broken(format!("event {from}: unchained")));
        }
        let last = proved["last"].as_i64().unwrap_or_default();
        before = text("hash");
        if proved["complete"] == json!(true) {
            return Ok(json!({ "intact": true, "events": last, "head": format!("{last}:{before}") }));
        }
        if last < from {
            return Err(ClientError::Broken(format!("event {from}: missing")));
        }
        from = last + 1;
    }
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
