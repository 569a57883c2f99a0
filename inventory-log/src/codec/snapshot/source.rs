//! Snapshot reader: its lines, read once from the first to the last.

use std::io::{self, BufRead};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::{iter, mem, thread};

use inventory_core::defect;
use inventory_core::vocabulary::{Chain, Epoch, Sequence, Timestamp};
use serde::Deserialize;

use crate::codec::format::{FORMAT, format};
use crate::codec::text::push_hex32;

/// Elements that are handed over together, so that a hand-over costs little beside them.
const BATCH: usize = 256;

/// The size from which on a snapshot is read ahead: a smaller one takes hardly longer than a thread to start.
const AHEAD_FROM_BYTES: u64 = 1 << 20;

/// Batches that are decoded ahead: some hundreds of kilobytes.
const BATCHES_AHEAD: usize = 4;

/// Why bytes are no snapshot that this program can use.
#[derive(Debug)]
pub(crate) enum Fault {
    Io(io::Error),
    Newer { found: u64, known: u64 },
    Damaged { offset: u64, what: String },
}

/// What a snapshot starts with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct WireHeader {
    pub(super) format: u64,
    pub(super) epoch: Epoch,
    pub(super) replaces: Option<Epoch>,
    pub(super) sequence: Sequence,
    pub(super) chain: Chain,
    pub(super) recorded_at: Timestamp,
    pub(super) keys_evicted_early: u64,
    pub(super) keys_forgotten_until: Timestamp,
    pub(super) unknown_before: Sequence,
}

pub(super) fn said(error: impl ToString) -> String {
    error.to_string()
}

fn damaged(offset: u64, what: String) -> Fault {
    Fault::Damaged { offset, what }
}

/// Elements that were decoded, each with where its line starts.
type Decoded<T> = Vec<(u64, T)>;

/// Elements that are handed over.
enum Batch<T> {
    Decoded(Decoded<T>),
    Raw(Raw),
}

/// Elements as they were read, one after the other.
#[derive(Default)]
struct Raw {
    text: String,
    /// Where in the document each starts, and where in the text it ends.
    places: Vec<(u64, usize)>,
}

impl Raw {
    fn push(&mut self, offset: u64, line: &str) {
        self.text.push_str(line);
        self.places.push((offset, self.text.len()));
    }

    fn len(&self) -> usize {
        self.places.len()
    }

    fn lines(&self) -> impl Iterator<Item = (u64, &str)> {
        let ends = self.places.iter().map(|&(_, end)| end);
        let starts = iter::once(0).chain(ends);
        let places = self.places.iter().zip(starts);
        places.map(|(&(offset, end), start)| (offset, &self.text[start..end]))
    }
}

/// The lines of a document, and the checksum of what went through.
pub(super) struct Source<R> {
    bytes: R,
    /// Bytes of the document.
    size: u64,
    offset: u64,
    /// A line that is longer than what was read at once.
    long: Vec<u8>,
    crc: crc32fast::Hasher,
}

impl<R: BufRead + Send> Source<R> {
    pub(super) fn new(bytes: R, size: u64) -> Self {
        Self {
            bytes,
            size,
            offset: 0,
            long: Vec::new(),
            crc: crc32fast::Hasher::new(),
        }
    }

    /// Passes one line to `use_line`, and adds it to the checksum.
    fn line<T>(&mut self, use_line: impl FnOnce(&str) -> Result<T, String>) -> Result<T, Fault> {
        let offset = self.offset;
        let damaged = |what| damaged(offset, what);
        self.long.clear();
        let read = self.bytes.fill_buf().map_err(Fault::Io)?;
        let within = memchr::memchr(b'\n', read);
        let line = match within {
            Some(length) => &read[..length],
            None => {
                let read = self.bytes.read_until(b'\n', &mut self.long);
                read.map_err(Fault::Io)?;
                let line = self.long.strip_suffix(b"\n");
                line.ok_or_else(|| damaged("it ends too early".to_owned()))?
            }
        };
        self.crc.update(line);
        self.crc.update(b"\n");
        self.offset += line.len() as u64 + 1;
        let text = std::str::from_utf8(line).map_err(|error| damaged(error.to_string()))?;
        let used = use_line(text).map_err(damaged)?;
        if let Some(length) = within {
            self.bytes.consume(length + 1);
        }
        Ok(used)
    }

