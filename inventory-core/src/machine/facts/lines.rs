//! Lines that belong together: of a reservation, of a transfer, or of a command about one.

use std::cmp::Ordering;
use std::ops::Deref;

/// Most lines of one reservation or transfer: what one command about it changes at once.
pub const LINES_MAX: usize = 1_000;

/// What makes a line the one that it is: no other line beside it is of the same.
pub trait Distinct {
    /// Whether it is of the same as another one, or which of them comes first where they are looked for.
    fn order(&self, other: &Self) -> Ordering;

    /// Whether something of it is still to come; where nobody asks, yes.
    fn is_open(&self) -> bool {
        true
    }
}

/// Why lines do not belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidLines {
    /// There is at least one line.
    #[error("there is at least one line")]
    Empty,
    /// There are at most [`LINES_MAX`] lines.
    #[error("there are at most {LINES_MAX} lines")]
    TooMany,
    /// A line is of what an earlier one is of.
    #[error("line {at} names again what an earlier line names")]
    Twice {
        /// Position of the line.
        at: usize,
    },
}

/// Lines in the order of their request, at least one and at most [`LINES_MAX`], each of something else. One is found by
/// comparing it with few others, however many there are.
///
/// **Invariant**: `in_order` has the position of each line, in the order of what they are of; `open` is how many of them are open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines<T> {
    lines: Vec<T>,
    in_order: Vec<u16>,
    open: usize,
}

impl<T: Distinct> Lines<T> {
    /// Checks lines.
    ///
    /// # Errors
    ///
    /// There are none, too many, or two of the same.
    pub fn new(lines: Vec<T>) -> Result<Self, InvalidLines> {
        match lines.len() {
            0 => return Err(InvalidLines::Empty),
            1..=LINES_MAX => {}
            _ => return Err(InvalidLines::TooMany),
        }
        let mut in_order: Vec<u16> = (0..).take(lines.len()).collect();
        let order = |a: u16, b: u16| lines[usize::from(a)].order(&lines[usize::from(b)]);
        // Stable: of two of the same, the later one stands later.
        in_order.sort_by(|a, b| order(*a, *b));
        let pairs = in_order.windows(2);
        let twice = pairs.filter(|pair| order(pair[0], pair[1]) == Ordering::Equal);
        if let Some(at) = twice.map(|pair| usize::from(pair[1])).min() {
            return Err(InvalidLines::Twice { at });
        }
        let open = lines.iter().filter(|line| line.is_open()).count();
        Ok(Self {
            lines,
            in_order,
            open,
        })
    }

    /// The first line of something that is being made.
    pub(super) fn begin(line: T) -> Self {
        Self {
            open: usize::from(line.is_open()),
            lines: vec![line],
            in_order: vec![0],
        }
    }

    /// Adds a line, unless there is one of that key or no room for another one: then all is as it was.
    pub(in crate::machine) fn push(&mut self, line: T) {
        if self.lines.len() == LINES_MAX {
            return;
        }
        if let Err(at) = self.search(|other| other.order(&line)) {
            self.in_order.insert(at, self.lines.len() as u16);
            self.open += usize::from(line.is_open());
            self.lines.push(line);
        }
    }

    /// The line of something: `order` says of a line whether it is, or comes before or after it.
    pub fn find(&self, order: impl Fn(&T) -> Ordering) -> Option<&T> {
        let at = self.search(order).ok()?;
        Some(&self.lines[usize::from(self.in_order[at])])
    }

    /// Changes the line of something, in what does not tell it from the others.
    pub(super) fn change(&mut self, order: impl Fn(&T) -> Ordering, change: impl FnOnce(&mut T)) {
        if let Ok(at) = self.search(order) {
            let line = &mut self.lines[usize::from(self.in_order[at])];
            self.open -= usize::from(line.is_open());
            change(line);
            self.open += usize::from(line.is_open());
        }
    }

    /// Whether something of some line is still to come.
    pub fn any_open(&self) -> bool {
        self.open > 0
    }

    /// Whether there is no room for another line.
    pub(in crate::machine) fn are_full(&self) -> bool {
        self.lines.len() == LINES_MAX
    }

    fn search(&self, order: impl Fn(&T) -> Ordering) -> Result<usize, usize> {
        self.in_order
            .binary_search_by(|&at| order(&self.lines[usize::from(at)]))
    }
}

impl<T> Deref for Lines<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.lines
    }
}

impl<'a, T> IntoIterator for &'a Lines<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.lines.iter()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[derive(Debug, Clone, PartialEq, Eq)]
    struct Numbered {
        number: usize,
        open: bool,
    }

    thread_local! {
        static COMPARED: Cell<usize> = const { Cell::new(0) };
    }

    impl Distinct for Numbered {
        fn order(&self, other: &Self) -> Ordering {
            COMPARED.set(COMPARED.get() + 1);
            self.number.cmp(&other.number)
        }

        fn is_open(&self) -> bool {
            self.open
        }
    }

    fn lines(numbers: impl IntoIterator<Item = usize>) -> Vec<Numbered> {
        let open = |number| Numbered { number, open: true };
        numbers.into_iter().map(open).collect()
    }

    #[test]
    fn lines_are_one_to_a_thousand_and_each_of_something_else() {
        let made = |numbers: Vec<usize>| Lines::new(lines(numbers)).map(|lines| lines.len());
        assert_eq!(made(vec![]), Err(InvalidLines::Empty));
        assert_eq!(made((0..LINES_MAX).collect()), Ok(LINES_MAX));
        let more = (0..=LINES_MAX).collect();
        assert_eq!(made(more), Err(InvalidLines::TooMany));
        let twice = made(vec![5, 3, 9, 3, 5]);
        assert_eq!(twice, Err(InvalidLines::Twice { at: 3 }));
    }

    #[test]
    fn a_line_is_found_among_a_thousand_by_few_comparisons() {
        let all = lines((0..LINES_MAX).map(|at| at * 7919 % LINES_MAX));
        COMPARED.set(0);
        let mut grown = Lines::begin(all[0].clone());
        for line in &all[1..] {
            grown.push(line.clone());
        }
        for line in &all {
            let found = grown.find(|other| other.order(line));
            assert_eq!(found, Some(line));
        }
        assert!(COMPARED.get() <= 24 * LINES_MAX, "{} times", COMPARED.get());
        assert_eq!(&grown[..], &all[..]);
        let another = LINES_MAX;
        grown.push(lines([another])[0].clone());
        assert!(grown.are_full(), "one more is not taken");
        assert_eq!(grown, Lines::new(all).unwrap());
    }

    #[test]
    fn what_is_open_is_counted_as_lines_change() {
        let mut lines = Lines::new(lines([1, 2, 3])).unwrap();
        for number in [3, 1, 3, 2] {
            assert!(lines.any_open());
            let order = |line: &Numbered| line.number.cmp(&number);
            lines.change(order, |line| line.open = false);
        }
        assert!(!lines.any_open());
    }
}
