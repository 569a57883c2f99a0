//! Replay accounts for every unit: undisturbed, killed and continued, and with bad files.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says where it stopped"
)]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Units that the baskets of the sample ask for.
const SAMPLE_UNITS: u64 = 246_142;
const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sales-sample.csv.gz");
/// The whole half year, beside the repository where somebody has put it.
const HALF_YEAR: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../shared/data/sales-2017-h1.csv.gz"
);
/// Lines of the half year that are sold here; `REPLAY_LINES` asks for another number.
const HALF_YEAR_LINES: usize = 30_000;

fn replay(arguments: &[&str], data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_replay"));
    command.args(arguments).arg("--data").arg(data);
    command
}

/// The last line of the output, which is one JSON object.
fn report(output: &Output) -> Value {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

/// Without what differs between a run that was continued and one that was not.
fn totals(mut report: Value) -> Value {
    let object = report.as_object_mut().unwrap();
    for varying in ["replayed", "eventsWritten", "seconds", "updatesPerSecond"] {
        assert!(object.remove(varying).is_some(), "{varying}");
    }
    object.remove("openAtStart");
    report
}

fn undisturbed(arguments: &[&str]) -> Value {
    let data = TempDir::new().unwrap();
    let output = replay(arguments, data.path())
        .arg("--json")
        .output()
        .unwrap();
    totals(report(&output))
}

/// Starts a run and kills it once it has printed so many lines of progress. Returns whether it came to its end before.
fn kill_after(lines: usize, arguments: &[&str], data: &Path) -> bool {
    let mut child: Child = replay(arguments, data)
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut progress = BufReader::new(child.stderr.take().unwrap()).lines();
    let seen = progress.by_ref().take(lines).count();
    // On Unix this is SIGKILL: nothing in the process gets to run any more.
    child.kill().unwrap();
    child.wait().unwrap();
    seen < lines
}

/// The first lines of the half year, cut between two baskets; the sample where the half year is not there.
fn sales(directory: &TempDir) -> PathBuf {
    let Ok(file) = File::open(HALF_YEAR) else {
        return PathBuf::from(SAMPLE);
    };
    let wanted =
        std::env::var("REPLAY_LINES").map_or(HALF_YEAR_LINES, |lines| lines.parse().unwrap());
    let path = directory.path().join("sales.csv");
    let mut cut = std::io::BufWriter::new(File::create(&path).unwrap());
    let mut last_basket = String::new();
    for (at, line) in BufReader::new(GzDecoder::new(file)).lines().enumerate() {
        let line = line.unwrap();
        let basket = line.split(',').nth(2).unwrap();
        if at > wanted && basket != last_basket {
            break;
        }
        basket.clone_into(&mut last_basket);
        writeln!(cut, "{line}").unwrap();
    }
    cut.flush().unwrap();
    path
}

#[test]
fn the_sample_is_sold_out_to_the_last_unit() {
    assert_eq!(
        undisturbed(&[]),
        json!({
            "baskets": 527,
            "lines": 5_011,
            "sold": 527,
            "refused": 0,
            "events": 4_929 + 5_011,
            "levels": 4_929,
            "units": { "opening": SAMPLE_UNITS, "sold": SAMPLE_UNITS, "remaining": 0 },
            "audit": { "ledger": true, "restart": true, "log": true },
            "clean": true,
        })
    );
}

#[test]
fn too_little_stock_is_refused_and_still_accounted_for() {
    let report = undisturbed(&["--opening", "0.98"]);
    let number = |name: &str| report[name].as_u64().unwrap();
    assert!(number("refused") > 0);
    assert_eq!(number("sold") + number("refused"), 527);
    assert_eq!(report["clean"], json!(true));
    let units = |name: &str| report["units"][name].as_u64().unwrap();
    assert_eq!(units("opening") - units("sold"), units("remaining"));
    assert!(units("remaining") > 0);
}

#[test]
fn carts_are_held_and_what_their_customers_leave_is_sold_again() {
    let report = undisturbed(&["--holds"]);
    let carts = |name: &str| report["carts"][name].as_u64().unwrap();
    let (released, expired) = (carts("released"), carts("expired"));
    assert!(released > 0 && expired > 0);
    // All of the demand is there and no more: who comes back finds nothing but what was held before.
    assert_eq!(carts("committed"), 527);
    assert_eq!(carts("returned"), released + expired);
    assert_eq!(carts("held"), 527 + released + expired);
    let units = json!({ "opening": SAMPLE_UNITS, "sold": SAMPLE_UNITS, "remaining": 0 });
    assert_eq!(report["units"], units);
    let audit = json!({ "ledger": true, "restart": true, "log": true, "holds": true });
    assert_eq!(report["audit"], audit);
}

#[test]
fn carts_that_cannot_be_held_are_refused_and_still_accounted_for() {
    let report = undisturbed(&["--holds", "--opening", "0.9"]);
    let number = |name: &str| report[name].as_u64().unwrap();
    assert!(number("refused") > 0);
    assert_eq!(number("sold") + number("refused"), 527);
    assert_eq!(report["clean"], json!(true));
}

#[test]
fn plain_and_compressed_files_are_the_same_run() {
    let directory = TempDir::new().unwrap();
    let plain = directory.path().join("sales.csv");
    let mut text = Vec::new();
    GzDecoder::new(File::open(SAMPLE).unwrap())
        .read_to_end(&mut text)
        .unwrap();
    fs::write(&plain, text).unwrap();
    let data = directory.path().join("data");

    report(&replay(&[SAMPLE, "--json"], &data).output().unwrap());
    let plain = plain.to_str().unwrap();
    let again = report(&replay(&[plain, "--json"], &data).output().unwrap());
    assert_eq!(again["replayed"], json!(527));
    assert_eq!(again["eventsWritten"], json!(0));
    assert_eq!(again["clean"], json!(true));
}

/// Kills runs at many moments, and has each continued.
#[track_caller]
fn killed_once(mode: &[&str]) -> Vec<Value> {
    let directory = TempDir::new().unwrap();
    let sales = sales(&directory);
    let arguments = [&[sales.to_str().unwrap(), "--opening", "0.9"], mode].concat();
    let expected = undisturbed(&arguments);
    assert!(expected["refused"].as_u64().unwrap() > 0);
    let mut reports = Vec::new();
    for lines in [0, 1, 2, 5, 10, 15, 20] {
        let data = TempDir::new().unwrap();
        kill_after(lines, &arguments, data.path());
        let output = replay(&arguments, data.path())
            .arg("--json")
            .output()
            .unwrap();
        let report = report(&output);
        assert_eq!(
            totals(report.clone()),
            expected,
            "killed after {lines} lines of progress"
        );
        reports.push(report);
    }
    let interrupted =
        |report: &&Value| report["replayed"] != json!(0) && report["eventsWritten"] != json!(0);
    assert!(
        reports.iter().any(|report| interrupted(&report)),
        "no kill came while baskets were sold"
    );
    reports
}

#[test]
fn a_run_that_was_killed_ends_with_the_totals_of_an_undisturbed_one() {
    killed_once(&[]);
}

#[test]
fn carts_that_are_open_when_a_run_is_killed_end_as_in_an_undisturbed_one() {
    let reports = killed_once(&["--holds"]);
    let open = |report: &Value| report["openAtStart"].as_u64().unwrap() > 0;
    assert!(
        reports.iter().any(open),
        "no kill came while a cart was open"
    );
}

/// Kills a run again and again, each time a little later, until it comes to its end.
#[track_caller]
fn killed_again_and_again(mode: &[&str]) {
    let directory = TempDir::new().unwrap();
    let sales = sales(&directory);
    let arguments = [&[sales.to_str().unwrap(), "--opening", "0.9"], mode].concat();
    let data = TempDir::new().unwrap();
    let mut kills = 0;
    while !kill_after(kills + 1, &arguments, data.path()) {
        kills += 1;
    }
    assert!(kills > 10, "only {kills} kills");
    let output = replay(&arguments, data.path())
        .arg("--json")
        .output()
        .unwrap();
    assert_eq!(totals(report(&output)), undisturbed(&arguments));
}

#[test]
fn a_run_that_is_killed_again_and_again_ends_with_the_same_totals() {
    killed_again_and_again(&[]);
}

#[test]
fn a_run_with_carts_that_is_killed_again_and_again_ends_with_the_same_totals() {
    killed_again_and_again(&["--holds"]);
}

/// Runs that must not begin, with their exit status and a part of what they say.
#[track_caller]
fn refused(arguments: &[&str], data: &Path, status: i32, says: &str) {
    let output = replay(arguments, data).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    let sentence = errors.lines().last().unwrap_or_default();
    assert_eq!(output.status.code(), Some(status), "{errors}");
    assert!(
        sentence.starts_with("replay: ") && sentence.contains(says),
        "{errors}"
    );
}

#[test]
fn wrong_usage_is_explained() {
    let data = TempDir::new().unwrap();
    for (arguments, says) in [
        (&["--opening", "most"][..], "a share is a decimal number"),
        (&["--opening", "-1"], "a share is a decimal number"),
        (&["--opening"], "--opening"),
        (&["--nonsense"], "--nonsense"),
        (&["one.csv", "two.csv"], "two.csv"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_replay"));
        let output = command
            .current_dir(data.path())
            .args(arguments)
            .output()
            .unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(
            errors.contains(says) && errors.contains("--help"),
            "{errors}"
        );
    }
}

#[test]
fn a_file_that_is_no_good_is_refused_before_anything_is_written() {
    let directory = TempDir::new().unwrap();
    let data = directory.path().join("data");
    let path = directory.path().join("sales.csv");
    let compressed = fs::read(SAMPLE).unwrap();
    let mut damaged = compressed.clone();
    damaged[10_000] ^= 1;
    let header = "sold_at,store_id,basket_id,product_id,quantity\n";
    for (content, says) in [
        (Vec::new(), "is empty"),
        (b"store,product\n".to_vec(), "line 1 of"),
        (header.into(), "has no sales"),
        (
            format!("{header}2017-01-01T11:53:26Z,1,2,3,none\n").into(),
            "line 2 of",
        ),
        (
            compressed[..compressed.len() / 2].to_vec(),
            "cannot be read",
        ),
        (damaged, "line"),
    ] {
        fs::write(&path, content).unwrap();
        refused(&[path.to_str().unwrap()], &data, 3, says);
    }
    refused(&["missing.csv"], &data, 3, "missing.csv cannot be opened");
    refused(
        &[directory.path().to_str().unwrap()],
        &data,
        3,
        "cannot be read",
    );
    assert!(!data.exists());
}

#[test]
fn a_directory_holds_one_run() {
    let data = TempDir::new().unwrap();
    report(&replay(&["--json"], data.path()).output().unwrap());
    refused(&["--opening", "0.98"], data.path(), 4, "another one");
    refused(&["--holds"], data.path(), 4, "another one");
    let again = report(&replay(&["--json"], data.path()).output().unwrap());
    assert_eq!(again["replayed"], json!(527));
}

#[test]
fn a_place_that_is_no_directory_is_named() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "not a directory").unwrap();
    refused(&[], &file, 4, file.to_str().unwrap());
}
