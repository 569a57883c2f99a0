//! The shortest honest program: an engine on a directory, one sale, two refusals, one retry.
//!
//! `embed [DIR]`. Run it twice on the same directory: the second time nothing is counted or sold again, because every
//! key is known.

use std::error::Error;
use std::io::{self, Write};

use inventory_core::engine::{Engine, Opened, Settings};
use inventory_core::machine::{Adjust, Basis, Count, Guard, Request};
use inventory_core::vocabulary::{Adjustment, ProductId, Quantity, StoreId};
use inventory_log::file::{self, FileOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args_os()
        .nth(1)
        .unwrap_or_else(|| "data/embed".into());
    let mut out = io::stdout().lock();

    // An engine, in three lines.
    let store = file::open(directory, FileOptions::default())?;
    let Opened { mut engine, .. } = Engine::open(store.into_ports(), Settings::default())?;
    let reader = engine.reader();

    let (tea, north) = (ProductId::new("tea")?, StoreId::new("north")?);
    let count = Count {
        product: tea.clone(),
        store: north.clone(),
        counted: Quantity::new(2)?,
        basis: Basis::Now(Guard::Unguarded),
        release_holds: false,
    };
    let count = Request::new("count-1".parse()?, vec![count.into()])?;
    let receipt = engine.submit([&count])?.remove(0)?;
    let counted = receipt.entry.events[0].version();
    let counted = counted.ok_or("a count gives its product a version")?;
    writeln!(out, "{north} has 2 {tea}, which is at version {counted}")?;

    // A guard says: only if nobody has written the product since. A key says: once, however often I ask.
    for (key, units, guard) in [
        ("basket-1", 1, Guard::At(counted)),
        ("basket-2", 1, Guard::At(counted)),
        ("basket-3", 5, Guard::Unguarded),
        ("basket-1", 1, Guard::At(counted)),
    ] {
        let sale = Adjust {
            product: tea.clone(),
            store: north.clone(),
            delta: Adjustment::new(-units)?,
            guard,
        };
        let request = Request::new(key.parse()?, vec![sale.into()])?;
        match engine.submit([&request])?.remove(0) {
            Ok(receipt) if receipt.replayed => writeln!(out, "{key} was sold before")?,
            Ok(receipt) => writeln!(out, "{key} is sold at position {}", receipt.entry.first)?,
            Err(rejection) => writeln!(out, "{key} is refused: {rejection}")?,
        }
    }

    let left = reader.read(|ledger| ledger.product(&tea)?.level(&north));
    let left = left.ok_or("what was counted has a level")?.available();
    writeln!(out, "{north} has {left} {tea} left")?;
    Ok(())
}
