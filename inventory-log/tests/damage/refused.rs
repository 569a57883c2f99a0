//! Refused starts: damage that is refused by name, and what `Recovery::Quarantine` makes of it.

use inventory_core::ports::{EntryFilter, EventLog, LoadError, Wanted};

use super::*;

/// Removes the line that starts with `prefix` from a file.
fn remove_line(disk: &SimDisk, name: &str, prefix: &str) {
    let text = String::from_utf8(disk.content(name).unwrap()).unwrap();
    let start = text.find(prefix).unwrap();
    let end = start + text[start..].find('\n').unwrap() + 1;
    disk.put(name, (text[..start].to_owned() + &text[end..]).into_bytes());
}

#[test]
fn a_missing_position_is_refused_by_name_and_nothing_is_changed() {
    let (disk, _) = killed_log(4);
    remove_line(&disk, ACTIVE, "{\"seq\":2");
    let before: Vec<_> = disk
        .names()
        .into_iter()
        .map(|name| (disk.content(&name), name))
        .collect();
    let refused = open_with(&disk, ONE_SEGMENT).unwrap_err();
    let OpenError::Damaged { file, damage, .. } = &refused else {
        panic!("{refused:?}");
    };
    assert_eq!(file, ACTIVE);
    let second = Sequence::new(2);
    assert_eq!(
        *damage,
        Damage::Missing {
            from: second,
            through: second
        }
    );
    let after: Vec<_> = disk
        .names()
        .into_iter()
        .map(|name| (disk.content(&name), name))
        .collect();
    assert_eq!(before, after);
}

#[test]
fn quarantine_starts_with_what_is_left() {
    let quarantine = ONE_SEGMENT.with_recovery(Recovery::Quarantine);
    let (disk, entries) = killed_log(4);
    remove_line(&disk, ACTIVE, "{\"seq\":2");
    let mut store = open_with(&disk, quarantine).unwrap();
    let left = [&entries[..1], &entries[2..]].concat();
    assert_eq!(read_all(&store).unwrap(), left);
    assert_eq!(store.findings[0].kind, FindingKind::Loss);
    assert_eq!(store.dead_letters.letters().unwrap().len(), 1);
    // The engine then gives the history up.
    let (head, epoch) = (store.log.head(), Epoch::from_random(9));
    store.log.restart(head, epoch).unwrap();
    drop(store);
    let store = open_with(&disk, ONE_SEGMENT).unwrap();
    assert_eq!((store.log.head(), store.log.epoch()), (head, epoch));
    assert!(disk.names().iter().any(|name| name.contains(".aside-")));
}

#[test]
fn quarantine_starts_with_any_file_gone_or_flipped() {
    let quarantine = OPTIONS.with_recovery(Recovery::Quarantine);
    let (disk, _) = small_directory();
    for name in disk.names() {
        for bit in [0, 100, 2_000, 4_000] {
            let rotten = disk.fork();
            let mut content = disk.content(&name).unwrap();
            match content.get_mut(bit / 8) {
                Some(byte) if bit > 0 => *byte ^= 1 << (bit % 8),
                Some(_) | None => rotten.lose(&name),
            }
            if bit > 0 {
                rotten.put(&name, content);
            }
            match open_with(&rotten, quarantine) {
                Ok(store) => drop(read_all(&store).unwrap()),
                Err(OpenError::NewerFormat { .. }) => {}
                Err(refused) => panic!("{name}, bit {bit}: {refused:?}"),
            }
        }
    }
}

/// FORMAT.md, "How a segment ends".
#[test]
fn the_last_bytes_of_a_log_tell_damage_from_a_write_that_was_interrupted() {
    let (disk, entries) = killed_log(3);
    let content = disk.content(ACTIVE).unwrap();
    let third = String::from_utf8_lossy(&content).find("{\"seq\":3");
    let broken = &content[..third.unwrap() + 40];
    let after = Sequence::new(2);
    for (padding, damage) in [
        ("", Some(Damage::CutOff { after })),
        ("\0", Some(Damage::CutOff { after })),
        ("\n", Some(Damage::CutOff { after })),
        ("\n\n", Some(Damage::Tail { after })),
        ("\0\0", None),
        ("\n\0", None),
        ("\0\n", None),
        ("\n\n\n", None),
    ] {
        let disk = disk.fork();
        disk.put(ACTIVE, [broken, padding.as_bytes()].concat());
        match open_with(&disk, ONE_SEGMENT) {
            Err(OpenError::Damaged { damage: found, .. }) => {
                assert_eq!(Some(found), damage, "{padding:?}");
            }
            Err(refused) => panic!("{refused:?}"),
            Ok(store) => {
                assert_eq!(damage, None, "{padding:?}");
                assert_eq!(store.findings[0].kind, FindingKind::TornWrite);
                assert_eq!(read_all(&store).unwrap(), entries[..2]);
            }
        }
    }
}

