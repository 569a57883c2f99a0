//! A route: one value says what a call takes, who may make it, what it answers, and who handles it. The published
//! document is made of the same values.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use hyper::{Method, StatusCode};
use schemars::{JsonSchema, SchemaGenerator};

use super::answer::Answer;
use super::call::Call;
use super::error::ApiError;
use super::header::HeaderParam;
use super::keys::Access;
use super::query::Param;
use crate::wire::{Code, PathParam};

type Handling = Pin<Box<dyn Future<Output = Result<Answer, ApiError>> + Send>>;

pub(super) enum Handler<S> {
    /// Answers at once.
    Now(fn(&Call<S>) -> Result<Answer, ApiError>),
    /// Answers when something has happened.
    Later(Later<S>),
    /// Answers at once, unless what is asked for makes it wait.
    Either {
        waits: fn(&Call<S>) -> bool,
        now: fn(&Call<S>) -> Result<Answer, ApiError>,
        later: Later<S>,
    },
}

pub(super) type Later<S> = Box<dyn Fn(Call<S>) -> Handling + Send + Sync>;

/// Makes the schema of a type.
pub type Schema = fn(&mut SchemaGenerator) -> schemars::Schema;

/// The schema of a type, as a [`Schema`].
pub fn schema_of<T: JsonSchema>() -> Schema {
    |generator| generator.subschema_for::<T>()
}

/// A body that a call takes.
#[derive(Clone, Copy)]
pub struct BodyDoc {
    /// What it may be.
    pub schema: Schema,
    /// How large it may be.
    pub bytes_max: usize,
    /// One that may be, as JSON.
    pub example: &'static str,
}

/// An answer that a call may give.
#[derive(Clone, Copy)]
pub struct AnswerDoc {
    /// The status.
    pub status: StatusCode,
    /// What it means.
    pub about: &'static str,
    /// What its body is: a content type, and a schema when it is JSON.
    pub content: Option<(&'static str, Option<Schema>)>,
    /// Headers that it has beside those of every answer, each with what it says.
    pub headers: &'static [(&'static str, &'static str)],
}

/// A call.
pub struct Route<S> {
    /// The method.
    pub method: Method,
    /// The pattern of the path.
    pub path: &'static str,
    /// What programs call it.
    pub id: &'static str,
    /// What it is about, in one word.
    pub tag: &'static str,
    /// One line about it.
    pub summary: &'static str,
    /// What it needs of its key.
    pub access: Access,
    /// Whether it takes a token of the key's quota.
    pub counted: bool,
    /// Whether it is answered on connections that are kept for those who watch the service.
    pub(super) health: bool,
    /// Whether it may wait for something to happen.
    pub(super) patient: bool,
    /// The parameters of the path, in order.
    pub path_params: &'static [PathParam],
    /// The query parameters.
    pub query: &'static [&'static Param],
    /// Headers that the call reads, beside those of every call.
    pub headers: &'static [&'static HeaderParam],
    /// Why a change takes no header Idempotency-Key, or what is to be done instead; empty where it takes one.
    pub keyless: &'static str,
    /// The body.
    pub body: Option<BodyDoc>,
    /// What it answers when it is not an error.
    pub answers: Vec<AnswerDoc>,
    /// Errors beside those of every call.
    pub errors: &'static [Code],
    pub(super) handler: Handler<S>,
}

