//! What operators see: metrics, traces and logs.
//!
//! ```text
//!  instruments ──┬── Prometheus text, when somebody asks for /metrics
//!                └── OTLP, every few seconds ─┐
//!  spans ─────────── OTLP, in batches ────────┴── only while the probe finds a collector
//! ```
//!
//! **Invariant**: a collector that is missing or slow costs a request nothing: spans are not even made, and nothing waits.

mod asked;
#[cfg(feature = "client")]
mod attempt;
#[cfg(feature = "telemetry")]
mod export;
#[cfg(not(feature = "telemetry"))]
#[path = "no_export.rs"]
mod export;
mod instruments;
pub mod logs;
mod observer;
#[cfg(feature = "telemetry")]
mod probe;
mod resource;
mod settings;
mod span;

use std::fmt;
use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::process_collector::ProcessCollector;
use prometheus::{Registry, TextEncoder};

pub use asked::Asked;
pub use instruments::{Instruments, Latency, Served, UpdateOutcome};
pub use settings::{
    CollectorAddress, InvalidAttributes, InvalidCollector, ResourceAttributes, TelemetrySettings,
};
pub use span::{ChildSpan, RequestSpan};

use export::Export;

/// The telemetry of one process. Clones are the same.
#[derive(Clone)]
pub struct Telemetry {
    inner: Arc<Inner>,
}

struct Inner {
    instruments: Instruments,
    /// What URLs of this service begin with.
    scheme: &'static str,
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
    /// Starts, inside a runtime. A collector that is not there is looked for again and again. `instance` tells this process
    /// from others with the name of this service.
    pub async fn start(settings: &TelemetrySettings, instance: &str) -> Self {
        let registry = Registry::new();
        let process = ProcessCollector::for_self();
        registry
            .register(Box::new(process))
            .expect("the registry is new, so nothing in it clashes");
        let reader = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .without_counter_suffixes()
            .without_target_info()
            .scope_info_enabled(false)
            .build()
            .expect("the registry is new, so nothing in it clashes");
        let resource = resource::resource(settings, instance);
        let mut meters = SdkMeterProvider::builder()
            .with_resource(resource.clone())
            .with_reader(reader);
        let export = Export::start(settings, resource).await;
        if let Some(export) = &export {
            meters = export.with_metrics(meters, settings);
        }
        let meters = meters.build();
        let meter = meters.meter("inventory");
        show_build(&meter, settings.service.clone());
        let inner = Inner {
            instruments: Instruments::new(&meter, settings.scheme()),
            scheme: settings.scheme(),
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
    pub fn request(&self, asked: &Asked<'_>) -> RequestSpan {
        RequestSpan::begin(self.inner.export.as_ref(), asked, self.inner.scheme)
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

/// Says which program this is.
fn show_build(meter: &Meter, service: String) {
    let attributes = [
        KeyValue::new("version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("service", service),
    ];
    meter
        .u64_observable_gauge("inventory_build_info")
        .with_description("1, of the version and the name of this service")
        .with_callback(move |observer| observer.observe(1, &attributes))
        .build();
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn off() -> Telemetry {
        let settings = TelemetrySettings {
            collector: None,
            service: "test".to_owned(),
            attributes: ResourceAttributes::default(),
            is_encrypted: false,
            trace_ratio: 1.0,
            interval: Duration::from_secs(30),
        };
        Telemetry::start(&settings, "here").await
    }

    #[tokio::test]
    async fn metrics_have_their_names_and_no_family_stands_twice() {
        let telemetry = off().await;
        telemetry.gauge("inventory_inbox_depth", "requests that wait", || Some(7));
        let instruments = telemetry.instruments();
        let served = Served {
            route: Some("/inventory/{productId}"),
            method: "GET",
            status: 200,
        };
        instruments.served(&served, Duration::from_micros(300));
        instruments
            .latency(&served)
            .record(Duration::from_micros(300));
        let nowhere = Served {
            route: None,
            method: "GET",
            status: 503,
        };
        instruments.served(&nowhere, Duration::from_micros(300));
        instruments.update(UpdateOutcome::Applied, 3);
        instruments.update(UpdateOutcome::Refused, 1);
        let text = telemetry.prometheus();
        for line in [
            "inventory_inbox_depth 7",
            "inventory_updates_total{outcome=\"applied\"} 3",
            "inventory_updates_total{outcome=\"refused\"} 1",
            "# TYPE request_latency_ms histogram",
            "request_latency_ms_count{method=\"GET\",route=\"/inventory/{productId}\",status=\"200\"} 2",
            "http_server_request_duration_seconds_count{http_request_method=\"GET\",http_response_status_code=\"200\",http_route=\"/inventory/{productId}\",url_scheme=\"http\"} 2",
            "http_server_request_duration_seconds_count{error_type=\"503\",http_request_method=\"GET\",http_response_status_code=\"503\",url_scheme=\"http\"} 1",
            "http_server_request_duration_seconds_sum{http_request_method=\"GET\",http_response_status_code=\"200\",http_route=\"/inventory/{productId}\",url_scheme=\"http\"} 0.0006",
            &format!(
                "inventory_build_info{{service=\"test\",version=\"{}\"}} 1",
                env!("CARGO_PKG_VERSION")
            ),
            "# TYPE process_resident_memory_bytes gauge",
            "# TYPE process_open_fds gauge",
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
}
