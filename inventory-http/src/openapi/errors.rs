//! Errors of the document.

use schemars::{JsonSchema as _, Schema, SchemaGenerator};
use serde_json::{Value, json};

use crate::server::{Access, Route};
use crate::wire::{Code, ErrorBody};

/// The schema of errors, and what each code means.
pub(super) struct Errors {
    schema: Schema,
    meanings: Schema,
}

impl Errors {
    pub(super) fn new(generator: &mut SchemaGenerator) -> Self {
        Self {
            schema: generator.subschema_for::<ErrorBody>(),
            meanings: Code::json_schema(&mut SchemaGenerator::default()),
        }
    }

    /// An answer with a code.
    pub(super) fn response(&self, code: Code) -> Value {
        let meaning = self.meaning(code);
        let example = json!({ "code": code.text(), "message": meaning, "details": [] });
        let mut response = json!({
            "description": format!("`{}`: {meaning}", code.text()),
            "content": { "application/json": { "schema": self.schema, "example": example } },
        });
        if matches!(code, Code::RateLimited | Code::Unavailable) {
            response["headers"] = json!({ "Retry-After": number("seconds to wait") });
        }
        response
    }

    /// As its type says.
    fn meaning(&self, code: Code) -> &str {
        let choices = self.meanings.get("oneOf").and_then(Value::as_array);
        let mut choices = choices.into_iter().flatten();
        let choice = choices.find(|choice| choice["const"] == code.text());
        let meaning = choice.and_then(|choice| choice["description"].as_str());
        meaning.expect("each code is described where it is declared")
    }
}

/// All codes that a call can give: for what it is, and those that its route names.
pub(super) fn codes<S>(route: &Route<S>) -> Vec<Code> {
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
    codes.extend(route.errors);
    codes
}

/// A header that is a number.
pub(super) fn number(about: &str) -> Value {
    json!({ "description": about, "schema": { "type": "integer", "minimum": 0 } })
}
