//! Dead letters: what cannot be applied, kept for a person.

use super::StorageError;
use crate::vocabulary::{ProductId, Sequence, Timestamp};

/// Bytes of what was found that a letter keeps: enough to see what it was, whatever its size.
pub const CONTENT_BYTES_MAX: usize = 64 * 1024;

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
    /// The bytes that were found, the first [`CONTENT_BYTES_MAX`] of them.
    pub content: Vec<u8>,
    /// How many bytes were found.
    pub content_bytes: u64,
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
/// - `bury` must have made all letters durable when it returns `Ok`. On a full disk it may leave that for later, so that a start
///   can be read; then nothing may be appended to the log beside it, and no snapshot saved, before they are.
/// - Burying an id again must change nothing: the first letter stays.
/// - `resolve` must have made the resolution durable when it returns `Ok`.
/// - Resolving a letter again, or one that was never buried, must change nothing.
/// - `each` must show every buried letter, as it was buried and resolved, in the order of burial.
pub trait DeadLetters: Send {
    /// Buries letters, with one sync for all of them.
    ///
    /// # Errors
    ///
    /// Any of the letters may be there; burying them again settles it.
    fn bury(&mut self, letters: &[DeadLetter]) -> Result<(), StorageError>;

    /// Says that a person has dealt with a letter. It stays where it is.
    ///
    /// # Errors
    ///
    /// The resolution may or may not be there; resolving it again settles it.
    fn resolve(&mut self, id: &str, resolution: &Resolution) -> Result<Resolved, StorageError>;

    /// Shows all letters, one at a time: there may be more than memory should hold.
    ///
    /// # Errors
    ///
    /// The letters that were not shown could not be read.
    fn each(&self, show: &mut dyn FnMut(DeadLetter)) -> Result<(), StorageError>;

    /// All letters, where they are known to be few.
    ///
    /// # Errors
    ///
    /// They could not be read.
    fn letters(&self) -> Result<Vec<DeadLetter>, StorageError> {
        let mut letters = Vec::new();
        self.each(&mut |letter| letters.push(letter))?;
        Ok(letters)
    }
}

impl DeadLetter {
    /// A letter about what was found, at most [`CONTENT_BYTES_MAX`] of which are kept. It names neither position nor product.
    pub fn new(id: String, reason: String, buried_at: Timestamp, found: &[u8]) -> Self {
        Self {
            id,
            sequence: None,
            product: None,
            reason,
            buried_at,
            content: found[..found.len().min(CONTENT_BYTES_MAX)].to_vec(),
            content_bytes: found.len() as u64,
            resolution: None,
        }
    }
}
