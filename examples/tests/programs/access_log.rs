//! Access log: what is logged about requests.

use crate::process::{Program, call, command};

#[test]
fn every_request_is_a_line_for_who_wants_to_know() {
    let data = tempfile::tempdir().unwrap();
    let (central, lines) = Program::start_heard(command(data.path()).env("LOG_LEVEL", "debug"));
    assert_eq!(
        call(central.address(), "GET", "/inventory/tea", "")
            .unwrap()
            .0,
        404
    );
    let line = lines.wait_for("a request was answered");
    for part in [
        "DEBUG",
        "method=\"GET\"",
        "route=\"/inventory/{productId}\"",
        "status=404",
        "took_ms=",
    ] {
        assert!(line.contains(part), "{part} in {line}");
    }
    assert!(!line.contains("demo") && !line.contains("tea"), "{line}");
    assert!(central.terminate().success());
}
