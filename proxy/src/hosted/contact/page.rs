//! The contact form as a page: without script, in the partner's brand, with what was typed and what is wrong with it.

use askama::Template;
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use marque_config::MessageId;
use marque_config::brand::Brand;

use super::judged::Faults;
use super::typed::Typed;
use super::words::Words;
use crate::refusal::Page;

const STYLE: &str = "body{margin:0;font:1.125rem/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff}\
main{max-width:34rem;margin:2rem auto;padding:0 1.5rem}h1{font-size:1.75rem;line-height:1.2;margin:0 0 1rem}\
.brand{font-weight:600;color:#555}p{overflow-wrap:anywhere}label,.error,.hint{display:block}label{font-weight:600}\
.hint{color:#555}.error,.notice{color:#a4001d}.notice{border-left:.25rem solid;padding-left:.75rem}\
input,textarea,button{font:inherit;color:inherit;background:transparent;box-sizing:border-box;max-width:100%}\
input:not([type=file]),textarea{width:100%;border:1px solid #767676;border-radius:.25rem;padding:.5rem}\
button{border:1px solid;border-radius:.25rem;padding:.5rem 1.25rem;font-weight:600;cursor:pointer}\
.trap{position:absolute;left:-100vw;width:1px;height:1px;overflow:hidden}\
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}.brand,.hint{color:#aaa}.error,.notice{color:#ff9aa5}}";

/// Nothing but the style above, by its SHA-256, and forms that are sent to the same host.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'sha256-jI8cjsh48LPZoTlAP9vSbIox83jaF3VNewviyuFJQHU='; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);

/// Why a form is shown again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notice {
    /// Fields are wrong.
    Faults,
    /// It can't be told whether somebody wrote it here and now.
    Confirm,
    /// The form is too old.
    TooOld,
    /// Another message was sent with it.
    Used,
    /// What nobody sees was filled in.
    Trapped,
    /// The body ended before its end, or is no form's.
    Unread,
    /// The body has too many bytes.
    TooLarge,
    /// There were too many messages lately.
    Limited,
    /// The message can't be kept.
    Unkept,
}

/// For whom a page is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) brand: &'a Brand,
    pub(super) is_french: bool,
}

/// A form to be filled in.
#[derive(Debug, Clone, Default)]
pub(super) struct Form {
    pub(super) token: String,
    pub(super) typed: Typed,
    pub(super) faults: Faults,
    pub(super) notice: Option<Notice>,
}

#[derive(Template)]
#[template(path = "contact.html")]
struct Html<'a> {
    words: &'static Words,
    brand: Option<&'a Brand>,
    support: Option<&'a str>,
    style: &'static str,
    token: &'a str,
    typed: &'a Typed,
    faults: Faults,
    files_error: Option<&'static str>,
    files_again: bool,
    notice: Option<&'static str>,
    sent: Option<String>,
}

impl Notice {
    fn status(self) -> StatusCode {
        match self {
            Self::Faults | Self::Confirm | Self::TooOld | Self::Used | Self::Trapped => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::Unread => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Limited => StatusCode::TOO_MANY_REQUESTS,
            Self::Unkept => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// The form.
pub(super) fn form(reader: Reader<'_>, form: &Form) -> Page {
    let words = Words::of(reader.is_french);
    let html = Html {
        files_error: form.faults.files.map(|fault| words.of_files(fault)),
        // No browser fills them in again.
        files_again: !form.typed.files.is_empty(),
        notice: form.notice.map(|notice| words.of_notice(notice)),
        token: &form.token,
        typed: &form.typed,
        faults: form.faults,
        ..Html::of(reader, words, &form.typed)
    };
    page(form.notice.map_or(StatusCode::OK, Notice::status), reader, &html)
}

/// The page that says that a message was taken.
pub(super) fn sent(reader: Reader<'_>, id: MessageId) -> Page {
    let typed = Typed::default();
    let html = Html { sent: Some(id.to_string()), ..Html::of(reader, Words::of(reader.is_french), &typed) };
    page(StatusCode::OK, reader, &html)
}

impl<'a> Html<'a> {
    fn of(reader: Reader<'a>, words: &'static Words, typed: &'a Typed) -> Self {
        // A partner whose record isn't understood has none.
        let brand = Some(reader.brand).filter(|brand| !brand.name.is_empty());
        Self {
            words,
            brand,
            support: brand.and_then(|brand| brand.support.as_deref()),
            style: STYLE,
            token: "",
            typed,
            faults: Faults::default(),
            files_error: None,
            files_again: false,
            notice: None,
            sent: None,
        }
    }
}

fn page(status: StatusCode, reader: Reader<'_>, html: &Html<'_>) -> Page {
    let body = Bytes::from(html.render().unwrap_or_default());
    let headers = vec![
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_LANGUAGE, HeaderValue::from_static(if reader.is_french { "fr" } else { "en" })),
        (header::VARY, HeaderValue::from_static("Accept-Language")),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CONTENT_LENGTH, HeaderValue::from(body.len())),
    ];
    Page { status, headers, body }
}

#[cfg(test)]
mod tests;
