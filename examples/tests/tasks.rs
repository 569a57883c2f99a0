//! The programs that a developer reads first do what they say, however often they are run.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says where it stopped"
)]

use std::path::Path;
use std::process::Command;

fn run(program: &str, directory: &Path) -> String {
    let output = Command::new(program).arg(directory).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn embed_sells_once_however_often_it_is_run() {
    let embed = |directory: &Path| run(env!("CARGO_BIN_EXE_embed"), directory);
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

#[test]
fn cart_holds_for_one_customer_what_another_does_not_get() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(
        run(env!("CARGO_BIN_EXE_cart"), directory.path()),
        "ann puts 2 tea and 1 cup in her cart: done\n\
         bob wants 2 tea: refused: product tea of line 0 has 1 available at web, too few for -2\n\
         bob takes 1 tea: done\n\
         left to others: 0 tea\n\
         ann pays: done\n\
         bob goes away: done\n\
         left to others: 1 tea\n"
    );
}

#[test]
fn follow_shows_a_second_run_what_is_new() {
    let directory = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        assert_eq!(
            run(env!("CARGO_BIN_EXE_follow"), directory.path()),
            "cup has changed by 4\ntea has changed by 7\n"
        );
    }
}

#[test]
fn service_sells_no_more_than_there_is() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(
        run(env!("CARGO_BIN_EXE_service"), directory.path()),
        "10 of 40 customers got one\n"
    );
}

#[test]
fn adapter_wakes_nobody_for_nothing() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(
        run(env!("CARGO_BIN_EXE_adapter"), directory.path()),
        "nothing was buried, and nobody was woken\n"
    );
}
