//! The pages with a button: looking at one changes nothing, so whoever only looks at links, as mail scanners do, spends no
//! ticket. They work without scripts, in the partner's brand.

use askama::Template;
use http::StatusCode;
use marque_config::brand::Brand;
use marque_config::entry::TICKET_FIELD;

use crate::refusal::style::{Forms, Style};
use crate::refusal::{Page, Shown};

#[derive(Template)]
#[template(path = "entry.html")]
struct Html<'a> {
    language: &'static str,
    words: Words,
    brand: Option<&'a Brand>,
    /// Where the form is sent: beside the page itself, without its query.
    action: &'static str,
    field: &'static str,
    ticket: Option<&'a str>,
    logo: Option<&'a str>,
    style: &'a str,
}

/// What a page says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    title: &'static str,
    detail: &'static str,
    button: &'static str,
    action: &'static str,
    french: bool,
}

impl Words {
    /// Those of the way in.
    pub(crate) fn enter(french: bool) -> Self {
        let [title, detail, button] = if french {
            ["Entrer dans cet espace", "Votre passage est visible du client. Le lien sert une seule fois.", "Entrer"]
        } else {
            ["Enter this space", "The client sees that you were here. The link works once.", "Enter"]
        };
        Self { title, detail, button, action: "enter", french }
    }

    /// Those of the way out.
    pub(crate) fn leave(french: bool) -> Self {
        let [title, detail, button] = if french {
            ["Quitter cet espace", "Votre accès prend fin. Pour revenir, il faut un nouveau lien.", "Quitter"]
        } else {
            ["Leave this space", "Your access ends. To come in again takes a new link.", "Leave"]
        };
        Self { title, detail, button, action: "leave", french }
    }

    /// The page.
    pub(crate) fn page(self, shown: Shown<'_>, ticket: Option<&str>) -> Page {
        let language = if self.french { "fr" } else { "en" };
        let style = Style::of(Some(shown.look), Forms::Own);
        let html = Html {
            language,
            words: self,
            brand: shown.brand(),
            action: self.action,
            field: TICKET_FIELD,
            ticket,
            logo: style.logo.as_deref(),
            style: &style.text,
        };
        let html = html.render().unwrap_or_else(|_| self.title.to_owned());
        Page::with_form(StatusCode::OK, self.french, (html, style.policy))
    }
}
