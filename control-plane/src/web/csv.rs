//! Tables as CSV (RFC 4180), for spreadsheets too: in UTF-8 and said to be, with every text quoted, and with nothing that
//! one would run as a formula, wherever it splits: one that splits at semicolons pays no heed to a quote in a cell.

use std::io;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::problem::Problem;

/// In which form something is wanted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    /// As a document like any other.
    #[default]
    Json,
    /// As a table.
    Csv,
}

/// Answers with a table, to be kept under a name.
pub(crate) fn table(
    name: &str,
    head: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> Result<Response, Problem> {
    let whole = self::head(head).and_then(|head| Ok([head, lines(rows)?].concat()));
    let bytes = whole.map_err(|_| Problem::internal())?;
    Ok(kept(&format!("{name}.csv"), HeaderValue::from_static("text/csv; charset=utf-8"), bytes.into()))
}

/// The beginning of a table: what tells a spreadsheet that it is UTF-8, and the names of the columns.
pub(crate) fn head(names: &[&str]) -> Result<Vec<u8>, io::Error> {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Ok([BYTE_ORDER_MARK, &lines([names])?].concat())
}

/// Some lines of a table. What is no number is quoted.
pub(crate) fn lines(rows: impl IntoIterator<Item = Vec<String>>) -> Result<Vec<u8>, io::Error> {
    let mut builder = csv::WriterBuilder::new();
    builder.terminator(csv::Terminator::CRLF).quote_style(csv::QuoteStyle::NonNumeric);
    let mut writer = builder.from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(|cell| inert(cell)))?;
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

/// Answers with a file, to be kept under a name.
pub(crate) fn kept(name: &str, kind: HeaderValue, body: Body) -> Response {
    let attachment = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let attachment = attachment.unwrap_or(HeaderValue::from_static("attachment"));
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, attachment)], body).into_response()
}

/// As a spreadsheet shows it and never runs it: what a formula begins with has an apostrophe before it, at the beginning
/// and behind whatever some program takes for the end of a cell. A number below zero stays one.
fn inert(cell: &str) -> String {
    if is_number(cell) {
        return cell.to_owned();
    }
    let mut inert = String::with_capacity(cell.len() + 1);
    if cell.starts_with(['\t', '\r', '\n']) {
        inert.push('\'');
    }
    let mut begins = true;
    for character in cell.chars() {
        if begins && SIGNS.contains(&character) {
            inert.push('\'');
        }
        inert.push(character);
        begins =
            SEPARATORS.contains(&character) || (begins && (character.is_whitespace() || QUOTES.contains(&character)));
    }
    inert
}

/// What a formula begins with, in full width and small too.
const SIGNS: [char; 12] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫'];
/// Where some program ends a cell.
const SEPARATORS: [char; 7] = [';', '\t', ',', '|', '\r', '\n', '\u{b}'];
/// What some program doesn't count as part of a cell.
const QUOTES: [char; 2] = ['"', '\u{feff}'];

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

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
        for cell in
            ["=1+1", "+33 1 23", "-1+1", "@SUM(A1)", "\tx", "-", "-12.3.4", "＝1+1", "＋1", "－1", "＠A1", "﹦1"]
        {
            assert_eq!(inert(cell), format!("'{cell}"));
        }
        for cell in ["", "a=1", "-12.34", "-5", "12", "Crêperie; l’Écluse", "a-b", "2026-11-28T12:00:00Z"] {
            assert_eq!(inert(cell), cell);
        }
    }

    #[test]
    fn c12_a_formula_behind_another_separator_is_none() {
        for (cell, expected) in [
            ("Acme;=1+1", "Acme;'=1+1"),
            ("Acme\t=1+1", "Acme\t'=1+1"),
            ("Acme,+1", "Acme,'+1"),
            ("Acme|@A1", "Acme|'@A1"),
            ("Acme\n=1", "Acme\n'=1"),
            ("\r=1", "'\r'=1"),
            ("\n=1", "'\n'=1"),
            ("Acme; \u{a0}=1", "Acme; \u{a0}'=1"),
            ("Acme;\"=1", "Acme;\"'=1"),
            ("Acme;＝1+1", "Acme;'＝1+1"),
            ("a;-5", "a;'-5"),
            ("\u{feff}=1", "\u{feff}'=1"),
            ("a;b=1;;-c", "a;b=1;;'-c"),
        ] {
            assert_eq!(inert(cell), expected);
        }
    }

    #[tokio::test]
    async fn every_text_is_quoted_and_accents_survive() {
        let rows = [
            vec!["a,b".to_owned(), "say \"x\"".to_owned(), "-12.34".to_owned()],
            vec!["=x".to_owned(), "line\nbreak".to_owned(), String::new()],
        ];
        let response = table("t", &["one", "two", "prix"], rows).unwrap();
        assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"t.csv\"");
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 16).await.unwrap();
        let text = std::str::from_utf8(&bytes).unwrap();
        let expected =
            "\u{feff}\"one\",\"two\",\"prix\"\r\n\"a,b\",\"say \"\"x\"\"\",-12.34\r\n\"'=x\",\"line\nbreak\",\"\"\r\n";
        assert_eq!(text, expected);
    }
}
