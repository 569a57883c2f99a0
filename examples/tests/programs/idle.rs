//! What it costs central that somebody is connected and asks for nothing.

use std::fs;

use inventory_http::client::{CentralClient, CentralSettings, Roots};
use tokio::runtime::Runtime;

use crate::encrypted::{certified, certify};
use crate::process::{Program, command};

const CONNECTIONS: usize = 300;

/// Bytes of memory that a process has.
fn resident(program: &Program) -> u64 {
    let statm = fs::read_to_string(format!("/proc/{}/statm", program.id())).unwrap();
    let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4_096
}

/// Asks once over a connection of its own, which stays with the client.
async fn connected(settings: CentralSettings) -> CentralClient {
    let client = CentralClient::new(settings).unwrap();
    client.readiness().await.unwrap();
    client
}

/// Bytes that each connection takes: what a program has needed for the first of them, it needs once.
fn of_each(program: &Program, settings: &CentralSettings) -> u64 {
    let runtime = Runtime::new().unwrap();
    let connect = || {
        let all = (0..CONNECTIONS).map(|_| runtime.block_on(connected(settings.clone())));
        all.collect::<Vec<_>>()
    };
    let first = connect();
    let before = resident(program);
    let second = connect();
    let grown = resident(program).saturating_sub(before);
    // Until here all of them were connected.
    drop((first, second));
    grown / CONNECTIONS as u64
}

fn settings(scheme: &str, program: &Program) -> CentralSettings {
    let url = format!("{scheme}://{}", program.address()).parse().unwrap();
    CentralSettings::new(url, "demo".parse().unwrap())
}

#[test]
fn a_connection_that_asks_for_nothing_costs_what_the_limits_say() {
    let (data, encrypted, certificates) = (
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let program = Program::start(&mut command(data.path()));
    let of_plain = of_each(&program, &settings("http", &program));
    assert!(program.terminate().success());

    certify(certificates.path());
    let mut start = command(encrypted.path());
    let program = Program::start(certified(&mut start, certificates.path()));
    let mut by_https = settings("https", &program);
    by_https.roots = Roots::Pem(fs::read(certificates.path().join("cert.pem")).unwrap());
    let of_encrypted = of_each(&program, &by_https);
    assert!(program.terminate().success());

    // Far less than what is said would mean that nothing was measured.
    assert!((8 << 10..48 << 10).contains(&of_plain), "{of_plain} bytes");
    let said = 8 << 10..64 << 10;
    assert!(said.contains(&of_encrypted), "{of_encrypted} encrypted");
}
