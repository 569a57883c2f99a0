//! Start on damaged files, and what it shows and reports.

use std::sync::Arc;

use inventory_core::engine::{Engine, Opened, Recovery};
use inventory_core::machine::{Entry, ProductView};
use inventory_core::ports::{DeadLetters, EventLog, Ports, Unobserved};
use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::{Epoch, Timestamp};
use inventory_log::file::open_on;
use inventory_log::testing::SimDisk;
use inventory_log::testing::simulation::Setup;

/// What a start shows of a directory.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Picture {
    pub(crate) epoch: Epoch,
    pub(crate) entries: Vec<Arc<Entry>>,
    pub(crate) products: Vec<String>,
    pub(crate) keys: Vec<Entry>,
    pub(crate) buried: Vec<String>,
    /// Their ids: one that is found missing is buried again, later.
    pub(crate) letters: Vec<String>,
}

/// How a start ended: what it shows and what it told about damage, or why it was refused, in words with all causes.
pub(crate) type Start = Result<(Picture, Vec<String>), String>;

pub(crate) fn setup(recovery: Recovery) -> Setup {
    let mut setup = Setup::default();
    setup.files.segment_bytes = 1_000;
    setup.files.recovery = recovery;
    setup.settings.recovery = recovery;
    setup
}

fn words(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

pub(crate) fn start(disk: &SimDisk, recovery: Recovery) -> Start {
    let Setup { files, settings } = setup(recovery);
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let store = match open_on(Arc::new(disk.clone()), &clock, files) {
        Ok(store) => store,
        Err(error) => return Err(words(&error)),
    };
    let mut told: Vec<String> = store.findings.iter().map(ToString::to_string).collect();
    let log = store.log.reader();
    let ports = Ports {
        clock: Arc::new(clock),
        observer: Arc::new(Unobserved),
        ..store.into_ports()
    };
    let Opened { engine, report, .. } = match Engine::open(ports, settings) {
        Ok(opened) => opened,
        Err(error) => return Err(words(&error)),
    };
    told.extend(report.snapshot_unusable.clone());
    told.extend(report.lost.iter().map(|lost| format!("{lost:?}")));
    told.extend(report.poison.iter().map(|poison| format!("{poison:?}")));
    let reader = engine.reader();
    let (mut entries, mut after) = (Vec::new(), log.floor());
    loop {
        match log.read(after, 5) {
            Ok(page) if page.is_empty() => break,
            Ok(page) => {
                after = page.last().expect("the page is not empty").last();
                entries.extend(page);
            }
            // Damage below the snapshot is found when it is read, and said by name.
            Err(error) => {
                told.push(words(&error));
                break;
            }
        }
    }
    let image = reader.image();
    let epoch = reader.epoch();
    drop((engine, reader));
    let letters = match open_on(Arc::new(disk.clone()), &ManualClock::default(), files) {
        Ok(store) => store.dead_letters.letters().expect("no fault is armed"),
        Err(error) => panic!("opened, and refused a moment later: {}", words(&error)),
    };
    let product = |view: ProductView<'_>| {
        let levels: Vec<_> = view.levels().collect();
        let flags = (view.version(), view.total(), view.quarantined());
        format!("{} {flags:?} {levels:?}", view.id())
    };
    let picture = Picture {
        epoch,
        entries,
        products: image.products().map(product).collect(),
        keys: image.window().collect(),
        buried: image
            .buried()
            .iter()
            .map(|buried| format!("{buried:?}"))
            .collect(),
        letters: letters.into_iter().map(|letter| letter.id).collect(),
    };
    Ok((picture, told))
}
