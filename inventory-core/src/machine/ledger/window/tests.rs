//! What a window remembers, and whose keys it forgets first.

use std::collections::BTreeMap;

use super::*;
use crate::machine::ledger::Packer;
use crate::machine::{DeadLettered, Event, ImageEntry, Intent, ProductIx, StoreIx};
use crate::vocabulary::{Chain, Fingerprint, Sequence};

/// The caller of a name; nobody without one.
fn caller(name: &str) -> Option<Caller> {
    (!name.is_empty()).then(|| name.parse().unwrap())
}

/// Remembers an entry of so many bytes, recorded ten milliseconds after the one with the number before.
fn remember_as(window: &mut Window, name: &str, key: &str, number: u64, bytes: usize) {
    let intent = Intent {
        caller: caller(name),
        key: key.parse().unwrap(),
        fingerprint: Fingerprint::from_bits(number),
    };
    let letter = DeadLettered {
        product: None,
        version: None,
        raw: "x".repeat(bytes).into(),
    };
    let entry = ImageEntry {
        first: Sequence::new(number),
        recorded_at: Timestamp::from_millis(number * 10).unwrap(),
        intent: Some(intent),
        outcomes: Box::default(),
        events: [Event::DeadLettered(letter.clone())].into(),
        annotations: None,
        chain: Chain::from_bits(!number),
    };
    let mut packer = Packer::default();
    packer.begin(&entry);
    packer.dead_letter(&letter, None);
    let caller = caller(name);
    let hash = key_hash(caller.as_ref(), &key.parse().unwrap());
    window.remember(caller.as_ref(), hash, packer.bytes());
}

fn remember(window: &mut Window, number: u64) {
    let bytes = number as usize % 300;
    remember_as(window, "", &format!("key-{number}"), number, bytes);
}

/// The positions of all entries, each of which is found by its key.
fn numbers(window: &Window) -> Vec<u64> {
    let (product, store) = (|at: ProductIx| at, |at: StoreIx| at);
    let frozen = window.freeze();
    assert_eq!(frozen.len(), window.len());
    let entries = frozen.packed();
    let entries =
        entries.map(|(caller, packed)| Unpacker { rest: packed }.entry(caller, product, store));
    let entries: Vec<_> = entries.collect();
    for entry in &entries {
        let Intent { caller, key, .. } = entry.intent.as_ref().unwrap();
        let mut found = window.find(caller.as_ref(), key).unwrap();
        assert_eq!(found.entry(caller.as_ref(), product, store), *entry);
    }
    let queues = window.by_caller.values();
    let bytes = queues.map(|&queue| window.queues[queue as usize].bytes());
    assert_eq!(window.bytes(), bytes.sum::<usize>());
    entries.iter().map(|entry| entry.first.number()).collect()
}

#[test]
fn the_window_is_bounded_by_count_and_by_age() {
    let limits = WindowLimits {
        age_ms: 10_000,
        keys_max: 700,
        ..WindowLimits::NONE
    };
    let mut window = Window::new(limits);
    for number in 1..=5_000 {
        remember(&mut window, number);
    }
    assert_eq!(numbers(&window), Vec::from_iter(4_301..=5_000));
    let until = Timestamp::from_millis(43_000).unwrap();
    assert_eq!(
        window.forgotten(),
        KeysForgotten {
            early: 4_300,
            until
        }
    );
    assert!(window.find(None, &"key-4300".parse().unwrap()).is_none());
    // 5,700 is recorded 7 s after 5,000 and 1 s more than the age after 4,699.
    remember(&mut window, 5_700);
    assert_eq!(numbers(&window).first(), Some(&4_700));
    let until = Timestamp::from_millis(46_990).unwrap();
    assert_eq!(window.forgotten().until, until);
}

#[test]
fn a_frozen_window_keeps_what_it_saw_and_thaws_to_the_same() {
    let mut window = Window::new(WindowLimits::NONE);
    for number in 1..=2_000 {
        let name = ["", "a", "b"][number as usize % 3];
        remember_as(&mut window, name, "key", number, number as usize % 300);
        remember(&mut window, number + 10_000);
    }
    let frozen = window.freeze();
    let before = numbers(&window);
    for number in 20_001..=21_000 {
        remember(&mut window, number);
    }
    let thawed = Window::thaw(&frozen, WindowLimits::NONE);
    assert_eq!(numbers(&thawed), before);
    assert_eq!(numbers(&window).len(), before.len() + 1_000);
}

/// Under smaller limits, or after its first use was forgotten, a key was used again.
#[test]
fn the_entry_that_a_key_was_used_for_last_counts() {
    let mut window = Window::new(WindowLimits {
        keys_max: 3,
        ..WindowLimits::NONE
    });
    for (key, number) in [("a", 1), ("b", 2), ("a", 3), ("c", 4)] {
        remember_as(&mut window, "", key, number, 10);
    }
    assert_eq!(numbers(&window), [2, 3, 4]);
    assert_eq!(
        numbers(&Window::thaw(&window.freeze(), WindowLimits::NONE)),
        [2, 3, 4]
    );
    // What was superseded goes without a trace, and takes no other key with it.
    for (key, number) in [("d", 5), ("e", 6)] {
        remember_as(&mut window, "", key, number, 10);
    }
    assert_eq!(numbers(&window), [4, 5, 6]);
    assert_eq!(window.forgotten().early, 2);
    assert!(window.superseded.is_empty());
}

