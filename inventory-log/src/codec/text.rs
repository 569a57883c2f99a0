//! JSON text: the few forms that this format is made of, written and read: fixed names, integers, strings, digests.

use inventory_core::vocabulary::{
    Chain, Delta, Epoch, Fingerprint, Quantity, Sequence, Timestamp, Version,
};

/// A value that has one form.
pub(crate) trait Value {
    /// Appends it.
    fn push(self, out: &mut Vec<u8>);
}

/// Appends JSON as it stands, mostly a comma and a name in quotes, and then a value.
pub(crate) fn push_field(out: &mut Vec<u8>, before: &[u8], value: impl Value) {
    out.extend_from_slice(before);
    value.push(out);
}

macro_rules! values {
    ($($type:ty: $value:ident, $out:ident => $push:expr;)+) => {$(
        impl Value for $type {
            fn push(self, $out: &mut Vec<u8>) {
                let $value = self;
                $push;
            }
        }
    )+};
}

values! {
    &str: text, out => push_string(out, text);
    u32: number, out => push_number(out, number);
    u64: number, out => push_number(out, number);
    usize: number, out => push_number(out, number);
    Sequence: sequence, out => push_number(out, sequence.number());
    Version: version, out => push_number(out, version.number());
    Quantity: quantity, out => push_number(out, quantity.units());
    Delta: delta, out => push_number(out, delta.units());
    Timestamp: time, out => push_quoted(out, &time.to_text());
    Fingerprint: digest, out => push_digest(out, digest.bits());
    Chain: digest, out => push_digest(out, digest.bits());
    Epoch: epoch, out => push_quoted(out, epoch.to_string().as_bytes());
}

impl<T: Value> Value for Option<T> {
    fn push(self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.push(out),
            None => out.extend_from_slice(b"null"),
        }
    }
}

/// Appends what needs no escape, in quotes.
fn push_quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
}

fn push_digest(out: &mut Vec<u8>, bits: u64) {
    out.push(b'"');
    push_hex64(out, bits);
    out.push(b'"');
}

/// Appends a number in decimal.
fn push_number(out: &mut Vec<u8>, number: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends `bits` as 16 lower-case hexadecimal digits.
fn push_hex64(out: &mut Vec<u8>, bits: u64) {
    let mut digits = [0; 16];
    for (place, digit) in digits.iter_mut().enumerate() {
        *digit = HEX[(bits >> (60 - 4 * place)) as usize & 15];
    }
    out.extend_from_slice(&digits);
}

/// Appends a checksum as 8 lower-case hexadecimal digits.
pub(crate) fn push_hex32(out: &mut Vec<u8>, bits: u32) {
    let mut digits = [0; 8];
    for (place, digit) in digits.iter_mut().enumerate() {
        *digit = HEX[(bits >> (28 - 4 * place)) as usize & 15];
    }
    out.extend_from_slice(&digits);
}

/// Any bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .map(|digit| char::from(HEX[usize::from(digit)]))
        .collect()
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The number that `digits`, all lower-case hexadecimal and at most 16, stand for.
pub(crate) fn parse_hex(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |bits, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(bits << 4 | u64::from(value))
    })
}

/// Appends a JSON string.
fn push_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    // Ids and keys seldom need an escape: look once, then copy at once.
    let plain = text
        .bytes()
        .fold(true, |plain, byte| plain & !needs_escape(byte));
    if plain {
        out.extend_from_slice(text.as_bytes());
    } else {
        text.bytes().for_each(|byte| push_escaped(out, byte));
    }
    out.push(b'"');
}

fn needs_escape(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

fn push_escaped(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
        0..b' ' => {
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
        _ => out.push(byte),
    }
}

/// Reads the forms that this module writes, from the front of a text. Anything else is `None`: it may still be JSON.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    /// The length of the whole text.
    pub(crate) fn length(&self) -> usize {
        self.text.len()
    }

    /// Whether `literal` comes next.
    pub(crate) fn is_at(&self, literal: &str) -> bool {
        self.rest().starts_with(literal.as_bytes())
    }

    /// Passes `literal`.
    pub(crate) fn pass(&mut self, literal: &str) -> Option<()> {
        self.is_at(literal).then(|| self.at += literal.len())
    }

    /// Passes an integer without sign, leading zeros, fraction or exponent.
    pub(crate) fn number(&mut self) -> Option<u64> {
        let digits = self.rest();
        let length = digits
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if length == 0 || length > 19 || (digits[0] == b'0' && length > 1) {
            return None;
        }
        self.at += length;
        // 19 digits are below 2^64.
        let digits = digits[..length].iter();
        Some(digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
    }

    /// Passes an integer with or without a minus sign. To a JSON parser, `-0` is a float.
    pub(crate) fn integer(&mut self) -> Option<i64> {
        let negative = self.pass("-").is_some();
        let number = i64::try_from(self.number()?).ok()?;
        match (negative, number) {
            (true, 0) => None,
            (true, _) => Some(-number),
            (false, _) => Some(number),
        }
    }

    /// Passes a string without escapes, up to and including its closing quote; the opening one is passed already.
    pub(crate) fn string(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let length = rest.iter().position(|&byte| needs_escape(byte))?;
        if rest[length] != b'"' {
            return None;
        }
        let text = &self.text[self.at..self.at + length];
        self.at += length + 1;
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_read_back_by_any_json_parser() {
        for text in ["", "tea", "ä\u{1F375}", "a\"b\\c", "\0\n\r\t\u{1f}\u{7f}/"] {
            let mut out = Vec::new();
            push_string(&mut out, text);
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }

    #[test]
    fn numbers_are_read_in_their_one_form_only() {
        let number = |text| Cursor::new(text).number();
        assert_eq!(number("0,"), Some(0));
        assert_eq!(number("9007199254740991"), Some(9_007_199_254_740_991));
        for bad in ["", "-1", "01", "x", "12345678901234567890"] {
            assert_eq!(number(bad), None, "{bad}");
        }
        assert_eq!(Cursor::new("-12").integer(), Some(-12));
        assert_eq!(Cursor::new("-0").integer(), None);
        assert_eq!(parse_hex(b"00ff"), Some(255));
        assert_eq!(parse_hex(b"00FF"), None);
    }
}
