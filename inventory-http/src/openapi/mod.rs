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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::central::routes;

    fn refs<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|value| refs(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| refs(value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    #[test]
    fn every_route_is_in_the_document_and_nothing_else() {
        let document = document("central", &routes());
        let paths = document["paths"].as_object().unwrap();
        let count: usize = paths
            .values()
            .map(|methods| methods.as_object().unwrap().len())
            .sum();
        assert_eq!(count, routes().len());
        for route in routes() {
            let method = route.method.as_str().to_ascii_lowercase();
            let operation = &document["paths"][route.path][method];
            assert!(operation["operationId"].is_string(), "{route:?}");
            assert!(!route.summary.is_empty(), "{route:?}");
            let in_path = route.path.matches('{').count();
            assert_eq!(in_path, route.path_params.len(), "{route:?}");
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document("central", &routes());
        let mut found = Vec::new();
        refs(&document, &mut found);
        assert!(found.len() > 20);
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }
}
