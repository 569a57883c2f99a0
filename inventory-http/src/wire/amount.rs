//! Where the body of a mutation has its amounts: what is wrong is told by the path of its field.

use std::borrow::Cow;

use inventory_core::machine::Line;

/// How a body writes the lines of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// It is one line itself, in which the amount has this name.
    Whole(&'static str),
    /// As a list named `lines`, in which an amount has this name.
    InLines(&'static str),
}

impl Amount {
    /// Where a field of a line stands.
    pub fn field(self, line: Line, name: &'static str) -> Cow<'static, str> {
        match self {
            Self::Whole(_) => name.into(),
            Self::InLines(_) => format!("lines[{line}].{name}").into(),
        }
    }

    /// Where the amount of a line stands.
    pub fn of(self, line: Line) -> Cow<'static, str> {
        match self {
            Self::Whole(name) | Self::InLines(name) => self.field(line, name),
        }
    }
}
