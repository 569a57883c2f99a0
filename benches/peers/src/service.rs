//! Ours over HTTP: a central process.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::client::Client;
use crate::sale::{Outcome, Sale, Sales, stock};
use crate::server::{self, Server};
use crate::side::{Fallible, Loaded, Side, Totals, Work};
use crate::tasks::{self, Caller};

pub(crate) struct Service {
    address: SocketAddr,
    runtime: Runtime,
    /// Events by which the products were stocked.
    stocked: u64,
    _server: Server,
    /// Last, so that it outlives the server.
    _directory: TempDir,
}

impl Service {
    pub(crate) fn start(folder: &Path, central: &Path) -> Fallible<Self> {
        let directory = tempfile::tempdir_in(folder)?;
        let mut command = server::command(central, None);
        command
            .env("PORT", "0")
            .env("DATA_DIR", directory.path().join("data"))
            .env("API_KEYS", "demo")
            .env("RATE_TOKENS", "0")
            .env("DRAIN", "0s")
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", "off");
        let (server, said) = Server::start(command, "http://")?;
        let (_, address) = said.split_once("http://").expect("it was waited for");
        let mut service = Self {
            address: address.trim_end().parse()?,
            runtime: tasks::runtime()?,
            stocked: 0,
            _server: server,
            _directory: directory,
        };
        service.stocked = service.runtime.block_on(stock_up(service.address))?;
        Ok(service)
    }
}

/// Returns how many events it took.
async fn stock_up(address: SocketAddr) -> Fallible<u64> {
    let rows = stock().map(|(product, units)| format!(r#"{{"id":"{product}","qty":{units}}}"#));
    let rows: Vec<_> = rows.collect();
    let mut client = Client::connect(address).await;
    // A call takes so many rows.
    for rows in rows.chunks(5_000) {
        let rows = rows.join(",");
        let body = format!(r#"{{"storeId":"store-0","mode":"overwrite","products":[{rows}]}}"#);
        client.ask(post("/inventory/sync", &body).as_bytes()).await;
    }
    head(&mut client).await
}

/// The offset of the last event.
async fn head(client: &mut Client) -> Fallible<u64> {
    let metrics = client.ask(get("/metrics").as_bytes()).await;
    let metrics = std::str::from_utf8(metrics)?;
    let mut lines = metrics.lines();
    let offset = lines.find_map(|line| line.strip_prefix("inventory_head_offset "));
    Ok(offset.ok_or("no offset is in the metrics")?.parse()?)
}

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nhost: localhost\r\nx-api-key: demo\r\n\r\n")
}

fn post(path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nx-api-key: demo\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

fn write_sale(body: &mut String, sale: Sale) {
    let Sale { key, product } = sale;
    let written = write!(
        body,
        r#"{{"storeId":"store-0","productId":"product-{product:07}","delta":-1,"version":null,"idempotencyKey":"basket-{key:012}"}}"#
    );
    written.expect("a string takes everything");
}

/// The sale of one unit, which is answered 200 or refused.
fn single(sale: Sale) -> String {
    let mut body = String::with_capacity(128);
    write_sale(&mut body, sale);
    post("/inventory/updates", &body)
}

/// Sales with an answer each.
fn batch(sales: &[Sale]) -> String {
    let mut body = String::with_capacity(16 + sales.len() * 128);
    body.push_str(r#"{"updates":["#);
    for (at, sale) in sales.iter().enumerate() {
        if at > 0 {
            body.push(',');
        }
        write_sale(&mut body, *sale);
    }
    body.push_str("]}");
    post("/inventory/batch", &body)
}

impl Caller for Client {
    async fn call(&mut self, sales: &[Sale]) -> Fallible<usize> {
        if let [sale] = sales {
            self.ask(single(*sale).as_bytes()).await;
            return Ok(1);
        }
        let answer = self.ask(batch(sales).as_bytes()).await;
        // At the end of the answer: nobody reads what comes before it.
        let end = &answer[answer.len().saturating_sub(64)..];
        let all = format!(r#""applied":{}"#, sales.len());
        let is_there = end.windows(all.len()).any(|part| part == all.as_bytes());
        let said = String::from_utf8_lossy(end);
        is_there
            .then_some(sales.len())
            .ok_or_else(|| format!("rows were refused: {said}").into())
    }
}

fn outcome(row: &Value) -> Fallible<Outcome> {
    match (
        row["applied"].as_bool(),
        row["idempotentReplayed"].as_bool(),
    ) {
        (Some(true), Some(false)) => Ok(Outcome::Taken),
        (Some(true), Some(true)) => Ok(Outcome::Repeated),
        _ if row["status"] == 422 => Ok(Outcome::Refused),
        _ => Err(format!("a row was answered {row}").into()),
    }
}

impl Side for Service {
    fn drive(&mut self, work: Work, sales: &Sales, round: Duration) -> Fallible<Loaded> {
        self.runtime.block_on(async {
            let mut callers = Vec::with_capacity(work.callers);
            for _ in 0..work.callers {
                callers.push(Client::connect(self.address).await);
            }
            tasks::drive(callers, work, sales, round).await
        })
    }

    /// As a batch always, whose answer says of each row what became of it.
    fn sell(&mut self, _: Work, sales: &[Sale]) -> Fallible<Vec<Outcome>> {
        self.runtime.block_on(async {
            let mut client = Client::connect(self.address).await;
            let answer: Value = serde_json::from_slice(client.ask(batch(sales).as_bytes()).await)?;
            let rows = answer["results"].as_array().ok_or("no results")?;
            rows.iter().map(outcome).collect()
        })
    }

    fn totals(&mut self) -> Fallible<Totals> {
        self.runtime.block_on(async {
            let mut client = Client::connect(self.address).await;
            let (mut units, mut cursor) = (0, String::new());
            loop {
                let page = get(&format!("/inventory?limit=1000&cursor={cursor}"));
                let page: Value = serde_json::from_slice(client.ask(page.as_bytes()).await)?;
                let items = page["items"].as_array().ok_or("no items")?;
                units += items
                    .iter()
                    .filter_map(|item| item["available"].as_u64())
                    .sum::<u64>();
                cursor = page["nextCursor"].as_str().unwrap_or_default().to_owned();
                if cursor.is_empty() {
                    break;
                }
            }
            let events = head(&mut client).await? - self.stocked;
            Ok(Totals { units, events })
        })
    }
}
