//! What a thread does for an engine, so that it does not wait for itself.

use std::cell::RefCell;
use std::thread::LocalKey;

/// What a thread is at, by its address.
type Subjects = LocalKey<RefCell<Vec<usize>>>;

thread_local! {
    static LOOKS: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
    static COMMITS: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// That this thread is at something, until it is dropped.
#[derive(Debug)]
struct Mark(&'static Subjects);

impl Mark {
    /// What it is at does not move meanwhile: it is borrowed.
    fn at<T>(subjects: &'static Subjects, subject: &T) -> Self {
        subjects.with_borrow_mut(|all| all.push(address(subject)));
        Self(subjects)
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        self.0.with_borrow_mut(Vec::pop);
    }
}

/// That this thread looks at something, until it is dropped.
#[derive(Debug)]
pub(super) struct Look {
    /// Whether this thread has looked at the same thing already.
    pub(super) is_within_another: bool,
    _mark: Mark,
}

impl Look {
    pub(super) fn at<T>(subject: &T) -> Self {
        Self {
            is_within_another: is_looking_at(subject),
            _mark: Mark::at(&LOOKS, subject),
        }
    }
}

/// That this thread is the one that commits to something, or answers who has, until it is dropped.
#[derive(Debug)]
pub(super) struct Committing(#[expect(dead_code, reason = "it is dropped")] Mark);

impl Committing {
    pub(super) fn to<T>(subject: &T) -> Self {
        Self(Mark::at(&COMMITS, subject))
    }
}

/// Whether this thread is looking at it.
pub(super) fn is_looking_at<T>(subject: &T) -> bool {
    LOOKS.with_borrow(|looks| looks.contains(&address(subject)))
}

/// Whether this thread commits to it, or answers who has.
pub(super) fn is_committing_to<T>(subject: &T) -> bool {
    COMMITS.with_borrow(|commits| commits.contains(&address(subject)))
}

fn address<T>(subject: &T) -> usize {
    std::ptr::from_ref(subject).addr()
}