    pub(super) fn header(&mut self) -> Result<WireHeader, Fault> {
        let mut newer = None;
        let header = self.line(|line| {
            newer = format(line.as_bytes()).filter(|&found| found > FORMAT);
            let fields = line
                .strip_suffix(',')
                .ok_or("its first line is not complete")?;
            let header: WireHeader = serde_json::from_str(&format!("{fields}}}")).map_err(said)?;
            match header.format {
                FORMAT => Ok(header),
                _ => Err("its format is none".to_owned()),
            }
        });
        match newer {
            Some(found) => Err(Fault::Newer {
                found,
                known: FORMAT,
            }),
            None => header,
        }
    }

    /// Passes each element of a named array to `use_element`.
    pub(super) fn list(
        &mut self,
        name: &str,
        mut use_element: impl FnMut(&str) -> Result<(), String>,
    ) -> Result<(), Fault> {
        self.elements(name, |_offset, element| use_element(element))
    }

    /// Passes each element of a named array to `use_element`, with where its line starts.
    fn elements(
        &mut self,
        name: &str,
        mut use_element: impl FnMut(u64, &str) -> Result<(), String>,
    ) -> Result<(), Fault> {
        self.line(|line| {
            let opened = line
                .strip_prefix('"')
                .and_then(|line| line.strip_suffix("\":["));
            (opened == Some(name))
                .then_some(())
                .ok_or_else(|| format!("the list {name:?} should start here"))
        })?;
        let mut more = None;
        loop {
            let offset = self.offset;
            let ended = self.line(|line| {
                if line == "]," {
                    let expected = more == Some(true);
                    return if expected {
                        Err("an element is missing".to_owned())
                    } else {
                        Ok(true)
                    };
                }
                if more == Some(false) {
                    return Err("an element too many".to_owned());
                }
                let element = line.strip_suffix(',');
                more = Some(element.is_some());
                use_element(offset, element.unwrap_or(line)).map(|()| false)
            })?;
            if ended {
                return Ok(());
            }
        }
    }

    /// As [`Source::list`], where an element takes time to decode, and then to take: in a large file another thread reads ahead,
    /// a bounded number of elements, and decodes them while the taker has something to do; what the taker would wait for it is
    /// given as it was read.
    ///
    /// That thread also drops what it has decoded: memory that is given back by the thread which took it costs neither of
    /// the two a lock.
    pub(super) fn list_ahead<T: Send>(
        &mut self,
        name: &str,
        decode: impl Fn(&str) -> Result<T, String> + Sync,
        mut take: impl FnMut(&mut T) -> Result<(), String>,
    ) -> Result<(), Fault> {
        if self.size < AHEAD_FROM_BYTES {
            return self.list(name, |line| take(&mut decode(line)?));
        }
        let (send, batches) = mpsc::sync_channel::<Batch<T>>(BATCHES_AHEAD);
        let (give_back, taken_batches) = mpsc::channel::<Decoded<T>>();
        let under_way = &AtomicUsize::new(0);
        let decode = &decode;
        thread::scope(|scope| {
            let read = move || {
                let mut decoded = Vec::with_capacity(BATCH);
                let mut raw = Raw::default();
                let mut is_awaited = false;
                let read = self.elements(name, |offset, line| {
                    match is_awaited {
                        true => raw.push(offset, line),
                        false => decoded.push((offset, decode(line)?)),
                    }
                    if decoded.len() + raw.len() < BATCH {
                        return Ok(());
                    }
                    let batch = match is_awaited {
                        true => Batch::Raw(mem::take(&mut raw)),
                        false => {
                            let mut next = taken_batches.try_recv().unwrap_or_default();
                            next.clear();
                            Batch::Decoded(mem::replace(&mut decoded, next))
                        }
                    };
                    under_way.fetch_add(1, Ordering::Relaxed);
                    send.send(batch).map_err(said)?;
                    is_awaited = under_way.load(Ordering::Relaxed) < 2;
                    Ok(())
                });
                // One of them is empty.
                let last = match raw.len() {
                    0 => Batch::Decoded(decoded),
                    _ => Batch::Raw(raw),
                };
                under_way.fetch_add(1, Ordering::Relaxed);
                let _taken_to_the_end = send.send(last);
                read
            };
            let reading = thread::Builder::new().spawn_scoped(scope, read);
            let reading = reading.map_err(Fault::Io)?;
            let mut taken = Ok(());
            for batch in batches {
                match batch {
                    Batch::Decoded(mut elements) => {
                        for (offset, element) in &mut elements {
                            if taken.is_ok() {
                                taken = take(element).map_err(|what| damaged(*offset, what));
                            }
                        }
                        // The last ones come back when nobody reads any more.
                        let _read_to_the_end = give_back.send(elements);
                    }
                    Batch::Raw(raw) => {
                        for (offset, line) in raw.lines() {
                            if taken.is_ok() {
                                let element =
                                    decode(line).and_then(|mut element| take(&mut element));
                                taken = element.map_err(|what| damaged(offset, what));
                            }
                        }
                    }
                }
                under_way.fetch_sub(1, Ordering::Relaxed);
            }
            let read = reading.join().unwrap_or_else(|panic| resume_unwind(panic));
            taken.and(read)
        })
    }

