//! Finds what belongs together: segment by segment, by the index of each.

use std::collections::BTreeSet;
use std::sync::Arc;

use inventory_core::machine::Entry;
use inventory_core::ports::{ReadError, StorageError, Trail};
use inventory_core::vocabulary::{ProductId, Sequence, StoreId};

use super::place::bisect;
use super::{FileLogReader, failed};
use crate::file::index::{Cursor, Key, Span, Subject};
use crate::file::interner::Interner;
use crate::file::lines::Lines;
use crate::file::record::{self, Line};
use crate::file::segment::Segment;

impl FileLogReader {
    /// The newest entries of a trail that begin at or before `through`.
    pub(super) fn newest_of_trail(
        &self,
        trail: &Trail,
        through: Sequence,
        entries_max: usize,
    ) -> Result<Vec<Arc<Entry>>, ReadError> {
        let mut found = Vec::new();
        let mut lookup = Lookup::new(self);
        let mut position = through.min(self.head());
        while found.len() < entries_max
            && let Some(segment) = self.segment_back(&mut lookup, position)?
        {
            let span = back_from(&segment, position)?;
            let mut cursor = self
                .indexes
                .cursor(&segment, Subject::of_trail(trail), span)?;
            let mut seen = None;
            while found.len() < entries_max
                && let Some(key) = cursor.next()?
            {
                if seen == Some(key.offset()) || is_elsewhere(&cursor, key, trail) {
                    continue;
                }
                seen = Some(key.offset());
                let entry = lookup.entry(&segment, key)?;
                found.extend(entry.filter(|entry| entry.first <= through && trail.has(entry)));
            }
            position = before(&segment);
        }
        Ok(found)
    }

    /// For each store, the entry with the last event at or before `through` that touches the product there.
    pub(super) fn touches_back(
        &self,
        product: &ProductId,
        through: Sequence,
    ) -> Result<Vec<Arc<Entry>>, ReadError> {
        let mut touches = Touches::of(product, |sequence| sequence <= through);
        let mut lookup = Lookup::new(self);
        let mut position = through.min(self.head());
        while let Some(segment) = self.segment_back(&mut lookup, position)? {
            let span = back_from(&segment, position)?;
            let subject = Subject::of_product(product);
            let cursor = self.indexes.cursor(&segment, subject, span)?;
            touches.collect(cursor, &mut lookup, &segment)?;
            position = before(&segment);
        }
        Ok(touches.entries)
    }

    /// For each store, the entry with the first event after `after` that touches the product there.
    pub(super) fn touches_on(
        &self,
        product: &ProductId,
        after: Sequence,
    ) -> Result<Vec<Arc<Entry>>, ReadError> {
        let floor = self.layout.read().floor;
        if after < floor {
            return Err(ReadError::Purged { floor });
        }
        let mut touches = Touches::of(product, |sequence| sequence > after);
        let mut lookup = Lookup::new(self);
        let head = self.head();
        let mut position = after;
        while position < head {
            let segment = lookup.same_history(self.segment_at(position.next())?)?;
            let span = on_from(&segment, position.next())?;
            let subject = Subject::of_product(product);
            let cursor = self.indexes.cursor(&segment, subject, span)?;
            touches.collect(cursor, &mut lookup, &segment)?;
            position = segment.last;
        }
        Ok(touches.entries)
    }

    fn head(&self) -> Sequence {
        self.layout.read().active.last
    }

