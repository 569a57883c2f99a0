//! Source style: how a source file looks.

use crate::workspace::{expect_none, files, sources};

const LINES_MAX: usize = 400;

#[test]
fn every_source_begins_with_what_it_is() {
    let mut broken = Vec::new();
    for file in sources("") {
        // The entry point of a fuzz target has to say first that it is none.
        let text = file
            .text
            .strip_prefix("#![no_main]\n")
            .unwrap_or(&file.text);
        if !text.trim_start().starts_with("//!") {
            broken.push(file.path);
        }
    }
    expect_none(
        &broken,
        "begin with `//!` and one sentence: which noun is this file about?",
    );
}

#[test]
fn no_source_is_longer_than_a_reader_can_hold() {
    let mut broken = Vec::new();
    for file in sources("") {
        let lines = file.text.lines().count();
        if lines > LINES_MAX {
            broken.push(format!(
                "{}: {lines} lines, more than {LINES_MAX}",
                file.path
            ));
        }
    }
    expect_none(
        &broken,
        "look for the second noun in it, and give it a file of its own",
    );
}

#[test]
fn nothing_is_left_for_later() {
    // Written so that this file does not find itself.
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("to", "do!("),
        concat!("X", "XX"),
    ];
    let mut broken = Vec::new();
    for file in files("") {
        for (place, line) in file.lines() {
            if words.iter().any(|word| line.contains(word)) {
                broken.push(format!("{place}: {}", line.trim()));
            }
        }
    }
    expect_none(
        &broken,
        "do it now, or file an issue and say here what is true until then",
    );
}

#[test]
fn nothing_names_the_machine_it_was_written_on() {
    let homes = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
    ];
    let mut broken = Vec::new();
    for file in files("") {
        for (place, line) in file.lines() {
            if homes.iter().any(|home| line.contains(home)) {
                broken.push(format!("{place}: {}", line.trim()));
            }
        }
    }
    expect_none(&broken, "write the path relative to the repository");
}

#[test]
fn every_dependency_comes_from_the_public_registry() {
    const REGISTRY: &str = r#"source = "registry+https://github.com/rust-lang/crates.io-index""#;
    let mut broken = Vec::new();
    for file in files("")
        .iter()
        .filter(|file| file.path.ends_with("Cargo.lock"))
    {
        for (place, line) in file.lines() {
            if line.starts_with("source = ") && line != REGISTRY {
                broken.push(format!("{place}: {line}"));
            }
        }
    }
    expect_none(
        &broken,
        "resolve without mirrors and git dependencies, so that anybody can build this",
    );
}

#[test]
fn nothing_waits_by_guessing() {
    let sleep = concat!("sle", "ep(");
    let mut broken = Vec::new();
    for file in sources("") {
        for (place, line) in file.code().filter(|(_, line)| line.contains(sleep)) {
            broken.push(format!("{place}: {}", line.trim()));
        }
    }
    expect_none(
        &broken,
        "wait for what is awaited: a channel, a condition, a line of output",
    );
}
