//! What a refused visitor gets: a page that works without scripts, in the partner's brand when there is one, or a
//! problem document. Neither names the client, the account, or the product.

use askama::Template;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use marque_config::brand::Brand;
use serde::Serialize;

use super::style::{Forms, Shown, Style};
use super::words::{CONTACT, HELP, words};
use super::{Refusal, Wants};

/// An answer of the edge's own.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its status.
    pub status: StatusCode,
    /// Its fields, `Content-Length` among them; to HEAD they go without the body.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Its body.
    pub body: Bytes,
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct Html<'a> {
    language: &'static str,
    title: &'static str,
    detail: &'static str,
    help: &'static str,
    brand: Option<&'a Brand>,
    logo: Option<&'a str>,
    support: Option<&'a str>,
    contact: Option<&'static str>,
    style: &'a str,
}

#[derive(Serialize)]
struct Problem {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'static str,
    code: &'static str,
}

impl Page {
    /// A page with a form: never kept, for somebody it is about.
    pub(crate) fn with_form(status: StatusCode, is_french: bool, (html, policy): (String, HeaderValue)) -> Self {
        let body = Bytes::from(html);
        let mut headers = fields(is_french, "Accept-Language");
        headers.push((header::CONTENT_TYPE, HeaderValue::from_static(HTML)));
        headers.push((header::CONTENT_LENGTH, HeaderValue::from(body.len())));
        headers.push((header::CONTENT_SECURITY_POLICY, policy));
        Self { status, headers, body }
    }
}

const HTML: &str = "text/html; charset=utf-8";

/// What every page of the edge's own says of itself. Nobody keeps it, and its address is told nobody: what only the reader is
/// to know may stand there.
fn fields(is_french: bool, vary: &'static str) -> Vec<(HeaderName, HeaderValue)> {
    vec![
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_LANGUAGE, HeaderValue::from_static(if is_french { "fr" } else { "en" })),
        (header::VARY, HeaderValue::from_static(vary)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ]
}

impl Refusal {
    /// What the visitor gets, in a brand when it is known whose.
    #[must_use]
    pub fn page(self, shown: Option<Shown<'_>>, wants: Wants) -> Page {
        let french = wants.is_french(shown.and_then(|shown| shown.look.language));
        let [title, detail] = words(self).map(|sentence| sentence.read(french));
        // Where it is known whose page this is, there is the contact form.
        let contact = shown.map(|_| CONTACT.read(french));
        let shown = shown.filter(|shown| shown.brand().is_some());
        let style = Style::of(shown.map(|shown| shown.look), Forms::None);
        let mut headers = self.fields(french);
        let (media, body) = if wants.json {
            ("application/problem+json", self.problem(title, detail))
        } else {
            (HTML, html([title, detail], (shown.map(|shown| shown.brand), &style), contact, french))
        };
        headers.push((header::CONTENT_TYPE, HeaderValue::from_static(media)));
        headers.push((header::CONTENT_LENGTH, HeaderValue::from(body.len())));
        headers.push((header::CONTENT_SECURITY_POLICY, style.policy));
        Page { status: self.status(), headers, body: Bytes::from(body) }
    }

    fn problem(self, title: &'static str, detail: &'static str) -> String {
        let (code, status) = (self.code(), self.status().as_u16());
        let problem = Problem { r#type: format!("urn:problem:edge:{code}"), title, status, detail, code };
        serde_json::to_string(&problem).unwrap_or_default()
    }

    fn fields(self, french: bool) -> Vec<(HeaderName, HeaderValue)> {
        let mut fields = fields(french, "Accept, Accept-Language");
        match self {
            Self::NoReplica
            | Self::EntryUnavailable
            | Self::LoginUnavailable
            | Self::Busy
            | Self::TenantBusy
            | Self::TargetBusy => fields.push((header::RETRY_AFTER, HeaderValue::from_static("5"))),
            Self::Provisioning | Self::BeingSetUp | Self::NotUnderstood => {
                fields.push((header::RETRY_AFTER, HeaderValue::from_static("60")))
            }
            // RFC 9110 section 15.5.6 wants it with every 405.
            Self::MethodRefused => {
                let methods = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
                fields.push((header::ALLOW, methods));
            }
            Self::PageMethodRefused => fields.push((header::ALLOW, HeaderValue::from_static("GET, HEAD, POST"))),
            _ => {}
        }
        fields
    }
}

fn html(
    [title, detail]: [&'static str; 2],
    (brand, style): (Option<&Brand>, &Style),
    contact: Option<&'static str>,
    french: bool,
) -> String {
    let page = Html {
        language: if french { "fr" } else { "en" },
        title,
        detail,
        help: HELP.read(french),
        brand,
        logo: style.logo.as_deref(),
        support: brand.and_then(|brand| brand.support.as_deref()),
        contact,
        style: &style.text,
    };
    page.render().unwrap_or_else(|_| title.to_owned())
}

#[cfg(test)]
mod tests;
