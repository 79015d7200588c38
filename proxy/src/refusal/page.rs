//! What a refused visitor gets: a page that works without scripts, in the partner's brand when there is one, or a
//! problem document. Neither names the client, the account, or the product.

use askama::Template;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use marque_config::brand::Brand;
use serde::Serialize;

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

const STYLE: &str = "body{margin:0;font:1.125rem/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff}\
main{max-width:34rem;margin:15vh auto 0;padding:0 1.5rem}h1{font-size:1.75rem;line-height:1.2;margin:0 0 1rem}\
.brand{font-weight:600;color:#555}p{overflow-wrap:anywhere}\
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}.brand{color:#aaa}}";

/// Nothing but the style above, by its SHA-256.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'sha256-qZH+XGKhz1J6/AjWBvIinAdWdR4NXtrL4fsyw1tmEUw='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

#[derive(Template)]
#[template(path = "refusal.html")]
struct Html<'a> {
    language: &'static str,
    title: &'static str,
    detail: &'static str,
    help: &'static str,
    brand: Option<&'a Brand>,
    support: Option<&'a str>,
    contact: Option<&'static str>,
    style: &'static str,
}

#[derive(Serialize)]
struct Problem {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'static str,
    code: &'static str,
}

impl Refusal {
    /// What the visitor gets, in a brand when it is known whose.
    #[must_use]
    pub fn page(self, brand: Option<&Brand>, wants: Wants) -> Page {
        let [title, detail] = words(self).map(|sentence| sentence.read(wants.french));
        let (media, body) = if wants.json {
            ("application/problem+json", self.problem(title, detail))
        } else {
            ("text/html; charset=utf-8", html(title, detail, brand, wants.french))
        };
        let mut headers = self.fields(media, wants.french);
        headers.push((header::CONTENT_LENGTH, HeaderValue::from(body.len())));
        Page { status: self.status(), headers, body: Bytes::from(body) }
    }

    fn problem(self, title: &'static str, detail: &'static str) -> String {
        let (code, status) = (self.code(), self.status().as_u16());
        let problem = Problem { r#type: format!("urn:problem:edge:{code}"), title, status, detail, code };
        serde_json::to_string(&problem).unwrap_or_default()
    }

    fn fields(self, media: &'static str, french: bool) -> Vec<(HeaderName, HeaderValue)> {
        let mut fields = vec![
            (header::CONTENT_TYPE, HeaderValue::from_static(media)),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (header::CONTENT_LANGUAGE, HeaderValue::from_static(if french { "fr" } else { "en" })),
            (header::VARY, HeaderValue::from_static("Accept, Accept-Language")),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        ];
        match self {
            Self::NoReplica | Self::LoginUnavailable | Self::Busy | Self::TenantBusy | Self::TargetBusy => {
                fields.push((header::RETRY_AFTER, HeaderValue::from_static("5")))
            }
            Self::Provisioning | Self::NotUnderstood => {
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

fn html(title: &'static str, detail: &'static str, brand: Option<&Brand>, french: bool) -> String {
    // Where it is known whose page this is, there is the contact form.
    let contact = brand.map(|_| CONTACT.read(french));
    // A partner whose record isn't understood has none.
    let brand = brand.filter(|brand| !brand.name.is_empty());
    let page = Html {
        language: if french { "fr" } else { "en" },
        title,
        detail,
        help: HELP.read(french),
        brand,
        support: brand.and_then(|brand| brand.support.as_deref()),
        contact,
        style: STYLE,
    };
    page.render().unwrap_or_else(|_| title.to_owned())
}

#[cfg(test)]
mod tests;
