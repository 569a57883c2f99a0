//! Sending spans and metrics to a collector, over OTLP on gRPC.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{MeterProviderBuilder, PeriodicReader, Temporality};
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};

use super::TelemetrySettings;
use super::probe::Probe;

/// How long the collector may take for one batch, and for the last one.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(3);

/// The way to a collector.
pub(super) struct Export {
    url: String,
    probe: Arc<Probe>,
    tracers: SdkTracerProvider,
    tracer: SdkTracer,
}

impl fmt::Debug for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Export")
            .field("url", &self.url)
            .field("open", &self.is_open())
            .finish_non_exhaustive()
    }
}

impl Export {
    pub(super) async fn start(settings: &TelemetrySettings, resource: Resource) -> Option<Self> {
        let address = settings.collector.as_ref()?.to_string();
        let url = format!("http://{address}");
        let spans = SpanExporter::builder()
            .with_tonic()
            .with_endpoint(&url)
            .with_timeout(EXPORT_TIMEOUT)
            .build()
            .expect("the address of a collector is a host and a port");
        let sampler = Sampler::TraceIdRatioBased(settings.trace_ratio);
        let tracers = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_sampler(Sampler::ParentBased(Box::new(sampler)))
            .with_batch_exporter(spans)
            .build();
        Some(Self {
            url,
            probe: Probe::start(address, settings.interval).await,
            tracer: tracers.tracer("inventory"),
            tracers,
        })
    }

    /// Sends the metrics of a builder's meters as well.
    pub(super) fn with_metrics(
        &self,
        meters: MeterProviderBuilder,
        settings: &TelemetrySettings,
    ) -> MeterProviderBuilder {
        let exporter = MetricExporter::builder()
            .with_tonic()
            .with_endpoint(&self.url)
            .with_timeout(EXPORT_TIMEOUT)
            .build()
            .expect("the same endpoint was good for spans");
        let gated = Gated {
            probe: Arc::clone(&self.probe),
            exporter,
        };
        let reader = PeriodicReader::builder(gated).with_interval(settings.interval);
        meters.with_reader(reader.build())
    }

    /// Whether there is a collector.
    pub(super) fn is_open(&self) -> bool {
        self.probe.found()
    }

    pub(super) fn tracer(&self) -> &SdkTracer {
        &self.tracer
    }

    /// Sends what is left.
    pub(super) fn stop(&self) {
        if self.is_open()
            && let Err(error) = self.tracers.shutdown_with_timeout(EXPORT_TIMEOUT)
        {
            tracing::warn!(%error, "the last spans could not be exported");
        }
    }
}

/// Sends metrics while there is a collector.
#[derive(Debug)]
struct Gated {
    probe: Arc<Probe>,
    exporter: MetricExporter,
}

impl PushMetricExporter for Gated {
    fn export(&self, metrics: &ResourceMetrics) -> impl Future<Output = OTelSdkResult> + Send {
        let sending = self.probe.found().then(|| self.exporter.export(metrics));
        async {
            match sending {
                Some(sending) => sending.await,
                None => Ok(()),
            }
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}
