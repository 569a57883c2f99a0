//! Settings in the READMEs: whether each is there, with its default.

use inventory_core::engine::Settings;
use inventory_core::machine::WindowLimits;
use inventory_core::writer::WriterLimits;
use inventory_http::central;
use inventory_http::server::SettingDoc;
use inventory_log::file::FileOptions;
use inventory_store::api;

use crate::workspace::file;

/// Type, field and default of every setting. A new field does not compile before it is here.
fn library() -> Vec<[String; 3]> {
    let Settings {
        window:
            WindowLimits {
                age_ms,
                keys_max,
                bytes_max,
            },
        retain_events,
        recovery,
        accept_time,
    } = Settings::default();
    let files = FileOptions::default();
    let FileOptions {
        segment_bytes,
        reserve_bytes,
        prefill_bytes,
        recovery: file_recovery,
    } = files;
    let WriterLimits {
        inbox_lines_max,
        inbox_bytes_max,
        group_lines_max,
        group_bytes_max,
    } = WriterLimits::default();
    [
        ("Settings", "window.age_ms", age_ms.to_string()),
        ("Settings", "window.keys_max", keys_max.to_string()),
        ("Settings", "window.bytes_max", bytes_max.to_string()),
        ("Settings", "retain_events", format!("{retain_events:?}")),
        ("Settings", "recovery", format!("{recovery:?}")),
        ("Settings", "accept_time", format!("{accept_time:?}")),
        ("FileOptions", "segment_bytes", segment_bytes.to_string()),
        ("FileOptions", "reserve_bytes", reserve_bytes.to_string()),
        ("FileOptions", "prefill_bytes", prefill_bytes.to_string()),
        ("FileOptions", "recovery", format!("{file_recovery:?}")),
        (
            "WriterLimits",
            "inbox_lines_max",
            inbox_lines_max.to_string(),
        ),
        (
            "WriterLimits",
            "inbox_bytes_max",
            inbox_bytes_max.to_string(),
        ),
        (
            "WriterLimits",
            "group_lines_max",
            group_lines_max.to_string(),
        ),
        (
            "WriterLimits",
            "group_bytes_max",
            group_bytes_max.to_string(),
        ),
    ]
    .map(|(of, field, default)| [of.to_owned(), field.to_owned(), default])
    .into()
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
