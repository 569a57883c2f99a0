//! TLS of both programs: a store that follows a central over https, and certificates that are read again.

use std::fs;
use std::path::Path;
use std::process::Command;

use inventory_http::client::{CentralClient, CentralSettings, Roots};
use inventory_http::wire::ReadinessStatus;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::json;

use crate::process::{Program, call, command, store_command};
use crate::stores::wait;

/// Writes a certificate of this machine, and its key.
pub(crate) fn certify(folder: &Path) {
    let made = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let CertifiedKey { cert, signing_key } = made;
    fs::write(folder.join("cert.pem"), cert.pem()).unwrap();
    fs::write(folder.join("key.pem"), signing_key.serialize_pem()).unwrap();
}

pub(crate) fn certified<'c>(command: &'c mut Command, folder: &Path) -> &'c mut Command {
    command
        .env("TLS_CERT_FILE", folder.join("cert.pem"))
        .env("TLS_KEY_FILE", folder.join("key.pem"))
}

/// Whether a program is ready, as one sees it who believes the certificate that is in a folder now.
fn is_ready(program: &Program, folder: &Path) -> bool {
    let url = format!("https://{}", program.address()).parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    let mut settings = CentralSettings::new(url, "demo".parse().unwrap());
    settings.roots = Roots::Pem(fs::read(folder.join("cert.pem")).unwrap());
    let client = CentralClient::new(settings).unwrap();
    let readiness = runtime.block_on(client.readiness());
    readiness.is_ok_and(|readiness| readiness.status == ReadinessStatus::Ready)
}

#[test]
fn a_store_follows_a_central_over_https_and_each_reads_its_certificate_again() {
    let places = [(); 4].map(|()| tempfile::tempdir().unwrap());
    let [of_central, of_store, centrals, stores] = places.each_ref().map(tempfile::TempDir::path);
    certify(centrals);
    certify(stores);
    let mut start = command(of_central);
    let (central, lines) = Program::start_heard(certified(&mut start, centrals));
    assert!(is_ready(&central, centrals));

    let https = format!("https://{}", central.address());
    let mut start = store_command(of_store, "");
    start
        .env("CENTRAL_URL", &https)
        .env("SSL_CERT_FILE", centrals.join("cert.pem"));
    let store = Program::start(&mut start);
    wait(store.address(), |status| status["connected"] == true);
    let sale =
        r#"{"storeId":"north","productId":"p","delta":3,"version":null,"idempotencyKey":"k"}"#;
    let (status, answer) = call(store.address(), "POST", "/store/inventory/updates", sale).unwrap();
    assert_eq!((status, &answer["newVersion"]), (200, &json!(1)));

    // The store's own connections go on, and one that comes now is shown another certificate.
    certify(centrals);
    assert!(!is_ready(&central, centrals));
    central.signal("-HUP");
    lines.wait_for("the certificate was read again");
    assert!(is_ready(&central, centrals));
    fs::write(centrals.join("key.pem"), "nothing").unwrap();
    central.signal("-HUP");
    let line = lines.wait_for("stays what it was");
    assert!(
        line.contains("ERROR") && line.contains("TLS_KEY_FILE"),
        "{line}"
    );
    assert!(is_ready(&central, centrals));
    assert!(store.terminate().success());

    let mut start = store_command(of_store, central.address());
    let (store, lines) = Program::start_heard(certified(&mut start, stores));
    certify(stores);
    store.signal("-HUP");
    lines.wait_for("the certificate was read again");
    assert!(!is_ready(&store, centrals));
    assert!(store.terminate().success());
    assert!(central.terminate().success());
}

#[test]
fn a_store_that_could_believe_no_central_does_not_start() {
    let place = tempfile::tempdir().unwrap();
    let none = place.path().join("none.pem");
    fs::write(&none, "").unwrap();
    let mut start = store_command(place.path(), "");
    start
        .env("CENTRAL_URL", "https://127.0.0.1:1")
        .env("SSL_CERT_FILE", &none);
    let output = start.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("no authority is known"), "{said}");
}
