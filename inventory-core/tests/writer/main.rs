//! The writer over real threads: what the model checker cannot run, because it needs a panic or an engine.

mod callbacks;
mod limits;
mod panics;
mod world;

use std::sync::mpsc;

use world::{World, receipt};

#[test]
fn stopping_finishes_what_was_taken_and_gives_the_engine_back() {
    let world = World::new();
    let (answered, answers) = mpsc::channel();
    for number in 0..100 {
        let answered = answered.clone();
        let reply = move |answer| answered.send((number, answer)).unwrap();
        world
            .writer
            .submit(receipt(&format!("key-{number}")), reply)
            .unwrap();
    }
    let engine = world.writer.stop().expect("nobody panicked");
    drop(answered);
    let answers: Vec<_> = answers.iter().collect();
    assert!(answers.iter().all(|(_, answer)| answer.is_ok()));
    let order: Vec<_> = answers.iter().map(|(number, _)| *number).collect();
    assert_eq!(order, Vec::from_iter(0..100));
    assert_eq!(engine.reader().head().sequence.number(), 100);
}
