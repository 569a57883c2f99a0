//! A snapshot as one JSON document of many lines, streamed in both directions.

use std::borrow::Cow;
use std::io;

use inventory_core::defect;
use inventory_core::machine::{Head, Image, ImageBuilder, KeysForgotten, Level};
use inventory_core::ports::Snapshot;
use inventory_core::vocabulary::{Chain, Epoch, Quantity, Sequence, StoreId, Timestamp, Version};
use rapidhash::RapidHashMap;
use serde::Deserialize;

use super::disk::DiskFile;
use super::header::{FORMAT, format};
use super::interner::Interner;
use super::lines::Lines;
use super::record::{decode, encode_unframed};
use super::snapshot_records::{
    push_alert, push_buried, push_lapsed, push_reservation, push_transfer, read_alert, read_buried,
    read_lapsed, read_reservation, read_transfer,
};
use super::snapshot_sink::Sink;
use super::text::{push_hex32, push_hex64, push_number, push_string};

/// Why a file is no snapshot that this program can use.
#[derive(Debug)]
pub(super) enum Fault {
    Io(io::Error),
    Newer { found: u64, known: u64 },
    Damaged { offset: u64, what: String },
}

/// Writes a snapshot into an empty file, and returns its size.
pub(super) fn write(file: &dyn DiskFile, snapshot: &Snapshot) -> io::Result<u64> {
    let image = &snapshot.image;
    let mut sink = Sink::new(file);
    push_header(&mut sink.buffer, snapshot);
    sink.list("stores", image.stores(), |out, store| {
        push_string(out, store.as_str())
    })?;
    push_products(&mut sink, image)?;
    let alerts = image.products().flat_map(|product| {
        let alerts = product.alerts();
        alerts.map(move |(store, alert)| (product.id(), store, alert))
    });
    sink.list("alerts", alerts, |out, (product, store, alert)| {
        push_alert(out, product, store, alert)
    })?;
    sink.list("reservations", image.reservations(), push_reservation)?;
    sink.list("lapsed", image.lapsed(), |out, (product, before)| {
        push_lapsed(out, product, before)
    })?;
    sink.list("transfers", image.transfers(), push_transfer)?;
    let window = image.window().filter(|_| !defect!(WindowLeftOutOfSnapshot));
    sink.list("window", window, |out, entry| encode_unframed(out, &entry))?;
    sink.list(
        "buried",
        image.buried().iter(),
        |out, (sequence, buried)| push_buried(out, *sequence, buried),
    )?;
    sink.finish()
}

fn push_header(out: &mut Vec<u8>, snapshot: &Snapshot) {
    let head = snapshot.image.head();
    out.extend_from_slice(b"{\"format\":");
    push_number(out, FORMAT);
    out.extend_from_slice(b",\"epoch\":\"");
    out.extend_from_slice(snapshot.epoch.to_string().as_bytes());
    out.extend_from_slice(b"\",\"replaces\":");
    match snapshot.replaces {
        Some(epoch) => push_string(out, &epoch.to_string()),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"sequence\":");
    let off_by_one = u64::from(defect!(SnapshotSequenceTooLow));
    let too_high = u64::from(defect!(SnapshotSequenceTooHigh));
    push_number(out, head.sequence.number() - off_by_one + too_high);
    out.extend_from_slice(b",\"chain\":\"");
    push_hex64(out, head.chain.bits());
    out.extend_from_slice(b"\",\"recordedAt\":\"");
    out.extend_from_slice(&head.recorded_at.to_text());
    out.extend_from_slice(b"\",\"keysEvictedEarly\":");
    let forgotten = snapshot.image.keys_forgotten();
    push_number(out, forgotten.early);
    out.extend_from_slice(b",\"keysForgottenUntil\":\"");
    out.extend_from_slice(&forgotten.until.to_text());
    out.extend_from_slice(b"\",\"unknownBefore\":");
    push_number(out, snapshot.image.unknown_before().number());
    out.extend_from_slice(b",\n");
}

