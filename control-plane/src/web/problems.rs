//! `/problems/{code}`: what a problem's `type` leads to, a page for people in their language. Each code that the API
//! gives has a line in `problems.tsv`: code, status, English, French.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::frame::language;
use super::problem::Problem;
use crate::kernel::language::{Language, Sentence};

const PAGES: &str = include_str!("problems.tsv");

/// No script, no picture, nothing from elsewhere.
const POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");

/// What there is to read about one code.
struct Page {
    code: &'static str,
    status: u16,
    said: Sentence,
}

/// Every code with its page, in alphabetical order.
pub(crate) async fn list(headers: HeaderMap) -> Response {
    let language = language(&headers);
    let title = Sentence::fixed("Problems", "Problèmes");
    let lines = pages().map(|page| {
        let (code, said) = (page.code, escaped(page.said.text(language)));
        format!("<li><a href=\"/problems/{code}\">{code}</a>: {said}</li>\n")
    });
    let body = format!("<ul>\n{}</ul>\n", lines.collect::<String>());
    written(title.text(language), &body, language)
}

/// One code's page.
pub(crate) async fn one(headers: HeaderMap, Path(code): Path<String>) -> Result<Response, Problem> {
    let page = pages().find(|page| page.code == code).ok_or_else(Problem::no_such_path)?;
    let language = language(&headers);
    let said = page.said.text(language);
    let advice = escaped(advice(page.status).text(language));
    let status = Sentence::fixed("HTTP status", "Statut HTTP");
    let (status, number) = (status.text(language), page.status);
    let body = format!("<p><code>{code}</code>, {status} {number}</p>\n<p>{advice}</p>\n");
    Ok(written(said, &body, language))
}

fn pages() -> impl Iterator<Item = Page> {
    PAGES.lines().filter_map(|line| {
        let mut parts = line.split('\t');
        let mut next = || parts.next();
        let (code, status, english, french) = (next()?, next()?.parse().ok()?, next()?, next()?);
        Some(Page { code, status, said: Sentence::fixed(english, french) })
    })
}

/// What whoever meets such a status had best do.
fn advice(status: u16) -> Sentence {
    match status {
        401 => Sentence::fixed(
            "Say who you are, with a token or by logging in; then ask again.",
            "Identifiez-vous, par un jeton ou en vous connectant, puis redemandez.",
        ),
        403 => Sentence::fixed(
            "You are known, but this is not yours to do. Who manages your organisation can give you the right.",
            "Vous êtes identifié, mais ce droit vous manque. Qui gère votre organisation peut vous le donner.",
        ),
        404 => Sentence::fixed("It does not exist, or not for you.", "Cela n’existe pas, ou pas pour vous."),
        409 => Sentence::fixed(
            "Something stands against it now. Nothing was changed. Where several things do, “blockers” names each.",
            "Quelque chose s’y oppose pour l’instant. Rien n’a changé. S’il y a plusieurs obstacles, « blockers » les nomme.",
        ),
        412 | 428 => Sentence::fixed(
            "Read the object, look at what you mean to change, and send its ETag as If-Match.",
            "Lisez l’objet, vérifiez ce que vous voulez changer, et envoyez son ETag dans If-Match.",
        ),
        429 => Sentence::fixed(
            "Wait for as long as the header Retry-After says.",
            "Attendez le temps que dit l’en-tête Retry-After.",
        ),
        500.. => Sentence::fixed(
            "It is not your fault. Ask again in a moment, with the same Idempotency-Key; nothing is done twice.",
            "Vous n’y êtes pour rien. Redemandez dans un instant avec la même Idempotency-Key : rien ne sera fait deux fois.",
        ),
        _ => Sentence::fixed(
            "Nothing was changed. Correct the request: “errors” names each field that is wrong. As it is it will be refused again.",
            "Rien n’a changé. Corrigez la requête : « errors » nomme chaque champ erroné. Telle quelle, elle sera refusée encore.",
        ),
    }
}

fn written(title: &str, body: &str, language: Language) -> Response {
    let tag = match language {
        Language::English => "en",
        Language::French => "fr",
    };
    let title = escaped(title);
    let page = format!(
        "<!doctype html>\n<html lang=\"{tag}\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<h1>{title}</h1>\n{body}</html>\n"
    );
    let mut response = (StatusCode::OK, Html(page)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(tag));
    headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests;
