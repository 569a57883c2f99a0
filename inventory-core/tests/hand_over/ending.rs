//! Closing while callers write, wait for their group, or wait for room.

use shuttle::thread;

use crate::inbox::NotTaken;
use crate::model::{Failure, HELD, Model, ROOMY, check, lines};
use crate::sync::Arc;

/// What a caller was told: its answer, or that it was not taken.
type Told = Result<Result<usize, Failure>, NotTaken>;

/// A caller that does not rely on the hand-over being open.
fn caller(model: &Model, request: u32) -> thread::JoinHandle<Told> {
    let hand_over = Arc::clone(&model.hand_over);
    thread::spawn(move || {
        let answers = hand_over.submit_and_wait(vec![request])?;
        Ok(answers.map(|answers| answers[0]))
    })
}

#[test]
fn closing_beside_callers_ends_the_writer_and_each_is_answered_or_turned_away() {
    check(|| {
        let model = Model::start(ROOMY, None);
        let callers = [10, 20, 30].map(|request| (request, caller(&model, request)));
        let written = model.close();
        for (request, caller) in callers {
            match caller.join().expect("the caller ends") {
                Ok(answer) => assert_eq!(written[answer.expect("nothing fails")], request),
                Err(not_taken) => {
                    assert_eq!(not_taken, NotTaken::Closed);
                    assert!(!written.contains(&request));
                }
            }
        }
    });
}

#[test]
fn closing_beside_callers_of_a_group_that_fails_leaves_nobody_waiting() {
    check(|| {
        let model = Model::start(ROOMY, Some(1));
        let callers = [10, 20, 30].map(|request| (request, caller(&model, request)));
        let written = model.close();
        for (request, caller) in callers {
            let told = caller.join().expect("the caller ends");
            let done = match told {
                Ok(Ok(at)) => {
                    assert_eq!(written[at], request);
                    true
                }
                Ok(Err(failure)) => {
                    assert_eq!(failure, Failure::Refused);
                    false
                }
                Err(not_taken) => {
                    assert_eq!(not_taken, NotTaken::Closed);
                    false
                }
            };
            assert_eq!(written.contains(&request), done);
        }
    });
}

#[test]
fn closing_while_a_caller_writes_ends_the_writer_once_it_has() {
    check(|| {
        let model = Model::start(ROOMY, None);
        let busy = caller(&model, HELD);
        model.held.is_reached();
        model.hand_over.close();
        model.held.let_go();
        assert_eq!(busy.join().expect("the caller ends"), Ok(Ok(0)));
        assert_eq!(model.close(), [HELD]);
    });
}

#[test]
fn closing_turns_away_who_waits_for_room_before_the_disk_has_answered() {
    check(|| {
        let model = Model::start(lines(1, 1), None);
        let busy = caller(&model, HELD);
        model.held.is_reached();
        let queued = model.hand_over.submit(vec![1], Box::new(|_| ()));
        assert_eq!(queued, Ok(()));
        let waits = caller(&model, 2);
        model.hand_over.close();
        assert_eq!(
            waits.join().expect("the caller ends"),
            Err(NotTaken::Closed)
        );
        model.held.let_go();
        assert_eq!(busy.join().expect("the caller ends"), Ok(Ok(0)));
        assert_eq!(model.close(), [HELD, 1]);
    });
}

#[test]
fn a_reply_that_would_wait_for_its_own_thread_is_told_so() {
    check(|| {
        let model = Model::start(ROOMY, None);
        let within = Arc::clone(&model.hand_over);
        let (told, tells) = shuttle::sync::mpsc::channel();
        let reply = move |_| {
            let waited = within.submit_and_wait(vec![2]);
            let handed_over = within.submit(vec![3], Box::new(|_| ()));
            told.send((waited.map(|_| ()), handed_over))
                .expect("the test listens");
        };
        let taken = model.hand_over.submit(vec![1], Box::new(reply));
        assert_eq!(taken, Ok(()));
        let told = tells.recv().expect("the reply is called");
        assert_eq!(told, (Err(NotTaken::WithinReply), Ok(())));
        assert_eq!(model.close(), [1, 3]);
    });
}
