//! Settings in the READMEs: whether each is there, with its default.

use std::fmt::Debug;

use inventory_core::engine::Settings;
use inventory_core::writer::WriterLimits;
use inventory_http::central;
use inventory_http::server::SettingDoc;
use inventory_log::file::FileOptions;
use inventory_store::api;

use crate::workspace::{expect_none, file, sources};

/// Type, field and default of every setting: what the types say of themselves, so that a new field is here too.
fn library() -> Vec<[String; 3]> {
    [
        fields("Settings", &Settings::new()),
        fields("FileOptions", &FileOptions::new()),
        fields("WriterLimits", &WriterLimits::new()),
    ]
    .concat()
}

/// The fields of a value, those of a struct in it after the name of their field.
fn fields(of: &str, value: &impl Debug) -> Vec<[String; 3]> {
    let shown = format!("{value:#?}");
    let (mut outer, mut all) = (String::new(), Vec::new());
    for line in shown.lines().map(str::trim) {
        match line.split_once(": ") {
            Some((field, inner)) if inner.ends_with('{') => outer = format!("{field}."),
            Some((field, default)) => {
                let default = default.trim_end_matches(',').to_owned();
                all.push([of.to_owned(), format!("{outer}{field}"), default]);
            }
            None => outer.clear(),
        }
    }
    all
}

/// Name, default and meaning of every setting of a service.
fn service(settings: &[SettingDoc]) -> Vec<[String; 3]> {
    let row =
        |setting: &SettingDoc| [setting.name, setting.default, setting.about].map(str::to_owned);
    settings.iter().map(row).collect()
}

/// The first three cells of each row of the table of settings in the README of a crate.
fn table(of: &str) -> Vec<[String; 3]> {
    let readme = file(&format!("{of}/README.md")).text;
    let (_, rest) = readme
        .split_once("\n## Settings\n")
        .expect("the README has a section on settings");
    let rows = rest
        .lines()
        .skip_while(|line| !line.starts_with("|--"))
        .skip(1)
        .take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let mut cells = row.trim_matches('|').split(" | ").map(str::trim);
        let mut cell = || cells.next().expect("a row has a cell per column");
        let unquoted = |cell: &str| cell.trim_matches('`').to_owned();
        [unquoted(cell()), unquoted(cell()), cell().to_owned()]
    })
    .collect()
}

#[test]
fn every_setting_of_the_library_has_a_method_of_its_name() {
    let sources = ["inventory-core/src", "inventory-log/src"].map(sources);
    let texts: String = sources.iter().flatten().map(|file| &*file.text).collect();
    let mut broken = Vec::new();
    for [of, field, _] in library() {
        let name = field.rsplit('.').next().unwrap();
        if !texts.contains(&format!("fn with_{name}(mut self,")) {
            broken.push(format!("{of}: {field}"));
        }
    }
    expect_none(
        &broken,
        "add `with_` and its name: other crates cannot write it as a literal",
    );
}

#[test]
fn the_readme_has_every_setting_of_central() {
    let told = table("inventory-http");
    assert_eq!(told, service(central::SETTINGS), "write the table anew");
}

#[test]
fn the_readme_has_every_setting_of_a_store() {
    let told = table("inventory-store");
    assert_eq!(told, service(api::SETTINGS), "write the table anew");
}

#[test]
fn the_readme_has_every_setting_of_the_library_with_its_default() {
    let told = table("inventory-core");
    let told: Vec<_> = told
        .into_iter()
        .map(|[of, field, default]| [of, field, default.trim_matches('`').to_owned()])
        .collect();
    assert_eq!(told, library(), "write the table anew");
}
