//! The OpenAPI document, made of the table of routes and the types of the bodies.

mod errors;
mod examples;
mod operation;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::server::{Route, make_plain};
use errors::Errors;
use examples::Examples;
use operation::operation;

/// The document of a service, as OpenAPI 3.1. `answers` is JSON: examples of answers, each by its call and status, as
/// `readProduct 200`.
///
/// # Panics
///
/// The answers are no object of JSON.
pub fn document<S: 'static>(title: &str, routes: &[Route<S>], answers: &str) -> Value {
    let examples = Examples::parse(answers);
    // Of what is written: it says of a field that may be null whether it may be absent, too.
    let settings = SchemaSettings::draft2020_12()
        .for_serialize()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let errors = Errors::new(&mut generator);
    let mut paths: Map<String, Value> = Map::new();
    let mut tags: Vec<&str> = Vec::new();
    for route in routes {
        let methods = paths.entry(route.path).or_insert_with(|| json!({}));
        let method = route.method.as_str().to_ascii_lowercase();
        methods[method] = operation(route, &errors, &examples, &mut generator);
        if !tags.contains(&route.tag) {
            tags.push(route.tag);
        }
    }
    let tags: Vec<Value> = tags.iter().map(|tag| json!({ "name": tag })).collect();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": env!("CARGO_PKG_LICENSE") },
            "description": "Every error has a body of the schema ApiError, which names all that is wrong with a request. 503, \
                time-outs and broken connections mean that the outcome is unknown: the same idempotency key settles it. \
                A page of a listing leads on by nextCursor. Whoever follows the log reads /replication/snapshot once, and \
                then /replication/changes from its lastOffset on.",
        },
        "servers": [{ "url": "/" }],
        "tags": tags,
        "security": [{ "key": [] }, { "bearer": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": { "type": "apiKey", "in": "header", "name": "X-API-Key" },
                "bearer": { "type": "http", "scheme": "bearer" },
            },
            "schemas": generator.take_definitions(true),
        },
    });
    make_plain(&mut document);
    document
}
