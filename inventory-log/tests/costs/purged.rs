//! Open files: what readers keep once they are gone, and once the segments that they read are gone.

use inventory_core::ports::{EventLog, Levels, Wanted};
use inventory_core::vocabulary::Sequence;

use crate::shop::{Shop, Step, product};

/// Sixteen followers that came and went held a gigabyte of removed files open.
#[test]
fn no_file_of_a_segment_that_was_purged_stays_open() {
    let mut shop = Shop::after(&[Step::Sell(0, 1_500), Step::Sync(1, 200)]);
    let disk = shop.disk.clone();
    let mut files = shop.close();
    let head = files.log.head().sequence;
    let levels = Levels::from([(product(0).parse().unwrap(), "s5".parse().unwrap())]);
    // Followers at places all over the log, and searches of all of it.
    let readers: Vec<_> = (0..16).map(|_| files.log.reader()).collect();
    for (part, reader) in (0..16).zip(&readers) {
        let at = Sequence::new(head.number() * part / 16);
        assert!(!reader.read(at, 10).unwrap().is_empty());
        let found = reader.last_touches(&levels, head, &Wanted::default());
        assert!(found.unwrap().is_empty());
    }
    let names = disk.names();
    while {
        let floor = files.log.reader().floor();
        files.log.purge(head).unwrap();
        files.log.reader().floor() > floor
    } {}
    let gone = names.iter().filter(|name| !disk.names().contains(name));
    assert!(gone.count() > 8, "segments and their indexes are removed");
    assert_eq!(disk.nameless_files(), 0);
}
