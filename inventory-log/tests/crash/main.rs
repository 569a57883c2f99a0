//! Crash simulation of the whole engine on a disk that fails: what callers were told is there afterwards.

mod defects;
mod exhaustive;
mod seeded;
