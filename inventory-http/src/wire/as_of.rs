//! A moment of the past, as somebody asks for it.

use std::str::FromStr;

use inventory_core::vocabulary::{QUANTITY_MAX, Sequence, Timestamp};

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
#[error("must be an offset, or a time like 2017-01-01T11:53:26.000Z")]
pub struct InvalidAsOf;

impl FromStr for AsOf {
    type Err = InvalidAsOf;

    fn from_str(text: &str) -> Result<Self, InvalidAsOf> {
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            let time = text.parse().map_err(|_| InvalidAsOf)?;
            return Ok(Self::Time(time));
        }
        let number = Some(text).filter(|digits| (1..=DIGITS_MAX).contains(&digits.len()));
        let number = number.and_then(|digits| digits.parse().ok());
        let number = number.filter(|&number| number <= QUANTITY_MAX);
        number
            .map(|number| Self::Offset(Sequence::new(number)))
            .ok_or(InvalidAsOf)
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
        for bad in [
            "",
            "-1",
            "+1",
            "1.0",
            "9007199254740992",
            "00000000000000001",
            "now",
            "2017-01-01",
            "2017-01-01T11:53:26+01:00",
        ] {
            assert_eq!(bad.parse::<AsOf>(), Err(InvalidAsOf), "{bad}");
        }
    }
}
