//! House rules that no compiler checks. Each check says what to do instead.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says where it stopped"
)]

mod arrows;
mod circles;
mod dependencies;
mod documents;
mod errors;
mod prose;
mod settings;
mod sources;
mod workspace;
