//! A call: what a handler gets.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use hyper::HeaderMap;
use hyper::header::HeaderName;
use serde::de::DeserializeOwned;

use super::error::ApiError;
use super::json;
use super::keys::Caller;
use super::query::Query;
use super::target::PathParams;
use crate::telemetry::RequestSpan;

/// A request whose key, quota, parameters and body are in order.
pub struct Call<S> {
    /// The service.
    pub service: Arc<S>,
    /// The parameters of the path.
    pub path: PathParams,
    /// The query parameters.
    pub query: Query,
    /// The head.
    pub headers: HeaderMap,
    /// The body; empty when the route takes none.
    pub body: Bytes,
    /// Who calls; nobody on open routes.
    pub caller: Option<Arc<Caller>>,
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
    /// The body, parsed.
    ///
    /// # Errors
    ///
    /// Names the field that is wrong.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        json::parse(&self.body)
    }

    /// A header that may stand once.
    ///
    /// # Errors
    ///
    /// It stands twice, or is not text.
    pub fn header(&self, name: &'static HeaderName) -> Result<Option<&str>, ApiError> {
        let mut values = self.headers.get_all(name).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(ApiError::field(name.as_str(), "stands twice"));
        }
        let text = value.to_str();
        text.map(Some)
            .map_err(|_| ApiError::field(name.as_str(), "is not printable ASCII"))
    }

    /// Who calls.
    ///
    /// # Panics
    ///
    /// The route is open.
    pub fn caller(&self) -> &Caller {
        self.caller
            .as_deref()
            .expect("only a handler of an open route is called without a key")
    }
}
