//! What commands have in common when they are digested.

use crate::vocabulary::Fields;

/// Digests the words of a command; each stands for itself, with its length.
pub(super) fn digest_words(digest: &mut impl Fields, operation: u64, words: &[&str]) {
    digest.number(operation);
    for word in words {
        digest.bytes(word.as_bytes());
    }
}
