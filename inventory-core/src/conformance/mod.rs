//! What every adapter must do, as tests: one suite per port, one function per clause of its contract.
//!
//! An adapter implements the suite's `Harness` and stamps one `#[test]` per clause, so that a report names adapter and
//! clause: `file::append_after_wrong_head_is_a_conflict_and_writes_nothing … FAILED`.
//!
//! ```
//! use inventory_core::conformance::{dead_letters, event_log, snapshots};
//! use inventory_core::memory::MemoryStorage;
//! use inventory_core::ports::{DeadLetters, EventLog, SnapshotStore};
//!
//! struct Memory(MemoryStorage);
//!
//! impl event_log::Harness for Memory {
//!     fn open(&self) -> Box<dyn EventLog> {
//!         Box::new(self.0.log())
//!     }
//! }
//!
//! inventory_core::event_log_conformance!(memory_log, Memory(MemoryStorage::new()));
//! ```
//!
//! A clause panics when the adapter breaks it; a harness, when it cannot set the adapter up.

macro_rules! suite {
    ($dollar:tt $stamp:ident, $suite:ident, [$($clause:ident)*]) => {
        /// The clauses of the suite, by name.
        pub const CLAUSES: &[&str] = &[$(stringify!($clause)),*];

        /// Stamps a module with one test per clause. The second argument is an expression that makes a harness on
        /// storage of its own.
        #[macro_export]
        macro_rules! $stamp {
            ($dollar adapter:ident, $dollar harness:expr) => {
                #[cfg(test)]
                fn $dollar adapter() -> impl $dollar crate::conformance::$suite::Harness {
                    $dollar harness
                }

                #[cfg(test)]
                mod $dollar adapter {
                    $(
                        #[test]
                        fn $clause() {
                            $dollar crate::conformance::$suite::$clause(&super::$dollar adapter());
                        }
                    )*
                }
            };
        }
    };
}

pub mod clock;
pub mod dead_letters;
pub mod event_log;
mod history;
mod image;
mod promised;
pub mod snapshots;

pub use history::{History, adjust, count};
pub use image::assert_same_image;
