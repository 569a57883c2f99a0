//! A call: what a handler gets.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use hyper::HeaderMap;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::body::Room;
use super::caller::Caller;
use super::error::ApiError;
use super::header::HeaderParam;
use super::json;
use super::query::Query;
use super::ring::{CallerAt, Standing};
use super::shared::Shared;
use super::target::PathParams;
use crate::telemetry::RequestSpan;

/// A request whose key, quota, parameters and body are in order.
pub struct Call<S> {
    /// What it shares with others.
    pub(super) shared: Arc<Shared<S>>,
    /// The pattern of the path.
    pub route: &'static str,
    /// The parameters of the path.
    pub path: PathParams,
    /// The query parameters.
    pub query: Query,
    /// The head.
    pub headers: HeaderMap,
    /// The body; empty when the route takes none.
    pub body: Bytes,
    /// The room that the body takes.
    pub(super) _room: Option<Room>,
    /// Who calls; nobody on open routes.
    pub(super) caller: Option<CallerAt>,
    /// How it is traced.
    pub span: RequestSpan,
}

impl<S> fmt::Debug for Call<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("path", &self.path)
            .field("query", &self.query)
            .finish_non_exhaustive()
    }
}

impl<S> Call<S> {
    /// The service.
    pub fn service(&self) -> &Arc<S> {
        self.shared.service()
    }

    /// The body, parsed.
    ///
    /// # Errors
    ///
    /// Names each field that is wrong.
    pub fn json<T: DeserializeOwned + JsonSchema>(&self) -> Result<T, ApiError> {
        json::parse(&self.body)
    }

    /// A header that the route has declared: it stands once, and was checked.
    pub fn header(&self, header: &HeaderParam) -> Option<&str> {
        header.of(&self.headers)
    }

    /// Who calls.
    ///
    /// # Panics
    ///
    /// The route is open.
    pub fn caller(&self) -> &Caller {
        self.shared.ring().caller(self.caller_at())
    }

    /// Whether who calls is still known, for an answer that goes on for long.
    ///
    /// # Panics
    ///
    /// The route is open.
    pub fn standing(&self) -> Standing {
        self.shared.standing(self.caller_at())
    }

    fn caller_at(&self) -> CallerAt {
        let caller = self.caller;
        caller.expect("only a handler of an open route is called without a key")
    }
}
