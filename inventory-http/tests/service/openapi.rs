//! The OpenAPI document beside the routes it is made of.

use inventory_http::central::{document, routes};
use serde_json::{Value, json};

use crate::world::World;

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
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    let count: usize = paths
        .values()
        .map(|methods| methods.as_object().unwrap().len())
        .sum();
    assert_eq!(count, routes().len());
    let mut ids = std::collections::BTreeSet::new();
    for route in routes() {
        let method = route.method.as_str().to_ascii_lowercase();
        let operation = &document["paths"][route.path][method];
        let id = operation["operationId"].as_str().unwrap();
        assert!(
            id.starts_with(|c: char| c.is_ascii_lowercase())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            "{id}"
        );
        assert!(ids.insert(id.to_owned()), "{id} stands twice");
        assert!(!route.tag.is_empty(), "{route:?}");
        assert!(!route.summary.is_empty(), "{route:?}");
        let in_path = route.path.matches('{').count();
        assert_eq!(in_path, route.path_params.len(), "{route:?}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut found = Vec::new();
    refs(&document, &mut found);
    assert!(found.len() > 20);
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

/// Every object that stands anywhere in a document.
fn objects<'a>(value: &'a Value, found: &mut Vec<&'a serde_json::Map<String, Value>>) {
    match value {
        Value::Object(fields) => {
            found.push(fields);
            fields.values().for_each(|value| objects(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| objects(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn schemas_are_written_as_generators_of_clients_know_them() {
    let document = document();
    let mut found = Vec::new();
    objects(&document, &mut found);
    let (mut integers, mut enums, mut variants) = (0, 0, 0);
    for object in found {
        let kind = object.get("type");
        if kind.is_some_and(|kind| kind == "integer" || *kind == json!(["integer", "null"])) {
            assert_eq!(object["format"], "int64", "{object:?}");
            integers += 1;
        }
        if object.contains_key("enum") {
            assert_eq!(object["type"], "string", "{object:?}");
            enums += 1;
        }
        if let Some(choices) = object.get("oneOf") {
            let mapping = object["discriminator"]["mapping"].as_object().unwrap();
            assert_eq!(mapping.len(), choices.as_array().unwrap().len());
            variants += 1;
        }
        if let Some(Value::Array(choices)) = object.get("anyOf") {
            assert_eq!(choices[1..], [json!({ "type": "null" })], "{object:?}");
        }
        assert!(!object.contains_key("allOf"), "{object:?}");
        // Only what a number must not be is said with a constant.
        assert!(
            !object.contains_key("const") || object.len() == 1,
            "{object:?}"
        );
    }
    assert!(integers > 50 && enums > 8 && variants == 1);
    let codes = document.pointer("/components/schemas/Code").unwrap();
    assert_eq!(codes["enum"][0], "bad_request");
    assert!(
        codes["description"]
            .as_str()
            .unwrap()
            .contains("- `conflict`: The product is at another version.")
    );
}

#[test]
fn every_error_of_a_call_is_described_and_every_example_is_taken() {
    let document = document();
    let world = World::new();
    let mut examples = 0;
    for route in routes() {
        let method = route.method.as_str().to_ascii_lowercase();
        let operation = &document["paths"][route.path][method];
        let responses = operation["responses"].as_object().unwrap();
        for (status, response) in responses
            .iter()
            .filter(|(status, _)| *status > &"400".to_owned())
        {
            let content = &response["content"]["application/json"];
            if content["example"].is_null() {
                assert_eq!(route.path, "/readyz");
                continue;
            }
            let code = content["example"]["code"].as_str().unwrap();
            let described = response["description"].as_str().unwrap();
            assert!(described.starts_with(&format!("`{code}`: ")), "{described}");
            assert_eq!(content["schema"]["$ref"], "#/components/schemas/ApiError");
            assert!(status.len() == 3);
        }
        let content = &operation["requestBody"]["content"]["application/json"];
        if content.is_null() {
            continue;
        }
        examples += 1;
        let path = route
            .path_params
            .iter()
            .fold(route.path.to_owned(), |path, param| {
                path.replace(&format!("{{{}}}", param.name), param.example)
            });
        let body = content["example"].to_string();
        let reply = world
            .client()
            .call(route.method.as_str(), &path, &[], Some(&body));
        assert_ne!(reply.status, 400, "{path} {body}: {reply:?}");

        // Every id that a body can have is an id, wherever it stands.
        let mut ids = Vec::new();
        pointers(&content["example"], String::new(), &mut ids);
        for (pointer, field) in ids {
            let mut body = content["example"].clone();
            *body.pointer_mut(&pointer).unwrap() = json!("te\u{200b}a");
            let body = body.to_string();
            let reply = world
                .client()
                .call(route.method.as_str(), &path, &[], Some(&body));
            assert_eq!(
                (reply.status, reply.faults()),
                (
                    400,
                    vec![format!(
                        "{field} has U+200B at byte 2, which cannot be seen"
                    )]
                ),
                "{path} {body}"
            );
        }
    }
    assert_eq!(examples, 14);
}

/// Where the ids of a body are, as a pointer and as errors name it.
fn pointers(value: &Value, at: String, found: &mut Vec<(String, String)>) {
    const IDS: [&str; 7] = [
        "storeId",
        "productId",
        "id",
        "reservationId",
        "transferId",
        "fromStoreId",
        "toStoreId",
    ];
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let pointer = format!("{at}/{name}");
                if IDS.contains(&&**name) {
                    let path = pointer[1..].replace("/0/", "[0].");
                    found.push((pointer, path));
                } else {
                    pointers(value, pointer, found);
                }
            }
        }
        Value::Array(values) => {
            for (row, value) in values.iter().enumerate() {
                pointers(value, format!("{at}/{row}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
