//! Snapshot codec: one JSON document of many lines, streamed in both directions.

mod records;
mod sink;
mod source;
mod window;

use std::borrow::Cow;
use std::io::{self, BufRead, Write};

use inventory_core::defect;
use inventory_core::machine::replica::{Image, ImageBuilder, ImageProduct, KeysForgotten, StoreIx};
use inventory_core::machine::{Head, Level};
use inventory_core::ports::Snapshot;
use inventory_core::vocabulary::{ProductId, Quantity, Sequence, StoreId, Timestamp, Version};
use rapidhash::RapidHashMap;
use serde::Deserialize;

use self::records::{
    push_alert, push_buried, push_lapsed, push_reservation, push_transfer, read_alert, read_buried,
    read_lapsed, read_reservation, read_transfer,
};
use self::sink::Sink;
pub(crate) use self::source::Fault;
use self::source::{Source, WireHeader, said};
use self::window::{push_remembered, read_remembered};
use crate::codec::format::FORMAT;
use crate::codec::interner::Interner;
use crate::codec::text::{push_hex64, push_number, push_string};

/// Writes a snapshot.
pub(crate) fn write(out: impl Write, snapshot: &Snapshot) -> io::Result<()> {
    let image = &snapshot.image;
    let mut sink = Sink::new(out);
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
    let window = image.window_by_places();
    let window = window.filter(|_| !defect!(WindowLeftOutOfSnapshot));
    sink.list("window", window, |out, entry| push_remembered(out, &entry))?;
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

fn push_products(sink: &mut Sink<impl Write>, image: &Image) -> io::Result<()> {
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
struct WireProduct<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    version: Version,
    total: Quantity,
    updated_at: Timestamp,
    quarantined: bool,
    levels: Vec<(u32, Quantity, Quantity, Sequence)>,
}

/// Reads a product. It is in an option so that it can be moved out of where it was read.
fn read_product(line: &str) -> Result<Option<ImageProduct>, String> {
    let wire: WireProduct<'_> = serde_json::from_str(line).map_err(said)?;
    let id = ProductId::new(&wire.id).map_err(said)?;
    let mut sound = true;
    let levels = wire
        .levels
        .iter()
        .map(|&(store, on_hand, reserved, counted_at)| {
            let level = Level::new(on_hand, reserved);
            sound &= level.is_some();
            (StoreIx(store), level.unwrap_or_default(), counted_at)
        });
    let (version, total, updated_at) = (wire.version, wire.total, wire.updated_at);
    let product = ImageProduct::new(id, version, total, updated_at, wire.quarantined, levels);
    match sound {
        true => product.map(Some).map_err(said),
        false => Err("a level with more reserved than there is".to_owned()),
    }
}

/// Reads a snapshot of so many bytes, and returns it only if every byte is what was written.
pub(crate) fn read(bytes: impl BufRead + Send, size: u64) -> Result<Snapshot, Fault> {
    let mut source = Source::new(bytes, size);
    let header: WireHeader = source.header()?;
    let mut ids = Interner::default();
    let mut builder = ImageBuilder::new(Head {
        sequence: header.sequence,
        chain: header.chain,
        recorded_at: header.recorded_at,
    });
    source.list("stores", |line| {
        let text: Cow<'_, str> = serde_json::from_str(line).map_err(said)?;
        let store = ids.store(&text).ok_or("not a store")?;
        builder.store(store).map_err(said).map(|_place| ())
    })?;
    source.list_ahead("products", read_product, |product| {
        let product = product.take().expect("each is taken once");
        builder.product(product).map_err(said).map(|_place| ())
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
    source.list_ahead("window", read_remembered, |entry| {
        builder.remember(entry).map_err(said)
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
