//! The hand-over between callers and the writer under a model checker, which runs the very source files with its own
//! primitives and many schedules. A lost wake-up shows as a deadlock, which the checker reports with its schedule.
//!
//! `HAND_OVER_SCHEDULES` sets the number of schedules per test.

mod bounds;
mod ending;
#[path = "../../src/writer/group_writer.rs"]
mod group_writer;
#[path = "../../src/writer/hand_over.rs"]
mod hand_over;
#[path = "../../src/writer/inbox.rs"]
#[expect(
    unreachable_pub,
    reason = "in its own crate the module has a public error"
)]
mod inbox;
mod model;
#[path = "../../src/writer/reply.rs"]
mod reply;
mod sync;
#[path = "../../src/writer/weight.rs"]
mod weight;

use inbox::NotTaken;
use model::{Failure, Model, ROOMY, check};
use shuttle::sync::mpsc;
use sync::Arc;

#[test]
fn every_waiting_caller_gets_the_answer_to_its_own_request() {
    check(|| {
        let model = Model::start(ROOMY, None);
        let callers = [vec![10, 11], vec![20, 21], vec![30]];
        let callers: Vec<_> = callers
            .map(|requests| (requests.clone(), model.waiting(requests)))
            .into_iter()
            .collect();
        let told: Vec<_> = callers
            .into_iter()
            .map(|(requests, caller)| (requests, caller.join().expect("the caller ends")))
            .collect();
        let written = model.close();
        assert_eq!(written.len(), 5);
        for (requests, answers) in told {
            for (request, answer) in requests.iter().zip(answers) {
                assert_eq!(written[answer.expect("nothing fails")], *request);
            }
        }
    });
}

#[test]
fn submissions_are_written_in_order_and_answered_once_though_the_hand_over_closes() {
    check(|| {
        let model = Model::start(ROOMY, None);
        let waiting = model.waiting(vec![1]);
        let (answered, answers) = mpsc::channel();
        for request in [10, 11, 12] {
            let answered = answered.clone();
            let reply = move |answer: Result<Vec<usize>, Failure>| {
                answered.send((request, answer)).expect("the test listens");
            };
            let taken = model
                .hand_over
                .submit(vec![request, request], Box::new(reply));
            assert_eq!(taken, Ok(()));
        }
        drop(answered);
        waiting.join().expect("the caller ends");
        let hand_over = Arc::clone(&model.hand_over);
        let written = model.close();
        let of_callbacks: Vec<_> = written.iter().copied().filter(|&of| of != 1).collect();
        assert_eq!(of_callbacks, [10, 10, 11, 11, 12, 12]);
        let answers: Vec<_> = answers.iter().collect();
        assert_eq!(answers.len(), 3);
        for (request, answer) in answers {
            for position in answer.expect("nothing fails") {
                assert_eq!(written[position], request);
            }
        }
        assert_eq!(
            hand_over.submit(vec![9], Box::new(|_| ())),
            Err(NotTaken::Closed)
        );
        assert_eq!(hand_over.submit_and_wait(vec![9]), Err(NotTaken::Closed));
        assert_eq!(hand_over.queued(), 0);
    });
}

#[test]
fn a_failing_group_is_told_to_all_of_its_callers_and_the_next_one_goes_on() {
    check(|| {
        let model = Model::start(ROOMY, Some(1));
        let callers = [vec![10, 11, 12], vec![20, 21, 22]].map(|of| model.waiting(of));
        let told: Vec<_> = callers
            .into_iter()
            .flat_map(|caller| caller.join().expect("the caller ends"))
            .collect();
        let written = model.close();
        let failed = told.iter().filter(|answer| answer.is_err()).count();
        assert!(
            (1..=2).contains(&failed),
            "one group failed, of one or two callers"
        );
        assert_eq!(written.len() + failed, told.len());
        assert!(told.iter().all(|answer| *answer != Err(Failure::Gone)));
    });
}