fn push_products(sink: &mut Sink<'_>, image: &Image) -> io::Result<()> {
    let stores: RapidHashMap<&StoreId, usize> = image.stores().zip(0..).collect();
    sink.list("products", image.products(), |out, product| {
        out.extend_from_slice(b"{\"id\":");
        push_string(out, product.id().as_str());
        out.extend_from_slice(b",\"version\":");
        let version = if defect!(VersionNotPersisted) {
            Version::NEVER_WRITTEN
        } else {
            product.version()
        };
        push_number(out, version.number());
        out.extend_from_slice(b",\"total\":");
        push_number(out, product.total().units());
        out.extend_from_slice(b",\"updatedAt\":\"");
        out.extend_from_slice(&product.updated_at().to_text());
        out.extend_from_slice(if product.quarantined() {
            b"\",\"quarantined\":true,\"levels\":["
        } else {
            b"\",\"quarantined\":false,\"levels\":["
        });
        let levels = product.levels().zip(product.counted_at());
        for (at, ((store, level), counted_at)) in levels.enumerate() {
            out.extend_from_slice(if at > 0 { b",[" } else { b"[" });
            push_number(out, stores[store]);
            out.push(b',');
            push_number(out, level.on_hand().units());
            out.push(b',');
            push_number(out, level.reserved().units());
            out.push(b',');
            push_number(out, counted_at.number());
            out.push(b']');
        }
        out.extend_from_slice(b"]}");
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WireHeader {
    format: u64,
    epoch: Epoch,
    replaces: Option<Epoch>,
    sequence: Sequence,
    chain: Chain,
    recorded_at: Timestamp,
    keys_evicted_early: u64,
    keys_forgotten_until: Timestamp,
    unknown_before: Sequence,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WireProduct<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    version: Version,
    total: Quantity,
    updated_at: Timestamp,
    quarantined: bool,
    levels: Vec<(usize, Quantity, Quantity, Sequence)>,
}

/// Reads a snapshot, and returns it only if every byte is what was written.
pub(super) fn read(file: &dyn DiskFile) -> Result<Snapshot, Fault> {
    let mut source = Source {
        file,
        size: file.size().map_err(Fault::Io)?,
        lines: Lines::from(0),
        offset: 0,
        crc: crc32fast::Hasher::new(),
    };
    let header: WireHeader = source.header()?;
    let mut ids = Interner::default();
    let mut stores = Vec::new();
    let mut builder = ImageBuilder::new(Head {
        sequence: header.sequence,
        chain: header.chain,
        recorded_at: header.recorded_at,
    });
    source.list("stores", |line| {
        let text: Cow<'_, str> = serde_json::from_str(line).map_err(said)?;
        let store = ids.store(&text).ok_or("not a store")?;
        stores.push(store.clone());
        builder.store(store).map_err(said)
    })?;
    source.list("products", |line| {
        let wire: WireProduct<'_> = serde_json::from_str(line).map_err(said)?;
        let id = ids.product(&wire.id).ok_or("not a product")?;
        let level =
            |&(store, on_hand, reserved, counted_at): &(usize, Quantity, Quantity, Sequence)| {
                let store = stores
                    .get(store)
                    .cloned()
                    .ok_or("a level at a store that is not listed")?;
                Ok((
                    store,
                    Level::new(on_hand, reserved)
                        .ok_or("a level with more reserved than there is")?,
                    counted_at,
                ))
            };
        let levels: Vec<(StoreId, Level, Sequence)> = wire
            .levels
            .iter()
            .map(level)
            .collect::<Result<_, String>>()?;
        builder
            .product(
                id,
                wire.version,
                wire.total,
                wire.updated_at,
                wire.quarantined,
                levels,
            )
            .map_err(said)
    })?;
    source.list("alerts", |line| {
        let (product, store, alert) = read_alert(line)?;
        builder.alert(&product, &store, alert).map_err(said)
    })?;
    source.list("reservations", |line| {
        let reservation = read_reservation(line, &mut ids)?;
        builder.reservation(reservation).map_err(said)
    })?;
    source.list("lapsed", |line| {
        let (product, before) = read_lapsed(line)?;
        builder.lapsed(&product, before).map_err(said)
    })?;
    source.list("transfers", |line| {
        let transfer = read_transfer(line, &mut ids)?;
        builder.transfer(transfer).map_err(said)
    })?;
    source.list("window", |line| {
        let entry = decode(line, &mut ids)?;
        builder.remember(&entry).map_err(said)
    })?;
    source.list("buried", |line| {
        let (sequence, buried) = read_buried(line)?;
        builder.bury(sequence, buried).map_err(said)
    })?;
    source.finish()?;
    builder.lose(header.unknown_before).map_err(|error| {
        let what = error.to_string();
        Fault::Damaged { offset: 0, what }
    })?;
    Ok(Snapshot {
        epoch: header.epoch,
        replaces: header.replaces,
        image: builder.finish(KeysForgotten {
            early: header.keys_evicted_early,
            until: header.keys_forgotten_until,
        }),
    })
}

fn said(error: impl ToString) -> String {
    error.to_string()
}

/// The lines of a file, and the checksum of what went through.
struct Source<'a> {
    file: &'a dyn DiskFile,
    size: u64,
    lines: Lines,
    offset: u64,
    crc: crc32fast::Hasher,
}

impl Source<'_> {
    /// Passes one line to `use_line`, and adds it to the checksum.
    fn line<T>(&mut self, use_line: impl FnOnce(&str) -> Result<T, String>) -> Result<T, Fault> {
        let offset = self.offset;
        let damaged = |what| Fault::Damaged { offset, what };
        let piece = self.lines.next(self.file, self.size).map_err(Fault::Io)?;
        let piece = piece.ok_or_else(|| damaged("it ends too early".to_owned()))?;
        // Between lines there is one newline: anything more is not what was written.
        if piece.offset != offset || !piece.ended {
            return Err(damaged("a line is not where it was written".to_owned()));
        }
        let text = std::str::from_utf8(piece.bytes).map_err(|error| damaged(error.to_string()))?;
        let used = use_line(text).map_err(damaged)?;
        self.offset = piece.end() + 1;
        self.crc.update(piece.bytes);
        self.crc.update(b"\n");
        Ok(used)
    }

    fn header(&mut self) -> Result<WireHeader, Fault> {
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
    fn list(
        &mut self,
        name: &str,
        mut use_element: impl FnMut(&str) -> Result<(), String>,
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
                use_element(element.unwrap_or(line)).map(|()| false)
            })?;
            if ended {
                return Ok(());
            }
        }
    }

    /// Compares the checksum, which must be the end of the file.
    fn finish(mut self) -> Result<(), Fault> {
        let mut expected = b"\"crc\":\"".to_vec();
        push_hex32(&mut expected, self.crc.clone().finalize());
        expected.extend_from_slice(b"\"}");
        self.line(|line| {
            let same = line.as_bytes() == expected || defect!(SnapshotCrcNotChecked);
            same.then_some(())
                .ok_or_else(|| "its checksum is wrong".to_owned())
        })?;
        if self.offset != self.size {
            let offset = self.offset;
            let what = "there is more than was written".to_owned();
            return Err(Fault::Damaged { offset, what });
        }
        Ok(())
    }
}
