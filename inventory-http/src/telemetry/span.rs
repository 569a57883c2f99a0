//! Spans, and the trace that a request belongs to.

use std::sync::Arc;

use inventory_core::vocabulary::TraceParent;
use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt as _,
    TraceFlags, TraceId, Tracer as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SdkTracer;

use super::asked::Asked;
use super::export::Export;
use crate::wire::TraceContext;

/// A request, and what is known of its trace. Clones are the same span.
#[derive(Debug, Clone, Default)]
pub struct RequestSpan {
    /// The span, with who makes its children; `None` while nobody collects any.
    recorded: Option<(Context, SdkTracer)>,
    trace: Option<TraceContext>,
}

impl RequestSpan {
    pub(super) fn begin(export: Option<&Export>, asked: &Asked<'_>, scheme: &'static str) -> Self {
        let parent = asked.parent();
        let span = || {
            SpanBuilder::from_name(asked.span_name())
                .with_kind(SpanKind::Server)
                .with_attributes(asked.attributes(scheme))
        };
        match record(export, parent.as_ref(), span) {
            Some((context, tracer)) => Self {
                trace: local(context.span().span_context()),
                recorded: Some((context, tracer.clone())),
            },
            None => Self {
                recorded: None,
                trace: parent,
            },
        }
    }

    /// The trace that goes into what the request writes, and on to whoever is asked for it: the span's own when it is
    /// recorded, else the client's.
    pub fn trace(&self) -> Option<&TraceContext> {
        self.trace.as_ref()
    }

    /// The span's own trace, when it is recorded.
    pub fn own_trace(&self) -> Option<TraceParent> {
        let recorded = self.recorded.as_ref().and(self.trace.as_ref());
        recorded.map(|trace| trace.parent)
    }

    /// A part of the request, until it is dropped.
    pub fn child(&self, name: &'static str) -> ChildSpan {
        let child = self.recorded.as_ref().map(|(context, tracer)| {
            let span = SpanBuilder::from_name(name);
            context.with_span(tracer.build_with_context(span, context))
        });
        ChildSpan(child)
    }

    /// The request was answered, or its client has gone.
    pub fn end(&self, status: u16) {
        if let Some((context, _)) = &self.recorded {
            let span = context.span();
            let code = i64::from(status);
            span.set_attribute(KeyValue::new("http.response.status_code", code));
            if let Some(error) = error_type(status) {
                span.set_attribute(KeyValue::new("error.type", error));
                span.set_status(Status::error("the request was not answered"));
            }
            span.end();
        }
    }
}

/// What the conventions call the error of a request that the service did not answer; what a client did wrong is none.
pub(super) fn error_type(status: u16) -> Option<String> {
    (status >= 499).then(|| status.to_string())
}

/// A part of something, until it is dropped.
#[derive(Debug)]
pub struct ChildSpan(Option<Context>);

impl ChildSpan {
    pub(super) fn task(export: Option<&Export>, name: &'static str) -> Self {
        let export = export.filter(|export| export.is_open());
        Self(export.map(|export| {
            let context = Context::new();
            let span = SpanBuilder::from_name(name);
            context.with_span(export.tracer().build_with_context(span, &context))
        }))
    }

    /// The trace that parts of it elsewhere belong to; `None` while nobody collects any.
    pub fn trace(&self) -> Option<TraceContext> {
        self.0
            .as_ref()
            .and_then(|context| local(context.span().span_context()))
    }

    /// Says how much of something there was.
    pub fn count(&self, name: &'static str, count: u64) {
        if let Some(context) = &self.0 {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            context.span().set_attribute(KeyValue::new(name, count));
        }
    }

    /// Says what went wrong.
    pub fn fail(&self, what: impl Into<String>) {
        if let Some(context) = &self.0 {
            context.span().set_status(Status::error(what.into()));
        }
    }
}

impl Drop for ChildSpan {
    fn drop(&mut self) {
        if let Some(context) = &self.0 {
            context.span().end();
        }
    }
}

/// Begins a span, when somebody collects it, and this one is of those that are wanted.
pub(super) fn record<'e>(
    export: Option<&'e Export>,
    parent: Option<&TraceContext>,
    span: impl FnOnce() -> SpanBuilder,
) -> Option<(Context, &'e SdkTracer)> {
    let export = export.filter(|export| export.is_open())?;
    let context = match parent {
        Some(parent) => Context::new().with_remote_span_context(remote(parent)),
        None => Context::new(),
    };
    let tracer = export.tracer();
    let span = tracer.build_with_context(span(), &context);
    span.is_recording()
        .then(|| (context.with_span(span), tracer))
}

fn remote(context: &TraceContext) -> SpanContext {
    let TraceContext { parent, state } = context;
    let state = state.as_deref().and_then(|state| state.parse().ok());
    SpanContext::new(
        TraceId::from(parent.trace()),
        SpanId::from(parent.span()),
        TraceFlags::new(parent.flags()),
        true,
        state.unwrap_or_default(),
    )
}

pub(super) fn local(context: &SpanContext) -> Option<TraceContext> {
    let trace = u128::from_be_bytes(context.trace_id().to_bytes());
    let span = u64::from_be_bytes(context.span_id().to_bytes());
    let parent = TraceParent::new(trace, span, context.trace_flags().to_u8())?;
    let state = context.trace_state().header();
    let state = (!state.is_empty()).then(|| Arc::from(state));
    Some(TraceContext { parent, state })
}
