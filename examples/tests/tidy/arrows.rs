//! Dependency direction: which crate and which module may know which. ARCHITECTURE.md says why.

use std::process::Command;

use serde_json::Value;

use crate::circles::Target;
use crate::workspace::{expect_none, file, files, root, sources};

/// The crates of this workspace that a crate may depend on, tests included. Those that only join others may take all.
const CRATES: &[(&str, &[&str])] = &[
    ("inventory-core", &[]),
    ("inventory-log", &["inventory-core"]),
    ("inventory-http", &["inventory-core"]),
    (
        "inventory-store",
        &["inventory-core", "inventory-log", "inventory-http"],
    ),
];
const JOINING: &[&str] = &["inventory-examples", "inventory-benches"];

/// The layers of a crate from the bottom up: a module names only those before it.
const LAYERS: &[(&str, &[&str])] = &[
    (
        "inventory-core",
        &[
            "vocabulary",
            "machine",
            "ports",
            "engine",
            "writer",
            "inventory",
            "memory",
        ],
    ),
    ("inventory-log", &["codec", "disk", "file"]),
    (
        "inventory-http",
        &[
            "wire",
            "client",
            "telemetry",
            "server",
            "health",
            "feed",
            "openapi",
            "central",
        ],
    ),
    (
        "inventory-store",
        &[
            "replica", "syncer", "cache", "outbox", "sending", "bodies", "api",
        ],
    ),
];

/// The folders of a module of a crate from the bottom up: a file needs only those of its own, and of those before it.
const FOLDERS: &[(&str, &str, &[&str])] =
    &[("inventory-core", "machine", &["facts", "ledger", "rules"])];

/// What the core does not do.
const OUTSIDE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "SystemTime",
    "Instant::now",
    "async fn",
    "async move",
    ".await",
    "tokio",
];

fn packages() -> Vec<Value> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
            "--locked",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    serde_json::from_value(metadata["packages"].take()).unwrap()
}

fn name(value: &Value) -> &str {
    value["name"].as_str().unwrap()
}

#[test]
fn crates_depend_in_one_direction() {
    let mut broken = Vec::new();
    let packages = packages();
    let members: Vec<_> = packages.iter().map(name).collect();
    for package in &packages {
        let from = name(package);
        if JOINING.contains(&from) {
            continue;
        }
        let Some((_, allowed)) = CRATES.iter().find(|(known, _)| *known == from) else {
            broken.push(format!("{from} has no row in the table"));
            continue;
        };
        for to in package["dependencies"].as_array().unwrap().iter().map(name) {
            // A crate may ask for more features of itself in its tests.
            if to != from && members.contains(&to) && !allowed.contains(&to) {
                broken.push(format!("{from} -> {to}"));
            }
        }
    }
    expect_none(
        &broken,
        "let the examples join them, or argue for a new arrow in ARCHITECTURE.md and CRATES",
    );
}

/// Whether a line of code names a module of its own crate.
fn names(line: &str, module: &str) -> bool {
    let path = format!("{module}::");
    let from_here = line.find(&path).is_some_and(|at| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    });
    from_here || line.contains(&format!("crate::{module}"))
}

#[test]
fn modules_look_down_only() {
    let mut broken = Vec::new();
    for (package, layers) in LAYERS {
        for (at, module) in layers.iter().enumerate() {
            let above = &layers[at + 1..];
            for file in sources(&format!("{package}/src/{module}")) {
                for (place, line) in file.code() {
                    if above.iter().any(|module| names(line, module)) {
                        broken.push(format!("{place}: {}", line.trim()));
                    }
                }
            }
        }
    }
    expect_none(
        &broken,
        "pass what is needed as an argument: rules do not know who asks, and the server not what it serves",
    );
}

#[test]
fn folders_of_a_module_look_down_only() {
    let mut broken = Vec::new();
    for (package, module, folders) in FOLDERS {
        let height = |path: &[String]| {
            let folder = path.get(1).filter(|_| path[0] == *module)?;
            Some(folders.iter().position(|known| known == folder))
        };
        let needs = Target::read(&format!("{package}/src")).needs();
        let mut checked = 0;
        for (file, needed) in &needs {
            let Some(own) = height(file) else { continue };
            let Some(own) = own else {
                broken.push(format!("{} has no row in the table", file.join("/")));
                continue;
            };
            let heights = needed.iter().map(|it| (it, height(it).flatten()));
            let (above, below): (Vec<_>, Vec<_>) = heights
                .filter_map(|(it, height)| Some((it, height?)))
                .partition(|(_, height)| *height > own);
            checked += below.len();
            for (above, _) in above {
                broken.push(format!("{} -> {}", file.join("/"), above.join("/")));
            }
        }
        assert!(checked > 100, "{checked} arrows within {module} were found");
    }
    expect_none(
        &broken,
        "facts are plain data, the ledger is what they amount to, and rules are how it changes",
    );
}

#[test]
fn the_core_does_no_io_and_knows_no_clock() {
    let mut broken = Vec::new();
    for file in sources("inventory-core/src") {
        for (place, line) in file.code() {
            // A field may be called so.
            let line = line.replace(".awaits", "");
            if OUTSIDE.iter().any(|word| line.contains(word)) {
                broken.push(format!("{place}: {}", line.trim()));
            }
        }
    }
    expect_none(&broken, "ask a port, and let an adapter do it");
}

#[test]
fn nothing_asks_for_another_toolchain() {
    let mut broken = Vec::new();
    for file in files("") {
        if file.path.contains("rust-toolchain") {
            broken.push(file.path.clone());
        }
        let script = file.path == "Makefile" || file.path.starts_with(".ci/");
        for (place, line) in file.lines().filter(|_| script) {
            if ["cargo +", "(CARGO) +", "rustup "]
                .iter()
                .any(|word| line.contains(word))
            {
                broken.push(format!("{place}: {}", line.trim()));
            }
        }
    }
    expect_none(
        &broken,
        "use the active toolchain: whoever builds this has chosen one",
    );
}

#[test]
fn every_package_keeps_the_lints_of_the_workspace() {
    let mut broken = Vec::new();
    for package in packages() {
        let manifest = package["manifest_path"].as_str().unwrap();
        let folder = std::path::Path::new(manifest).parent().unwrap();
        let folder = folder.file_name().unwrap().to_str().unwrap();
        let manifest = file(&format!("{folder}/Cargo.toml"));
        if !manifest.text.contains("[lints]\nworkspace = true") {
            broken.push(manifest.path);
        }
    }
    expect_none(&broken, "add `[lints]` with `workspace = true`");
}
