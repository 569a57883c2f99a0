//! The OpenAPI document, made of the table of routes and the types of the bodies.

mod operation;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::kit::{ErrorBody, Route};
use operation::operation;

/// The document of a service, as OpenAPI 3.1.
pub fn document<S: 'static>(title: &str, routes: &[Route<S>]) -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let error = generator.subschema_for::<ErrorBody>();
    let mut paths: Map<String, Value> = Map::new();
    for route in routes {
        let methods = paths.entry(route.path).or_insert_with(|| json!({}));
        let method = route.method.as_str().to_ascii_lowercase();
        methods[method] = operation(route, &error, &mut generator);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Every error has a body of the schema Error. 503, time-outs and broken connections mean that \
                the outcome is unknown: the same idempotency key settles it.",
        },
        "security": [{ "key": [] }, { "bearer": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": { "type": "apiKey", "in": "header", "name": "X-API-Key" },
                "bearer": { "type": "http", "scheme": "bearer" },
            },
            "schemas": generator.take_definitions(true),
        },
    })
}
