//! The least that a service must do: hyper, the same body parsed, and an answer that is always the same.

use std::convert::Infallible;
use std::io::Write as _;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use inventory_http::wire::{Batch, Update};
use tokio::net::TcpListener;

/// As long as an answer of central's to the same request.
const READ: &[u8] = br#"{"productId":"product-0000123","available":999999999,"version":1,"lastUpdated":"2026-01-01T00:00:00.000Z"}"#;
const UPDATED: &[u8] = br#"{"productId":"product-0000123","newQuantity":999999998,"newVersion":2,"applied":true,"lastUpdated":"2026-01-01T00:00:00.000Z","storeId":"store-0","storeQuantity":999999998}"#;

/// Serves until the process is killed.
pub(crate) fn serve() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a process may have a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let mut out = std::io::stdout();
        writeln!(out, "bare listens on http://{address}").expect("somebody reads");
        loop {
            let (stream, _) = listener.accept().await.expect("descriptors suffice");
            stream.set_nodelay(true).expect("it is a TCP socket");
            tokio::spawn(async move {
                let service = service_fn(answer);
                // The load generator hangs up when it is done.
                let _ = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.method() == Method::GET {
        return Ok(constant(READ));
    }
    let many = request.uri().path() == "/inventory/batch";
    let body = request.into_body().collect().await;
    let body = body
        .expect("the load generator sends whole bodies")
        .to_bytes();
    if many {
        let batch: Batch = serde_json::from_slice(&body).expect("it is a batch");
        assert!(!batch.updates.is_empty());
    } else {
        let update: Update = serde_json::from_slice(&body).expect("it is an update");
        assert!(update.idempotency_key.is_some());
    }
    Ok(constant(UPDATED))
}

fn constant(body: &'static [u8]) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(body)));
    let json = hyper::header::HeaderValue::from_static("application/json");
    response
        .headers_mut()
        .insert(hyper::header::CONTENT_TYPE, json);
    response
}
