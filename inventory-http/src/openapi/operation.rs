//! One call of the document.

use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::kit::{Access, AnswerDoc, Code, Param, ParamKind, Route};

/// Errors that a call can give for what it is, beside those that its route names.
fn common_errors<S>(route: &Route<S>) -> Vec<Code> {
    let mut codes = vec![Code::BadRequest, Code::UriTooLong];
    if route.access != Access::Open {
        codes.push(Code::Unauthorized);
        if route.counted {
            codes.push(Code::RateLimited);
        }
    }
    if matches!(route.access, Access::Write | Access::Admin) {
        codes.push(Code::Forbidden);
    }
    if route.body.is_some() {
        codes.extend([
            Code::RequestTimeout,
            Code::PayloadTooLarge,
            Code::UnsupportedMediaType,
        ]);
    }
    if route.access != Access::Open {
        codes.push(Code::Unavailable);
    }
    codes
}

pub(super) fn operation<S: 'static>(
    route: &Route<S>,
    error: &Schema,
    generator: &mut SchemaGenerator,
) -> Value {
    let mut operation = json!({
        "operationId": operation_id(route),
        "summary": route.summary,
        "parameters": parameters(route, generator),
        "responses": responses(route, error, generator),
    });
    if route.access == Access::Open {
        operation["security"] = json!([]);
    }
    if let Some(body) = &route.body {
        operation["requestBody"] = json!({
            "required": true,
            "description": format!("at most {} bytes", body.bytes_max),
            "content": { "application/json": { "schema": (body.schema)(generator) } },
        });
    }
    operation
}

/// `POST /inventory/{productId}` is `postInventoryProductId`.
fn operation_id<S>(route: &Route<S>) -> String {
    let mut id = route.method.as_str().to_ascii_lowercase();
    let words = route.path.split(|c: char| !c.is_ascii_alphanumeric());
    for word in words.filter(|word| !word.is_empty()) {
        let (first, rest) = word.split_at(1);
        id.push_str(&first.to_ascii_uppercase());
        id.push_str(rest);
    }
    id
}

fn parameters<S>(route: &Route<S>, generator: &mut SchemaGenerator) -> Vec<Value> {
    let in_path = route.path_params.iter().map(|param| {
        json!({
            "name": param.name,
            "in": "path",
            "required": true,
            "description": param.about,
            "schema": (param.schema)(generator),
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
    error: &Schema,
    generator: &mut SchemaGenerator,
) -> Map<String, Value> {
    let mut responses = Map::new();
    for code in common_errors(route).iter().chain(route.errors) {
        let mut response = json!({
            "description": code.text(),
            "content": { "application/json": { "schema": error } },
        });
        if matches!(code, Code::RateLimited | Code::Unavailable) {
            response["headers"] = json!({ "Retry-After": header("seconds to wait") });
        }
        responses.insert(code.status().as_str().to_owned(), response);
    }
    for answer in &route.answers {
        let status = answer.status.as_str().to_owned();
        responses.insert(status, response(route, answer, generator));
    }
    responses
}

fn response<S>(route: &Route<S>, answer: &AnswerDoc, generator: &mut SchemaGenerator) -> Value {
    let mut response = json!({ "description": answer.about });
    if let Some((kind, schema)) = answer.content {
        let schema = schema.map_or_else(|| json!({}), |schema| schema(generator).to_value());
        response["content"] = json!({ kind: { "schema": schema } });
    }
    let mut headers = Map::new();
    let is_success = answer.status.is_success();
    if is_success && route.counted && route.access != Access::Open {
        headers.insert("RateLimit-Limit".into(), header("requests in a period"));
        headers.insert(
            "RateLimit-Remaining".into(),
            header("requests that are left"),
        );
        headers.insert(
            "RateLimit-Reset".into(),
            header("seconds until all are there again"),
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

/// A header that is a number.
fn header(about: &str) -> Value {
    json!({ "description": about, "schema": { "type": "integer", "minimum": 0 } })
}
