//! Tax identities of companies, by country: how they are written, and their check digits. Whether the number was ever
//! given to anybody is not asked here.

mod digits;
mod rules;

use crate::kernel::country::Country;

/// Why a text is no tax identity of a country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no tax identity of this country")]
pub struct TaxIdError;

/// The most that a tax identity has, as it is written.
pub const MOST: usize = 32;

/// Takes a tax identity as people write it, and gives it as it is kept: capitals, without separators, with the country's
/// letters before it where the country's own rules have them. For a country whose rules are not known here, anything of
/// 4 to 20 letters and digits will do.
///
/// # Errors
/// [`TaxIdError`] when the length, the letters or the check digits are wrong.
pub fn normalised(country: Country, text: &str) -> Result<String, TaxIdError> {
    if text.len() > MOST {
        return Err(TaxIdError);
    }
    let plain = plain(text);
    if !plain.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()) {
        return Err(TaxIdError);
    }
    let Some(rule) = rules::of(country.as_str()) else {
        return if (4..=20).contains(&plain.len()) { Ok(plain) } else { Err(TaxIdError) };
    };
    let number = plain.strip_prefix(rule.prefix).unwrap_or(&plain);
    let number = (rule.written)(number);
    if (rule.is_valid)(&number) { Ok(format!("{}{number}", rule.prefix)) } else { Err(TaxIdError) }
}

/// Without what people put between the digits, in capitals.
fn plain(text: &str) -> String {
    let kept = text.chars().filter(|character| !" .-/\u{a0}\u{202f}".contains(*character));
    kept.map(|character| character.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests;