    /// The segment that holds `position`; `None` when it is no longer there.
    fn segment_back(
        &self,
        lookup: &mut Lookup<'_>,
        position: Sequence,
    ) -> Result<Option<Segment>, ReadError> {
        if position <= self.layout.read().floor {
            return Ok(None);
        }
        match self.segment_at(position) {
            Ok(segment) => lookup.same_history(segment).map(Some),
            Err(ReadError::Purged { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Reads the lines that an index names.
struct Lookup<'a> {
    reader: &'a FileLogReader,
    lines: Lines,
    ids: Interner,
    generation: Option<u64>,
}

impl<'a> Lookup<'a> {
    fn new(reader: &'a FileLogReader) -> Self {
        Self {
            reader,
            lines: Lines::sparing(0),
            ids: Interner::default(),
            generation: None,
        }
    }

    /// A search that began in one history must not go on in another.
    fn same_history(&mut self, segment: Segment) -> Result<Segment, ReadError> {
        let generation = *self.generation.get_or_insert(segment.generation);
        match generation == segment.generation {
            true => Ok(segment),
            false => Err(ReadError::Failed(StorageError::new(
                "searching the log",
                "its history was set aside meanwhile",
            ))),
        }
    }

    /// The entry of the line that a key names; `None` when it cannot be read in a log that was opened to be salvaged.
    fn entry(&mut self, segment: &Segment, key: Key) -> Result<Option<Arc<Entry>>, ReadError> {
        self.lines.seek(key.offset());
        let piece = self.lines.next(&*segment.file, segment.end);
        let piece = piece.map_err(|error| failed(segment, error))?;
        let line = piece
            .filter(|piece| piece.offset == key.offset() && piece.ended)
            .and_then(|piece| Line::parse(piece.bytes))
            .filter(|line| segment.first <= line.first && line.last <= segment.last);
        let entry = line.and_then(|line| record::decode(line.text, &mut self.ids).ok());
        match entry {
            Some(entry) => Ok(Some(Arc::new(entry))),
            None if segment.gaps => Ok(None),
            None => Err(self.reader.indexes.doubt(segment)),
        }
    }
}

/// The first touch of each store that is met.
struct Touches<'a, F> {
    product: &'a ProductId,
    counts: F,
    stores: BTreeSet<StoreId>,
    entries: Vec<Arc<Entry>>,
}

impl<'a, F: Fn(Sequence) -> bool> Touches<'a, F> {
    fn of(product: &'a ProductId, counts: F) -> Self {
        Self {
            product,
            counts,
            stores: BTreeSet::new(),
            entries: Vec::new(),
        }
    }

    /// Looks up what a cursor comes to. It knows only stores, and not whether a product has another's digest: so a store
    /// is met when its line has been read.
    fn collect(
        &mut self,
        mut cursor: Cursor<'_>,
        lookup: &mut Lookup<'_>,
        segment: &Segment,
    ) -> Result<(), ReadError> {
        let mut seen = None;
        while let Some(key) = cursor.next()? {
            let met = (cursor.store(key)).is_some_and(|store| self.stores.contains(store));
            if met || !key.touches() || seen == Some(key.offset()) {
                continue;
            }
            seen = Some(key.offset());
            if let Some(entry) = lookup.entry(segment, key)? {
                self.meet(&entry);
            }
        }
        Ok(())
    }

    fn meet(&mut self, entry: &Arc<Entry>) {
        let before = self.stores.len();
        for (sequence, event) in entry.numbered() {
            if let Some(movement) = event.movement()
                && movement.product == *self.product
                && movement.touches()
                && (self.counts)(sequence)
                && !self.stores.contains(&movement.store)
            {
                self.stores.insert(movement.store.clone());
            }
        }
        if self.stores.len() > before {
            self.entries.push(Arc::clone(entry));
        }
    }
}

/// Whether a key names another store than a trail asks for.
fn is_elsewhere(cursor: &Cursor<'_>, key: Key, trail: &Trail) -> bool {
    match trail {
        Trail::Level(_, wanted) => cursor.store(key).is_some_and(|store| store != wanted),
        Trail::Product(_) | Trail::Reference(_) => false,
    }
}

/// The position before a segment.
fn before(segment: &Segment) -> Sequence {
    Sequence::new(segment.first.number() - 1)
}

/// The lines up to the one that holds a position, of a segment that holds it or ends before it.
fn back_from(segment: &Segment, position: Sequence) -> Result<Span, ReadError> {
    match position >= segment.last {
        true => Ok(Span::BackFrom(segment.end)),
        false => line_offset(segment, position).map(Span::BackFrom),
    }
}

/// The lines from the one that holds a position on, of a segment that holds it or begins after it.
fn on_from(segment: &Segment, position: Sequence) -> Result<Span, ReadError> {
    match position <= segment.first {
        true => Ok(Span::OnFrom(0)),
        false => line_offset(segment, position).map(Span::OnFrom),
    }
}

/// Where the line that holds a position starts, or the next one that can be read.
fn line_offset(segment: &Segment, position: Sequence) -> Result<u64, ReadError> {
    let reading = |error| failed(segment, error);
    let start = bisect(segment, |line| line.first <= position).map_err(reading)?;
    let mut lines = Lines::sparing(start.offset);
    while let Some(piece) = lines.next(&*segment.file, segment.end).map_err(reading)? {
        if Line::parse(piece.bytes).is_some_and(|line| line.last >= position) {
            return Ok(piece.offset);
        }
    }
    Ok(segment.end)
}
