//! Routes of mutations, as they are declared.

use std::future::Future;

use hyper::{Method, StatusCode};

use super::answer::Answer;
use super::call::Call;
use super::error::ApiError;
use super::header::HeaderParam;
use super::keys::Access;
use super::limits::{BODY_BYTES_MAX, BULK_BODY_BYTES_MAX};
use super::params::REPLAYED;
use super::route::Route;
use crate::wire::{Mutation, Subject as _};

impl<S: 'static> Route<S> {
    /// The call that takes a mutation, at a path, with headers that it reads.
    pub fn declared<M: Mutation, F>(
        path: &'static str,
        headers: &'static [&'static HeaderParam],
        handler: fn(Call<S>) -> F,
    ) -> Self
    where
        F: Future<Output = Result<Answer, ApiError>> + Send + 'static,
    {
        let call = M::CALL;
        let (small, large) = (BODY_BYTES_MAX, BULK_BODY_BYTES_MAX);
        let bytes_max = if call.is_bulk { large } else { small };
        let (ok, created) = (StatusCode::OK, StatusCode::CREATED);
        let status = if call.creates { created } else { ok };
        Self::later(Method::POST, path, Access::Write, handler)
            .about(call.id, call.about)
            .path_params(M::Subject::PARAMS)
            .headers(headers)
            .takes::<M>(bytes_max)
            .example(call.example)
            .answers::<M::Answer>(status, call.done)
            .telling(REPLAYED)
            .errors(call.refusals)
    }
}
