//! A collector that keeps what it is sent: OTLP over gRPC, as any other.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point;
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

/// Long enough that only a fault takes it.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was received so far.
#[derive(Debug, Default, Clone)]
pub(crate) struct Received {
    pub(crate) services: Vec<String>,
    pub(crate) spans: Vec<Span>,
    /// Each time that metrics came, the newest last.
    pub(crate) metrics: Vec<Vec<Metric>>,
}

impl Received {
    /// The spans of a name.
    pub(crate) fn named(&self, name: &str) -> Vec<&Span> {
        let spans = self.spans.iter();
        spans.filter(|span| span.name == name).collect()
    }

    /// What a counter has come to for an attribute, or how often a histogram was recorded.
    pub(crate) fn count(&self, metric: &str, attribute: Option<(&str, &str)>) -> u64 {
        let newest = self.metrics.last().into_iter().flatten();
        let data = newest
            .filter(|found| found.name == metric)
            .filter_map(|found| found.data.as_ref());
        let has = |attributes: &[KeyValue]| {
            attribute.is_none_or(|(name, value)| text(attributes, name).as_deref() == Some(value))
        };
        data.map(|data| match data {
            Data::Sum(sum) => {
                let points = sum.data_points.iter();
                let points = points.filter(|point| has(&point.attributes));
                points
                    .map(|point| match point.value {
                        Some(number_data_point::Value::AsInt(count)) => count as u64,
                        ref other => panic!("{other:?} is not a count"),
                    })
                    .sum()
            }
            Data::Histogram(histogram) => {
                let points = histogram.data_points.iter();
                let points = points.filter(|point| has(&point.attributes));
                points.map(|point| point.count).sum::<u64>()
            }
            Data::Gauge(_) | Data::ExponentialHistogram(_) | Data::Summary(_) => {
                panic!("{data:?} is neither a sum nor a histogram")
            }
        })
        .sum()
    }
}

/// An attribute as text.
pub(crate) fn text(attributes: &[KeyValue], name: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == name)?;
    let Some(AnyValue { value: Some(value) }) = &found.value else {
        return None;
    };
    if let Value::IntValue(number) = value {
        return Some(number.to_string());
    }
    let Value::StringValue(text) = value else {
        panic!("{value:?} is not what attributes are made of here");
    };
    Some(text.clone())
}

/// A collector, until it is dropped.
pub(crate) struct Collector {
    runtime: Runtime,
    pub(crate) address: SocketAddr,
    received: Arc<watch::Sender<Received>>,
}

impl Collector {
    pub(crate) fn start() -> Self {
        Self::at("127.0.0.1:0".parse().unwrap())
    }

    pub(crate) fn at(address: SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind(address)).unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(watch::Sender::new(Received::default()));
        let inbox = Inbox(Arc::clone(&received));
        let serving = Server::builder()
            .add_service(TraceServiceServer::new(inbox.clone()))
            .add_service(MetricsServiceServer::new(inbox))
            .serve_with_incoming(TcpIncoming::from(listener));
        runtime.spawn(async { serving.await.unwrap() });
        Self {
            runtime,
            address,
            received,
        }
    }

    /// What was received, once it is enough.
    pub(crate) fn wait(&self, enough: impl Fn(&Received) -> bool) -> Received {
        let mut received = self.received.subscribe();
        let waiting = async {
            let found = tokio::time::timeout(PATIENCE, received.wait_for(enough)).await;
            found.ok().map(|found| found.unwrap().clone())
        };
        match self.runtime.block_on(waiting) {
            Some(received) => received,
            None => panic!("not enough: {:#?}", self.received.borrow()),
        }
    }

    /// What was received so far.
    pub(crate) fn received(&self) -> Received {
        self.received.borrow().clone()
    }
}

#[derive(Clone)]
struct Inbox(Arc<watch::Sender<Received>>);

#[tonic::async_trait]
impl TraceService for Inbox {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.send_modify(|received| {
            for of_resource in request.into_inner().resource_spans {
                let attributes = of_resource.resource.unwrap_or_default().attributes;
                received.services.extend(text(&attributes, "service.name"));
                let scopes = of_resource.scope_spans.into_iter();
                received.spans.extend(scopes.flat_map(|scope| scope.spans));
            }
        });
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Inbox {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.0.send_modify(|received| {
            let resources = request.into_inner().resource_metrics.into_iter();
            let scopes = resources.flat_map(|resource| resource.scope_metrics);
            received
                .metrics
                .push(scopes.flat_map(|scope| scope.metrics).collect());
        });
        Ok(Response::new(Default::default()))
    }
}
