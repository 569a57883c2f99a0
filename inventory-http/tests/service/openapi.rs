//! The OpenAPI document beside the routes it is made of.

use inventory_http::central::routes;
use inventory_http::openapi;
use serde_json::Value;

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
    let document = openapi::document("central", &routes());
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
    let document = openapi::document("central", &routes());
    let mut found = Vec::new();
    refs(&document, &mut found);
    assert!(found.len() > 20);
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}
