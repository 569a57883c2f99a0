//! How much there is to write.

/// How much there is to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Weight {
    pub(super) lines: usize,
    pub(super) bytes: usize,
}

impl Weight {
    pub(super) fn plus(self, more: Self) -> Self {
        Self {
            lines: self.lines + more.lines,
            bytes: self.bytes + more.bytes,
        }
    }

    pub(super) fn minus(self, less: Self) -> Self {
        Self {
            lines: self.lines - less.lines,
            bytes: self.bytes - less.bytes,
        }
    }

    pub(super) fn is_within(self, most: Self) -> bool {
        self.lines <= most.lines && self.bytes <= most.bytes
    }
}
