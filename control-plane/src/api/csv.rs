//! Tables as CSV (RFC 4180). What a spreadsheet would run as a formula is made plain text.

use std::io;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::problem::Problem;

/// In which form something is wanted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Format {
    /// As a document like any other.
    #[default]
    Json,
    /// As a table.
    Csv,
}

/// Answers with a table, to be kept under a name.
pub(super) fn table(
    name: &str,
    head: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> Result<Response, Problem> {
    let head = head.iter().map(|name| (*name).to_owned()).collect();
    let rows = std::iter::once(head).chain(rows);
    let bytes = lines(rows).map_err(|_| Problem::internal())?;
    Ok(kept(&format!("{name}.csv"), HeaderValue::from_static("text/csv; charset=utf-8"), bytes.into()))
}

/// Some lines of a table.
pub(super) fn lines(rows: impl IntoIterator<Item = Vec<String>>) -> Result<Vec<u8>, io::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(|cell| inert(cell)))?;
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

/// Answers with a file, to be kept under a name.
pub(super) fn kept(name: &str, kind: HeaderValue, body: Body) -> Response {
    let attachment = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let attachment = attachment.unwrap_or(HeaderValue::from_static("attachment"));
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, attachment)], body).into_response()
}

/// A number below zero stays one.
fn inert(cell: &str) -> String {
    let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    if runs && !is_number(cell) { format!("'{cell}") } else { cell.to_owned() }
}

fn is_number(cell: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let bare = cell.strip_prefix('-').unwrap_or(cell);
    let (whole, rest) = bare.split_once('.').unwrap_or((bare, "0"));
    digits(whole) && digits(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for cell in ["=1+1", "+33 1 23", "-1+1", "@SUM(A1)", "\tx", "\r=1", "-", "-12.3.4", "\n=1"] {
            assert_eq!(inert(cell), format!("'{cell}"));
        }
        for cell in ["", "a=1", "-12.34", "-5", "12", "Crêperie; l’Écluse", " =1"] {
            assert_eq!(inert(cell), cell);
        }
    }

    #[tokio::test]
    async fn cells_with_separators_are_quoted() {
        let rows = [vec!["a,b".to_owned(), "say \"x\"".to_owned()], vec!["=x".to_owned(), "line\nbreak".to_owned()]];
        let response = table("t", &["one", "two"], rows).unwrap();
        assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"t.csv\"");
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 16).await.unwrap();
        assert_eq!(bytes, "one,two\r\n\"a,b\",\"say \"\"x\"\"\"\r\n'=x,\"line\nbreak\"\r\n");
    }
}
