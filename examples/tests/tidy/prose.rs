//! Documentation: whether the documents say what the code is.

use inventory_core::conformance::{dead_letters, event_log, snapshots};

use crate::workspace::{File, expect_none, file, modules, root, sources};

/// The folders of the workspace, each with a crate.
fn packages() -> Vec<String> {
    let mut folders: Vec<String> = std::fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("Cargo.toml").is_file())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    folders.sort();
    folders
}

#[test]
fn the_architecture_names_every_crate_and_module() {
    let architecture = file("ARCHITECTURE.md").text;
    let words: Vec<&str> = architecture
        .split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-')
        .collect();
    let mut broken = Vec::new();
    for package in packages() {
        let mut expect = |name: &str, what: String| {
            if !words.contains(&name) {
                broken.push(what);
            }
        };
        expect(&package, package.clone());
        for module in modules(&package) {
            expect(&module, format!("{package}: {module}"));
        }
    }
    expect_none(&broken, "add a line to the code map of ARCHITECTURE.md");
}

#[test]
fn the_readme_names_the_rust_version_of_the_manifest() {
    let manifest = file("Cargo.toml").text;
    let (_, version) = manifest.split_once("rust-version = \"").unwrap();
    let (version, _) = version.split_once('"').unwrap();
    let mut broken = Vec::new();
    for (place, line) in file("README.md").lines() {
        for (at, _) in line.match_indices("Rust 1.") {
            let named: String = line[at + "Rust ".len()..]
                .chars()
                .take_while(|c| c.is_ascii_digit() || *c == '.')
                .collect();
            if named.trim_end_matches('.') != version {
                broken.push(format!("{place}: Rust {named}, not {version}"));
            }
        }
    }
    expect_none(&broken, "name the rust-version of Cargo.toml");
}

/// The sources of the conformance suite of a port.
fn suite(port: &str) -> Vec<File> {
    let mut files = sources("inventory-core/src/conformance");
    let suite = format!("inventory-core/src/conformance/{port}");
    files.retain(|file| file.path.starts_with(&suite));
    files
}

/// The sentences of a port's contract that say what it must do: from each "must" to the end of its clause.
fn obligations(text: &str) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim) {
        match (line.strip_prefix("/// - "), line.strip_prefix("///   ")) {
            (Some(first), _) => sentences.push(first.to_owned()),
            (None, Some(more)) if !sentences.is_empty() => {
                sentences.last_mut().unwrap().push_str(&format!(" {more}"));
            }
            _ => {}
        }
    }
    let clauses = sentences.iter().flat_map(|sentence| {
        let starts = sentence
            .match_indices("must ")
            .map(|(at, _)| &sentence[at..]);
        starts.map(|clause| {
            clause
                .split([',', ':', ';', '.'])
                .next()
                .unwrap()
                .to_owned()
        })
    });
    clauses.collect()
}

#[test]
fn every_obligation_of_a_port_has_a_clause_that_quotes_it() {
    let mut broken = Vec::new();
    for port in ["event_log", "snapshots", "dead_letters"] {
        let suite = suite(port);
        let port = file(&format!("inventory-core/src/ports/{port}.rs"));
        let obligations = obligations(&port.text);
        assert!(!obligations.is_empty(), "{} promises nothing", port.path);
        for obligation in obligations {
            let mut lines = suite.iter().flat_map(|file| file.text.lines());
            let quoted = lines.any(|line| line.starts_with("///") && line.contains(&obligation));
            if !quoted {
                broken.push(format!("{}: {obligation}", port.path));
            }
        }
    }
    expect_none(
        &broken,
        "write a clause, and begin its doc with the sentence of the contract that it checks",
    );
}

#[test]
fn every_clause_is_stamped_for_every_adapter() {
    let mut broken = Vec::new();
    for (suite, clauses) in [
        ("event_log", event_log::CLAUSES),
        ("snapshots", snapshots::CLAUSES),
        ("dead_letters", dead_letters::CLAUSES),
    ] {
        for (place, line) in self::suite(suite).iter().flat_map(File::code) {
            let clause = line
                .strip_prefix("pub fn ")
                .and_then(|rest| rest.split_once("(harness"));
            if let Some((clause, _)) = clause.filter(|(clause, _)| !clauses.contains(clause)) {
                broken.push(format!("{place}: {clause}"));
            }
        }
    }
    expect_none(
        &broken,
        "list the clause in `suite!` above it, or no adapter will run it",
    );
}

#[test]
fn the_log_crate_lists_its_features() {
    let manifest = file("inventory-log/Cargo.toml").text;
    let (_, features) = manifest.split_once("[features]\n").unwrap();
    let (features, _) = features.split_once("\n[").unwrap();
    let docs = file("inventory-log/src/lib.rs").text;
    let mut broken = Vec::new();
    for line in features.lines().filter(|line| !line.starts_with('#')) {
        // Nobody but the tests has to know `testing`.
        let feature = line.split_once(" =").map(|(name, _)| name);
        if let Some(feature) = feature.filter(|name| !["default", "testing"].contains(name)) {
            let row =
                |line: &str| line.starts_with("//! |") && line.contains(&format!("`{feature}`"));
            if !docs.lines().any(row) {
                broken.push(feature.to_owned());
            }
        }
    }
    expect_none(
        &broken,
        "add a row to the table of features in the docs of inventory-log",
    );
}

/// All sources.
fn texts() -> Vec<String> {
    let packages = packages();
    let sources = packages.iter().flat_map(|package| sources(package));
    sources.map(|source| source.text).collect()
}

fn is_declared(texts: &[String], function: &str) -> bool {
    let declared = format!("fn {function}(");
    texts.iter().any(|text| text.contains(&declared))
}

#[test]
fn every_invariant_names_a_test_that_exists() {
    let architecture = file("ARCHITECTURE.md").text;
    let tests = texts();
    let paragraphs = architecture.split("\n\n");
    let invariants = paragraphs.filter(|paragraph| paragraph.starts_with("**Invariant**"));
    let (mut broken, mut read) = (Vec::new(), 0);
    for invariant in invariants {
        read += 1;
        // The name of a test is a sentence; other code is named in a word or two.
        let names = invariant.split('`').skip(1).step_by(2);
        let mut names = names.filter(|name| name.matches('_').count() > 2);
        let is_held = names.clone().next().is_some();
        if !is_held || !names.all(|name| is_declared(&tests, name)) {
            broken.push(invariant.to_owned());
        }
    }
    assert!(read > 10, "the invariants are where they were");
    expect_none(&broken, "name a test that would fail if it did not hold");
}

#[test]
fn every_guarantee_names_a_test_that_exists() {
    let readme = file("README.md").text;
    let (_, rows) = readme.split_once("## What is guaranteed").unwrap();
    let (rows, _) = rows.split_once("\n## ").unwrap();
    let tests = texts();
    let mut broken = Vec::new();
    let mut named = 0;
    for row in rows.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let cells: Vec<&str> = row.trim_end_matches('|').split('|').collect();
        let names = cells.last().unwrap().split('`').skip(1).step_by(2);
        let names: Vec<&str> = names.collect();
        if names.is_empty() {
            broken.push(format!("{}: none", cells[1]));
        }
        for name in names {
            named += 1;
            if !is_declared(&tests, name) {
                broken.push(format!("{}: {name}", cells[1]));
            }
        }
    }
    assert!(named > 10, "the table is where it was");
    expect_none(&broken, "name a test that would fail if it did not hold");
}
