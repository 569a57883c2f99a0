//! An OTLP collector over a real socket, which keeps what it is sent.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use inventory_core::vocabulary::TraceParent;
use opentelemetry_proto::tonic::collector::metrics::v1 as metrics;
use opentelemetry_proto::tonic::collector::trace::v1 as trace;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Metric, number_data_point};
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::net::TcpSocket;
use tokio::runtime::Runtime;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

/// Long enough that only a hang takes it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A port where a collector may listen one day. Until then it refuses connections, and is nobody else's.
pub(crate) struct Place {
    socket: TcpSocket,
    address: SocketAddr,
}

impl Place {
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = socket.local_addr().unwrap();
        Self { socket, address }
    }

    /// As the setting has it.
    pub(crate) fn endpoint(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn open(self) -> Collector {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let inbox = Arc::new(Inbox::default());
        let listener = {
            let _inside = runtime.enter();
            self.socket.listen(64).unwrap()
        };
        let serving = Server::builder()
            .add_service(trace::trace_service_server::TraceServiceServer::from_arc(
                Arc::clone(&inbox),
            ))
            .add_service(
                metrics::metrics_service_server::MetricsServiceServer::from_arc(Arc::clone(&inbox)),
            )
            .serve_with_incoming(TcpIncoming::from(listener));
        runtime.spawn(serving);
        Collector {
            runtime,
            inbox,
            endpoint: self.address.to_string(),
        }
    }
}

/// A collector that listens.
pub(crate) struct Collector {
    runtime: Runtime,
    inbox: Arc<Inbox>,
    endpoint: String,
}

impl Collector {
    pub(crate) fn new() -> Self {
        Place::new().open()
    }

    /// As the setting has it.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What has come so far.
    pub(crate) fn received(&self) -> Received {
        self.inbox.received.lock().unwrap().clone()
    }

    /// Waits until enough has come.
    #[track_caller]
    pub(crate) fn wait_until(&self, enough: impl Fn(&Received) -> bool) {
        let received = self.inbox.received.lock().unwrap();
        let waited = self
            .inbox
            .more
            .wait_timeout_while(received, PATIENCE, |received| !enough(received));
        let (received, waited) = waited.unwrap();
        assert!(!waited.timed_out(), "not enough: {received:?}");
    }

    /// Goes, with all its connections.
    pub(crate) fn die(self) {
        self.runtime.shutdown_timeout(PATIENCE);
    }
}

#[derive(Default)]
struct Inbox {
    received: Mutex<Received>,
    more: Condvar,
}

impl Inbox {
    fn take(&self, take: impl FnOnce(&mut Received)) {
        take(&mut self.received.lock().unwrap());
        self.more.notify_all();
    }
}

#[tonic::async_trait]
impl trace::trace_service_server::TraceService for Inbox {
    async fn export(
        &self,
        request: Request<trace::ExportTraceServiceRequest>,
    ) -> Result<Response<trace::ExportTraceServiceResponse>, Status> {
        self.take(|received| {
            for of_resource in request.into_inner().resource_spans {
                received.resource = of_resource.resource.unwrap_or_default().attributes;
                for of_scope in of_resource.scope_spans {
                    received.spans.extend(of_scope.spans);
                }
            }
        });
        Ok(Response::new(trace::ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl metrics::metrics_service_server::MetricsService for Inbox {
    async fn export(
        &self,
        request: Request<metrics::ExportMetricsServiceRequest>,
    ) -> Result<Response<metrics::ExportMetricsServiceResponse>, Status> {
        self.take(|received| {
            let resources = request.into_inner().resource_metrics.into_iter();
            let scopes = resources.flat_map(|of_resource| of_resource.scope_metrics);
            for metric in scopes.flat_map(|of_scope| of_scope.metrics) {
                received.metrics.insert(metric.name.clone(), metric);
            }
        });
        Ok(Response::new(
            metrics::ExportMetricsServiceResponse::default(),
        ))
    }
}

/// What a collector was sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Received {
    pub(crate) spans: Vec<Span>,
    /// The newest value of each, which counts everything since the start.
    pub(crate) metrics: BTreeMap<String, Metric>,
    /// The attributes of whoever made the spans.
    pub(crate) resource: Vec<KeyValue>,
}

impl Received {
    pub(crate) fn named(&self, name: &str) -> Vec<&Span> {
        let spans = self.spans.iter();
        spans.filter(|span| span.name == name).collect()
    }

    /// The only span of a name.
    #[track_caller]
    pub(crate) fn one(&self, name: &str) -> &Span {
        let found = self.named(name);
        let [span] = found[..] else {
            panic!("{} spans are called {name}: {:?}", found.len(), self.spans);
        };
        span
    }

    /// The span that a header names.
    #[track_caller]
    pub(crate) fn span(&self, traceparent: &str) -> &Span {
        let trace: TraceParent = traceparent.parse().unwrap();
        let found = self.spans.iter().find(|span| {
            span.trace_id == trace.trace().to_be_bytes()
                && span.span_id == trace.span().to_be_bytes()
        });
        found.unwrap_or_else(|| panic!("{traceparent} is not in {:?}", self.spans))
    }

    /// The part of a span that has this name.
    #[track_caller]
    pub(crate) fn part(&self, whole: &Span, name: &str) -> &Span {
        let found = self.spans.iter().find(|span| {
            span.name == name
                && span.trace_id == whole.trace_id
                && span.parent_span_id == whole.span_id
        });
        found.unwrap_or_else(|| panic!("{} has no {name}: {:?}", whole.name, self.spans))
    }

    /// What was counted: a sum, a gauge, or how often something was measured, where all these attributes are.
    pub(crate) fn count(&self, name: &str, attributes: &[(&str, &str)]) -> Option<u64> {
        let number = |value: &Option<number_data_point::Value>| match value {
            Some(number_data_point::Value::AsInt(value)) => u64::try_from(*value).unwrap(),
            other => panic!("{name} is {other:?}"),
        };
        let has = |found: &[KeyValue]| {
            let text = |key: &str| attribute(found, key).map(text);
            let mut wanted = attributes.iter();
            wanted.all(|(key, value)| text(key).as_deref() == Some(value))
        };
        let points = match self.metrics.get(name)?.data.as_ref()? {
            Data::Sum(sum) => &sum.data_points,
            Data::Gauge(gauge) => &gauge.data_points,
            Data::Histogram(histogram) => {
                let mut points = histogram.data_points.iter();
                return Some(points.find(|point| has(&point.attributes))?.count);
            }
            other @ (Data::ExponentialHistogram(_) | Data::Summary(_)) => {
                panic!("{name} is {other:?}")
            }
        };
        let mut points = points.iter();
        Some(number(&points.find(|point| has(&point.attributes))?.value))
    }
}

/// An attribute as a text; `None` when it is not there.
pub(crate) fn attribute_of(attributes: &[KeyValue], key: &str) -> Option<String> {
    attribute(attributes, key).map(text)
}

fn attribute<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a AnyValue> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    found.value.as_ref()
}

fn text(value: &AnyValue) -> String {
    match &value.value {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(flag)) => flag.to_string(),
        other => format!("{other:?}"),
    }
}
