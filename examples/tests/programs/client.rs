//! Client program: it calls central from Rust, and does what it says, however often it is run.

use std::process::Command;

use crate::process::{Program, command};

fn client(central: &Program) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_client"))
        .args([&format!("http://{}", central.address()), "demo"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_second_run_of_a_client_changes_nothing() {
    let data = tempfile::tempdir().unwrap();
    let central = Program::start(&mut command(data.path()));
    let first = client(&central);
    assert_eq!(
        first,
        "delivery-1 leaves 10\n\
         basket-1 leaves 9\n\
         basket-2: product tea has 9 available at north, too few for -99\n\
         cart-1 is paid, 2 units of it\n\
         offset 4: HoldCommitted\n\
         7 tea are left\n"
    );
    let again = client(&central);
    let second = first
        .replace("delivery-1 leaves 10", "delivery-1 was done before")
        .replace("basket-1 leaves 9", "basket-1 was done before")
        .replace("has 9 available", "has 7 available");
    assert_eq!(again, second);
}
