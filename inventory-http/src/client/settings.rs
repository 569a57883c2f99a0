//! What a client of central is told, and what bounds it.

use std::sync::Arc;
use std::time::Duration;

use super::address::CentralUrl;
use super::attempts::Backoff;
use super::roots::Roots;
use super::secret::SecretKey;
use super::tracer::Tracer;

/// What a client of central is made of.
#[derive(Debug, Clone)]
pub struct CentralSettings {
    /// Where central is.
    pub url: CentralUrl,
    /// Who is calling.
    pub key: SecretKey,
    /// How long each step may take.
    pub timeouts: Timeouts,
    /// How large answers may be.
    pub limits: AnswerLimits,
    /// How long to wait between attempts.
    pub backoff: Backoff,
    /// Connections that are open at the same time, long polls included; at least one.
    pub connections_max: usize,
    /// Whose certificates are believed, when the URL begins with https.
    pub roots: Roots,
    /// Who makes spans of requests.
    pub tracer: Option<Arc<dyn Tracer>>,
}

impl CentralSettings {
    /// Settings that suit a store on the same continent as central.
    pub fn new(url: CentralUrl, key: SecretKey) -> Self {
        Self {
            url,
            key,
            timeouts: Timeouts::default(),
            limits: AnswerLimits::default(),
            backoff: Backoff::default(),
            connections_max: 16,
            roots: Roots::System,
            tracer: None,
        }
    }
}

/// How long each step of a call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until there is a connection, the wait for a free one included.
    pub connect: Duration,
    /// From the request to the end of its answer; of a snapshot, to the end of the head. A long poll may
    /// take its own time on top.
    pub answer: Duration,
    /// Between two pieces of a snapshot.
    pub silence: Duration,
    /// How long an unused connection is kept. Central closes it after 60 seconds; to be earlier spares the race.
    pub kept: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(2),
            answer: Duration::from_secs(5),
            silence: Duration::from_secs(40),
            kept: Duration::from_secs(50),
        }
    }
}

/// How large answers may be: what is larger is not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerLimits {
    /// The answer about one thing, and every error.
    pub answer_bytes_max: u64,
    /// The answer to a body with many lines or rows: a few hundred bytes each.
    pub bulk_bytes_max: u64,
    /// A page of a listing or of the log: that passes its limit to finish a request, whose events are at most what fits 16 MiB of body.
    pub page_bytes_max: u64,
    /// A snapshot. Only what it is parsed into is held: about as much again.
    pub snapshot_bytes_max: u64,
}

impl Default for AnswerLimits {
    fn default() -> Self {
        Self {
            answer_bytes_max: 1 << 20,
            bulk_bytes_max: 16 << 20,
            page_bytes_max: 256 << 20,
            snapshot_bytes_max: 4 << 30,
        }
    }
}
