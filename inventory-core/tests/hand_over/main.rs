//! The hand-over between callers and the writer under a model checker, which runs the very source file with its own
//! primitives and many schedules. A lost wake-up shows as a deadlock, which the checker reports with its schedule.
//!
//! `HAND_OVER_SCHEDULES` sets the number of schedules per test.

#[path = "../../src/writer/hand_over.rs"]
#[expect(
    unreachable_pub,
    reason = "in its own crate the module has a public error"
)]
mod hand_over;
mod sync;

use hand_over::{Bounds, Commit, HandOver, NotTaken};
use shuttle::sync::mpsc;
use shuttle::thread;
use sync::{Arc, Mutex};

/// What was committed, group by group.
type Groups = Arc<Mutex<Vec<Vec<u32>>>>;

/// Answers each request with its position among all that were committed.
struct Committer {
    groups: Groups,
    committed: usize,
    /// The group that fails, counted from 0.
    failing: Option<usize>,
    attempts: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Failure {
    Refused,
    Gone,
}

impl Commit for Committer {
    type Request = u32;
    type Answer = usize;
    type Error = Failure;

    fn commit<'a>(&mut self, group: impl Iterator<Item = &'a u32>) -> Result<Vec<usize>, Failure> {
        let attempt = self.attempts;
        self.attempts += 1;
        if self.failing == Some(attempt) {
            return Err(Failure::Refused);
        }
        let group: Vec<_> = group.copied().collect();
        // Somebody else may run while this one is being made durable.
        thread::yield_now();
        let answers = (self.committed..).take(group.len()).collect();
        self.committed += group.len();
        self.groups.lock().push(group);
        Ok(answers)
    }

    fn gone() -> Failure {
        Failure::Gone
    }
}

struct Model {
    hand_over: Arc<HandOver<Committer>>,
    groups: Groups,
    writer: thread::JoinHandle<Option<Committer>>,
}

impl Model {
    fn start(bounds: Bounds, failing: Option<usize>) -> Self {
        let groups = Groups::new(Mutex::new(Vec::new()));
        let committer = Committer {
            groups: Arc::clone(&groups),
            committed: 0,
            failing,
            attempts: 0,
        };
        let hand_over = Arc::new(HandOver::new(committer, bounds));
        let running = Arc::clone(&hand_over);
        Self {
            hand_over,
            groups,
            writer: thread::spawn(move || running.run()),
        }
    }

    /// A caller that sends requests one after the other and waits for each; returns what it was told.
    fn waiting(&self, requests: Vec<u32>) -> thread::JoinHandle<Vec<Result<usize, Failure>>> {
        let hand_over = Arc::clone(&self.hand_over);
        thread::spawn(move || {
            let answers = requests.into_iter().map(|request| {
                let answers = hand_over.submit_and_wait(vec![request]);
                let answers = answers.expect("the hand-over is open");
                answers.map(|answers| answers[0])
            });
            answers.collect()
        })
    }

    /// Closes the hand-over and returns all that was committed, in order.
    fn close(self) -> Vec<u32> {
        self.hand_over.close();
        let committer = self.writer.join().expect("the writer ends");
        let committed = self.groups.lock().concat();
        assert_eq!(
            committer.expect("nobody panicked").committed,
            committed.len()
        );
        committed
    }
}

const ROOMY: Bounds = Bounds {
    inbox_requests_max: 64,
    group_requests_max: 64,
};

/// Runs a model under many schedules: half of them at random, half of them with few but badly placed switches.
fn check(model: impl Fn() + Clone + Send + Sync + 'static) {
    let schedules = std::env::var("HAND_OVER_SCHEDULES")
        .map_or(4_000, |text| text.parse().expect("a number of schedules"));
    shuttle::check_random(model.clone(), schedules / 2);
    shuttle::check_pct(model, schedules / 2, 3);
}

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
        let committed = model.close();
        assert_eq!(committed.len(), 5);
        for (requests, answers) in told {
            for (request, answer) in requests.iter().zip(answers) {
                assert_eq!(committed[answer.expect("nothing fails")], *request);
            }
        }
    });
}

#[test]
fn submissions_are_committed_in_order_and_answered_once_though_the_hand_over_closes() {
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
        let committed = model.close();
        let of_callbacks: Vec<_> = committed.iter().copied().filter(|&of| of != 1).collect();
        assert_eq!(of_callbacks, [10, 10, 11, 11, 12, 12]);
        let answers: Vec<_> = answers.iter().collect();
        assert_eq!(answers.len(), 3);
        for (request, answer) in answers {
            for position in answer.expect("nothing fails") {
                assert_eq!(committed[position], request);
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
        let committed = model.close();
        let failed = told.iter().filter(|answer| answer.is_err()).count();
        assert!(
            (1..=2).contains(&failed),
            "one group failed, of one or two callers"
        );
        assert_eq!(committed.len() + failed, told.len());
        assert!(told.iter().all(|answer| *answer != Err(Failure::Gone)));
    });
}

#[test]
fn a_full_inbox_refuses_who_does_not_wait_and_makes_the_others_wait() {
    check(|| {
        let bounds = Bounds {
            inbox_requests_max: 2,
            group_requests_max: 1,
        };
        let model = Model::start(bounds, None);
        let callers = [vec![10], vec![20], vec![30]].map(|of| model.waiting(of));
        let mut taken = 0;
        for _ in 0..3 {
            match model.hand_over.submit(vec![7, 7], Box::new(|_| ())) {
                Ok(()) => taken += 2,
                Err(refused) => assert_eq!(refused, NotTaken::Full),
            }
            assert!(model.hand_over.queued() <= 2);
        }
        for caller in callers {
            let answers = caller.join().expect("the caller ends");
            assert!(answers.iter().all(Result::is_ok));
        }
        let groups = Arc::clone(&model.groups);
        assert_eq!(model.close().len(), 3 + taken);
        // A submission is never split, and two never share a group that is too small for both.
        assert!(groups.lock().iter().all(|group| group.len() <= 2));
    });
}
