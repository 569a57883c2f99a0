//! Settings: what an operator may choose, and what is refused before anything is opened. An embedder fills the plain
//! structs in; the programs have them from their command lines and environments.
//!
//! ```text
//!  table of SettingDoc ──▶ command_line (clap) ──▶ Source ──▶ Settings of a service
//!       README, --help         PORT, --port        parses        plain values
//! ```

mod certificate;
#[cfg(feature = "clap")]
pub mod command_line;
mod doc;
mod duration;
mod key_file;
mod service;
mod source;

pub use certificate::Certificate;
pub use doc::{InvalidSetting, SettingDoc};
pub use key_file::{KeyFile, Keys};
pub use service::{LogSettings, ServiceSettings};
pub use source::Source;
