#![no_main]
//! One line of the log: any bytes are read without a panic, and what is read is what was written.
//!
//! An input is a line; or, after the word `entry`, the choices that an entry is made of.

mod entries;

use arbitrary::{Arbitrary, Unstructured};
use inventory_core::machine::Head;
use inventory_core::vocabulary::Sequence;
use inventory_fuzz::mend_line;
use inventory_log::testing::{DecodedRecord, decode_record, encode_record};
use libfuzzer_sys::fuzz_target;

use entries::AnyEntry;

fuzz_target!(|input: &[u8]| {
    let Some(choices) = input.strip_prefix(b"entry") else {
        return check_line(input);
    };
    if let Ok(case) = EntryCase::arbitrary(&mut Unstructured::new(choices)) {
        case.check();
    }
});

/// An entry, the append that writes it, and what happens to its line.
#[derive(Debug, Arbitrary)]
struct EntryCase {
    entry: AnyEntry,
    group: u64,
    flipped_at: u16,
    flipped_bits: u8,
}

impl EntryCase {
    fn check(self) {
        let entry = self.entry.into_entry();
        let group = Sequence::new(1 + self.group % entry.first.number());
        let line = encode_record(&entry, group);
        let read = decode_record(&line).expect("what was written is a record");
        assert_eq!((&read.entry, read.group), (&entry, group));
        check_record(&read);

        let mut flipped = line;
        let at = usize::from(self.flipped_at) % flipped.len();
        flipped[at] ^= self.flipped_bits.max(1);
        // A CRC-32 tells every change of up to 32 bits in a row from the original.
        assert_eq!(
            decode_record(&flipped),
            None,
            "byte {at} of a record is not what was written"
        );
        check_line(&mend_line(&flipped));
    }
}

fn check_line(line: &[u8]) {
    if let Some(read) = decode_record(line) {
        check_record(&read);
    }
    let mended = mend_line(line);
    let read = decode_record(&mended);
    if let Some(read) = &read {
        check_record(read);
    }
    if let Some(loose) = loosened(&mended) {
        let parsed = decode_record(&loose);
        assert_eq!(
            parsed, read,
            "the short way reads a line as the JSON parser does"
        );
    }
}

/// What was read is written in a way that is read as the same, and recovery sees the same end of the log.
fn check_record(read: &DecodedRecord) {
    let line = encode_record(&read.entry, read.group);
    let again = decode_record(&line).expect("what was written is a record");
    assert_eq!(again, *read);
    assert_eq!(encode_record(&again.entry, again.group), line);
    assert_eq!(
        again.head,
        Some(Head::after(&again.entry)),
        "the frame tells the head that the entry leads to"
    );
}

/// The same JSON with a space where the encoder writes none, so that the short way does not take the line.
fn loosened(line: &[u8]) -> Option<Vec<u8>> {
    const EVENTS: &[u8] = b",\"events\":[";
    let at = line
        .windows(EVENTS.len())
        .position(|bytes| bytes == EVENTS)?
        + EVENTS.len();
    let mut loose = line.to_vec();
    loose.insert(at, b' ');
    Some(mend_line(&loose))
}
