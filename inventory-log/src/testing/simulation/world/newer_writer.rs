//! Unknown events: a newer program writes what this one does not understand, and a faulty one writes what cannot be.

use std::sync::Arc;

use inventory_core::machine::{After, DeadLettered, Entry, Event, Level, Movement, MovementKind};
use inventory_core::ports::EventLog;
use inventory_core::vocabulary::{Chain, Delta, ProductId, Quantity, Version};

use super::{Progress, World};
use crate::testing::simulation::{Check, Choices, Violation};

impl World {
    /// Unless the disk is full: ends the engine in good order, lets another program append an event that cannot be applied, and starts again.
    ///
    /// # Errors
    ///
    /// A promise is broken.
    pub fn poison(&mut self, choices: &mut Choices) -> Result<Progress, Violation> {
        if self.is_full() {
            return Ok(Progress::Running);
        }
        self.close();
        let Some(mut store) = self.open_store()? else {
            return Ok(Progress::Stopped);
        };
        let entry = Arc::new(self.poisonous_entry(choices));
        let appended = store
            .log
            .append(self.witness.head().sequence, &[Arc::clone(&entry)]);
        appended
            .map_err(|error| Violation::new(Check::HealthyDiskIsOpened, format!("{error:?}")))?;
        self.witness.know_poison(&entry);
        drop(store);
        self.open()
    }

    fn poisonous_entry(&self, choices: &mut Choices) -> Entry {
        let head = self.witness.head();
        let product: ProductId = choices
            .of(&["tea", "rice"])
            .parse()
            .expect("the name is plain text");
        let version = self.witness.version(&product).number() + 1;
        // A product that is quarantined takes any later version: only the first nonsense is poison for sure.
        let kinds = if self.witness.was_poisoned(&product) {
            2
        } else {
            3
        };
        let event = match choices.below(kinds) {
            0 => unknown(
                Some(product),
                Some(version),
                r#"{"type":"StockTeleported","product":"#,
            ),
            1 => unknown(None, None, r#"{"type":"PriceListPrinted","pages":3"#),
            _ => Event::Moved(impossible(product, version + 5)),
        };
        let mut entry = Entry {
            first: head.sequence.next(),
            recorded_at: head.recorded_at,
            intent: None,
            outcomes: Box::default(),
            events: Box::new([event]),
            annotations: None,
            chain: Chain::default(),
        };
        entry.chain = entry
            .chain_after(head.chain)
            .unwrap_or_else(|| Chain::from_bits(choices.seed()));
        entry
    }
}

fn unknown(product: Option<ProductId>, version: Option<u64>, start: &str) -> Event {
    let fields = match (&product, version) {
        (Some(product), Some(version)) => format!("\"{product}\",\"version\":{version}"),
        (None | Some(_), _) => String::new(),
    };
    Event::DeadLettered(DeadLettered {
        product,
        version: version.and_then(|number| Version::new(number).ok()),
        raw: format!("{start}{fields}}}").into(),
    })
}

/// A movement whose numbers follow from nothing.
fn impossible(product: ProductId, version: u64) -> Movement {
    let quantity = |units| Quantity::new(units).expect("a few units");
    Movement {
        kind: MovementKind::Increased,
        product,
        store: "north".parse().expect("the name is plain text"),
        delta: Delta::new(1).expect("one unit"),
        reserved_delta: Delta::ZERO,
        after: After {
            level: Level::new(quantity(3), quantity(0)).expect("nothing is reserved"),
            version: Version::new(version).expect("runs are short"),
            total: quantity(3),
        },
    }
}
