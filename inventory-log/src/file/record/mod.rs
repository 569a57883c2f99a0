//! One entry as one line of JSON, byte by byte as FORMAT.md has it.

mod canonical;
mod decode;
mod encode;
mod line;
mod outcomes;
#[cfg(feature = "testing")]
pub(crate) mod probe;
mod select;
#[cfg(test)]
mod tests;

pub(super) use decode::decode;
pub(super) use encode::{encode, push_details, push_outcomes};
pub(super) use line::{Line, check_crc, push_crc};
pub(super) use outcomes::outcomes_fit;
pub(super) use select::select;
