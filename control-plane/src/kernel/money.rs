//! Amounts: integers in the currency's minor unit, never floats. Every sum is checked; what doesn't fit is refused.

use std::fmt;

use iso_currency::Currency;
use serde::{Deserialize, Serialize};

/// An amount of one currency, in its minor unit (cents; yen as they are).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// In minor units; below zero for what is owed the other way.
    #[serde(rename = "amount")]
    #[schema(minimum = -1_000_000_000_000_i64, maximum = 1_000_000_000_000_i64)]
    pub minor: i64,
    /// ISO 4217.
    #[schema(value_type = String, pattern = "^[A-Z]{3}$")]
    pub currency: Currency,
}

/// No amount is larger: far from where sums could overflow, and far above what is sold here.
pub const MOST_MINOR: i64 = 1_000_000_000_000;
/// No quantity is larger.
pub const MOST_QUANTITY: u32 = 10_000;

/// Why amounts can't be put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// They are of different currencies.
    #[error("amounts of {0} and {1} don't add up")]
    Currencies(Currency, Currency),
    /// The result is above [`MOST_MINOR`], or below its negative.
    #[error("the amount is too large")]
    TooLarge,
}

impl Money {
    /// An amount.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`].
    pub fn new(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        if (-MOST_MINOR..=MOST_MINOR).contains(&minor) {
            Ok(Self { minor, currency })
        } else {
            Err(MoneyError::TooLarge)
        }
    }

    /// Nothing, in a currency.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError`].
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_as(other)?;
        Self::new(self.minor.checked_add(other.minor).ok_or(MoneyError::TooLarge)?, self.currency)
    }

    /// The difference.
    ///
    /// # Errors
    /// [`MoneyError`].
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.plus(other.negated())
    }

    /// So many times the amount.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`].
    pub fn times(self, quantity: u32) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_mul(i64::from(quantity)).ok_or(MoneyError::TooLarge)?;
        Self::new(minor, self.currency)
    }

    /// The part `numerator / denominator` of the amount, rounded half to even: what percentages and prorated periods
    /// are worked out with.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`], also when the denominator isn't above zero.
    pub fn part(self, numerator: i64, denominator: i64) -> Result<Self, MoneyError> {
        if denominator <= 0 {
            return Err(MoneyError::TooLarge);
        }
        let (product, divisor) = (i128::from(self.minor) * i128::from(numerator), i128::from(denominator));
        let (floor, rest) = (product.div_euclid(divisor), product.rem_euclid(divisor));
        let up = rest * 2 > divisor || (rest * 2 == divisor && floor % 2 != 0);
        let minor = i64::try_from(floor + i128::from(up)).map_err(|_| MoneyError::TooLarge)?;
        Self::new(minor, self.currency)
    }

    /// The same the other way round.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self { minor: -self.minor, currency: self.currency }
    }

    /// As in `12.34`.
    #[must_use]
    pub fn decimal(self) -> String {
        let digits = u32::from(self.currency.exponent().unwrap_or(0));
        let unit = 10_u64.pow(digits);
        let (sign, minor) = (if self.minor < 0 { "-" } else { "" }, self.minor.unsigned_abs());
        let whole = minor / unit;
        if digits == 0 {
            return format!("{sign}{whole}");
        }
        format!("{sign}{whole}.{:0width$}", minor % unit, width = digits as usize)
    }

    fn same_as(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::Currencies(self.currency, other.currency))
        }
    }
}

impl fmt::Display for Money {
    /// As in `12.34 EUR`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.decimal(), self.currency.code())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn euros(minor: i64) -> Money {
        Money::new(minor, Currency::EUR).unwrap()
    }

    #[test]
    fn an_amount_is_written_with_its_currencys_digits() {
        assert_eq!(euros(-1234).to_string(), "-12.34 EUR");
        assert_eq!(euros(5).to_string(), "0.05 EUR");
        assert_eq!(Money::new(500, Currency::JPY).unwrap().to_string(), "500 JPY");
        assert_eq!(serde_json::to_string(&euros(7)).unwrap(), r#"{"amount":7,"currency":"EUR"}"#);
    }

    #[test]
    fn parts_are_rounded_half_to_even() {
        for (minor, part, of, rounded) in
            [(5, 1, 2, 2), (7, 1, 2, 4), (-5, 1, 2, -2), (10, 1, 3, 3), (999, 15, 100, 150)]
        {
            assert_eq!(euros(minor).part(part, of), Ok(euros(rounded)), "{minor} * {part} / {of}");
        }
    }

    #[test]
    fn currencies_do_not_mix_and_sums_do_not_wrap() {
        let yen = Money::new(1, Currency::JPY).unwrap();
        assert_eq!(euros(1).plus(yen), Err(MoneyError::Currencies(Currency::EUR, Currency::JPY)));
        assert_eq!(euros(MOST_MINOR).plus(euros(1)), Err(MoneyError::TooLarge));
        assert_eq!(euros(MOST_MINOR).times(2), Err(MoneyError::TooLarge));
    }

    proptest! {
        #[test]
        fn a_part_is_never_off_by_more_than_half(minor in -MOST_MINOR..MOST_MINOR, part in 0..1000_i64, of in 1..1000_i64) {
            if let Ok(found) = Money::new(minor, Currency::EUR).unwrap().part(part, of) {
                let off = (i128::from(found.minor) * i128::from(of) - i128::from(minor) * i128::from(part)).abs();
                prop_assert!(off * 2 <= i128::from(of));
            }
        }
    }
}
