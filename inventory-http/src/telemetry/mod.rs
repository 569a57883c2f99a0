//! What operators see: metrics, traces and logs.
//!
//! ```text
//!  instruments ──┬── Prometheus text, when somebody asks for /metrics
//!                └── OTLP, every few seconds ─┐
//!  spans ─────────── OTLP, in batches ────────┴── only while the probe finds a collector
//! ```
//!
//! **Invariant**: a collector that is missing or slow costs a request nothing: spans are not even made, and nothing waits.

mod export;
mod instruments;
pub mod logs;
mod observer;
mod probe;
mod span;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use inventory_core::ports::Observer;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder};

pub use instruments::{Instruments, Latency, Served, UpdateOutcome};
pub use span::{ChildSpan, RequestSpan};

use export::Export;
use observer::EngineObserver;

/// Where telemetry goes.
#[derive(Debug, Clone, PartialEq)]
pub struct TelemetrySettings {
    /// The collector's OTLP port for gRPC, as `host:port`; `None` exports nothing.
    pub endpoint: Option<String>,
    /// The name of this service.
    pub service: &'static str,
    /// Share of requests that are traced when their client does not say; 0 to 1.
    pub trace_ratio: f64,
    /// How often a missing collector is looked for, and metrics are sent.
    pub interval: Duration,
}

/// The telemetry of one process. Clones are the same.
#[derive(Clone)]
pub struct Telemetry {
    inner: Arc<Inner>,
}

struct Inner {
    instruments: Instruments,
    registry: Registry,
    meters: SdkMeterProvider,
    export: Option<Export>,
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry")
            .field("export", &self.inner.export)
            .finish_non_exhaustive()
    }
}

impl Telemetry {
    /// Starts, inside a runtime. A collector that is not there is looked for again and again.
    pub async fn start(settings: &TelemetrySettings) -> Self {
        let registry = Registry::new();
        let reader = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .without_counter_suffixes()
            .without_units()
            .without_target_info()
            .scope_info_enabled(false)
            .build()
            .expect("the registry is new, so nothing in it clashes");
        let mut meters = SdkMeterProvider::builder()
            .with_resource(export::resource(settings.service))
            .with_reader(reader);
        let export = Export::start(settings).await;
        if let Some(export) = &export {
            meters = meters.with_reader(export.metric_reader(settings.interval));
        }
        let meters = meters.build();
        let inner = Inner {
            instruments: Instruments::new(&meters.meter("inventory")),
            registry,
            meters,
            export,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// What is counted and measured.
    pub fn instruments(&self) -> &Instruments {
        &self.inner.instruments
    }

    /// Counts what the engine reports.
    pub fn observer(&self) -> Arc<dyn Observer> {
        Arc::new(EngineObserver::new(self.clone()))
    }

    /// A gauge that is read when somebody looks. Once there is nothing to read, it is left out: zero would be a lie.
    pub fn gauge(
        &self,
        name: &'static str,
        about: &'static str,
        read: impl Fn() -> Option<u64> + Send + Sync + 'static,
    ) {
        self.inner
            .meters
            .meter("inventory")
            .u64_observable_gauge(name)
            .with_description(about)
            .with_callback(move |observer| {
                if let Some(value) = read() {
                    observer.observe(value, &[]);
                }
            })
            .build();
    }

    /// A counter that is read when somebody looks, of something that counts by itself.
    pub fn counter(
        &self,
        name: &'static str,
        about: &'static str,
        read: impl Fn() -> Option<u64> + Send + Sync + 'static,
    ) {
        self.inner
            .meters
            .meter("inventory")
            .u64_observable_counter(name)
            .with_description(about)
            .with_callback(move |observer| {
                if let Some(value) = read() {
                    observer.observe(value, &[]);
                }
            })
            .build();
    }

    /// All metrics in the text format of Prometheus.
    pub fn prometheus(&self) -> String {
        let families = self.inner.registry.gather();
        TextEncoder::new()
            .encode_to_string(&families)
            .expect("names and help are texts")
    }

    /// The span of a request, which says how it is traced.
    pub fn request(
        &self,
        method: &'static str,
        route: &'static str,
        traceparent: Option<&str>,
    ) -> RequestSpan {
        RequestSpan::begin(self.inner.export.as_ref(), method, route, traceparent)
    }

    /// The span of something that no request has asked for.
    pub fn task(&self, name: &'static str) -> ChildSpan {
        ChildSpan::task(self.inner.export.as_ref(), name)
    }

    /// Whether spans are made now.
    pub fn is_tracing(&self) -> bool {
        self.inner.export.as_ref().is_some_and(Export::is_open)
    }

    /// Sends what is left, if there is a collector, and ends. Spans and metrics go side by side: a collector that does not
    /// answer holds up the end once.
    pub async fn stop(&self) {
        let (of_spans, of_metrics) = (Arc::clone(&self.inner), Arc::clone(&self.inner));
        let spans = tokio::task::spawn_blocking(move || {
            if let Some(export) = &of_spans.export {
                export.stop();
            }
        });
        let metrics = tokio::task::spawn_blocking(move || {
            // Only an exporter can fail, and nobody is left to whom that would matter.
            let _ = of_metrics.meters.shutdown();
        });
        let (spans, metrics) = tokio::join!(spans, metrics);
        if spans.is_err() || metrics.is_err() {
            tracing::warn!("the end of telemetry was cut off");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn off() -> Telemetry {
        Telemetry::start(&TelemetrySettings {
            endpoint: None,
            service: "test",
            trace_ratio: 1.0,
            interval: Duration::from_secs(30),
        })
        .await
    }

    #[tokio::test]
    async fn metrics_have_their_names_and_no_family_stands_twice() {
        let telemetry = off().await;
        telemetry.gauge("inbox_depth", "requests that wait", || Some(7));
        let instruments = telemetry.instruments();
        let served = Served {
            route: "/inventory/{productId}",
            method: "GET",
            status: 200,
        };
        instruments.served(&served, Duration::from_micros(300));
        instruments
            .latency(&served)
            .record(Duration::from_micros(300));
        instruments.update(UpdateOutcome::Applied, 3);
        instruments.update(UpdateOutcome::Refused, 1);
        let text = telemetry.prometheus();
        for line in [
            "inbox_depth 7",
            "inventory_updates_total{outcome=\"applied\"} 3",
            "inventory_updates_total{outcome=\"refused\"} 1",
            "# TYPE request_latency_ms histogram",
            "request_latency_ms_count{method=\"GET\",route=\"/inventory/{productId}\",status=\"200\"} 2",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        let mut families: Vec<_> = text
            .lines()
            .filter(|line| line.starts_with("# TYPE"))
            .collect();
        let all = families.len();
        families.dedup();
        assert_eq!(families.len(), all);
    }

    #[tokio::test]
    async fn without_an_endpoint_there_are_no_spans_and_a_trace_is_passed_on() {
        let telemetry = off().await;
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let span = telemetry.request("GET", "/", Some(text));
        assert_eq!(
            span.trace().map(|trace| trace.to_string()).as_deref(),
            Some(text)
        );
        assert!(!span.is_recorded());
        assert!(telemetry.request("GET", "/", None).trace().is_none());
        assert!(
            telemetry
                .request("GET", "/", Some("00-0-0-0"))
                .trace()
                .is_none()
        );
    }
}
