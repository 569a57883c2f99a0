//! Dead letters: what cannot be applied, kept for a person.

use super::StorageError;
use crate::vocabulary::{ProductId, Sequence, Timestamp};

/// Something that was found in the log and has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Names what was found, by where it was found: the same finding has the same id at every start.
    pub id: String,
    /// The position that it takes, when it has one.
    pub sequence: Option<Sequence>,
    /// The product that is under suspicion, when it names one.
    pub product: Option<ProductId>,
    /// What is wrong with it.
    pub reason: String,
    /// When it was buried.
    pub buried_at: Timestamp,
    /// The bytes that were found.
    pub content: Vec<u8>,
    /// What a person has done about it, once one has.
    pub resolution: Option<Resolution>,
}

/// What a person has done about a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// When it was said to be dealt with.
    pub resolved_at: Timestamp,
    /// What was done, in the person's words.
    pub note: String,
}

/// Whether a letter was resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolved {
    /// Now.
    Now,
    /// Earlier: the first resolution stays.
    Before,
    /// There is no such letter.
    Unknown,
}

/// Keeps dead letters.
///
/// - `bury` must have made the letter durable when it returns `Ok`.
/// - Burying an id again must change nothing: the first letter stays.
/// - `resolve` must have made the resolution durable when it returns `Ok`.
/// - Resolving a letter again, or one that was never buried, must change nothing.
/// - `letters` must list every buried letter, as it was buried and resolved, in the order of burial.
pub trait DeadLetters: Send {
    /// Buries a letter.
    ///
    /// # Errors
    ///
    /// The letter may or may not be there; burying it again settles it.
    fn bury(&mut self, letter: &DeadLetter) -> Result<(), StorageError>;

    /// Says that a person has dealt with a letter. It stays where it is.
    ///
    /// # Errors
    ///
    /// The resolution may or may not be there; resolving it again settles it.
    fn resolve(&mut self, id: &str, resolution: &Resolution) -> Result<Resolved, StorageError>;

    /// All letters.
    ///
    /// # Errors
    ///
    /// Nothing was read.
    fn letters(&self) -> Result<Vec<DeadLetter>, StorageError>;
}
