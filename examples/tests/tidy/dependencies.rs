//! What we depend on: from where it comes, and under which licences.

use std::process::Command;

use serde_json::Value;

use crate::workspace::{expect_none, root};

/// Where dependencies come from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Licences that ask for no more than to be named.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Every package of the lock file that some platform or feature takes.
fn packages() -> Vec<Value> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let arguments = [
        "metadata",
        "--format-version",
        "1",
        "--all-features",
        "--offline",
        "--locked",
    ];
    let output = Command::new(cargo)
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let mut metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    serde_json::from_value(metadata["packages"].take()).unwrap()
}

/// Whether a licence expression can be met by licences that we take: of alternatives one, of what is joined all.
fn is_met(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    let joined: Vec<&str> = plain.split(" AND ").collect();
    joined.iter().all(|alternatives| {
        let mut alternatives = alternatives.split(" OR ").map(str::trim);
        alternatives.any(|licence| LICENCES.contains(&licence))
    })
}

#[test]
fn dependencies_come_from_the_registry_under_licences_that_we_take() {
    let mut broken = Vec::new();
    let packages = packages();
    assert!(packages.len() > 100, "{} packages", packages.len());
    for package in &packages {
        let name = package["name"].as_str().unwrap();
        let is_ours = package["source"].is_null() && name.starts_with("inventory-");
        if !is_ours && package["source"] != REGISTRY {
            broken.push(format!("{name} comes from {}", package["source"]));
        }
        let licence = package["license"].as_str().unwrap_or("no licence");
        if !is_met(licence) {
            broken.push(format!("{name}: {licence}"));
        }
    }
    expect_none(
        &broken,
        "take another crate, or argue for the licence in ARCHITECTURE.md and LICENCES",
    );
}

#[test]
fn a_licence_is_met_by_one_of_its_alternatives_and_all_that_is_joined() {
    for good in ["MIT", "MIT/Apache-2.0", "(MIT OR GPL-3.0) AND Unicode-3.0"] {
        assert!(is_met(good), "{good}");
    }
    for bad in ["GPL-3.0", "MIT AND GPL-3.0", "no licence", ""] {
        assert!(!is_met(bad), "{bad}");
    }
}
