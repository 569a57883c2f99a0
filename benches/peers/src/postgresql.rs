//! PostgreSQL: a function for each call, made on a connection of its caller.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls, Statement};

use crate::sale::{Outcome, Sale, Sales, stock};
use crate::server::{self, Server, free_port};
use crate::side::{Fallible, Loaded, Side, Totals, Work};
use crate::tasks::{self, Caller};

const CONFIGURATION: &str = include_str!("../postgresql/postgresql.conf");
const SCHEMA: &str = include_str!("../postgresql/schema.sql");
const TAKE: &str = include_str!("../postgresql/take.sql");
const TAKE_MANY: &str = include_str!("../postgresql/take_many.sql");
const TOTALS: &str = include_str!("../postgresql/totals.sql");

/// Where Debian has the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// As whom it runs when this process is root's: it refuses to be.
const USER: &str = "postgres";

pub(crate) struct Postgresql {
    port: u16,
    runtime: Runtime,
    _server: Server,
    /// Last, so that it outlives the server.
    _directory: TempDir,
}

impl Postgresql {
    pub(crate) fn start(folder: &Path) -> Fallible<Self> {
        let programs = programs()?;
        let directory = tempfile::tempdir_in(folder)?;
        let user = rustix::process::geteuid().is_root().then_some(USER);
        if let Some(user) = user {
            run(Command::new("chown").arg(user).arg(directory.path()))?;
        }
        let data = directory.path().join("data");
        let mut initdb = server::command(programs.join("initdb"), user);
        initdb.args(["--auth=trust", "--username=bench"]);
        initdb.args(["--encoding=UTF8", "--locale=C", "--pgdata"]);
        run(initdb.arg(&data))?;
        let port = free_port()?;
        let mut configuration = OpenOptions::new()
            .append(true)
            .open(data.join("postgresql.conf"))?;
        configuration.write_all(CONFIGURATION.as_bytes())?;
        write!(
            configuration,
            "\nlisten_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\n"
        )?;
        let mut postgres = server::command(programs.join("postgres"), user);
        postgres.arg("-D").arg(&data);
        let says = "database system is ready to accept connections";
        let (server, _) = Server::start(postgres, says)?;
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

/// The folder of the newest version's programs.
fn programs() -> Fallible<PathBuf> {
    let versions = fs::read_dir(VERSIONS);
    let versions = versions.map_err(|error| format!("no PostgreSQL in {VERSIONS}: {error}"))?;
    let programs = versions
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .filter(|programs| programs.join("initdb").exists());
    let newest = programs.max();
    Ok(newest.ok_or_else(|| format!("no initdb in {VERSIONS}"))?)
}

fn run(command: &mut Command) -> Fallible<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?} failed: {said}").into())
}

async fn connect(port: u16) -> Fallible<Client> {
    let address = format!("host=127.0.0.1 port={port} user=bench dbname=postgres");
    let (client, connection) = tokio_postgres::connect(&address, NoTls).await?;
    // When it fails, so do the calls that wait for it.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(client)
}

async fn stock_up(port: u16) -> Fallible<()> {
    let client = connect(port).await?;
    client.batch_execute(SCHEMA).await?;
    let (products, units): (Vec<_>, Vec<_>) = stock()
        .map(|(product, units)| (product, units as i64))
        .unzip();
    let insert = "INSERT INTO stock SELECT * FROM unnest($1::text[], $2::bigint[])";
    client.execute(insert, &[&products, &units]).await?;
    client.batch_execute("VACUUM ANALYZE").await?;
    Ok(client.batch_execute("CHECKPOINT").await?)
}

/// A connection with the statement of its calls.
struct Session {
    client: Client,
    take: Statement,
    is_batched: bool,
}

impl Session {
    async fn open(port: u16, work: Work) -> Fallible<Self> {
        let client = connect(port).await?;
        let is_batched = work.is_batched();
        let take = if is_batched { TAKE_MANY } else { TAKE };
        Ok(Self {
            take: client.prepare(take).await?,
            client,
            is_batched,
        })
    }

    /// Of a batch, or of a single sale.
    async fn positions(&self, sales: &[Sale]) -> Fallible<Vec<i64>> {
        if self.is_batched {
            let keys: Vec<_> = sales.iter().map(|sale| sale.key()).collect();
            let products: Vec<_> = sales.iter().map(|sale| sale.product()).collect();
            let row = self
                .client
                .query_one(&self.take, &[&keys, &products])
                .await?;
            return Ok(row.try_get(0)?);
        }
        let mut positions = Vec::with_capacity(sales.len());
        for sale in sales {
            let (key, product) = (sale.key(), sale.product());
            let row = self.client.query_one(&self.take, &[&key, &product]).await?;
            positions.push(row.try_get(0)?);
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

impl Side for Postgresql {
    fn drive(&mut self, work: Work, sales: &Sales, round: Duration) -> Fallible<Loaded> {
        self.runtime.block_on(async {
            let mut callers = Vec::with_capacity(work.callers);
            for _ in 0..work.callers {
                callers.push(Session::open(self.port, work).await?);
            }
            tasks::drive(callers, work, sales, round).await
        })
    }

    fn sell(&mut self, work: Work, sales: &[Sale]) -> Fallible<Vec<Outcome>> {
        self.runtime.block_on(async {
            let session = Session::open(self.port, work).await?;
            let positions = session.positions(sales).await?;
            Ok(positions.into_iter().map(Outcome::from_position).collect())
        })
    }

    fn totals(&mut self) -> Fallible<Totals> {
        self.runtime.block_on(async {
            let row = connect(self.port).await?.query_one(TOTALS, &[]).await?;
            Ok(Totals {
                units: row.try_get::<_, i64>(0)?.try_into()?,
                events: row.try_get::<_, i64>(1)?.try_into()?,
            })
        })
    }
}
