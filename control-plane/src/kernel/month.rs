//! Months, in UTC: what a statement is of.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// A calendar month: `2026-11`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month(Date);

/// Why a text is no month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a month is written as 2026-11")]
pub struct MonthError;

impl Month {
    /// From its first millisecond to before the first of the next, since 1970, UTC.
    ///
    /// # Errors
    /// [`MonthError`] at the end of time.
    pub fn stretch(self) -> Result<(i64, i64), MonthError> {
        let next = self.0.checked_add(1.month()).map_err(|_| MonthError)?;
        Ok((start(self.0)?.as_millisecond(), start(next)?.as_millisecond()))
    }
}

fn start(day: Date) -> Result<Timestamp, MonthError> {
    TimeZone::UTC.to_timestamp(day.into()).map_err(|_| MonthError)
}

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, MonthError> {
        let (year, month) = text.split_once('-').ok_or(MonthError)?;
        let digits = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return Err(MonthError);
        }
        let (year, month) = (year.parse().map_err(|_| MonthError)?, month.parse().map_err(|_| MonthError)?);
        if year < 1970 {
            return Err(MonthError);
        }
        Date::new(year, month, 1).map(Self).map_err(|_| MonthError)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_and_ends_at_midnight_utc() {
        let month: Month = "2026-11".parse().unwrap();
        assert_eq!(month.to_string(), "2026-11");
        let (from, before) = month.stretch().unwrap();
        assert_eq!((from, before - from), (1_793_491_200_000, 30 * 86_400_000));
        let (from, before) = "2028-02".parse::<Month>().unwrap().stretch().unwrap();
        assert_eq!(before - from, 29 * 86_400_000);
        for text in ["2026-13", "2026-1", "26-11", "2026-11-01", "1969-12", "", "+026-11"] {
            assert_eq!(text.parse::<Month>(), Err(MonthError), "{text}");
        }
        assert!("9999-12".parse::<Month>().unwrap().stretch().is_err());
    }
}
