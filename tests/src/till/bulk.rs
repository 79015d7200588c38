//! Large bodies both ways, made and counted as they pass: neither is ever held whole.

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use serde_json::{Value, json};

use super::book::{Book, Session};

/// The query of a download.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    bytes: usize,
}

const PIECE: usize = 16 * 1024;

/// `PUT /accounts/{account}/upload`: says how much came, and its SHA-256.
pub(crate) async fn upload(
    State(book): State<Arc<Book>>,
    Path(account): Path<String>,
    _session: Session,
    body: Body,
) -> Result<Json<Value>, StatusCode> {
    book.account(&account)?;
    let mut digest = Context::new(&SHA256);
    let mut bytes = 0;
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| StatusCode::BAD_REQUEST)?;
        bytes += piece.len();
        digest.update(&piece);
    }
    Ok(Json(json!({"account": account, "bytes": bytes, "sha256": hex(digest.finish().as_ref())})))
}

/// `GET /accounts/{account}/download?bytes=N`: N times the letter `m`, in pieces.
pub(crate) async fn download(
    State(book): State<Arc<Book>>,
    Path(account): Path<String>,
    Query(Wanted { bytes }): Query<Wanted>,
    _session: Session,
) -> Result<Body, StatusCode> {
    book.account(&account)?;
    let piece = Bytes::from(vec![b'm'; PIECE]);
    let pieces = stream::unfold(bytes, move |left| {
        let next = piece.slice(..left.min(PIECE));
        async move { if left == 0 { None } else { Some((Ok::<_, std::io::Error>(next), left - left.min(PIECE))) } }
    });
    Ok(Body::from_stream(pieces))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
