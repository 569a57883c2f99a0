//! One call of the document.

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use super::errors::{Errors, codes, number};
use super::examples::Examples;
use crate::server::{Access, AnswerDoc, Param, ParamKind, Route};

pub(super) fn operation<S: 'static>(
    route: &Route<S>,
    errors: &Errors,
    examples: &Examples,
    generator: &mut SchemaGenerator,
) -> Value {
    let mut operation = json!({
        "operationId": route.id,
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": parameters(route, generator),
        "responses": responses(route, errors, examples, generator),
    });
    if route.access == Access::Open {
        operation["security"] = json!([]);
    }
    if !route.keyless.is_empty() {
        let why = route.keyless;
        operation["description"] = format!("Refuses the header Idempotency-Key: {why}.").into();
    }
    if let Some(body) = &route.body {
        let example: Value = serde_json::from_str(body.example).expect("an example is JSON");
        operation["requestBody"] = json!({
            "required": true,
            "description": format!("at most {} bytes", body.bytes_max),
            "content": { "application/json": { "schema": (body.schema)(generator), "example": example } },
        });
    }
    operation
}

fn parameters<S>(route: &Route<S>, generator: &mut SchemaGenerator) -> Vec<Value> {
    let in_path = route.path_params.iter().map(|param| {
        json!({
            "name": param.name,
            "in": "path",
            "required": true,
            "description": format!("{}, percent-encoded as one segment", param.about),
            "schema": (param.schema)(generator),
            "example": param.example,
        })
    });
    let mut parameters: Vec<Value> = in_path.collect();
    parameters.extend(route.query.iter().map(|param| parameter(param, "query")));
    parameters.extend(
        route
            .headers
            .iter()
            .map(|header| parameter(&header.param, "header")),
    );
    parameters
}

fn parameter(param: &Param, place: &str) -> Value {
    let schema = match param.kind {
        ParamKind::Integer { min, max, default } => {
            let mut schema = json!({ "type": "integer", "minimum": min, "maximum": max });
            if let Some(default) = default {
                schema["default"] = default.into();
            }
            schema
        }
        ParamKind::Choice(words) => json!({ "type": "string", "enum": words }),
        ParamKind::Text {
            pattern, format, ..
        } => {
            let mut schema = json!({ "type": "string", "pattern": pattern });
            if !format.is_empty() {
                schema["format"] = format.into();
            }
            schema
        }
    };
    json!({
        "name": param.name,
        "in": place,
        "description": param.about,
        "schema": schema,
    })
}

fn responses<S>(
    route: &Route<S>,
    errors: &Errors,
    examples: &Examples,
    generator: &mut SchemaGenerator,
) -> Map<String, Value> {
    let mut responses = Map::new();
    for code in codes(route) {
        responses.insert(code.status().as_str().to_owned(), errors.response(code));
    }
    for answer in &route.answers {
        let status = answer.status.as_str().to_owned();
        responses.insert(status, response(route, answer, examples, generator));
    }
    responses
}

fn response<S>(
    route: &Route<S>,
    answer: &AnswerDoc,
    examples: &Examples,
    generator: &mut SchemaGenerator,
) -> Value {
    let mut response = json!({ "description": answer.about });
    if let Some((kind, schema)) = answer.content {
        let schema = schema.map_or_else(|| json!({}), |schema| schema(generator).to_value());
        let mut content = json!({ "schema": schema });
        if let Some(example) = examples.of(route.id, answer.status) {
            content["example"] = example.clone();
        }
        response["content"] = json!({ kind: content });
    }
    let mut headers = Map::new();
    let is_success = answer.status.is_success();
    if is_success && route.counted && route.access != Access::Open {
        headers.insert("RateLimit-Limit".into(), number("requests in a period"));
        headers.insert(
            "RateLimit-Remaining".into(),
            number("requests that are left"),
        );
        headers.insert(
            "RateLimit-Reset".into(),
            number("seconds until all are there again"),
        );
    }
    for (name, about) in answer.headers {
        headers.insert((*name).into(), told(about));
    }
    if !headers.is_empty() {
        response["headers"] = headers.into();
    }
    response
}

/// A header that is a text.
fn told(about: &str) -> Value {
    json!({ "description": about, "schema": { "type": "string" } })
}
