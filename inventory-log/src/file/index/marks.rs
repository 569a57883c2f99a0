//! Index marks: where some lines of a segment start, so that a position is found with few reads.

/// Bytes after which the next line is marked.
const MARK_BYTES: u64 = 64 * 1024;

/// Events of a line that is marked in any case: nobody who looks for another one should have to read it.
const LONG_EVENTS: usize = 128;

/// The start of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::file) struct Mark {
    /// The first position of the line.
    pub(in crate::file) first: u64,
    /// Where the line starts in its segment.
    pub(in crate::file) offset: u64,
}

/// Marks the next line of a segment, if it has to be. `marks` are those of the lines before it.
pub(super) fn mark(marks: &mut Vec<Mark>, line: Mark, events: usize) {
    let is_near = |last: &Mark| line.offset < last.offset + MARK_BYTES;
    if events >= LONG_EVENTS || !marks.last().is_some_and(is_near) {
        marks.push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_marked_every_so_many_bytes_and_a_long_one_always() {
        let bytes = MARK_BYTES / 64;
        let mut marks = Vec::new();
        for at in 0..500 {
            let line = Mark {
                first: at + 1,
                offset: at * bytes,
            };
            let events = if at == 100 {
                LONG_EVENTS
            } else {
                LONG_EVENTS - 1
            };
            mark(&mut marks, line, events);
        }
        let lines: Vec<u64> = marks.iter().map(|mark| mark.offset / bytes).collect();
        assert_eq!(lines, [0, 64, 100, 164, 228, 292, 356, 420, 484]);
        assert!(
            marks
                .iter()
                .all(|mark| mark.first == mark.offset / bytes + 1)
        );
    }
}