impl<S> fmt::Debug for Route<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl<S: 'static> Route<S> {
    /// A call whose handler answers at once.
    pub fn now(
        method: Method,
        path: &'static str,
        access: Access,
        handler: fn(&Call<S>) -> Result<Answer, ApiError>,
    ) -> Self {
        Self::new(method, path, access, Handler::Now(handler))
    }

    /// A call whose handler waits for something.
    pub fn later<F>(
        method: Method,
        path: &'static str,
        access: Access,
        handler: fn(Call<S>) -> F,
    ) -> Self
    where
        F: Future<Output = Result<Answer, ApiError>> + Send + 'static,
    {
        let boxed = Box::new(move |call| Box::pin(handler(call)) as Handling);
        Self::new(method, path, access, Handler::Later(boxed))
    }

    /// A call that reads, for anybody with a key, and whose handler answers at once.
    pub fn reads(path: &'static str, handler: fn(&Call<S>) -> Result<Answer, ApiError>) -> Self {
        Self::now(Method::GET, path, Access::Read, handler)
    }

    /// As [`reads`](Self::reads), with a handler that waits for something.
    pub fn reads_later<F>(path: &'static str, handler: fn(Call<S>) -> F) -> Self
    where
        F: Future<Output = Result<Answer, ApiError>> + Send + 'static,
    {
        Self::later(Method::GET, path, Access::Read, handler)
    }

    /// With another handler for the calls that have to wait for something, as `waits` says; the others stay as quick as
    /// they were.
    ///
    /// # Panics
    ///
    /// The call does not answer at once.
    #[must_use]
    pub fn or_later<F>(mut self, waits: fn(&Call<S>) -> bool, handler: fn(Call<S>) -> F) -> Self
    where
        F: Future<Output = Result<Answer, ApiError>> + Send + 'static,
    {
        let later = Box::new(move |call| Box::pin(handler(call)) as Handling);
        self.handler = match self.handler {
            Handler::Now(now) => Handler::Either { waits, now, later },
            Handler::Later(_) | Handler::Either { .. } => {
                panic!("a call that waits anyway has one handler")
            }
        };
        self
    }

    fn new(method: Method, path: &'static str, access: Access, handler: Handler<S>) -> Self {
        Self {
            method,
            path,
            id: "",
            tag: "",
            summary: "",
            access,
            counted: true,
            health: false,
            patient: false,
            path_params: &[],
            query: &[],
            headers: &[],
            keyless: "",
            body: None,
            answers: Vec::new(),
            errors: &[],
            handler,
        }
    }

    /// With what programs call it, and one line about it.
    #[must_use]
    pub fn about(mut self, id: &'static str, summary: &'static str) -> Self {
        (self.id, self.summary) = (id, summary);
        self
    }

    /// Costs no token.
    #[must_use]
    pub fn free(mut self) -> Self {
        self.counted = false;
        self
    }

    /// Says how the service is: answered when there are too many connections for anything else, and costs no token.
    #[must_use]
    pub fn health(mut self) -> Self {
        self.health = true;
        self.free()
    }

    /// May wait for something to happen: to take long is nothing to speak of.
    #[must_use]
    pub fn patient(mut self) -> Self {
        self.patient = true;
        self
    }

    /// With parameters in its path.
    #[must_use]
    pub fn path_params(mut self, params: &'static [PathParam]) -> Self {
        self.path_params = params;
        self
    }

    /// With query parameters.
    #[must_use]
    pub fn query(mut self, params: &'static [&'static Param]) -> Self {
        self.query = params;
        self
    }

    /// With headers that it reads.
    #[must_use]
    pub fn headers(mut self, headers: &'static [&'static HeaderParam]) -> Self {
        self.headers = headers;
        self
    }

    /// Changes something, and takes no header Idempotency-Key: `why` not, or what is to be done instead. The header is
    /// refused, since whoever sends it relies on it.
    #[must_use]
    pub fn keyless(mut self, why: &'static str) -> Self {
        self.keyless = why;
        self
    }

    /// With a body.
    #[must_use]
    pub fn takes<T: JsonSchema>(mut self, bytes_max: usize) -> Self {
        let schema = schema_of::<T>();
        let example = "";
        self.body = Some(BodyDoc {
            schema,
            bytes_max,
            example,
        });
        self
    }

    /// With an example of its body, as JSON.
    ///
    /// # Panics
    ///
    /// It takes none.
    #[must_use]
    pub fn example(mut self, json: &'static str) -> Self {
        let body = self.body.as_mut();
        body.expect("a body is declared before its example").example = json;
        self
    }

    /// With an answer of JSON.
    #[must_use]
    pub fn answers<T: JsonSchema>(self, status: StatusCode, about: &'static str) -> Self {
        self.answers_with(
            status,
            about,
            Some(("application/json", Some(schema_of::<T>()))),
        )
    }

    /// With an answer of any content.
    #[must_use]
    pub fn answers_with(
        mut self,
        status: StatusCode,
        about: &'static str,
        content: Option<(&'static str, Option<Schema>)>,
    ) -> Self {
        self.answers.push(AnswerDoc {
            status,
            about,
            content,
            headers: &[],
        });
        self
    }

    /// With headers of its last answer, each with what it says.
    ///
    /// # Panics
    ///
    /// It has no answer yet.
    #[must_use]
    pub fn telling(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        let answer = self.answers.last_mut();
        answer
            .expect("an answer is declared before its headers")
            .headers = headers;
        self
    }

    /// With errors of its own.
    #[must_use]
    pub fn errors(mut self, codes: &'static [Code]) -> Self {
        self.errors = codes;
        self
    }
}

/// Routes that are about the same.
pub fn tagged<S>(tag: &'static str, mut routes: Vec<Route<S>>) -> Vec<Route<S>> {
    for route in &mut routes {
        route.tag = tag;
    }
    routes
}
