//! OpenAPI documents of both services are kept in the repository, so that a review sees what a change does to callers.

use std::fs;

use serde_json::Value;

use crate::workspace::root;

#[test]
fn the_documents_in_the_repository_are_those_that_are_served() {
    for (path, document) in [
        (
            "inventory-http/openapi.json",
            inventory_http::central::document(),
        ),
        (
            "inventory-store/openapi.json",
            inventory_store::api::document(),
        ),
    ] {
        let served = serde_json::to_string_pretty(&document).unwrap() + "\n";
        if std::env::var_os("WRITE_DOCUMENTS").is_some() {
            fs::write(root().join(path), &served).unwrap();
        }
        let kept = fs::read_to_string(root().join(path)).unwrap_or_default();
        assert!(
            kept == served,
            "{path} is another one: run `make documents`, and look at the difference"
        );
    }
}

/// Generators of clients make a type of it: an event is said in one way, in pages and in streams.
#[test]
fn the_document_has_the_schema_of_an_event() {
    let document = inventory_http::central::document();
    let event = &document["components"]["schemas"]["WireEvent"];
    let required: Vec<&str> = event["required"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    for field in [
        "seq",
        "type",
        "productId",
        "storeId",
        "delta",
        "newVersion",
        "ts",
        "chain",
    ] {
        assert!(required.contains(&field), "{field} of {required:?}");
    }
}
