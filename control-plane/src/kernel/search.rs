//! Words as search compares them: without accents, case or punctuation.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use utoipa::ToSchema;

use super::scope::Scope;

/// What can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SearchKind {
    /// A company.
    Client,
    /// A licence, by its serial number.
    Licence,
    /// An order, by its number or the partner's own.
    Order,
    /// A partner.
    Partner,
    /// A client's space.
    Tenant,
    /// A person.
    User,
}

/// The longest word that is told apart, in bytes; what two words have beyond that doesn't count.
const LONGEST: usize = 64;
/// The most words that one thing is found by.
const MOST: usize = 32;
/// The most words that are looked for.
const ASKED: usize = 4;

impl SearchKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::Client, Self::Licence, Self::Order, Self::Partner, Self::Tenant, Self::User];

    /// The kind as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Licence => "licence",
            Self::Order => "order",
            Self::Partner => "partner",
            Self::Tenant => "tenant",
            Self::User => "user",
        }
    }

    /// Who may read these things may find them.
    #[must_use]
    pub fn scope(self) -> Scope {
        match self {
            Self::Client => Scope::ClientsRead,
            Self::Licence => Scope::LicencesRead,
            Self::Order => Scope::OrdersRead,
            Self::Partner => Scope::PartnersRead,
            Self::Tenant => Scope::TenantsRead,
            Self::User => Scope::UsersRead,
        }
    }
}

/// The words that a thing with these texts is found by: each word as a whole, and the parts between its punctuation, so
/// that `MQ-2026-17` is found by `mq2026`, by `2026` and by `MQ-2026-17`.
#[must_use]
pub fn words<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for written in texts.into_iter().flat_map(str::split_whitespace) {
        words.insert(folded(written));
        words.extend(written.split(|char: char| !char.is_alphanumeric()).map(folded));
    }
    words.remove("");
    words.into_iter().take(MOST).collect()
}

/// The words that are asked for, the longest ones when there are many: a thing is found when each begins one of its own.
#[must_use]
pub fn asked(text: &str) -> Vec<String> {
    let words: BTreeSet<_> = text.split_whitespace().map(folded).filter(|word| !word.is_empty()).collect();
    let mut words: Vec<_> = words.into_iter().collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words.truncate(ASKED);
    words
}

/// One word without accents, case and punctuation.
fn folded(word: &str) -> String {
    let bare = word.nfkd().filter(|char| !is_combining_mark(*char));
    let mut folded = String::new();
    for char in caseless::default_case_fold_str(&bare.collect::<String>()).chars() {
        let mut bytes = [0; 4];
        let part: &str = match char {
            'œ' => "oe",
            'æ' => "ae",
            'ø' => "o",
            'ł' => "l",
            'đ' | 'ð' => "d",
            'þ' => "th",
            'ı' => "i",
            char if char.is_alphanumeric() => char.encode_utf8(&mut bytes),
            _ => continue,
        };
        if folded.len() + part.len() > LONGEST {
            break;
        }
        folded.push_str(part);
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_case_and_punctuation_do_not_count() {
        for (written, word) in [
            ("Crêperie", "creperie"),
            ("CRE\u{302}PERIE", "creperie"),
            ("Straße", "strasse"),
            ("Œuvre", "oeuvre"),
            ("L’Écluse", "lecluse"),
            ("Łódź", "lodz"),
            ("MQ-2026-17", "mq202617"),
            ("ｆｕｌｌ", "full"),
            ("Jean@Exemple.fr", "jeanexemplefr"),
        ] {
            assert_eq!(folded(written), word, "{written}");
        }
    }

    #[test]
    fn a_word_is_found_whole_and_by_its_parts() {
        let words = words(["L’Écluse", "jean@exemple.fr"]);
        let expected = ["ecluse", "exemple", "fr", "jean", "jeanexemplefr", "l", "lecluse"];
        assert_eq!(words.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_is_asked_is_bounded() {
        assert_eq!(asked("  un deux trois quatre cinq deux "), ["quatre", "trois", "cinq", "deux"]);
        assert_eq!(asked("— ’ …"), Vec::<String>::new());
        assert_eq!(folded(&"é".repeat(1000)).len(), LONGEST);
    }
}
