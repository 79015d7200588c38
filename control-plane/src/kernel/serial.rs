//! Serial numbers: fifteen random symbols and one that checks them. Written wrongly in one place, or with any two
//! symbols exchanged, a serial number is none.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A licence's serial number, as in `7Q2M-0K9X-VB4T-HC3E`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Serial([u8; LENGTH]);

/// Why a text is no serial number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a serial number is four groups of four letters and digits, as it was given")]
pub struct SerialError;

/// How many random bytes a serial number is drawn from.
pub const DRAWN: usize = 15;

const LENGTH: usize = DRAWN + 1;
const GROUP: usize = 4;
/// Crockford's base32: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl Serial {
    /// Makes a serial number of random bytes: five bits of each.
    #[must_use]
    pub fn draw(random: [u8; DRAWN]) -> Self {
        let mut values = [0; LENGTH];
        for (value, byte) in values.iter_mut().zip(random) {
            *value = byte & 31;
        }
        // The whole number, checking symbol included, is then worth nothing.
        values[DRAWN] = times_alpha(worth(&values[..DRAWN]));
        Self(values)
    }

    /// The symbols without dashes: what is kept and searched.
    #[must_use]
    pub fn plain(&self) -> String {
        self.0.iter().map(|value| char::from(ALPHABET[usize::from(*value)])).collect()
    }
}

/// The symbols as digits of a number in the field of 32 elements, to the base α. Each place weighs something else,
/// because no power of α below the 31st comes twice: that is why exchanged symbols show.
fn worth(values: &[u8]) -> u8 {
    values.iter().fold(0, |worth, value| times_alpha(worth) ^ value)
}

/// Multiplies by α in the field that x⁵ + x² + 1 makes.
fn times_alpha(value: u8) -> u8 {
    let doubled = value << 1;
    if doubled & 32 == 0 { doubled } else { doubled ^ 0b10_0101 }
}

impl FromStr for Serial {
    type Err = SerialError;

    /// Reads what somebody typed: in either case, with or without dashes and spaces, O for 0, I or L for 1.
    fn from_str(text: &str) -> Result<Self, SerialError> {
        let mut values = [0; LENGTH];
        let mut places = values.iter_mut();
        for character in text.chars().filter(|character| !matches!(character, '-' | ' ')) {
            let value = value(character).ok_or(SerialError)?;
            *places.next().ok_or(SerialError)? = value;
        }
        if places.next().is_none() && worth(&values) == 0 { Ok(Self(values)) } else { Err(SerialError) }
    }
}

fn value(character: char) -> Option<u8> {
    let symbol = match character.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let place = ALPHABET.iter().position(|known| char::from(*known) == symbol)?;
    u8::try_from(place).ok()
}

impl fmt::Display for Serial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, symbol) in self.plain().chars().enumerate() {
            if place > 0 && place % GROUP == 0 {
                formatter.write_str("-")?;
            }
            write!(formatter, "{symbol}")?;
        }
        Ok(())
    }
}

impl Serialize for Serial {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Serial {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_serial_number_is_read_as_people_type_it() {
        let serial = Serial::draw([0, 1, 2, 30, 31, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
        let text = serial.to_string();
        assert_eq!(text, "012Y-Z567-89AB-CDE0".replace("E0", &text[17..]));
        for typed in [text.to_lowercase(), text.replace('-', ""), text.replace('0', "o").replace('1', "l")] {
            assert_eq!(typed.parse(), Ok(serial), "{typed}");
        }
        for wrong in ["", "012Y", &format!("{text}0"), &text.replace('Y', "U"), &text.replace("012Y", "012É")] {
            assert_eq!(wrong.parse::<Serial>(), Err(SerialError), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_symbol_or_two_exchanged_are_always_seen(random: [u8; DRAWN], at in 0..LENGTH, to in 0..LENGTH, other in 1..32_u8) {
            let serial = Serial::draw(random);
            prop_assert_eq!(serial.to_string().parse(), Ok(serial));
            let mut wrong = serial;
            wrong.0[at] ^= other;
            prop_assert_eq!(wrong.to_string().parse::<Serial>(), Err(SerialError));
            let mut exchanged = serial;
            exchanged.0.swap(at, to);
            prop_assert_eq!(exchanged.to_string().parse::<Serial>().is_err(), exchanged != serial);
        }
    }
}
