//! Log record: one entry as one line of JSON, byte by byte as FORMAT.md has it.

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

pub(crate) use decode::decode;
pub(crate) use encode::{encode, push_details, push_outcomes};
pub(crate) use line::{Line, check_crc, push_crc};
pub(crate) use outcomes::outcomes_fit;
pub(crate) use select::select;
