//! Embedding, the shortest honest program: an inventory on a directory, one sale, two refusals, one retry.
//!
//! `embed [DIR]`. Run it twice on the same directory: the second time nothing is counted or sold again, because every
//! key is known.

use std::error::Error;
use std::io::{self, Write};

use inventory_core::engine::Settings;
use inventory_core::inventory::Inventory;
use inventory_core::machine::{Adjust, Count, Guard, Request};
use inventory_core::vocabulary::ProductId;
use inventory_log::file::{self, FileOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args_os()
        .nth(1)
        .unwrap_or_else(|| "data/embed".into());
    let mut out = io::stdout().lock();

    let ports = file::open(directory, FileOptions::default())?.into_ports();
    let inventory = Inventory::start(ports, Settings::default())?;

    let count = Count::new("tea", "north", 2)?;
    let count = Request::new("count-1".parse()?, vec![count.into()])?;
    let receipt = inventory.submit(count)??;
    let line = receipt.lines().next().ok_or("a count is written")?;
    let counted = line.after.version;
    writeln!(out, "north has 2 tea, which is at version {counted}")?;

    // A guard says: only if nobody has written the product since. A key says: once, however often I ask.
    for (key, units, guard) in [
        ("basket-1", 1, Guard::At(counted)),
        ("basket-2", 1, Guard::At(counted)),
        ("basket-3", 5, Guard::Unguarded),
        ("basket-1", 1, Guard::At(counted)),
    ] {
        let sale = Adjust {
            guard,
            ..Adjust::new("tea", "north", -units)?
        };
        let request = Request::new(key.parse()?, vec![sale.into()])?;
        match inventory.submit(request)? {
            Ok(receipt) if receipt.replayed => writeln!(out, "{key} was sold before")?,
            Ok(receipt) => writeln!(out, "{key} is sold at position {}", receipt.entry.first)?,
            Err(rejection) => writeln!(out, "{key} is refused: {rejection}")?,
        }
    }

    let tea = inventory.reader().product(&ProductId::new("tea")?);
    let left = tea.ok_or("what was counted is known")?.total;
    writeln!(out, "north has {left} tea left")?;
    Ok(())
}
