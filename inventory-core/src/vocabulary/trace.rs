//! The trace that a request belongs to.

use std::fmt;
use std::str::FromStr;

use super::text::as_text;

/// A W3C trace context, version 00: `00-<trace id>-<span id>-<flags>` in lower-case hexadecimal digits, ids not zero.
///
/// Source: <https://www.w3.org/TR/trace-context/#traceparent-header>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceParent {
    trace: u128,
    span: u64,
    flags: u8,
}

/// A text is not a trace context of version 00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a W3C traceparent of version 00")]
pub struct InvalidTraceParent;

impl TraceParent {
    /// A trace context; `None` when an id is zero, which means that there is none.
    pub fn new(trace: u128, span: u64, flags: u8) -> Option<Self> {
        (trace != 0 && span != 0).then_some(Self { trace, span, flags })
    }

    /// The id of the whole trace.
    pub fn trace(self) -> u128 {
        self.trace
    }

    /// The id of the span that made the request.
    pub fn span(self) -> u64 {
        self.span
    }

    /// The flags, as they are written.
    pub fn flags(self) -> u8 {
        self.flags
    }

    /// Whether somebody keeps the trace.
    pub fn is_sampled(self) -> bool {
        self.flags & 1 == 1
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trace, span, flags } = self;
        write!(f, "00-{trace:032x}-{span:016x}-{flags:02x}")
    }
}

impl FromStr for TraceParent {
    type Err = InvalidTraceParent;

    fn from_str(text: &str) -> Result<Self, InvalidTraceParent> {
        let digits = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let hyphens = [2, 35, 52];
        let right = text.len() == 55
            && text.starts_with("00")
            && text.bytes().enumerate().all(|(at, byte)| {
                if hyphens.contains(&at) {
                    byte == b'-'
                } else {
                    digits(byte)
                }
            });
        if !right {
            return Err(InvalidTraceParent);
        }
        let invalid = |_| InvalidTraceParent;
        let trace = u128::from_str_radix(&text[3..35], 16).map_err(invalid)?;
        let span = u64::from_str_radix(&text[36..52], 16).map_err(invalid)?;
        let flags = u8::from_str_radix(&text[53..55], 16).map_err(invalid)?;
        Self::new(trace, span, flags).ok_or(InvalidTraceParent)
    }
}

as_text!(TraceParent);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_context_is_read_back_and_nothing_else_is() {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let trace: TraceParent = text.parse().unwrap();
        assert_eq!(trace.to_string(), text);
        assert!(trace.is_sampled());
        for bad in [
            "",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
            "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473é-00f067aa0ba902b7-1",
        ] {
            assert_eq!(bad.parse::<TraceParent>(), Err(InvalidTraceParent), "{bad}");
        }
    }
}
