//! An adapter of your own: dead letters that are kept in the directory, and shown to somebody at once.
//!
//! `adapter [DIR]`. A port is a trait of a few calls whose contract is a suite of tests: the last lines of this file stamp it, and
//! `cargo test` runs it.

use std::error::Error;
use std::io::{self, Write};
use std::sync::mpsc::{Sender, channel};

use inventory_core::engine::Settings;
use inventory_core::inventory::Inventory;
use inventory_core::machine::{Count, Request};
use inventory_core::ports::{DeadLetter, DeadLetters, Ports, Resolution, Resolved, StorageError};
use inventory_log::file::{self, FileOptions};

/// Dead letters that pass on the reason of each to whoever is on call, once it is kept.
struct Paged<Kept> {
    kept: Kept,
    on_call: Sender<String>,
}

impl<Kept: DeadLetters> DeadLetters for Paged<Kept> {
    fn bury(&mut self, letters: &[DeadLetter]) -> Result<(), StorageError> {
        self.kept.bury(letters)?;
        for letter in letters {
            // Nobody being on call loses no letter.
            let _ = self.on_call.send(letter.reason.clone());
        }
        Ok(())
    }

    fn resolve(&mut self, id: &str, resolution: &Resolution) -> Result<Resolved, StorageError> {
        self.kept.resolve(id, resolution)
    }

    fn each(&self, show: &mut dyn FnMut(DeadLetter)) -> Result<(), StorageError> {
        self.kept.each(show)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args_os().nth(1);
    let directory = directory.unwrap_or_else(|| "data/adapter".into());
    let store = file::open(directory, FileOptions::default())?;
    let (on_call, pager) = channel();
    let dead_letters = Paged {
        kept: store.dead_letters.clone(),
        on_call,
    };
    let ports = Ports {
        dead_letters: Box::new(dead_letters),
        ..store.into_ports()
    };
    let inventory = Inventory::start(ports, Settings::default())?;
    let count = Request::new(
        "count-1".parse()?,
        vec![Count::new("tea", "north", 2)?.into()],
    )?;
    inventory.submit(count)??;
    drop(inventory);
    let mut out = io::stdout().lock();
    match pager.iter().count() {
        0 => writeln!(out, "nothing was buried, and nobody was woken")?,
        letters => writeln!(out, "{letters} letters for whoever is on call")?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use inventory_core::conformance::dead_letters::Harness;
    use inventory_core::dead_letters_conformance;
    use inventory_core::memory::MemoryStorage;

    use super::*;

    /// Paged letters over memory.
    struct OfMemory(MemoryStorage);

    impl Harness for OfMemory {
        fn open(&self) -> Box<dyn DeadLetters> {
            let (on_call, _) = channel();
            let kept = self.0.dead_letters();
            Box::new(Paged { kept, on_call })
        }
    }

    dead_letters_conformance!(paged, OfMemory(MemoryStorage::new()));

    #[test]
    fn who_is_on_call_hears_of_a_letter_that_is_kept() {
        let (on_call, pager) = channel();
        let kept = MemoryStorage::new().dead_letters();
        let mut paged = Paged { kept, on_call };
        let now = inventory_core::vocabulary::Timestamp::UNIX_EPOCH;
        let letter = DeadLetter::new("1".to_owned(), "it does not follow".to_owned(), now, b"{}");
        paged.bury(&[letter]).unwrap();
        assert_eq!(pager.try_iter().collect::<Vec<_>>(), ["it does not follow"]);
    }
}
