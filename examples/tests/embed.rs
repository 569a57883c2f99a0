//! Embedding: the first program that a developer reads does what it says, however often it is run.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says where it stopped"
)]

use std::path::Path;
use std::process::Command;

fn embed(directory: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_embed"))
        .arg(directory)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_second_run_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let first = embed(directory.path());
    assert_eq!(
        first,
        "north has 2 tea, which is at version 1\n\
         basket-1 is sold at position 2\n\
         basket-2 is refused: product tea of line 0 is at version 2, not 1\n\
         basket-3 is refused: product tea of line 0 has 1 available at north, too few for -5\n\
         basket-1 was sold before\n\
         north has 1 tea left\n"
    );
    let sold = "is sold at position 2";
    let second = first.replace(sold, "was sold before");
    assert_eq!(embed(directory.path()), second);
}
