#![no_main]
//! Programs that sell, save, fill disks and are interrupted: whatever they do, callers were told the truth.
//!
//! An input is all decisions of one run of the simulation, a byte each; where it ends, the run ends.

use inventory_log::testing::simulation::{Choices, run};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|decisions: &[u8]| {
    if let Err(violation) = run(&mut Choices::from_bytes(decisions)) {
        panic!("{violation:?}");
    }
});