#[test]
fn a_caller_that_fills_the_window_forgets_its_own_keys_first() {
    let limits = WindowLimits {
        bytes_max: 300_000,
        ..WindowLimits::NONE
    };
    let mut window = Window::new(limits);
    for number in 1..=100 {
        remember_as(&mut window, "till", &format!("t{number}"), number, 100);
    }
    for number in 101..=400 {
        remember_as(&mut window, "large", &format!("l{number}"), number, 9_000);
        assert!(window.bytes() <= limits.bytes_max);
    }
    let left = numbers(&window);
    assert_eq!(left[..100], Vec::from_iter(1..=100), "the small caller");
    assert!(left[100..].len() >= 28, "{} of the large one", left.len());
    assert_eq!(left.last(), Some(&400));
    let forgotten = window.forgotten();
    assert_eq!(forgotten.early as usize + left.len(), 400);
    let oldest_large = Timestamp::from_millis(left[100] * 10).unwrap();
    assert_eq!(
        forgotten.remembered_since().millis(),
        oldest_large.millis() - 9
    );
}

#[test]
fn callers_that_fill_the_window_together_keep_the_same_share() {
    let limits = WindowLimits {
        bytes_max: 200_000,
        ..WindowLimits::NONE
    };
    let mut window = Window::new(limits);
    for number in 1..=2_000 {
        let name = format!("store-{}", number % 8);
        remember_as(&mut window, &name, &format!("k{number}"), number, 1_000);
    }
    let keys = window.by_caller.values();
    let keys: Vec<_> = keys
        .map(|&queue| window.queues[queue as usize].keys)
        .collect();
    assert_eq!(keys.len(), 8);
    let (least, most) = (keys.iter().min().unwrap(), keys.iter().max().unwrap());
    assert!(most - least <= 1, "{keys:?}");
}

#[test]
fn a_request_larger_than_the_window_is_not_remembered() {
    let mut window = Window::new(WindowLimits {
        bytes_max: 1_000,
        ..WindowLimits::NONE
    });
    remember_as(&mut window, "", "small", 1, 100);
    remember_as(&mut window, "large", "large", 2, 2_000);
    assert_eq!(numbers(&window), [1]);
    assert_eq!((window.forgotten().early, window.by_caller.len()), (1, 1));
}

/// A hundred stores that synchronise 1,000 rows each, again and again: a tenth of what they would send, and of the bound.
#[test]
fn what_a_window_allocates_stays_within_its_bound() {
    let limits = WindowLimits {
        bytes_max: (256 << 20) / 10,
        ..WindowLimits::NONE
    };
    let mut window = Window::new(limits);
    let mut allocated_max = 0;
    for number in 1..=8_000 {
        let name = format!("store-{}", number % 100);
        remember_as(
            &mut window,
            &name,
            &format!("sync-{number}"),
            number,
            16_000,
        );
        if number % 100 == 0 {
            let queues = window.queues.iter().map(Queue::allocated);
            allocated_max = allocated_max.max(queues.sum::<usize>() + window.index.allocated());
        }
    }
    assert!(window.len() >= 1_600, "{} keys", window.len());
    let beside = 100 * 192 * 1_024;
    assert!(
        allocated_max <= limits.bytes_max + beside,
        "{allocated_max}"
    );
}

/// Two keys whose hashes the index cannot tell apart: of some hundred thousand there are a few.
fn clashing_keys() -> [String; 2] {
    let mut by_hash = BTreeMap::new();
    let keys = (0_u64..).map(|number| format!("key-{number}"));
    let clash = keys.into_iter().find_map(|key| {
        let hash = text_hash(None, key.as_bytes()) as u32;
        let earlier = by_hash.insert(hash, key.clone())?;
        Some([earlier, key])
    });
    clash.unwrap()
}

#[test]
fn keys_whose_hashes_clash_are_told_apart() {
    let keys = clashing_keys();
    let mut window = Window::new(WindowLimits::NONE);
    for (number, key) in (1..).zip(&keys) {
        remember_as(&mut window, "", key, number, 10);
    }
    assert_eq!(numbers(&window), [1, 2]);
    // The first one again, which is still the first one.
    remember_as(&mut window, "", &keys[0], 3, 10);
    assert_eq!((numbers(&window), window.len()), (vec![2, 3], 2));
    let queue = window.ranks.oldest().unwrap();
    for left in [vec![2, 3], vec![3], vec![]] {
        window.forget_oldest(queue, true);
        assert_eq!(numbers(&window), left);
    }
}

#[test]
fn nothing_was_forgotten_later_than_the_time_that_a_window_is_set_back_to() {
    let mut window = Window::new(WindowLimits {
        keys_max: 2,
        ..WindowLimits::NONE
    });
    (1..=5).for_each(|number| remember(&mut window, number));
    let at = |millis| Timestamp::from_millis(millis).unwrap();
    assert_eq!(window.forgotten().until, at(30));
    let set_back = window.freeze().set_back(at(20));
    assert_eq!(set_back.forgotten().until, at(20));
    let unpacked = set_back
        .packed()
        .map(|(_, packed)| Unpacker { rest: packed });
    let moments: Vec<_> = unpacked.map(Unpacker::moment).collect();
    assert_eq!(
        moments,
        [(Sequence::new(4), at(20)), (Sequence::new(5), at(20))]
    );
}
