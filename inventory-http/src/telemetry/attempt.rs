//! The spans of requests to other services, by OpenTelemetry's HTTP conventions for clients.

use std::fmt;

use opentelemetry::trace::{SpanBuilder, SpanKind, Status, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};

use super::Telemetry;
use super::span::{local, record};
use crate::client::{Attempt, AttemptSpan, Tracer};
use crate::wire::TraceContext;

impl Tracer for Telemetry {
    fn begin(&self, attempt: &Attempt<'_>, parent: Option<&TraceContext>) -> Box<dyn AttemptSpan> {
        let recorded = record(self.inner.export.as_ref(), parent, || described(attempt));
        Box::new(Recorded(recorded.map(|(context, _)| context)))
    }
}

fn described(attempt: &Attempt<'_>) -> SpanBuilder {
    let Attempt {
        method,
        template,
        url,
        host,
        port,
        resent,
    } = *attempt;
    let mut attributes = vec![
        KeyValue::new("http.request.method", method.to_owned()),
        KeyValue::new("url.template", template),
        KeyValue::new("url.full", url.to_owned()),
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

/// The span of a request to another service; `None` while nobody collects any.
#[derive(Debug)]
struct Recorded(Option<Context>);

impl AttemptSpan for Recorded {
    fn trace(&self) -> Option<TraceContext> {
        let context = self.0.as_ref()?;
        local(context.span().span_context())
    }

    fn answered(&self, status: u16) {
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

    fn failed(&self, kind: &'static str, what: &dyn fmt::Display) {
        if let Some(context) = &self.0 {
            let span = context.span();
            span.set_attribute(KeyValue::new("error.type", kind));
            span.set_status(Status::error(what.to_string()));
        }
    }
}

impl Drop for Recorded {
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
        let span = described(&Attempt {
            method: "GET",
            template: "/whoami",
            url: "http://[::1]:8080/whoami?storeId=north",
            host: "::1",
            port: 8080,
            resent: 2,
        });
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
