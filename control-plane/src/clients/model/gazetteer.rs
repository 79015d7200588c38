//! Where countries and the beginnings of their postal codes are: roughly, for a map. The data and its licence are in
//! `data/README.md`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::country::Country;

const LINES: &str = include_str!("../../../data/gazetteer.txt");
/// The longest beginning of a postal code that the gazetteer has.
const LONGEST: usize = 3;

/// A place, in millionths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// North of the equator.
    pub latitude: i64,
    /// East of Greenwich.
    pub longitude: i64,
    /// By what it was found.
    pub found_by: FoundBy,
}

/// By what a place was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    /// It is the middle of the country.
    Country,
    /// It is about where the postal code is.
    PostalCode,
}

/// Where something with this postal code is, by the longest beginning of it that is known; otherwise the middle of its
/// country.
#[must_use]
pub fn locate(country: Country, postal_code: Option<&str>) -> Option<Position> {
    let mut begins: String = bare(country, postal_code.unwrap_or_default()).take(LONGEST).collect();
    loop {
        if let Some((latitude, longitude)) = line(&format!("{country},{begins},")) {
            let found_by = if begins.is_empty() { FoundBy::Country } else { FoundBy::PostalCode };
            return Some(Position { latitude, longitude, found_by });
        }
        begins.pop()?;
    }
}

/// A postal code's letters and digits, without the country before them, as in `FR-75011`, `F-75011` or `D-10115`.
fn bare(country: Country, postal_code: &str) -> impl Iterator<Item = char> {
    let (before, after) = postal_code.split_once('-').unwrap_or(("", postal_code));
    let is_country = !before.is_empty() && country.as_str().starts_with(&before.trim().to_ascii_uppercase());
    let postal_code = if is_country { after } else { postal_code };
    postal_code.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_uppercase())
}

/// The line that begins so. They are in order, so half of what is left is left out each time.
fn line(begins: &str) -> Option<(i64, i64)> {
    let mut left = LINES;
    while !left.is_empty() {
        let middle = left.len() / 2;
        let start = left.as_bytes().get(..middle)?.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (before, rest) = left.split_at_checked(start)?;
        let (this, after) = rest.split_once('\n').unwrap_or((rest, ""));
        if let Some(found) = this.strip_prefix(begins) {
            let (latitude, longitude) = found.split_once(',')?;
            return Some((latitude.parse().ok()?, longitude.parse().ok()?));
        }
        left = if this < begins { after } else { before };
    }
    None
}

/// Writes millionths of a degree as degrees.
#[must_use]
pub fn degrees(micro: i64) -> String {
    let (sign, micro) = (if micro < 0 { "-" } else { "" }, micro.unsigned_abs());
    format!("{sign}{}.{:06}", micro / 1_000_000, micro % 1_000_000)
}

/// Reads degrees, with at most six digits after the point, as millionths.
#[must_use]
pub fn micro(degrees: &str) -> Option<i64> {
    let (sign, bare) = degrees.strip_prefix('-').map_or((1, degrees), |bare| (-1, bare));
    let (whole, part) = bare.split_once('.').unwrap_or((bare, "0"));
    let digits = |text: &str, most| (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole, 3) || !digits(part, 6) {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let part: i64 = format!("{part:0<6}").parse().ok()?;
    Some(sign * (whole * 1_000_000 + part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(country: &str, postal_code: Option<&str>) -> (i64, i64, FoundBy) {
        let found = locate(country.parse().unwrap(), postal_code).unwrap();
        (found.latitude / 1_000_000, found.longitude / 1_000_000, found.found_by)
    }

    #[test]
    fn a_postal_code_is_about_where_it_is() {
        for (country, postal_code, latitude, longitude) in [
            ("FR", "75011", 48, 2),
            ("FR", "F-33000", 44, 0),
            ("FR", "13001", 43, 5),
            ("DE", "80331", 48, 11),
            ("DE", "DE-10115", 52, 13),
            ("GB", "SW1A 1AA", 51, 0),
            ("GB", "b1 1aa", 52, -1),
            ("US", "94105", 37, -122),
            ("US", "10001-1234", 40, -73),
            ("BE", "1000", 50, 4),
            ("CH", "1201", 46, 6),
            ("AU", "2000", -33, 151),
            ("JP", "100-0001", 35, 139),
        ] {
            let found = at(country, Some(postal_code));
            assert_eq!(found, (latitude, longitude, FoundBy::PostalCode), "{country} {postal_code}");
        }
    }

    #[test]
    fn every_country_has_a_middle() {
        assert_eq!(at("FR", None), (46, 2, FoundBy::Country));
        assert_eq!(at("FR", Some("—")), (46, 2, FoundBy::Country));
        for first in 'A'..='Z' {
            for second in 'A'..='Z' {
                if let Ok(country) = format!("{first}{second}").parse::<Country>() {
                    assert!(locate(country, None).is_some(), "{country}");
                }
            }
        }
    }

    #[test]
    fn every_line_is_found_and_is_on_the_globe() {
        for written in LINES.lines().step_by(7) {
            let parts: Vec<_> = written.split(',').collect();
            let (latitude, longitude) = line(&format!("{},{},", parts[0], parts[1])).unwrap();
            assert_eq!((latitude.to_string(), longitude.to_string()), (parts[2].into(), parts[3].into()));
            assert!(latitude.abs() <= 90_000_000 && longitude.abs() <= 180_000_000, "{written}");
        }
        assert_eq!(line("ZZ,,"), None);
    }

    #[test]
    fn degrees_survive_their_text() {
        for micros in [0, 1, -1, 48_853_400, -179_999_999] {
            assert_eq!(micro(&degrees(micros)), Some(micros));
        }
        assert_eq!((micro("2.5"), micro("-0.1"), micro("180")), (Some(2_500_000), Some(-100_000), Some(180_000_000)));
        for text in ["", "-", "1e3", "1.", ".5", "1.1234567", "1000", "+1", "NaN"] {
            assert_eq!(micro(text), None, "{text}");
        }
    }
}
