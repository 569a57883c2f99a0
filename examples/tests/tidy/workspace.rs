//! Workspace files, read for the checks.

use std::fs;
use std::path::{Path, PathBuf};

/// What no person writes.
const SKIPPED: &[&str] = &["target", ".git", "data", "corpus", "artifacts", "coverage"];

/// A text file of the repository.
pub(crate) struct File {
    /// Its path from the root of the repository.
    pub(crate) path: String,
    /// Its content.
    pub(crate) text: String,
}

impl File {
    /// Its lines with their numbers, as places to point at.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (String, &str)> {
        let lines = self.text.lines().enumerate();
        lines.map(|(at, line)| (format!("{}:{}", self.path, at + 1), line))
    }

    /// Its lines that are not comments.
    pub(crate) fn code(&self) -> impl Iterator<Item = (String, &str)> {
        self.lines()
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// One file of the repository.
#[track_caller]
pub(crate) fn file(path: &str) -> File {
    let text = match fs::read_to_string(root().join(path)) {
        Ok(text) => text,
        Err(error) => panic!("{path}: {error}"),
    };
    let path = path.to_owned();
    File { path, text }
}

/// All text files below a folder.
pub(crate) fn files(folder: &str) -> Vec<File> {
    let mut files = Vec::new();
    collect(&root().join(folder), folder, &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// All Rust sources below a folder.
pub(crate) fn sources(folder: &str) -> Vec<File> {
    let mut files = files(folder);
    files.retain(|file| file.path.ends_with(".rs"));
    files
}

/// The first-level modules of a crate: the names in its `src`, and the binaries of a package that has no library.
pub(crate) fn modules(package: &str) -> Vec<String> {
    let src = root().join(package).join("src");
    let bin = src.join("bin");
    let folder = if bin.is_dir() { bin } else { src };
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir() || path.extension().is_some_and(|end| end == "rs"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "lib" && name != "main")
        .collect();
    names.sort();
    names
}

/// Fails with the places where a rule is broken.
#[track_caller]
pub(crate) fn expect_none(broken: &[String], instead: &str) {
    assert!(broken.is_empty(), "{instead}\n  {}", broken.join("\n  "));
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{prefix}: {error}")) {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        // In a worktree, `.git` is a file.
        if SKIPPED.contains(&name.as_str()) {
            continue;
        }
        let path = match prefix {
            "" => name.clone(),
            _ => format!("{prefix}/{name}"),
        };
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), &path, files);
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            files.push(File { path, text });
        }
    }
}
