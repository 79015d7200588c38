//! The contact form as a page: without script, in the partner's brand, with what was typed and what is wrong with it.

use askama::Template;
use http::StatusCode;
use marque_config::MessageId;
use marque_config::brand::Brand;

use super::judged::Faults;
use super::typed::Typed;
use super::words::Words;
use crate::refusal::style::{Forms, Style};
use crate::refusal::{Page, Shown};

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
    pub(super) shown: Shown<'a>,
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
    logo: Option<&'a str>,
    support: Option<&'a str>,
    style: &'a str,
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
    let (words, style) = (Words::of(reader.is_french), reader.style());
    let html = Html {
        files_error: form.faults.files.map(|fault| words.of_files(fault)),
        // No browser fills them in again.
        files_again: !form.typed.files.is_empty(),
        notice: form.notice.map(|notice| words.of_notice(notice)),
        token: &form.token,
        typed: &form.typed,
        faults: form.faults,
        ..Html::of(reader, &style, &form.typed)
    };
    let html = html.render().unwrap_or_default();
    Page::with_form(form.notice.map_or(StatusCode::OK, Notice::status), reader.is_french, (html, style.policy))
}

/// The page that says that a message was taken.
pub(super) fn sent(reader: Reader<'_>, id: MessageId) -> Page {
    let (typed, style) = (Typed::default(), reader.style());
    let html = Html { sent: Some(id.to_string()), ..Html::of(reader, &style, &typed) };
    let html = html.render().unwrap_or_default();
    Page::with_form(StatusCode::OK, reader.is_french, (html, style.policy))
}

impl Reader<'_> {
    fn style(self) -> Style {
        Style::of(Some(self.shown.look), Forms::Own)
    }
}

impl<'a> Html<'a> {
    fn of(reader: Reader<'a>, style: &'a Style, typed: &'a Typed) -> Self {
        let brand = reader.shown.brand();
        Self {
            words: Words::of(reader.is_french),
            brand,
            logo: style.logo.as_deref(),
            support: brand.and_then(|brand| brand.support.as_deref()),
            style: &style.text,
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

#[cfg(test)]
mod tests;
