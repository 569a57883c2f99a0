//! Moments.

use std::fmt;
use std::str::FromStr;

use super::text::from_text;

const MILLIS_PER_DAY: u64 = 86_400_000;
/// 9999-12-31T23:59:59.999Z, the last moment that RFC 3339 can write.
const MILLIS_MAX: u64 = 253_402_300_799_999;

/// Length of a timestamp as text: `2017-01-01T11:53:26.000Z`.
pub const TIMESTAMP_TEXT_BYTES: usize = 24;

/// A moment in UTC, in milliseconds since 1970-01-01, up to the end of the year 9999.
///
/// As text: RFC 3339 in UTC with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

/// A text or number is not a moment between 1970 and 9999 in the form `2017-01-01T11:53:26.000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an RFC 3339 time in UTC between 1970 and 9999, like 2017-01-01T11:53:26.000Z")]
pub struct InvalidTimestamp;

impl Timestamp {
    /// 1970-01-01T00:00:00.000Z.
    pub const UNIX_EPOCH: Self = Self(0);

    /// The moment that many milliseconds after 1970.
    ///
    /// # Errors
    ///
    /// The moment is after the year 9999.
    pub fn from_millis(millis: u64) -> Result<Self, InvalidTimestamp> {
        if millis > MILLIS_MAX {
            return Err(InvalidTimestamp);
        }
        Ok(Self(millis))
    }

    /// Milliseconds since 1970.
    pub fn millis(self) -> u64 {
        self.0
    }

    /// The moment `millis` later, at most the last one of the year 9999.
    pub fn plus_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis).min(MILLIS_MAX))
    }

    /// The moment `millis` earlier, at least the first one of 1970.
    pub fn minus_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_sub(millis))
    }

    /// Milliseconds from `earlier` to this moment; 0 when it is not earlier.
    pub fn millis_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The text form, without an allocation.
    pub fn to_text(self) -> [u8; TIMESTAMP_TEXT_BYTES] {
        let (year, month, day) = civil_from_days(self.0 / MILLIS_PER_DAY);
        let millis = self.0 % MILLIS_PER_DAY;
        let mut text = *b"0000-00-00T00:00:00.000Z";
        digits(&mut text[0..4], year);
        digits(&mut text[5..7], month);
        digits(&mut text[8..10], day);
        digits(&mut text[11..13], millis / 3_600_000);
        digits(&mut text[14..16], millis / 60_000 % 60);
        digits(&mut text[17..19], millis / 1_000 % 60);
        digits(&mut text[20..23], millis % 1_000);
        text
    }
}

fn as_str(text: &[u8; TIMESTAMP_TEXT_BYTES]) -> &str {
    std::str::from_utf8(text).expect("digits and punctuation are ASCII")
}

fn digits(text: &mut [u8], mut number: u64) {
    for place in text.iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// Year, month and day of a day counted from 1970-01-01.
///
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`, for days after 1970.
fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

/// Days from 1970-01-01 to a day in or after 1970.
///
/// Source: as [`civil_from_days`], `days_from_civil`.
fn days_from_civil(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let year_of_era = year % 400;
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    /// Reads the form that [`Timestamp::to_text`] writes, and the same without the fraction of a second.
    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let bytes = text.as_bytes();
        let field = |from: usize, to: usize| -> Result<u64, InvalidTimestamp> {
            bytes[from..to].iter().try_fold(0, |number, byte| {
                if !byte.is_ascii_digit() {
                    return Err(InvalidTimestamp);
                }
                Ok(number * 10 + u64::from(byte - b'0'))
            })
        };
        let literal = |places: &[(usize, u8)]| places.iter().all(|&(at, byte)| bytes[at] == byte);
        let fraction = match bytes.len() {
            20 if bytes[19] == b'Z' => 0,
            TIMESTAMP_TEXT_BYTES if bytes[19] == b'.' && bytes[23] == b'Z' => field(20, 23)?,
            _ => return Err(InvalidTimestamp),
        };
        if !literal(&[(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')]) {
            return Err(InvalidTimestamp);
        }
        let (year, month, day) = (field(0, 4)?, field(5, 7)?, field(8, 10)?);
        let (hour, minute, second) = (field(11, 13)?, field(14, 16)?, field(17, 19)?);
        if year < 1970 || !(1..=12).contains(&month) || day < 1 {
            return Err(InvalidTimestamp);
        }
        if hour > 23 || minute > 59 || second > 59 {
            return Err(InvalidTimestamp);
        }
        let days = days_from_civil(year, month, day);
        if civil_from_days(days) != (year, month, day) {
            return Err(InvalidTimestamp);
        }
        let seconds = hour * 3_600 + minute * 60 + second;
        Self::from_millis(days * MILLIS_PER_DAY + seconds * 1_000 + fraction)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(as_str(&self.to_text()))
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.to_text();
        serializer.serialize_str(as_str(&text))
    }
}

from_text!(Timestamp);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_moment_are_the_same_thing() {
        for (text, millis) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("2000-02-29T23:59:59.999Z", 951_868_799_999),
            ("2017-01-01T11:53:26.000Z", 1_483_271_606_000),
            ("9999-12-31T23:59:59.999Z", MILLIS_MAX),
        ] {
            let moment = Timestamp::from_millis(millis).unwrap();
            assert_eq!(moment.to_string(), text);
            assert_eq!(text.parse(), Ok(moment));
        }
        assert_eq!(
            "2017-01-01T11:53:26Z".parse(),
            Timestamp::from_millis(1_483_271_606_000)
        );
    }

    #[test]
    fn every_day_of_four_centuries_survives_the_round_trip() {
        for day in 0..146_097 {
            let (year, month, date) = civil_from_days(day);
            assert_eq!(days_from_civil(year, month, date), day);
        }
    }

    #[test]
    fn what_is_not_a_moment_is_refused() {
        for text in [
            "",
            "2017-01-01",
            "2017-02-29T00:00:00.000Z",
            "2017-13-01T00:00:00.000Z",
            "2017-00-01T00:00:00.000Z",
            "2017-01-00T00:00:00.000Z",
            "2017-01-01T24:00:00.000Z",
            "2017-01-01T00:00:60.000Z",
            "1969-12-31T23:59:59.999Z",
            "2017-01-01 00:00:00.000Z",
            "2017-01-01T00:00:00.000+",
            "2017-01-01T00:00:00.0000",
            "+017-01-01T00:00:00.000Z",
            "2017-01-01T00:00:00,000Z",
            "2017-01-01T00:00:00.0é0Z",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(InvalidTimestamp), "{text:?}");
        }
        assert!(Timestamp::from_millis(MILLIS_MAX + 1).is_err());
    }
}
