//! The languages that people are answered in.

use std::borrow::Cow;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A language that everything shown to people exists in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// French.
    #[serde(rename = "fr")]
    French,
}

/// Why a text is no language of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a language is en or fr")]
pub struct LanguageError;

/// One sentence in each language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// In English.
    pub english: Cow<'static, str>,
    /// In French.
    pub french: Cow<'static, str>,
}

impl Sentence {
    /// A sentence that never changes.
    #[must_use]
    pub const fn fixed(english: &'static str, french: &'static str) -> Self {
        Self { english: Cow::Borrowed(english), french: Cow::Borrowed(french) }
    }

    /// A sentence with something in it.
    #[must_use]
    pub fn new(english: impl Into<Cow<'static, str>>, french: impl Into<Cow<'static, str>>) -> Self {
        Self { english: english.into(), french: french.into() }
    }

    /// The sentence in one language.
    #[must_use]
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::English => &self.english,
            Language::French => &self.french,
        }
    }
}

impl Language {
    /// Its code (BCP 47).
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    /// Reads `Accept-Language` (RFC 9110 section 12.5.4): the first range that weighs most and that we speak.
    #[must_use]
    pub fn accepted(header: &str) -> Self {
        let mut best = (0, Self::English);
        for range in header.split(',').take(16) {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default().to_ascii_lowercase();
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, thousandths);
            let language = match tag.split('-').next() {
                Some("fr") => Self::French,
                Some("en" | "*") => Self::English,
                _ => continue,
            };
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }
}

impl FromStr for Language {
    type Err = LanguageError;

    fn from_str(text: &str) -> Result<Self, LanguageError> {
        match text {
            "en" => Ok(Self::English),
            "fr" => Ok(Self::French),
            _ => Err(LanguageError),
        }
    }
}

/// A weight of at most three decimals, in thousandths.
fn thousandths(weight: &str) -> u32 {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    let decimals = format!("{decimals:0<3}");
    let decimals = decimals.get(..3).and_then(|digits| digits.parse::<u32>().ok()).unwrap_or(0);
    whole.parse::<u32>().map_or(0, |whole| whole.min(1) * 1000 + decimals).min(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_weighs_most_is_spoken() {
        for (header, language) in [
            ("", Language::English),
            ("fr", Language::French),
            ("fr-CA, en;q=0.8", Language::French),
            ("en, fr;q=0.9", Language::English),
            ("de, fr;q=0.5, en;q=0.4", Language::French),
            ("fr;q=0, en", Language::English),
            ("de", Language::English),
            (";;q=,,=;q=9.9.9é", Language::English),
        ] {
            assert_eq!(Language::accepted(header), language, "{header}");
        }
    }
}
