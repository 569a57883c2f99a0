//! A moment of the past, as somebody asks for it.

use std::fmt;
use std::str::FromStr;

use inventory_core::vocabulary::{QUANTITY_MAX, Sequence, Timestamp};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Most digits of an offset.
const DIGITS_MAX: usize = 16;

/// A moment of the past: everything up to there counts, itself included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// Right after a position of the log.
    Offset(Sequence),
    /// Right after everything that was recorded at or before a time.
    Time(Timestamp),
}

/// A text names no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an offset, or a time of RFC 3339 from 1970 on, like 2017-01-01T11:53:26Z")]
pub struct InvalidAsOf;

impl FromStr for AsOf {
    type Err = InvalidAsOf;

    fn from_str(text: &str) -> Result<Self, InvalidAsOf> {
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return moment(text).map(Self::Time).ok_or(InvalidAsOf);
        }
        let number = Some(text).filter(|digits| (1..=DIGITS_MAX).contains(&digits.len()));
        let number = number.and_then(|digits| digits.parse().ok());
        let number = number.filter(|&number| number <= QUANTITY_MAX);
        number
            .map(|number| Self::Offset(Sequence::new(number)))
            .ok_or(InvalidAsOf)
    }
}

/// Bytes of a date, and of what stands between it and the time.
const DATE_BYTES: usize = 11;

/// A time of RFC 3339, in whatever zone and with however many digits of a second. What is recorded has milliseconds, so what
/// is less than one has no effect.
fn moment(text: &str) -> Option<Timestamp> {
    let (date, time) = text.split_at_checked(DATE_BYTES)?;
    if !date.ends_with(['T', 't', ' ']) {
        return None;
    }
    // A query that leaves the + of a zone as it is says a blank.
    let text = format!("{date}{}", time.replace(' ', "+"));
    let time = OffsetDateTime::parse(&text, &Rfc3339).ok()?;
    let millis = time.unix_timestamp_nanos().div_euclid(1_000_000);
    Timestamp::from_millis(u64::try_from(millis).ok()?).ok()
}

impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offset(offset) => offset.fmt(f),
            Self::Time(time) => time.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_an_offset_or_a_time() {
        let offset = |number| Ok(AsOf::Offset(Sequence::new(number)));
        assert_eq!("0".parse(), offset(0));
        assert_eq!("0042".parse(), offset(42));
        assert_eq!("9007199254740991".parse(), offset(QUANTITY_MAX));
        let time = Timestamp::from_millis(1_483_271_606_000).map(AsOf::Time);
        assert_eq!(
            "2017-01-01T11:53:26Z".parse(),
            time.map_err(|_| InvalidAsOf)
        );
        for (text, millis) in [
            ("2017-01-01T11:53:26.000Z", 1_483_271_606_000),
            ("2017-01-01t11:53:26z", 1_483_271_606_000),
            ("2017-01-01 11:53:26Z", 1_483_271_606_000),
            ("2017-01-01T12:53:26+01:00", 1_483_271_606_000),
            ("2017-01-01T12:53:26 01:00", 1_483_271_606_000),
            ("2016-12-31T23:53:26.5-12:00", 1_483_271_606_500),
            ("2017-01-01T11:53:26.123456+00:00", 1_483_271_606_123),
            (
                "2017-01-01T11:53:26.1239999999999999999Z",
                1_483_271_606_123,
            ),
            ("2016-12-31T23:59:60Z", 1_483_228_799_999),
            ("1970-01-01T05:30:00+05:30", 0),
        ] {
            let time = Timestamp::from_millis(millis).unwrap();
            assert_eq!(text.parse(), Ok(AsOf::Time(time)), "{text}");
        }
        for bad in [
            "",
            "-1",
            "+1",
            "1.0",
            "9007199254740992",
            "00000000000000001",
            "now",
            "2017-01-01",
            "2017-01-01T11:53:26",
            "2017-01-01T11:53:26+0100",
            "2017-01-01T11:53:26.Z",
            "2017-02-29T11:53:26Z",
            "2017-01-01_11:53:26Z",
            "1970-01-01T00:00:00+00:01",
            "2017-01-01\u{2009}11:53:26Z",
        ] {
            assert_eq!(bad.parse::<AsOf>(), Err(InvalidAsOf), "{bad}");
        }
    }
}
