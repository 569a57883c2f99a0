//! The spans of requests to other services, by OpenTelemetry's HTTP conventions for clients.

use std::fmt;

use opentelemetry::trace::{SpanBuilder, SpanKind, Status, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};

use super::asked::{SCHEME, TraceContext};
use super::export::Export;
use super::span::{local, record};

/// A request to another service, as it is sent once.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The method.
    pub method: &'a str,
    /// The pattern of the path: many paths have one.
    pub template: &'static str,
    /// The path and the query. Nothing in it may be secret.
    pub target: &'a str,
    /// Who is asked.
    pub host: &'a str,
    /// Where.
    pub port: u16,
    /// How often it was sent before.
    pub resent: u32,
}

impl Asking<'_> {
    fn span(&self) -> SpanBuilder {
        let Self {
            method,
            template,
            target,
            host,
            port,
            resent,
        } = *self;
        // An address of version 6 has brackets in a URL, and none by itself.
        let in_url = match host.contains(':') {
            true => format!("[{host}]"),
            false => host.to_owned(),
        };
        let mut attributes = vec![
            KeyValue::new("http.request.method", method.to_owned()),
            KeyValue::new("url.template", template),
            KeyValue::new("url.full", format!("{SCHEME}://{in_url}:{port}{target}")),
            KeyValue::new("server.address", host.to_owned()),
            KeyValue::new("server.port", i64::from(port)),
        ];
        if resent > 0 {
            let resent = i64::from(resent);
            attributes.push(KeyValue::new("http.request.resend_count", resent));
        }
        SpanBuilder::from_name(format!("{method} {template}"))
            .with_kind(SpanKind::Client)
            .with_attributes(attributes)
    }
}

/// The span of a request to another service, until it is dropped.
#[derive(Debug)]
pub struct AskingSpan(Option<Context>);

impl AskingSpan {
    pub(super) fn begin(
        export: Option<&Export>,
        asking: &Asking<'_>,
        parent: Option<&TraceContext>,
    ) -> Self {
        let recorded = record(export, parent, || asking.span());
        Self(recorded.map(|(context, _)| context))
    }

    /// The trace that goes with the request; `None` while nobody collects any.
    pub fn trace(&self) -> Option<TraceContext> {
        let context = self.0.as_ref()?;
        local(context.span().span_context())
    }

    /// There is an answer.
    pub fn answered(&self, status: u16) {
        let Some(context) = &self.0 else {
            return;
        };
        let (span, code) = (context.span(), i64::from(status));
        span.set_attribute(KeyValue::new("http.response.status_code", code));
        if status >= 400 {
            span.set_attribute(KeyValue::new("error.type", status.to_string()));
            // The status says it all.
            span.set_status(Status::error(""));
        }
    }

    /// There is no answer, or not all of it. There are few `kinds`.
    pub fn failed(&self, kind: &'static str, what: &dyn fmt::Display) {
        if let Some(context) = &self.0 {
            let span = context.span();
            span.set_attribute(KeyValue::new("error.type", kind));
            span.set_status(Status::error(what.to_string()));
        }
    }
}

impl Drop for AskingSpan {
    fn drop(&mut self) {
        if let Some(context) = &self.0 {
            context.span().end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_described_by_its_pattern_and_its_whole_url() {
        let asking = Asking {
            method: "GET",
            template: "/whoami",
            target: "/whoami?storeId=north",
            host: "::1",
            port: 8080,
            resent: 2,
        };
        let span = asking.span();
        assert_eq!(span.name, "GET /whoami");
        let attributes = span.attributes.unwrap();
        let said: Vec<_> = attributes
            .iter()
            .map(|attribute| format!("{}={}", attribute.key, attribute.value))
            .collect();
        assert_eq!(
            said,
            [
                "http.request.method=GET",
                "url.template=/whoami",
                "url.full=http://[::1]:8080/whoami?storeId=north",
                "server.address=::1",
                "server.port=8080",
                "http.request.resend_count=2",
            ]
        );
    }
}
