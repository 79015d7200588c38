//! How the edge's own pages look: one style for all, in a brand's colours where it has any, as far as they can be read.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use marque_config::brand::{Brand, Colour, Look};

/// The style of all pages. `--brand` and `--accent` come from the brand.
const BASE: &str = "body{margin:0;font:1.125rem/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff}\
main{max-width:34rem;margin:12vh auto 2rem;padding:1.5rem 1.5rem 0;border-top:.25rem solid var(--accent,transparent)}\
h1{font-size:1.75rem;line-height:1.2;margin:0 0 1rem;color:var(--brand,inherit)}a{color:var(--brand,inherit)}\
.brand{font-weight:600;color:#555}.logo{max-width:12rem;max-height:4rem;height:auto}p{overflow-wrap:anywhere}\
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}.brand{color:#aaa}}";

/// What pages with forms have besides. What the trap is around is seen by programs alone.
const FORM: &str = "label,.error,.hint{display:block}label{font-weight:600}.hint{color:#555}.error,.notice{color:#a4001d}\
.notice{border-left:.25rem solid;padding-left:.75rem}\
input,textarea{font:inherit;color:inherit;background:transparent;box-sizing:border-box;max-width:100%}\
input:not([type=file]),textarea{width:100%;border:1px solid #767676;border-radius:.25rem;padding:.5rem}\
button{font:inherit;font-weight:600;padding:.5rem 1.25rem;border:0;border-radius:.25rem;cursor:pointer;\
color:var(--ink,#fff);background:var(--brand,#1a1a1a)}\
.trap{position:absolute;left:-100vw;width:1px;height:1px;overflow:hidden}\
@media(prefers-color-scheme:dark){.hint{color:#aaa}.error,.notice{color:#ff9aa5}\
button{color:var(--ink,#161616);background:var(--brand,#eee)}}";

/// What pages stand on: by day and by night.
const GROUNDS: [Colour; 2] = [Colour::WHITE, Colour::new(0x16, 0x16, 0x16)];

/// Whom the edge's own pages show.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The name, and the way to help.
    pub brand: &'a Brand,
    /// How it looks.
    pub look: &'a Look,
}

impl<'a> Shown<'a> {
    /// The brand. A partner whose record isn't understood has none.
    #[must_use]
    pub(crate) fn brand(self) -> Option<&'a Brand> {
        Some(self.brand).filter(|brand| !brand.name.is_empty())
    }
}

/// Whether a page sends forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forms {
    /// No.
    None,
    /// To the host that it is from.
    Own,
}

/// A page's style, and the policy under which browsers apply it and nothing else.
#[derive(Debug)]
pub(crate) struct Style {
    /// CSS.
    pub(crate) text: String,
    /// The logo's address, when it is one that the policy can name.
    pub(crate) logo: Option<String>,
    /// `Content-Security-Policy`.
    pub(crate) policy: HeaderValue,
}

impl Style {
    /// The style of a page in a look.
    pub(crate) fn of(look: Option<&Look>, forms: Forms) -> Self {
        let (form, form_action) = match forms {
            Forms::None => ("", "'none'"),
            Forms::Own => (FORM, "'self'"),
        };
        let text = format!("{BASE}{form}{}", look.map(colours).unwrap_or_default());
        let logo = look.and_then(|look| look.logo.as_deref()).and_then(|logo| Some((logo, origin(logo)?)));
        let images = logo.as_ref().map_or_else(String::new, |(_, origin)| format!(" img-src {origin};"));
        let hash = STANDARD.encode(digest(&SHA256, text.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}';{images} base-uri 'none'; form-action {form_action}; \
             frame-ancestors 'none'"
        );
        // An origin has been read as one: the policy is text.
        let policy = HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
        Self { text, logo: logo.map(|(logo, _)| logo.to_owned()), policy }
    }
}

/// A brand's colours, brought as near to black or white as a page needs to be read.
fn colours(look: &Look) -> String {
    let (Some(brand), accent) = (look.colour.or(look.accent), look.accent.or(look.colour)) else {
        return String::new();
    };
    let accent = accent.unwrap_or(brand);
    let on = |ground| {
        let (brand, accent) = (brand.readable_on(ground), accent.readable_on(ground));
        format!(":root{{--brand:{brand};--accent:{accent};--ink:{}}}", brand.ink())
    };
    let [day, night] = GROUNDS.map(on);
    format!("{day}@media(prefers-color-scheme:dark){{{night}}}")
}

/// The origin of an `https` address (RFC 6454): what a policy allows images from.
fn origin(address: &str) -> Option<String> {
    let uri: http::Uri = address.parse().ok()?;
    let authority =
        uri.authority().filter(|authority| uri.scheme_str() == Some("https") && !authority.as_str().contains('@'))?;
    Some(format!("https://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(text: &str) -> Look {
        serde_json::from_str(text).unwrap()
    }

    fn policy(style: &Style) -> &str {
        style.policy.to_str().unwrap()
    }

    #[test]
    fn only_the_page_s_own_style_applies() {
        for look in [None, Some(look(r##"{"colour":"#ffee00"}"##))] {
            let style = Style::of(look.as_ref(), Forms::None);
            let hash = STANDARD.encode(digest(&SHA256, style.text.as_bytes()));
            assert!(policy(&style).contains(&format!("default-src 'none'; style-src 'sha256-{hash}';")), "{style:?}");
            assert!(policy(&style).contains("form-action 'none'") && !policy(&style).contains("img-src"));
        }
        assert!(policy(&Style::of(None, Forms::Own)).contains("form-action 'self'"));
    }

    #[test]
    fn a_colour_that_cannot_be_read_is_brought_to_one_that_can() {
        let yellow = look(r##"{"colour":"#ffee00","accent":"#101010"}"##);
        let text = Style::of(Some(&yellow), Forms::None).text;
        let (day, night) = text.rsplit_once("@media").unwrap();
        assert!(!day.contains("--brand:#ffee00") && day.contains("--accent:#101010"), "{day}");
        assert!(night.contains("--brand:#ffee00") && !night.contains("--accent:#101010"), "{night}");
    }

    #[test]
    fn images_come_from_the_logo_s_origin_and_from_nowhere_else() {
        let style = Style::of(Some(&look(r#"{"logo":"https://img.example:8443/a%20b.svg?x=1"}"#)), Forms::None);
        assert!(policy(&style).contains("; img-src https://img.example:8443; base-uri"), "{style:?}");
        assert_eq!(style.logo.as_deref(), Some("https://img.example:8443/a%20b.svg?x=1"));
        for logo in [
            "http://img.example/",
            "https://a;script-src *",
            "https://u@img.example/",
            "//img.example",
            "",
            "https://a b/",
        ] {
            let style = Style::of(Some(&Look { logo: Some(logo.into()), ..Look::default() }), Forms::None);
            assert!(style.logo.is_none() && !policy(&style).contains("img-src"), "{logo}: {style:?}");
        }
    }
}
