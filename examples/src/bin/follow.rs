//! Follows the feed: a thread that is told of every event, in order, and goes on after a restart where it was.
//!
//! `follow [DIR]`. It sells a little, and prints what a follower makes of that: how many units each product has moved. The
//! follower keeps its position in a file of its own, so a second run is shown what is new.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use inventory_core::engine::{Settings, Subscription};
use inventory_core::inventory::Inventory;
use inventory_core::machine::{Adjust, Event, Request};
use inventory_core::vocabulary::Sequence;
use inventory_log::file::{self, FileOptions};

/// Events that are taken at once.
const EVENTS_MAX: usize = 1_000;

/// Units that came and went since the follower was last run, by product.
type Moved = BTreeMap<String, i64>;

/// Follows until the inventory is gone, which ends every wait.
fn follow(mut feed: Subscription, moved: &Sender<(Sequence, Moved)>) {
    while feed.wait() {
        // A page that could not be read is read again by the next run: the position stays where it was.
        let Ok(entries) = feed.take(EVENTS_MAX) else {
            return;
        };
        let mut page = Moved::new();
        let movements = entries.iter().flat_map(|entry| &entry.events);
        for movement in movements.filter_map(Event::movement) {
            *page.entry(movement.product.to_string()).or_default() += movement.delta.units();
        }
        if moved.send((feed.position(), page)).is_err() {
            return;
        }
    }
}

/// Where the last run of the follower ended.
fn saved(path: &Path) -> Result<Sequence, Box<dyn Error>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Sequence::new(text.trim().parse()?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Sequence::START),
        Err(error) => Err(error.into()),
    }
}

/// Takes pages until one ends at `end`, saves each position after its page was used, and returns the sum of them.
fn sum(
    pages: &Receiver<(Sequence, Moved)>,
    end: Sequence,
    path: &Path,
) -> Result<Moved, Box<dyn Error>> {
    let (mut sum, mut position) = (Moved::new(), saved(path)?);
    while position < end {
        let (next, page) = pages.recv()?;
        for (product, units) in page {
            *sum.entry(product).or_default() += units;
        }
        position = next;
        fs::write(path, position.to_string())?;
    }
    Ok(sum)
}

fn main() -> Result<(), Box<dyn Error>> {
    let directory: PathBuf = std::env::args_os()
        .nth(1)
        .map_or_else(|| "data/follow".into(), Into::into);
    let ports = file::open(directory.join("log"), FileOptions::default())?.into_ports();
    let inventory = Inventory::start(ports, Settings::default())?;
    let position = directory.join("position");
    let reader = inventory.reader();
    let (send, pages) = channel();
    let feed = reader.subscribe(saved(&position)?);
    let follower = thread::spawn(move || follow(feed, &send));

    for (product, delta) in [("tea", 10), ("cup", 4), ("tea", -3)] {
        let request = Request::unkeyed(vec![Adjust::new(product, "north", delta)?.into()])?;
        inventory.submit(request)??;
    }
    let moved = sum(&pages, reader.head().sequence, &position)?;
    for (product, units) in moved {
        writeln!(io::stdout(), "{product} has changed by {units}")?;
    }
    drop(inventory);
    follower.join().expect("a follower does not panic");
    Ok(())
}
