//! Whose spans and metrics these are.

use std::collections::BTreeMap;

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::TelemetryResourceDetector;

use super::TelemetrySettings;

/// What a service says of itself, and what its operator says of it, who is right. `instance` tells it from others of its
/// name.
pub(super) fn resource(settings: &TelemetrySettings, instance: &str) -> Resource {
    let own = [
        ("service.namespace", "inventory"),
        ("service.version", env!("CARGO_PKG_VERSION")),
        ("service.instance.id", instance),
    ];
    let mut attributes =
        BTreeMap::from(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    attributes.extend(settings.attributes.pairs().iter().cloned());
    attributes.insert("service.name".to_owned(), settings.service.clone());
    let attributes = attributes.into_iter();
    Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attributes(attributes.map(|(name, value)| KeyValue::new(name, value)))
        .build()
}
