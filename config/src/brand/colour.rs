//! Colours, and how well one is read on another (WCAG 2.2, sections 1.4.3 and 1.4.11).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A colour of sRGB, written `#rrggbb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Colour([u8; 3]);

/// Why a text is no colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a colour is # and six hexadecimal digits")]
pub struct ColourError;

/// How far apart in light a text and its ground are, in hundredths: WCAG's level AA for text of any size, 4.5 to 1.
const READABLE: u64 = 450;

/// A part of a colour at its most, in the steps by which its light is worked out.
const FULL: u128 = 1_000_000;

/// The light of each part, in proportion (WCAG's relative luminance): worked out once, for pages are written while visitors wait.
static LIGHT: [u128; 256] = lights();

/// In how many steps a colour is brought to black or white.
const STEPS: u16 = 32;

impl Colour {
    /// Black.
    pub const BLACK: Self = Self([0; 3]);
    /// White.
    pub const WHITE: Self = Self([0xff; 3]);

    /// The colour of three parts: red, green and blue.
    #[must_use]
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self([red, green, blue])
    }

    /// How far apart in light two colours are, in hundredths: from 100, the same, to 2100, black and white.
    #[must_use]
    pub fn contrast(self, other: Self) -> u64 {
        let (a, b) = (self.luminance(), other.luminance());
        let glare = LIGHT[255] * 10_000 / 20;
        u64::try_from(100 * (a.max(b) + glare) / (a.min(b) + glare)).unwrap_or(u64::MAX)
    }

    /// The colour that is the nearest to this one and can be read on a ground.
    #[must_use]
    pub fn readable_on(self, ground: Self) -> Self {
        let away = ground.ink();
        let steps = (0..=STEPS).map(|step| self.mixed(away, step));
        steps.into_iter().find(|colour| colour.contrast(ground) >= READABLE).unwrap_or(away)
    }

    /// What is read best on this colour: black or white. One of them always can be.
    #[must_use]
    pub fn ink(self) -> Self {
        if self.contrast(Self::BLACK) >= self.contrast(Self::WHITE) { Self::BLACK } else { Self::WHITE }
    }

    fn mixed(self, other: Self, step: u16) -> Self {
        let part = |own: u8, others: u8| {
            let mixed = (u16::from(own) * (STEPS - step) + u16::from(others) * step) / STEPS;
            u8::try_from(mixed).unwrap_or(others)
        };
        Self(std::array::from_fn(|at| part(self.0[at], other.0[at])))
    }

    /// In ten thousandths of [`LIGHT`].
    fn luminance(self) -> u128 {
        let [red, green, blue] = self.0.map(|part| LIGHT[usize::from(part)]);
        2_126 * red + 7_152 * green + 722 * blue
    }
}

const fn lights() -> [u128; 256] {
    let (mut lights, mut part) = ([0; 256], 0);
    while part < lights.len() {
        let of_255 = part as u128;
        lights[part] = match of_255 {
            // 0.04045 of 255.
            0..=10 => power(FULL) * of_255 * 100 / 255 / 1_292,
            _ => power((of_255 * 1_000 + 55 * 255) * FULL / 255 / 1_055),
        };
        part += 1;
    }
    lights
}

/// A number's power of 2.4, in proportion: its square times the square's fifth root.
const fn power(part: u128) -> u128 {
    let square = part * part;
    // As many digits as there is room for.
    let wanted = square * 10_u128.pow(26);
    let (mut low, mut high) = (0_u128, 40_000_000);
    while low < high {
        let middle = (low + high).div_ceil(2);
        if middle.pow(5) > wanted { high = middle - 1 } else { low = middle }
    }
    square * low
}

impl FromStr for Colour {
    type Err = ColourError;

    fn from_str(text: &str) -> Result<Self, ColourError> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or(ColourError)?;
        // The parser of numbers takes a sign, too.
        let number = digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16));
        let [_, red, green, blue] = number.and_then(Result::ok).ok_or(ColourError)?.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

impl TryFrom<String> for Colour {
    type Error = ColourError;

    fn try_from(text: String) -> Result<Self, ColourError> {
        text.parse()
    }
}

impl From<Colour> for String {
    fn from(colour: Colour) -> Self {
        colour.to_string()
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_a_hash_and_six_digits() {
        assert_eq!("#0A5c36".parse::<Colour>().map(|it| it.to_string()), Ok("#0a5c36".to_owned()));
        for text in ["", "#", "0a5c36", "#0a5c3", "#0a5c366", "#0a5c3g", "#é5c36", "#+15c36"] {
            assert_eq!(text.parse::<Colour>(), Err(ColourError), "{text}");
        }
    }

    #[test]
    fn every_colour_can_be_read_on_every_page_and_keeps_itself_where_it_can() {
        let pages = [Colour::WHITE, Colour::new(0x16, 0x16, 0x16)];
        let parts = [0, 0x33, 0x77, 0x99, 0xcc, 0xff];
        for number in 0..parts.len().pow(3) {
            let part = |place: u32| parts[number / parts.len().pow(place) % parts.len()];
            let colour = Colour::new(part(0), part(1), part(2));
            for page in pages {
                let text = colour.readable_on(page);
                assert!(text.contrast(page) >= READABLE, "{colour} on {page}");
                assert!(colour.contrast(page) < READABLE || text == colour, "{colour} on {page}");
            }
            assert!(colour.ink().contrast(colour) >= READABLE, "{colour}");
        }
    }

    #[test]
    fn contrast_is_as_the_standard_has_it() {
        assert_eq!(Colour::BLACK.contrast(Colour::WHITE), 2_100);
        // A grey that is known to be just readable on white.
        assert_eq!(Colour::new(0x76, 0x76, 0x76).contrast(Colour::WHITE), 454);
        assert_eq!(Colour::new(0x77, 0x77, 0x77).contrast(Colour::WHITE), 447);
    }
}
