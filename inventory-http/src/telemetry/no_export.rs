//! No exporter: this library was built without the feature `telemetry`.

use std::convert::Infallible;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::MeterProviderBuilder;
use opentelemetry_sdk::trace::SdkTracer;

use super::TelemetrySettings;

/// There is none.
#[derive(Debug)]
pub(super) struct Export(Infallible);

impl Export {
    pub(super) async fn start(settings: &TelemetrySettings, _: Resource) -> Option<Self> {
        if let Some(collector) = &settings.collector {
            tracing::warn!(
                %collector,
                "nothing is exported: this program was built without the feature telemetry"
            );
        }
        None
    }

    pub(super) fn with_metrics(
        &self,
        _: MeterProviderBuilder,
        _: &TelemetrySettings,
    ) -> MeterProviderBuilder {
        match self.0 {}
    }

    pub(super) fn is_open(&self) -> bool {
        match self.0 {}
    }

    pub(super) fn tracer(&self) -> &SdkTracer {
        match self.0 {}
    }

    pub(super) fn stop(&self) {
        match self.0 {}
    }
}
