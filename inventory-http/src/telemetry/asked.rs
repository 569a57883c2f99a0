//! A request, as OpenTelemetry's conventions for HTTP say it.

use std::sync::Arc;

use hyper::header::HOST;
use hyper::http::uri::Authority;
use hyper::{HeaderMap, Method, Uri, Version};
use opentelemetry::KeyValue;
use opentelemetry::trace::TraceState;

use crate::wire::TraceContext;
use crate::wire::headers::{TRACEPARENT, TRACESTATE};

/// A request's head, before it is answered.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The method as it was sent.
    pub method: &'a Method,
    /// The pattern of its path; `None` when it leads nowhere.
    pub route: Option<&'static str>,
    /// What was asked for.
    pub uri: &'a Uri,
    /// The head.
    pub headers: &'a HeaderMap,
    /// The protocol.
    pub version: Version,
    /// Whether it is known who asks: nobody else decides what is traced.
    pub is_known: bool,
}

impl Asked<'_> {
    /// The method as metrics call it: a client cannot make new ones.
    pub fn method_name(&self) -> &'static str {
        match *self.method {
            Method::GET => "GET",
            Method::HEAD => "HEAD",
            Method::POST => "POST",
            Method::PUT => "PUT",
            Method::DELETE => "DELETE",
            Method::OPTIONS => "OPTIONS",
            Method::PATCH => "PATCH",
            Method::TRACE => "TRACE",
            Method::CONNECT => "CONNECT",
            _ => OTHER_METHOD,
        }
    }

    pub(super) fn span_name(&self) -> String {
        let method = match self.method_name() {
            OTHER_METHOD => "HTTP",
            known => known,
        };
        match self.route {
            Some(route) => format!("{method} {route}"),
            None => method.to_owned(),
        }
    }

    /// What is known before there is an answer.
    pub(super) fn attributes(&self, scheme: &'static str) -> Vec<KeyValue> {
        let method = self.method_name();
        let text = |name: &'static str, value: &str| KeyValue::new(name, value.to_owned());
        let mut attributes = vec![
            KeyValue::new("http.request.method", method),
            KeyValue::new("url.scheme", scheme),
            text("url.path", self.uri.path()),
            KeyValue::new(
                "network.protocol.version",
                match self.version {
                    Version::HTTP_10 => "1.0",
                    Version::HTTP_2 => "2",
                    _ => "1.1",
                },
            ),
        ];
        if method == OTHER_METHOD {
            attributes.push(text("http.request.method_original", self.method.as_str()));
        }
        if let Some(query) = self.uri.query() {
            attributes.push(text("url.query", query));
        }
        if let Some(route) = self.route {
            attributes.push(KeyValue::new("http.route", route));
        }
        if let Some(server) = self.authority() {
            attributes.push(text("server.address", server.host()));
            if let Some(port) = server.port_u16() {
                attributes.push(KeyValue::new("server.port", i64::from(port)));
            }
        }
        attributes
    }

    /// Whom the client thinks it asks.
    fn authority(&self) -> Option<Authority> {
        let host = || self.headers.get(HOST)?.to_str().ok()?.parse().ok();
        self.uri.authority().cloned().or_else(host)
    }

    /// The trace that it is part of, if it is known who says so.
    pub(super) fn parent(&self) -> Option<TraceContext> {
        let parent = self.headers.get(TRACEPARENT).filter(|_| self.is_known)?;
        let parent = parent.to_str().ok()?.parse().ok()?;
        Some(TraceContext {
            parent,
            state: self.state(),
        })
    }

    /// What others who trace have to say: several headers are one list.
    fn state(&self) -> Option<Arc<str>> {
        let values = self.headers.get_all(TRACESTATE).iter();
        let values: Vec<_> = values
            .map(|value| value.to_str())
            .collect::<Result<_, _>>()
            .ok()?;
        let state: TraceState = values.join(",").parse().ok()?;
        let state = state.header();
        (!state.is_empty()).then(|| state.into())
    }
}

/// What the conventions call a method that they do not know.
const OTHER_METHOD: &str = "_OTHER";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_a_name_of_a_few_whatever_is_asked_for() {
        let (uri, headers) = (Uri::from_static("/x?y=1"), HeaderMap::new());
        let name = |method: &str, route| {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let asked = Asked {
                method: &method,
                route,
                uri: &uri,
                headers: &headers,
                version: Version::HTTP_11,
                is_known: false,
            };
            (asked.span_name(), asked.method_name())
        };
        let named = |name: &str, method| (name.to_owned(), method);
        assert_eq!(name("GET", Some("/x")), named("GET /x", "GET"));
        assert_eq!(name("PATCH", None), named("PATCH", "PATCH"));
        assert_eq!(name("BREW", None), named("HTTP", "_OTHER"));
    }

    #[test]
    fn a_trace_is_taken_over_with_its_state_from_who_is_known_only() {
        let (method, uri) = (Method::GET, Uri::from_static("/"));
        let mut headers = HeaderMap::new();
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        headers.insert(TRACEPARENT, parent.parse().unwrap());
        headers.append(TRACESTATE, "a=1".parse().unwrap());
        headers.append(TRACESTATE, "b=2".parse().unwrap());
        let taken = |is_known, headers: &HeaderMap| {
            Asked {
                method: &method,
                route: None,
                uri: &uri,
                headers,
                version: Version::HTTP_11,
                is_known,
            }
            .parent()
        };
        let context = taken(true, &headers).unwrap();
        assert_eq!(context.parent.to_string(), parent);
        assert_eq!(context.state.as_deref(), Some("a=1,b=2"));
        assert_eq!(taken(false, &headers), None);
        headers.insert(TRACEPARENT, "00-0-0-0".parse().unwrap());
        assert_eq!(taken(true, &headers), None);
    }
}