/// Which positions a segment had shows with the next one.
#[test]
fn what_is_missing_at_the_end_of_a_segment_is_noticed_by_whatever_is_asked() {
    let disk = SimDisk::new(5);
    let mut store = open(&disk).unwrap();
    let entries = append(&mut store, &mut History::new(), 9);
    drop(store);
    let name = "events-00000000000000000001.log.jsonl";
    let content = disk.content(name).unwrap();
    let lines = content.iter().filter(|&&byte| byte == b'\n').count();
    // The header is one of them, and another one is empty.
    let lost = &entries[lines - 3];
    let after = Sequence::new(lost.first.number() - 1);
    for asked in 0..8 {
        let disk = disk.fork();
        let store = open(&disk).unwrap();
        let (reader, wanted) = (store.log.reader(), Wanted::default());
        if asked % 2 == 0 {
            reader.prepare(&wanted).unwrap();
        }
        // A bit rots while the log is open.
        let mut rotten = content.clone();
        rotten[content.len() - 9] ^= 1;
        disk.put(name, rotten);
        let filter = EntryFilter::Product("tea".parse().unwrap());
        let refused = match asked / 2 {
            0 => reader.extent(lost.first).map(drop),
            1 => reader.position_at(lost.recorded_at).map(drop),
            2 => reader.filtered(&filter, lost.first, 1, &wanted).map(drop),
            _ => read_all(&store).map(drop),
        };
        let refused = refused.unwrap_err();
        assert!(
            matches!(&refused, ReadError::Damaged { after: told, .. } if *told == after),
            "{asked}: {refused:?}"
        );
    }
}

#[test]
fn a_segment_of_another_past_is_refused() {
    let disk = SimDisk::new(5);
    drop(open(&disk).unwrap());
    let other = disk.fork();
    for (disk, at) in [(&disk, "north"), (&other, "south")] {
        let (mut store, mut history) = (open(disk).unwrap(), History::new());
        for _ in 0..20 {
            let request = Request::unkeyed(vec![adjust("tea", at, 1)]).unwrap();
            let head = store.log.head().sequence;
            store.log.append(head, &[history.write(&request)]).unwrap();
        }
    }
    let mut sealed = disk.names();
    sealed.retain(|name| name.starts_with("events-") && name.ends_with(".log.jsonl"));
    assert!(sealed.len() > 1, "{sealed:?}");
    for (at, name) in sealed.iter().enumerate() {
        let disk = disk.fork();
        disk.put(name, other.content(name).unwrap());
        let refused = open(&disk).unwrap_err();
        let OpenError::Damaged { file, damage, .. } = refused else {
            panic!("{refused:?}");
        };
        // The one before does not lead to it; before the first there is none, and it does not lead to the next.
        assert_eq!(
            (&file, damage),
            (&sealed[at.saturating_sub(1)], Damage::Misplaced)
        );
    }
}

#[test]
fn a_later_format_is_refused_as_such() {
    let (disk, _) = small_directory();
    for name in [ACTIVE, "state.json"] {
        let disk = disk.fork();
        let text = String::from_utf8(disk.content(name).unwrap()).unwrap();
        disk.put(
            name,
            text.replacen("\"format\":1", "\"format\":2", 1)
                .into_bytes(),
        );
        match open(&disk) {
            Err(OpenError::NewerFormat {
                file,
                found: 2,
                known: 1,
            }) => assert_eq!(file, ACTIVE),
            Ok(mut store) => assert!(matches!(
                store.snapshots.load(),
                Err(LoadError::NewerFormat { found: 2, known: 1 })
            )),
            Err(refused) => panic!("{refused:?}"),
        }
    }
}

#[test]
fn a_snapshot_is_read_back_or_refused() {
    let (disk, _) = small_directory();
    let mut store = open(&disk).unwrap();
    let saved = store.snapshots.load().unwrap().unwrap().snapshot;
    store.snapshots.save(&saved).unwrap();
    assert_same_image(
        &store.snapshots.load().unwrap().unwrap().snapshot.image,
        &saved.image,
    );
    drop(store);
    let content = disk.content("state.json").unwrap();
    let json: serde_json::Value =
        serde_json::from_slice(&content).expect("the whole file is one JSON document");
    assert_eq!(json["products"][0]["id"], "tea");
    for at in 0..content.len() {
        let disk = disk.fork();
        let mut flipped = content.clone();
        flipped[at] ^= 1;
        disk.put("state.json", flipped);
        // The one before is of the same position.
        let loaded = match open(&disk).unwrap().snapshots.load() {
            // It looks like a later program's, which is nobody's to pass over.
            Err(LoadError::NewerFormat { .. }) => continue,
            loaded => loaded.unwrap().unwrap(),
        };
        assert!(loaded.newer_damaged.is_some(), "byte {at}");
        assert_same_image(&loaded.snapshot.image, &saved.image);
        disk.lose("state.older.json");
        assert!(open(&disk).unwrap().snapshots.load().is_err(), "byte {at}");
    }
}
