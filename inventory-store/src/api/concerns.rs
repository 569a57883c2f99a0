//! What an operator has to change between this store and central: said once, and shown while it is so.

use std::collections::BTreeMap;

/// What a concern is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum About {
    /// The key that central knows this store by.
    Key,
    /// Another node that calls itself this store.
    Node,
    /// For how long central remembers keys.
    Memory,
    /// What central writes, and this version does not know.
    Version,
}

/// What has changed about a concern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It was not there before.
    Began,
    /// It is no more.
    Ended,
    /// Nothing, or only its words.
    None,
}

/// The concerns that there are.
#[derive(Debug, Default)]
pub(super) struct Concerns(BTreeMap<About, String>);

impl Concerns {
    /// Takes what is known now: why there is a concern, if there is one.
    pub(super) fn note(&mut self, about: About, reason: Option<String>) -> Change {
        match reason {
            Some(reason) => match self.0.insert(about, reason) {
                Some(_) => Change::None,
                None => Change::Began,
            },
            None => match self.0.remove(&about) {
                Some(_) => Change::Ended,
                None => Change::None,
            },
        }
    }

    /// Why there is each.
    pub(super) fn reasons(&self) -> impl ExactSizeIterator<Item = &String> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_concern_begins_once_and_ends_once() {
        let mut concerns = Concerns::default();
        let mut note = |reason: Option<&str>| concerns.note(About::Key, reason.map(str::to_owned));
        let changes = [None, Some("a"), Some("b"), None, None].map(&mut note);
        let expected = [
            Change::None,
            Change::Began,
            Change::None,
            Change::Ended,
            Change::None,
        ];
        assert_eq!(changes, expected);
        note(Some("c"));
        assert_eq!(concerns.reasons().collect::<Vec<_>>(), ["c"]);
    }
}
