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
use crate::codec::text::{Value as _, push_field};

/// Writes a snapshot.
pub(crate) fn write(out: impl Write, snapshot: &Snapshot) -> io::Result<()> {
    let image = &snapshot.image;
    let mut sink = Sink::new(out);
    push_header(&mut sink.buffer, snapshot);
    sink.list("stores", image.stores(), |out, store| {
        store.as_str().push(out)
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
    let off_by_one = u64::from(defect!(SnapshotSequenceTooLow));
    let too_high = u64::from(defect!(SnapshotSequenceTooHigh));
    let sequence = head.sequence.number() - off_by_one + too_high;
    let forgotten = snapshot.image.keys_forgotten();
    push_field(out, b"{\"format\":", FORMAT);
    push_field(out, b",\"epoch\":", snapshot.epoch);
    push_field(out, b",\"replaces\":", snapshot.replaces);
    push_field(out, b",\"sequence\":", sequence);
    push_field(out, b",\"chain\":", head.chain);
    push_field(out, b",\"recordedAt\":", head.recorded_at);
    push_field(out, b",\"keysEvictedEarly\":", forgotten.early);
    push_field(out, b",\"keysForgottenUntil\":", forgotten.until);
    push_field(out, b",\"unknownBefore\":", snapshot.image.unknown_before());
    out.extend_from_slice(b",\n");
}

fn push_products(sink: &mut Sink<impl Write>, image: &Image) -> io::Result<()> {
    let stores: RapidHashMap<&StoreId, usize> = image.stores().zip(0..).collect();
    sink.list("products", image.products(), |out, product| {
        push_field(out, b"{\"id\":", product.id().as_str());
        let version = if defect!(VersionNotPersisted) {
            Version::NEVER_WRITTEN
        } else {
            product.version()
        };
        push_field(out, b",\"version\":", version);
        push_field(out, b",\"total\":", product.total());
        push_field(out, b",\"updatedAt\":", product.updated_at());
        out.extend_from_slice(match product.quarantined() {
            true => b",\"quarantined\":true,\"levels\":[",
            false => b",\"quarantined\":false,\"levels\":[",
        });
        let levels = product.levels().zip(product.counted_at());
        for (at, ((store, level), counted_at)) in levels.enumerate() {
            let begin = if at > 0 { &b",["[..] } else { b"[" };
            push_field(out, begin, stores[store]);
            push_field(out, b",", level.on_hand());
            push_field(out, b",", level.reserved());
            push_field(out, b",", counted_at);
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