    /// Compares the checksum, which must be the end of the file.
    pub(super) fn finish(mut self) -> Result<(), Fault> {
        let mut expected = b"\"crc\":\"".to_vec();
        push_hex32(&mut expected, self.crc.clone().finalize());
        expected.extend_from_slice(b"\"}");
        self.line(|line| {
            let same = line.as_bytes() == expected || defect!(SnapshotCrcNotChecked);
            same.then_some(())
                .ok_or_else(|| "its checksum is wrong".to_owned())
        })?;
        let more = self.bytes.fill_buf().map_err(Fault::Io)?;
        if !more.is_empty() || self.offset != self.size {
            let offset = self.offset;
            let what = "there is more than was written".to_owned();
            return Err(damaged(offset, what));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    /// So many that the list is read ahead.
    const NUMBERS: usize = 15_000;
    const OPENING: &str = "\"numbers\":[\n";
    /// Bytes of an element, with its comma and newline.
    const LINE_BYTES: usize = 82;

    /// The numbers from 0 on, as a list, read in pieces: some lines are within one, some are not.
    fn numbers() -> Source<impl BufRead + Send> {
        let lines: Vec<String> = (0..NUMBERS).map(|number| format!("{number:080}")).collect();
        let text = OPENING.to_owned() + &lines.join(",\n") + "\n],\n";
        assert!(text.len() as u64 >= AHEAD_FROM_BYTES);
        let size = text.len() as u64;
        let bytes = io::Cursor::new(text.into_bytes());
        Source::new(BufReader::with_capacity(2 * LINE_BYTES + 1, bytes), size)
    }

    #[test]
    fn a_large_list_is_taken_in_its_order_and_decoded_a_bounded_way_ahead() {
        let decoded = AtomicUsize::new(0);
        let decode = |line: &str| {
            decoded.fetch_add(1, Ordering::Relaxed);
            line.parse::<usize>().map_err(said)
        };
        let (mut taken, mut ahead_max) = (0, 0);
        let read = numbers().list_ahead("numbers", decode, |number| {
            assert_eq!(*number, taken);
            ahead_max = ahead_max.max(decoded.load(Ordering::Relaxed) - taken);
            taken += 1;
            Ok(())
        });
        assert!(read.is_ok(), "{read:?}");
        assert_eq!(taken, NUMBERS);
        // What waits, what is filled, and what is being taken.
        assert!(ahead_max <= (BATCHES_AHEAD + 3) * BATCH, "{ahead_max}");
    }

    #[test]
    fn what_is_refused_of_a_large_list_is_said_to_be_where_it_stands() {
        // In the first batch, in the second one, which a taker waits for, and in the last.
        for bad in [0, BATCH - 1, BATCH + 1, 2 * BATCH - 1, NUMBERS - 1] {
            for by_taker in [true, false] {
                let refuse = |number: usize, refuses: bool| match refuses && number == bad {
                    true => Err("refused".to_owned()),
                    false => Ok(number),
                };
                let read = numbers().list_ahead(
                    "numbers",
                    |line| refuse(line.parse().map_err(said)?, !by_taker),
                    |number| refuse(*number, by_taker).map(drop),
                );
                let expected = (OPENING.len() + bad * LINE_BYTES) as u64;
                assert!(
                    matches!(&read, Err(Fault::Damaged { offset, what })
                        if *offset == expected && what == "refused"),
                    "{bad}, {by_taker}: {read:?}"
                );
            }
        }
    }
}
