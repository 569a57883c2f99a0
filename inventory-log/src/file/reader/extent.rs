//! Extent: how many bytes of the log come after a position.

use inventory_core::ports::ReadError;
use inventory_core::vocabulary::Sequence;

use super::FileLogReader;
use super::place::bisect;

impl FileLogReader {
    /// Bytes of the records after a position: all of the segments after the one that holds it, and a part of that one that is
    /// exact to within what is searched line by line.
    pub(super) fn extent_after(&self, after: Sequence) -> Result<u64, ReadError> {
        let next = after.next();
        let (later, head) = {
            let layout = self.layout.read();
            let sealed = layout.sealed.iter().filter(|sealed| sealed.first > next);
            let sealed: u64 = sealed.map(|sealed| sealed.end).sum();
            let active = match layout.active.first > next {
                true => layout.active.end,
                false => 0,
            };
            (sealed + active, layout.active.last)
        };
        if after >= head {
            return Ok(0);
        }
        let segment = self.segment_at(next.max(self.layout.read().floor.next()))?;
        let start = bisect(&segment, next);
        let start = start.map_err(|error| segment.failed(error))?;
        Ok(later + segment.end.saturating_sub(start))
    }
}
