//! Which ledgers a thread is looking at.

use std::cell::RefCell;

thread_local! {
    static LOOKS: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// That this thread looks at something, until it is dropped.
#[derive(Debug)]
pub(super) struct Look {
    /// Whether this thread has looked at the same thing already.
    pub(super) is_within_another: bool,
}

impl Look {
    pub(super) fn at<T>(subject: &T) -> Self {
        let is_within_another = is_looking_at(subject);
        LOOKS.with_borrow_mut(|looks| looks.push(address(subject)));
        Self { is_within_another }
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        LOOKS.with_borrow_mut(Vec::pop);
    }
}

/// Whether this thread is looking at it.
pub(super) fn is_looking_at<T>(subject: &T) -> bool {
    LOOKS.with_borrow(|looks| looks.contains(&address(subject)))
}

/// What is looked at does not move meanwhile: it is borrowed.
fn address<T>(subject: &T) -> usize {
    std::ptr::from_ref(subject).addr()
}
