//! What is asked: products in stock at one store, read and sold one unit at a time.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::client::Client;
use crate::load::Requests;

pub(crate) const PRODUCTS: usize = 10_000;

/// Digits of a product's number and of a key's, so that requests can be made by writing over digits.
const PRODUCT_DIGITS: usize = 7;
const KEY_DIGITS: usize = 12;

/// No key is used twice in a run.
static NEXT_KEY: AtomicU64 = AtomicU64::new(0);

/// Counts all products into stock.
pub(crate) async fn stock(address: SocketAddr) {
    stock_of(address, PRODUCTS).await;
}

/// Counts so many products into stock.
pub(crate) async fn stock_of(address: SocketAddr, products: usize) {
    let mut client = Client::connect(address).await;
    for first in (0..products).step_by(PRODUCTS) {
        let rows: Vec<_> = (first..products.min(first + PRODUCTS))
            .map(|product| format!(r#"{{"id":"product-{product:07}","qty":1000000000}}"#))
            .collect();
        let body = format!(
            r#"{{"storeId":"store-0","mode":"overwrite","products":[{}]}}"#,
            rows.join(",")
        );
        client.ask(&post("/inventory/sync", &body)).await;
    }
}

/// The sale of one unit of the first product at a store.
pub(crate) fn till_sale() -> Vec<u8> {
    let key = NEXT_KEY.fetch_add(1, Ordering::Relaxed);
    let body = format!(
        r#"{{"storeId":"store-0","productId":"product-0000000","delta":-1,"version":null,"idempotencyKey":"till-{key}"}}"#
    );
    post("/store/inventory/updates", &body)
}

/// A POST with a body of JSON.
pub(crate) fn post(path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nx-api-key: demo\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into()
}

/// A GET.
pub(crate) fn get(target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nhost: localhost\r\nx-api-key: demo\r\n\r\n").into()
}

/// The sale of one unit, as JSON, with numbers to write over.
fn sale() -> String {
    let (product, key) = ("0".repeat(PRODUCT_DIGITS), "0".repeat(KEY_DIGITS));
    format!(
        r#"{{"storeId":"store-0","productId":"product-{product}","delta":-1,"version":null,"idempotencyKey":"basket-{key}"}}"#
    )
}

/// Numbers in an order that no prefetcher can guess.
#[derive(Debug, Clone)]
struct Walk(u64);

impl Walk {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % PRODUCTS as u64
    }
}

/// A request with places for numbers.
#[derive(Debug, Clone)]
struct Template {
    bytes: Vec<u8>,
    products: Vec<usize>,
    keys: Vec<usize>,
    walk: Walk,
}

impl Template {
    fn new(bytes: Vec<u8>, seed: u64) -> Self {
        let ends = |name: &[u8]| -> Vec<usize> {
            let windows = bytes.windows(name.len()).enumerate();
            windows
                .filter(|(_, window)| *window == name)
                .map(|(at, _)| at + name.len())
                .collect()
        };
        Self {
            products: ends(b"product-"),
            keys: ends(b"basket-"),
            walk: Walk(0x9e37_79b9_7f4a_7c15 ^ (seed + 1)),
            bytes,
        }
    }
}

fn write_digits(bytes: &mut [u8], mut number: u64) {
    for digit in bytes.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

impl Requests for Template {
    fn next(&mut self) -> &[u8] {
        for at in &self.products {
            let digits = &mut self.bytes[*at..*at + PRODUCT_DIGITS];
            write_digits(digits, self.walk.next());
        }
        let first = NEXT_KEY.fetch_add(self.keys.len() as u64, Ordering::Relaxed);
        for (at, key) in self.keys.iter().zip(first..) {
            write_digits(&mut self.bytes[*at..*at + KEY_DIGITS], key);
        }
        &self.bytes
    }
}

/// Callers that each read one product after the other.
pub(crate) fn readers(path: &str, count: u64) -> Vec<impl Requests> {
    let product = "0".repeat(PRODUCT_DIGITS);
    let request = get(&format!("{path}/product-{product}"));
    (0..count)
        .map(|seed| Template::new(request.clone(), seed))
        .collect()
}

/// Callers that each sell one unit after the other.
pub(crate) fn sellers(count: u64) -> Vec<impl Requests> {
    let request = post("/inventory/updates", &sale());
    (0..count)
        .map(|seed| Template::new(request.clone(), seed))
        .collect()
}

/// Callers that each sell `lines` units in one call after the other.
pub(crate) fn bulk_sellers(count: u64, lines: usize) -> Vec<impl Requests> {
    let rows = vec![sale(); lines].join(",");
    let request = post("/inventory/batch", &format!(r#"{{"updates":[{rows}]}}"#));
    (0..count)
        .map(|seed| Template::new(request.clone(), seed))
        .collect()
}
