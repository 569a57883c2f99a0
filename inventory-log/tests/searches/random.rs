//! Random histories in tiny segments, with anything done to their indexes.

use std::sync::Arc;

use inventory_core::machine::Head;
use inventory_core::ports::EventLog;
use inventory_core::vocabulary::Sequence;
use inventory_log::testing::SimDisk;
use proptest::prelude::*;

use super::scan::compare;
use super::{Line, PRODUCTS, STORES, entry, open, sidecars};

#[derive(Debug, Clone)]
struct Request {
    later_ms: u64,
    lines: Vec<Line>,
    reference: Option<usize>,
}

#[derive(Debug, Clone)]
enum Step {
    Append(Vec<Request>),
    Search,
    Purge(u64),
    Reopen,
    Kill,
    Lose(usize),
    Flip(usize, usize),
    Cut(usize, usize),
    /// One index in the place of another.
    Swap(usize, usize),
    Full(bool),
}

fn request() -> impl Strategy<Value = Request> {
    let line = (
        0..PRODUCTS.len(),
        prop::option::weighted(0.9, 0..STORES.len()),
    );
    let line = line.prop_map(|(product, store)| Line { product, store });
    let reference = prop::option::weighted(0.2, 0..PRODUCTS.len());
    (0..3_u64, prop::collection::vec(line, 1..5), reference).prop_map(
        |(later_ms, lines, reference)| Request {
            later_ms,
            lines,
            reference,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => prop::collection::vec(request(), 1..6).prop_map(Step::Append),
        3 => Just(Step::Search),
        1 => (0..80_u64).prop_map(Step::Purge),
        2 => Just(Step::Reopen),
        1 => Just(Step::Kill),
        1 => any::<usize>().prop_map(Step::Lose),
        2 => any::<(usize, usize)>().prop_map(|(file, at)| Step::Flip(file, at)),
        1 => any::<(usize, usize)>().prop_map(|(file, at)| Step::Cut(file, at)),
        1 => any::<(usize, usize)>().prop_map(|(from, to)| Step::Swap(from, to)),
        1 => any::<bool>().prop_map(Step::Full),
    ]
}

/// Changes one of the indexes, if there are any.
fn spoil(disk: &SimDisk, file: usize, change: impl FnOnce(&mut Vec<u8>)) {
    let names = sidecars(disk);
    if let Some(name) = names.get(file % names.len().max(1)) {
        let mut content = disk.content(name).unwrap();
        change(&mut content);
        disk.put(name, content);
    }
}

fn run(steps: Vec<Step>) {
    let mut disk = SimDisk::new(1);
    let mut store = open(&disk);
    for step in steps {
        match step {
            Step::Append(requests) => {
                let mut head = store.log.head();
                let expected = head.sequence;
                let group: Vec<_> = requests
                    .iter()
                    .map(|request| {
                        let Request {
                            later_ms,
                            lines,
                            reference,
                        } = request;
                        let entry = Arc::new(entry(head, *later_ms, lines, *reference));
                        head = Head::after(&entry);
                        entry
                    })
                    .collect();
                // A full disk takes nothing.
                let _ = store.log.append(expected, &group);
            }
            Step::Search => compare(&*store.log.reader(), 17),
            Step::Purge(through) => store.log.purge(Sequence::new(through)).unwrap(),
            Step::Reopen => {
                disk.set_full(false);
                drop(store);
                store = open(&disk);
            }
            Step::Kill => {
                disk.set_full(false);
                let next = disk.kill();
                drop(store);
                disk = next;
                store = open(&disk);
            }
            Step::Lose(file) => {
                let names = sidecars(&disk);
                if let Some(name) = names.get(file % names.len().max(1)) {
                    disk.lose(name);
                }
            }
            Step::Flip(file, at) => spoil(&disk, file, |content| {
                let bits = content.len() * 8;
                if bits > 0 {
                    content[at % bits / 8] ^= 1 << (at % 8);
                }
            }),
            Step::Cut(file, at) => spoil(&disk, file, |content| {
                let length = content.len();
                content.truncate(at % length.max(1));
            }),
            Step::Swap(from, to) => {
                let names = sidecars(&disk);
                let from = names.get(from % names.len().max(1));
                if let Some(other) = from.and_then(|name| disk.content(name)) {
                    spoil(&disk, to, |content| *content = other);
                }
            }
            Step::Full(full) => disk.set_full(full),
        }
    }
    compare(&*store.log.reader(), 7);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn searches_find_what_a_scan_finds(steps in prop::collection::vec(step(), 1..40)) {
        run(steps);
    }
}
