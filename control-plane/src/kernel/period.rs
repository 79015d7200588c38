//! Periods in calendar months, in UTC. They are counted from where the first one began, so that the 31st comes back
//! after a February.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;

/// Why a time can't be reckoned with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the time is out of the calendar")]
pub struct OutOfCalendar;

/// The instant so many calendar months after `from_ms`, at the same time of the day; on the month's last day where it
/// has not as many.
///
/// # Errors
/// [`OutOfCalendar`], some millennia away.
pub fn months_after(from_ms: i64, months: i64) -> Result<i64, OutOfCalendar> {
    let from = Timestamp::from_millisecond(from_ms).map_err(|_| OutOfCalendar)?.to_zoned(TimeZone::UTC);
    let span = Span::new().try_months(months).map_err(|_| OutOfCalendar)?;
    let to = from.checked_add(span).map_err(|_| OutOfCalendar)?;
    Ok(to.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn a_month_ends_on_its_last_day_and_the_31st_comes_back() {
        let anchor = ms("2027-01-31T10:00:00Z");
        let ends = ["2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"];
        for (months, end) in (1..).zip(ends) {
            assert_eq!(months_after(anchor, months), Ok(ms(&format!("{end}T10:00:00Z"))), "{end}");
        }
        assert_eq!(months_after(ms("2028-01-31T00:00:00Z"), 1), Ok(ms("2028-02-29T00:00:00Z")));
        assert_eq!(months_after(ms("2028-02-29T00:00:00Z"), 12), Ok(ms("2029-02-28T00:00:00Z")));
        assert_eq!(months_after(ms("2028-02-29T00:00:00Z"), 48), Ok(ms("2032-02-29T00:00:00Z")));
    }

    #[test]
    fn no_clock_is_put_forward_or_back() {
        // The days on which clocks change in Europe and in North America.
        for day in ["2027-03-28", "2027-10-31", "2027-03-14", "2027-11-07"] {
            for hour in [0, 1, 2, 3, 23] {
                let from = ms(&format!("{day}T{hour:02}:30:00Z"));
                let to = months_after(from, 12).unwrap();
                assert_eq!((to - from) % DAY_MS, 0, "{day} {hour}");
            }
        }
    }

    #[test]
    fn what_no_calendar_has_is_refused() {
        assert_eq!(months_after(ms("9999-12-01T00:00:00Z"), 2), Err(OutOfCalendar));
        assert_eq!(months_after(i64::MAX, 1), Err(OutOfCalendar));
    }
}
