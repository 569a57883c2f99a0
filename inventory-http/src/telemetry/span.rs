//! Spans, and the trace that a request belongs to.

use inventory_core::vocabulary::TraceParent;
use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt as _,
    TraceFlags, TraceId, TraceState, Tracer as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SdkTracer;

use super::export::Export;

/// A request, and what is known of its trace. Clones are the same span.
#[derive(Debug, Clone, Default)]
pub struct RequestSpan {
    /// The span, with who makes its children; `None` while nobody collects any.
    recorded: Option<(Context, SdkTracer)>,
    trace: Option<TraceParent>,
}

impl RequestSpan {
    pub(super) fn begin(
        export: Option<&Export>,
        method: &'static str,
        route: &'static str,
        traceparent: Option<&str>,
    ) -> Self {
        let parent: Option<TraceParent> = traceparent.and_then(|text| text.parse().ok());
        let Some(export) = export.filter(|export| export.is_open()) else {
            return Self {
                recorded: None,
                trace: parent,
            };
        };
        let context = match parent {
            Some(parent) => Context::new().with_remote_span_context(remote(parent)),
            None => Context::new(),
        };
        let tracer = export.tracer();
        let span = SpanBuilder::from_name(format!("{method} {route}"))
            .with_kind(SpanKind::Server)
            .with_attributes([
                KeyValue::new("http.request.method", method),
                KeyValue::new("http.route", route),
            ]);
        let span = tracer.build_with_context(span, &context);
        if !span.is_recording() {
            return Self {
                recorded: None,
                trace: parent,
            };
        }
        let trace = local(span.span_context());
        let recorded = Some((context.with_span(span), tracer.clone()));
        Self { recorded, trace }
    }

    /// The trace context that goes into the answer, and into what the request writes: the span's own when it is
    /// recorded, else the client's.
    pub fn trace(&self) -> Option<TraceParent> {
        self.trace
    }

    /// Whether somebody collects it.
    pub fn is_recorded(&self) -> bool {
        self.recorded.is_some()
    }

    /// A part of the request, until it is dropped.
    pub fn child(&self, name: &'static str) -> ChildSpan {
        let child = self.recorded.as_ref().map(|(context, tracer)| {
            let span = tracer.build_with_context(SpanBuilder::from_name(name), context);
            context.with_span(span)
        });
        ChildSpan(child)
    }

    /// The request was answered.
    pub fn end(&self, status: u16) {
        if let Some((context, _)) = &self.recorded {
            let span = context.span();
            let code = i64::from(status);
            span.set_attribute(KeyValue::new("http.response.status_code", code));
            if status >= 500 {
                span.set_status(Status::error("the service could not answer"));
            }
            span.end();
        }
    }
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

fn remote(parent: TraceParent) -> SpanContext {
    SpanContext::new(
        TraceId::from(parent.trace()),
        SpanId::from(parent.span()),
        TraceFlags::new(parent.flags()),
        true,
        TraceState::default(),
    )
}

fn local(context: &SpanContext) -> Option<TraceParent> {
    let trace = u128::from_be_bytes(context.trace_id().to_bytes());
    let span = u64::from_be_bytes(context.span_id().to_bytes());
    TraceParent::new(trace, span, context.trace_flags().to_u8())
}
