//! What operators and their machines ask of any service of ours.

use hyper::{Method, StatusCode};

use crate::server::{Access, Answer, ApiError, Call, Prepared, Route, schema_of, tagged};
use crate::telemetry::Telemetry;
use crate::wire::{Liveness, Readiness, ReadinessStatus};

/// The text format of Prometheus.
const METRICS_TYPE: &str = "text/plain; version=0.0.4";

/// A service that can be watched.
pub trait Watched: Send + Sync + 'static {
    /// Whether it can serve, and what a person should look at.
    fn readiness(&self) -> Readiness;

    /// What it counts.
    fn telemetry(&self) -> &Telemetry;

    /// Its document.
    fn openapi(&self) -> &Prepared;
}

/// `/livez`, `/readyz`, `/metrics` and `/openapi.json`.
pub fn routes<S: Watched>() -> Vec<Route<S>> {
    let ok = StatusCode::OK;
    let routes = vec![
        Route::now(Method::GET, "/livez", Access::Open, livez)
            .about("readLiveness", "says that the process runs")
            .health()
            .answers::<Liveness>(ok, "it does"),
        Route::now(Method::GET, "/readyz", Access::Open, readyz)
            .about(
                "readReadiness",
                "says whether the service can serve, and what a person should look at",
            )
            .health()
            .answers::<Readiness>(ok, "it can")
            .answers::<Readiness>(StatusCode::SERVICE_UNAVAILABLE, "it cannot"),
        Route::reads("/metrics", metrics)
            .about(
                "readMetrics",
                "reads the metrics in the text format of Prometheus",
            )
            .health()
            .answers_with(
                ok,
                "the metrics",
                Some((METRICS_TYPE, Some(schema_of::<String>()))),
            ),
        Route::now(Method::GET, "/openapi.json", Access::Open, openapi)
            .about("readDocument", "describes these calls")
            .free()
            .answers_with(ok, "OpenAPI 3.1", Some(("application/json", None))),
    ];
    tagged("health", routes)
}

fn livez<S>(_: &Call<S>) -> Result<Answer, ApiError> {
    Ok(Answer::json(&Liveness { live: true }))
}

fn readyz<S: Watched>(call: &Call<S>) -> Result<Answer, ApiError> {
    let readiness = call.service().readiness();
    let status = match readiness.status {
        ReadinessStatus::Ready | ReadinessStatus::Degraded => StatusCode::OK,
        ReadinessStatus::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    };
    Ok(Answer::json(&readiness).with_status(status))
}

fn metrics<S: Watched>(call: &Call<S>) -> Result<Answer, ApiError> {
    let text = call.service().telemetry().prometheus();
    Ok(Answer::text(METRICS_TYPE, text))
}

fn openapi<S: Watched>(call: &Call<S>) -> Result<Answer, ApiError> {
    Ok(Answer::prepared(call.service().openapi()))
}
