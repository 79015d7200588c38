//! In which form and language a visitor wants to be told.

use std::cmp::Ordering;

use http::{HeaderMap, HeaderName, header};
use marque_config::brand::Language;

/// What a request asks for by `Accept` and `Accept-Language` (RFC 9110 section 12.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wants {
    /// A problem document (RFC 9457) instead of a page.
    pub json: bool,
    /// The language that is preferred; none where neither of ours is.
    pub language: Option<Language>,
}

impl Wants {
    /// Reads what a request asks for. A page unless JSON is asked for by name.
    #[must_use]
    pub fn read(fields: &HeaderMap) -> Self {
        let accept = |range: &str| best(fields, &header::ACCEPT, |it| it.eq_ignore_ascii_case(range));
        let json = accept("application/json").max(accept("application/problem+json"));
        let language = |tag: &str| {
            best(fields, &header::ACCEPT_LANGUAGE, |it| {
                it.split('-').next().is_some_and(|primary| primary.eq_ignore_ascii_case(tag))
            })
        };
        let language = match language("fr").cmp(&language("en")) {
            Ordering::Greater => Some(Language::French),
            Ordering::Less => Some(Language::English),
            Ordering::Equal => None,
        };
        Self { json: json > accept("text/html"), language }
    }

    /// Whether the answer is in French: as was asked, else as the brand has it, else in English.
    #[must_use]
    pub fn is_french(self, of_brand: Option<Language>) -> bool {
        self.language.or(of_brand) == Some(Language::French)
    }
}

/// The greatest weight, in thousandths, of the entries that match; 0 when none does.
fn best(fields: &HeaderMap, name: &HeaderName, matches: impl Fn(&str) -> bool) -> u16 {
    let lines = fields.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let entries = lines.flat_map(|line| line.split(','));
    let weights = entries.filter_map(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let value = parts.next().filter(|value| matches(value))?;
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        (!value.is_empty()).then(|| weight.map_or(1_000, thousandths))
    });
    weights.max().unwrap_or(0)
}

/// `0.8` is 800: at most three digits, no signs (RFC 9110 section 12.4.2).
fn thousandths(weight: &str) -> u16 {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let digit = |index: usize| fraction.as_bytes().get(index).filter(|b| b.is_ascii_digit()).map_or(0, |b| b - b'0');
    match whole {
        "1" => 1_000,
        _ => 100 * u16::from(digit(0)) + 10 * u16::from(digit(1)) + u16::from(digit(2)),
    }
}

#[cfg(test)]
mod tests {
    use Language::{English, French};

    use super::*;
    use crate::lockdown::fixture::headers;

    #[test]
    fn programs_get_json_and_people_get_a_page_in_their_language() {
        const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (accept, languages, json, language) in [
            (BROWSER, "fr-FR,fr;q=0.9,en;q=0.8", false, Some(French)),
            (BROWSER, "en-GB,en;q=0.9,fr;q=0.8", false, Some(English)),
            ("application/json", "fr", true, Some(French)),
            ("application/json, text/html", "", false, None),
            ("text/html;q=0.5, application/problem+json;q=0.51", "de, fr;q=0.1", true, Some(French)),
            ("*/*", "*", false, None),
            ("application/json;q=0", "fr;q=0", false, None),
            ("application/json;q=nonsense", "frisian", false, None),
        ] {
            let fields = headers(&[("accept", accept), ("accept-language", languages)]);
            assert_eq!(Wants::read(&fields), Wants { json, language }, "{accept} {languages}");
        }
        assert_eq!(Wants::read(&HeaderMap::new()), Wants::default());
        for (asked, of_brand, french) in [
            (None, None, false),
            (None, Some(French), true),
            (Some(English), Some(French), false),
            (Some(French), None, true),
        ] {
            assert_eq!(Wants { json: false, language: asked }.is_french(of_brand), french, "{asked:?} {of_brand:?}");
        }
    }
}
