//! Whether the README has every setting, with its default.

use inventory_core::engine::Settings;
use inventory_core::machine::WindowLimits;
use inventory_core::writer::WriterLimits;
use inventory_log::file::FileOptions;

use crate::workspace::file;

/// Type, field and default of every setting. A new field does not compile before it is here.
fn settings() -> Vec<[String; 3]> {
    let Settings {
        window: WindowLimits { age_ms, keys_max },
        retain_events,
        recovery,
    } = Settings::default();
    let files = FileOptions::default();
    let FileOptions {
        segment_bytes,
        reserve_bytes,
        prefill_bytes,
        recovery: file_recovery,
    } = files;
    let WriterLimits {
        inbox_requests_max,
        group_requests_max,
    } = WriterLimits::default();
    [
        ("Settings", "window.age_ms", age_ms.to_string()),
        ("Settings", "window.keys_max", keys_max.to_string()),
        ("Settings", "retain_events", format!("{retain_events:?}")),
        ("Settings", "recovery", format!("{recovery:?}")),
        ("FileOptions", "segment_bytes", segment_bytes.to_string()),
        ("FileOptions", "reserve_bytes", reserve_bytes.to_string()),
        ("FileOptions", "prefill_bytes", prefill_bytes.to_string()),
        ("FileOptions", "recovery", format!("{file_recovery:?}")),
        (
            "WriterLimits",
            "inbox_requests_max",
            inbox_requests_max.to_string(),
        ),
        (
            "WriterLimits",
            "group_requests_max",
            group_requests_max.to_string(),
        ),
    ]
    .map(|(of, field, default)| [of.to_owned(), field.to_owned(), default])
    .into()
}

#[test]
fn the_readme_has_every_setting_with_its_default() {
    let readme = file("README.md").text;
    let (_, section) = readme
        .split_once("\n## Settings\n")
        .expect("the README has a section on settings");
    let rows = section
        .lines()
        .skip_while(|line| !line.starts_with("|--"))
        .skip(1)
        .take_while(|line| line.starts_with('|'));
    let told: Vec<[String; 3]> = rows
        .map(|row| {
            let mut cells = row.trim_matches('|').split('|');
            [(); 3].map(|()| {
                let cell = cells.next().expect("a row has a cell per column");
                cell.trim().trim_matches('`').to_owned()
            })
        })
        .collect();
    assert_eq!(told, settings(), "write the table in README.md anew");
}
