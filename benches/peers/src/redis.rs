//! Redis: a script for each call.

use std::path::Path;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, cmd};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::sale::{Outcome, Sale, Sales, stock};
use crate::server::{self, Server, free_port};
use crate::side::{Fallible, Loaded, Side, Totals, Work};
use crate::tasks::{self, Caller};

const CONFIGURATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/redis/redis.conf");
const TAKE: &str = include_str!("../redis/take.lua");
const TAKE_MANY: &str = include_str!("../redis/take_many.lua");

/// Keys of the database.
const STOCK: &str = "stock";
const EVENTS: &str = "events";

pub(crate) struct Redis {
    port: u16,
    runtime: Runtime,
    _server: Server,
    /// Last, so that it outlives the server.
    _directory: TempDir,
}

impl Redis {
    pub(crate) fn start(folder: &Path) -> Fallible<Self> {
        let directory = tempfile::tempdir_in(folder)?;
        let port = free_port()?;
        let mut command = server::command("redis-server", None);
        command.arg(CONFIGURATION);
        command.args(["--port", &port.to_string(), "--dir"]);
        command.arg(directory.path());
        let (server, _) = Server::start(command, "Ready to accept connections")?;
        let runtime = tasks::runtime()?;
        runtime.block_on(stock_up(port))?;
        Ok(Self {
            port,
            runtime,
            _server: server,
            _directory: directory,
        })
    }
}

async fn connect(port: u16) -> Fallible<MultiplexedConnection> {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}"))?;
    let patient = AsyncConnectionConfig::new().set_response_timeout(None);
    Ok(client
        .get_multiplexed_async_connection_with_config(&patient)
        .await?)
}

async fn stock_up(port: u16) -> Fallible<()> {
    let mut fill = cmd("HSET");
    fill.arg(STOCK);
    for (product, units) in stock() {
        fill.arg(product).arg(units);
    }
    Ok(fill.exec_async(&mut connect(port).await?).await?)
}

/// A connection that knows the script of its calls.
#[derive(Clone)]
struct Session {
    connection: MultiplexedConnection,
    script: String,
    is_batched: bool,
}

impl Session {
    async fn open(port: u16, work: Work) -> Fallible<Self> {
        let mut connection = connect(port).await?;
        let is_batched = work.is_batched();
        let mut load = cmd("SCRIPT");
        load.arg("LOAD");
        load.arg(if is_batched { TAKE_MANY } else { TAKE });
        Ok(Self {
            script: load.query_async(&mut connection).await?,
            connection,
            is_batched,
        })
    }

    fn evaluate(&self, sales: &[Sale]) -> Cmd {
        let mut evaluate = cmd("EVALSHA");
        evaluate.arg(&self.script).arg(2 + sales.len());
        evaluate.arg(STOCK).arg(EVENTS);
        for sale in sales {
            evaluate.arg(sale.key());
        }
        for sale in sales {
            evaluate.arg(sale.product());
        }
        evaluate
    }

    /// Of a batch, or of a single sale.
    async fn positions(&mut self, sales: &[Sale]) -> Fallible<Vec<i64>> {
        if self.is_batched {
            let evaluate = self.evaluate(sales);
            return Ok(evaluate.query_async(&mut self.connection).await?);
        }
        let mut positions = Vec::with_capacity(sales.len());
        for sale in sales {
            let evaluate = self.evaluate(std::slice::from_ref(sale));
            positions.push(evaluate.query_async(&mut self.connection).await?);
        }
        Ok(positions)
    }
}

impl Caller for Session {
    async fn call(&mut self, sales: &[Sale]) -> Fallible<usize> {
        let positions = self.positions(sales).await?;
        Ok(positions.iter().filter(|position| **position > 0).count())
    }
}

impl Side for Redis {
    /// All callers share a connection, as this client's guide has it: what they ask for at one time is sent at once.
    fn drive(&mut self, work: Work, sales: &Sales, round: Duration) -> Fallible<Loaded> {
        self.runtime.block_on(async {
            let session = Session::open(self.port, work).await?;
            tasks::drive(vec![session; work.callers], work, sales, round).await
        })
    }

    fn sell(&mut self, work: Work, sales: &[Sale]) -> Fallible<Vec<Outcome>> {
        self.runtime.block_on(async {
            let mut session = Session::open(self.port, work).await?;
            let positions = session.positions(sales).await?;
            Ok(positions.into_iter().map(Outcome::from_position).collect())
        })
    }

    fn totals(&mut self) -> Fallible<Totals> {
        self.runtime.block_on(async {
            let mut connection = connect(self.port).await?;
            let levels: Vec<u64> = cmd("HVALS").arg(STOCK).query_async(&mut connection).await?;
            let events = cmd("LLEN").arg(EVENTS).query_async(&mut connection).await?;
            let units = levels.iter().sum();
            Ok(Totals { units, events })
        })
    }
}
