//! One entry as one line of JSON, byte by byte as FORMAT.md has it.

mod decode;
mod encode;
mod line;
#[cfg(feature = "testing")]
pub(crate) mod probe;
#[cfg(test)]
mod tests;

pub(super) use decode::decode;
pub(super) use encode::{encode, encode_unframed};
pub(super) use line::{Line, check_crc, push_crc};
