//! The paths that are the edge's own, in whatever reading an application could have of them.

use percent_encoding::percent_decode;

use super::{HostedPage, PAGES};
use crate::lockdown;

/// The first segment of them all.
const WELL_KNOWN: &str = ".well-known";
/// The word that a challenge's path has and no other, in whatever reading.
const CHALLENGE: &str = "acme-challenge";
/// The segment that the edge's own pages stand below. It is a word that others use too.
const OWN: &str = "marque";

/// What the edge answers itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WellKnown<'a> {
    /// The answer to a challenge, by its token. What isn't the token of a challenge has an answer that no directory knows.
    Challenge(&'a str),
    /// A page; none for a path below `/.well-known/marque` that is no page's, or that is spelt otherwise.
    Page(Option<HostedPage>),
}

/// What a path asks of the edge itself. Only the plain spelling of a path is answered; any other that could be read as one
/// of these leads nowhere.
pub(crate) fn well_known(path: &str) -> Option<WellKnown<'_>> {
    if !lockdown::is_plain(path) {
        return in_some_reading(path);
    }
    if is_within(path.as_bytes(), CHALLENGE) {
        return challenge(path);
    }
    let mut segments = path.strip_prefix('/').unwrap_or(path).split('/');
    if !is_own(segments.next(), segments.next()) {
        return None;
    }
    let is_exact = path.starts_with("/.well-known/marque/");
    let name = segments.next().filter(|_| is_exact && segments.next().is_none());
    let page = PAGES.iter().find(|(segment, _)| name == Some(segment)).map(|(_, page)| *page);
    Some(WellKnown::Page(page))
}

/// The token of a path below `/.well-known/acme-challenge`.
fn challenge(path: &str) -> Option<WellKnown<'_>> {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let is = |segment: Option<&str>, text: &str| segment.is_some_and(|it| it.eq_ignore_ascii_case(text));
    if !is(segments.next(), WELL_KNOWN) || !is(segments.next(), CHALLENGE) {
        return None;
    }
    Some(WellKnown::Challenge(match (segments.next(), segments.next()) {
        (Some(token), None) => token,
        _ => "",
    }))
}

/// What a path with several readings asks for: a challenge's word is found wherever it stands, for no other path has it;
/// the edge's own pages are looked for in every reading.
fn in_some_reading(path: &str) -> Option<WellKnown<'static>> {
    let decode = |text: &[u8]| percent_decode(text).collect::<Vec<_>>();
    if is_within(&decode(&decode(path.as_bytes())), CHALLENGE) {
        return Some(WellKnown::Challenge(""));
    }
    let is_one = lockdown::in_some_reading(path, &[WELL_KNOWN, OWN], |segments| {
        let mut segments = segments.iter().map(AsRef::as_ref);
        is_own(segments.next(), segments.next())
    });
    is_one.then_some(WellKnown::Page(None))
}

fn is_own(first: Option<&str>, second: Option<&str>) -> bool {
    let is = |segment: Option<&str>, text: &str| segment.is_some_and(|it| it.eq_ignore_ascii_case(text));
    is(first, WELL_KNOWN) && is(second, OWN)
}

fn is_within(text: &[u8], word: &str) -> bool {
    text.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_one_spelling_and_every_other_leads_nowhere() {
        assert_eq!(well_known("/.well-known/marque/contact"), Some(WellKnown::Page(Some(HostedPage::Contact))));
        for path in [
            "/.well-known/marque",
            "/.well-known/marque/",
            "/.well-known/marque/contact/",
            "/.well-known/marque/contact/x",
            "/.well-known/marque/Contact",
            "/.WELL-KNOWN/Marque/contact",
            "/.well-known/marque/nothing",
            "/.well-known//marque/contact",
            "//.well-known/marque/contact",
            "/.well-known/./marque/contact",
            "/x/../.well-known/marque/contact",
            "/.well-known/x/..%2fmarque/contact",
            "/.well-known;a=b/marque;c/contact",
            "/%2ewell%2dknown/%6darque/contact",
            "/%252ewell-known/%256darque/contact",
            "/.well-known%2fmarque%2fcontact",
            "/.well-known%5cmarque/contact",
            "/.well-known%EF%BC%8Fmarque/contact",
            "/.well-known/%u006darque/contact",
            "/.well-known/%EF%BD%8Darque/contact",
            "/index.php/.well-known/marque/contact",
            "/.well-known/marque./contact",
        ] {
            assert_eq!(well_known(path), Some(WellKnown::Page(None)), "{path}");
        }
    }

    #[test]
    fn what_only_has_the_words_is_the_applications() {
        for path in [
            "/",
            "/marque/contact",
            "/la%20marque/contact",
            "/.well-known/security.txt",
            "/.well-known/marques/contact",
            "/x/.well-known/marque/contact",
            "/caf%C3%A9/marque",
            "/.well-known/change%2dpassword",
        ] {
            assert_eq!(well_known(path), None, "{path}");
        }
    }

    #[test]
    fn a_challenge_is_found_in_every_spelling() {
        assert_eq!(well_known("/.well-known/acme-challenge/a"), Some(WellKnown::Challenge("a")));
        for path in [
            "/.well-known/acme-challenge/a/b",
            "/.well-known/acme-challenge",
            "/.well-known//acme-challenge/a",
            "/x/%61cme-challenge/a",
            "/%2561cme-challenge",
        ] {
            assert_eq!(well_known(path), Some(WellKnown::Challenge("")), "{path}");
        }
        assert_eq!(well_known("/x/acme-challenge/a"), None);
    }
}
