//! Dependencies: where they come from, and under which licences.

use std::collections::BTreeSet;
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
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// What cargo prints when it is run on the workspace.
fn printed(arguments: &[&str]) -> Vec<u8> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    output.stdout
}

/// Every package of the lock file that some platform or feature takes.
fn packages() -> Vec<Value> {
    let arguments = [
        "metadata",
        "--format-version",
        "1",
        "--all-features",
        // Not offline: those of other platforms may not be here yet.
        "--locked",
    ];
    let mut metadata: Value = serde_json::from_slice(&printed(&arguments)).unwrap();
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

/// The packages that somebody takes who takes a feature of the HTTP crate and no other.
fn packages_with(feature: &str) -> BTreeSet<String> {
    let arguments = [
        "tree",
        "--package",
        "inventory-http",
        "--no-default-features",
        "--features",
        feature,
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--no-dedupe",
        "--offline",
        "--locked",
    ];
    let lines = String::from_utf8(printed(&arguments)).unwrap();
    lines.lines().map(str::to_owned).collect()
}

#[test]
fn who_calls_central_takes_little_and_who_serves_takes_no_exporter() {
    const CRATES_MAX: usize = 80;
    /// What each feature does without.
    const OF_SERVERS: &[&str] = &["opentelemetry", "prometheus", "h2", "tracing-subscriber"];
    const OF_EXPORTERS: &[&str] = &["opentelemetry-otlp", "tonic", "prost"];
    let mut broken = Vec::new();
    for (feature, without) in [("client", OF_SERVERS), ("server", OF_EXPORTERS)] {
        let packages = packages_with(feature);
        for package in &packages {
            let name = package.split(' ').next().unwrap();
            if without.contains(&name) {
                broken.push(format!("{feature} takes {package}"));
            }
        }
        if feature == "client" && packages.len() > CRATES_MAX {
            broken.push(format!("{feature} takes {} packages", packages.len()));
        }
    }
    expect_none(
        &broken,
        "put it behind the feature that needs it, or do without",
    );
    let exporters = packages_with("telemetry");
    for name in OF_EXPORTERS.iter().chain(&OF_SERVERS[..2]) {
        let begins = format!("{name} ");
        assert!(exporters.iter().any(|package| package.starts_with(&begins)));
    }
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
