//! Who is notified of each request that is sent, to make a span of it.

use std::fmt;

use crate::wire::TraceContext;

/// Makes a span of each request that a client sends.
pub trait Tracer: fmt::Debug + Send + Sync {
    /// A request begins, as a part of a trace if it has one.
    fn begin(&self, attempt: &Attempt<'_>, parent: Option<&TraceContext>) -> Box<dyn AttemptSpan>;
}

/// The span of one request, until it is dropped.
pub trait AttemptSpan: fmt::Debug + Send + Sync {
    /// The trace that goes with the request; `None` for the one that it is a part of.
    fn trace(&self) -> Option<TraceContext>;

    /// There is an answer.
    fn answered(&self, status: u16);

    /// There is no answer, or not all of it. There are few `kinds`.
    fn failed(&self, kind: &'static str, what: &dyn fmt::Display);
}

/// A request, as it is sent once.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The method.
    pub method: &'a str,
    /// The pattern of the path: many paths have one.
    pub template: &'static str,
    /// The whole URL. Nothing in it is secret.
    pub url: &'a str,
    /// Who is asked.
    pub host: &'a str,
    /// Where.
    pub port: u16,
    /// How often it was sent before.
    pub resent: u32,
}
