//! What the fuzz targets share: checksums that are right again, and what every refusal of a request says.
//!
//! A checksum stops every change of the bytes before it, and so hides all code behind it. The targets therefore try an
//! input twice: as it is, and with the checksum that its writer would have given it.

use inventory_http::server::{ApiError, FAULTS_MAX, NOT_PUBLISHED};

/// `,"crc":"xxxxxxxx"}`
const CRC_BYTES: usize = 18;

/// A line, without its newline, with a checksum that fits the rest of it.
pub fn mend_line(line: &[u8]) -> Vec<u8> {
    let mut mended = without_crc(line).to_vec();
    let crc = crc32fast::hash(&mended);
    mended.extend_from_slice(format!(",\"crc\":\"{crc:08x}\"}}").as_bytes());
    mended
}

/// A snapshot with a checksum that fits the rest of it.
pub fn mend_snapshot(document: &[u8]) -> Vec<u8> {
    const LAST_LINE: &[u8] = b"\"crc\":\"";
    let last = document
        .windows(LAST_LINE.len())
        .rposition(|bytes| bytes == LAST_LINE);
    let mut mended = document[..last.unwrap_or(document.len())].to_vec();
    let crc = crc32fast::hash(&mended);
    mended.extend_from_slice(format!("\"crc\":\"{crc:08x}\"}}\n").as_bytes());
    mended
}

/// The first field that a request was refused for, once it is sure that a client is told what it can mend.
///
/// # Panics
///
/// The refusal is not as published.
pub fn refused_field(error: &ApiError) -> String {
    let body = serde_json::to_value(error.body()).expect("a refusal is written as JSON");
    assert_eq!(body["code"], "bad_request", "{body}");
    let details = body["details"].as_array().expect("details are a list");
    assert!((1..=FAULTS_MAX).contains(&details.len()), "{body}");
    for detail in details {
        let issue = detail["issue"].as_str().expect("a detail has texts");
        assert!(!issue.is_empty() && issue != NOT_PUBLISHED, "{body}");
    }
    let first = details[0]["field"].as_str().expect("a detail has texts");
    first.to_owned()
}

fn without_crc(line: &[u8]) -> &[u8] {
    let ended = line
        .len()
        .checked_sub(CRC_BYTES)
        .and_then(|at| line.split_at_checked(at));
    match ended {
        Some((rest, crc)) if crc.starts_with(b",\"crc\":\"") => rest,
        Some(_) | None => line.strip_suffix(b"}").unwrap_or(line),
    }
}
