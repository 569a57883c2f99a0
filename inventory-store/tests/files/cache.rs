//! The cached state after damage: it is what was saved, or nothing.

use std::fs;
use std::io::{self, Write};

use inventory_core::vocabulary::{Chain, Epoch, Sequence};
use inventory_http::wire::Position;
use inventory_log::disk::Directory;
use inventory_store::cache::{Absence, CacheFiles, Cached, SaveError};

use crate::damage::flips;

const STATE: &str = "store_state.json";
const OFFSET: &str = "store_offset.json";

fn position(offset: u64) -> Position {
    Position {
        offset: Sequence::new(offset),
        epoch: Epoch::from_random(7),
        chain: Chain::from_bits(offset * 31),
    }
}

fn state(offset: u64) -> Cached {
    Cached {
        position: position(offset),
        content: format!("{{\"tea\":{{\"qty\":{offset}}}}}\n[1]").into_bytes(),
    }
}

fn save(files: &mut CacheFiles, offset: u64) -> Result<(), SaveError> {
    let Cached { position, content } = state(offset);
    files.save(|out| out.write_all(&content), position)
}

fn load(directory: &Directory) -> Result<Cached, Absence> {
    CacheFiles::open(directory).1
}

#[test]
fn the_newest_saved_state_is_found_and_the_offset_beside_it_is_its_own() {
    let temporary = tempfile::tempdir().unwrap();
    let directory = Directory::open(temporary.path()).unwrap();
    let (mut files, nothing) = CacheFiles::open(&directory);
    assert!(matches!(nothing, Err(Absence::Missing)));
    for offset in [3, 4] {
        save(&mut files, offset).unwrap();
        assert_eq!(load(&directory).unwrap(), state(offset));
        let beside = fs::read(temporary.path().join(OFFSET)).unwrap();
        let beside: Position = serde_json::from_slice(&beside).unwrap();
        assert_eq!(beside, position(offset));
    }
}

#[test]
fn a_save_that_fails_leaves_the_one_before() {
    let temporary = tempfile::tempdir().unwrap();
    let directory = Directory::open(temporary.path()).unwrap();
    let (mut files, _) = CacheFiles::open(&directory);
    save(&mut files, 3).unwrap();
    let half = |out: &mut dyn Write| {
        out.write_all(b"half")?;
        Err(io::Error::other("no room"))
    };
    let failed = files.save(half, position(4));
    assert!(matches!(failed, Err(SaveError::State(_))));
    assert_eq!(load(&directory).unwrap(), state(3));
}

#[test]
fn the_offset_never_leads_and_is_not_needed() {
    let temporary = tempfile::tempdir().unwrap();
    let directory = Directory::open(temporary.path()).unwrap();
    let (mut files, _) = CacheFiles::open(&directory);
    // A directory in its place cannot be replaced by a file.
    fs::create_dir(temporary.path().join(OFFSET)).unwrap();
    let failed = save(&mut files, 3);
    assert!(matches!(failed, Err(SaveError::Offset(_))));
    assert_eq!(load(&directory).unwrap(), state(3));
}

#[test]
fn a_damaged_state_is_a_reason_and_never_another_state() {
    let temporary = tempfile::tempdir().unwrap();
    let directory = Directory::open(temporary.path()).unwrap();
    let (mut files, _) = CacheFiles::open(&directory);
    save(&mut files, 3).unwrap();
    let path = temporary.path().join(STATE);
    let bytes = fs::read(&path).unwrap();
    let cuts = (0..bytes.len()).map(|cut| (cut, bytes[..cut].to_vec()));
    let longer = (bytes.len(), [&bytes[..], b"\n"].concat());
    for (place, damaged) in flips(&bytes).chain(cuts).chain([longer]) {
        fs::write(&path, damaged).unwrap();
        let loaded = load(&directory);
        assert!(
            matches!(loaded, Err(Absence::Damaged { .. })),
            "byte {place}"
        );
    }
    save(&mut files, 4).unwrap();
    assert_eq!(
        load(&directory).unwrap(),
        state(4),
        "it is replaced by the next save"
    );
}
