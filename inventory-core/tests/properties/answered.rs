//! What a client sees: a request that was answered with success changes nothing when it is sent again, whenever that is.
//!
//! No rule of the engine is used, and none of the model: what was answered is kept here as the client has it.

use std::sync::Arc;

use inventory_core::engine::{Answer, Reader};
use inventory_core::machine::{Entry, Level, Rejection, Request, RowOutcome};

/// A request with a key, and what it was answered with.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    pub(crate) request: Request,
    answer: Said,
}

/// What a client is told of a success.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    Written(Arc<Entry>),
    /// Every row of a synchronisation was skipped: to the client a success like any other.
    AllSkipped(Box<[RowOutcome]>),
}

impl Said {
    fn of(answer: &Answer) -> Option<Self> {
        match answer {
            Ok(receipt) => {
                // Annotations are a note of the log, and in no answer.
                let mut entry = Entry::clone(&receipt.entry);
                entry.annotations = None;
                Some(Self::Written(entry.into()))
            }
            Err(Rejection::NothingToDo { outcomes }) => Some(Self::AllSkipped(outcomes.clone())),
            Err(_) => None,
        }
    }
}

impl Answered {
    pub(crate) fn of((request, answer): (&Request, &Answer)) -> Option<Self> {
        request.intent()?;
        Some(Self {
            request: request.clone(),
            answer: Said::of(answer)?,
        })
    }

    pub(crate) fn assert_same(&self, again: &Answer) {
        let said = Said::of(again);
        assert_eq!(
            said.as_ref(),
            Some(&self.answer),
            "{:?} again",
            self.request
        );
    }
}

/// What there is of every product at every store.
pub(crate) fn levels(reader: &Reader) -> Vec<(String, String, Level)> {
    reader.read(|ledger| {
        let of_product = |product: inventory_core::machine::ProductView<'_>| {
            let levels = product.levels();
            let levels =
                levels.map(|(store, level)| (product.id().to_string(), store.to_string(), level));
            levels.collect::<Vec<_>>()
        };
        ledger.products().flat_map(of_product).collect()
    })
}
