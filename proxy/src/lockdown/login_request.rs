//! The body of a login: which account it names, or why it can't be told.

use http::HeaderMap;
use marque_config::application::{BodySelector, Login};

use super::json::Json;
use super::named_accounts::{FORM, NamedAccounts};
use super::spelling::Media;
use crate::refusal::Refusal;

/// Collects what a login's body names. A body of a kind that the policy has no selector for can't be judged, and is
/// refused (multipart among them); where the policy looks at no body, any may pass, and the answer decides.
pub(super) fn read<'a>(
    login: &Login,
    fields: &HeaderMap,
    body: &'a [u8],
    named: &mut NamedAccounts<'a>,
) -> Result<(), Refusal> {
    if login.request.is_empty() || body.is_empty() {
        return Ok(());
    }
    let media = Media::of(fields).ok().filter(|media| media.is_plain).ok_or(Refusal::LoginUnreadable)?;
    let has_form = login.request.iter().any(|it| matches!(it, BodySelector::Form(_)));
    let has_json = login.request.iter().any(|it| matches!(it, BodySelector::Json(_)));
    // Some applications try JSON first, whatever the body says that it is.
    let looks_like_json = matches!(body.trim_ascii_start().first(), Some(b'{' | b'['));
    if has_form && media.is("application/x-www-form-urlencoded") && !(has_json && looks_like_json) {
        read_form(login, body, named)
    } else if has_json && media.is("application/json") {
        read_json(login, body, named)
    } else {
        Err(Refusal::LoginUnreadable)
    }
}

fn read_form<'a>(login: &Login, body: &'a [u8], named: &mut NamedAccounts<'a>) -> Result<(), Refusal> {
    let wanted = login.request.iter().filter_map(|it| match it {
        BodySelector::Form(name) => Some(name.as_str()),
        BodySelector::Json(_) => None,
    });
    named.add_listed(FORM, [body], wanted)
}

fn read_json(login: &Login, body: &[u8], named: &mut NamedAccounts<'_>) -> Result<(), Refusal> {
    let json = Json::read(body).map_err(|_| Refusal::LoginUnreadable)?;
    for selector in &login.request {
        let BodySelector::Json(path) = selector else { continue };
        let found = json.find(path).map_err(|_| Refusal::AmbiguousAccount)?;
        named.add(found.unwrap_or_default().to_owned());
    }
    Ok(())
}
