//! History, then what comes: a follower gets every entry once and whole, wherever it starts.

mod follower;
mod history;
mod moving;
mod waiting;
