//! How much may wait, and how much is written together.

use std::iter;

use shuttle::sync::mpsc;
use shuttle::thread;

use crate::inbox::NotTaken;
use crate::model::{Failure, HELD, Model, WIDE, check, lines};
use crate::sync::Arc;

#[test]
fn a_full_inbox_refuses_who_does_not_wait_and_makes_the_others_wait() {
    check(|| {
        let model = Model::start(lines(2, 1), None);
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

#[test]
fn what_is_larger_than_a_bound_is_taken_when_it_is_alone() {
    check(|| {
        let model = Model::start(lines(2, 1), None);
        let (large, waits) = (Arc::clone(&model.hand_over), Arc::clone(&model.hand_over));
        let large = thread::spawn(move || large.submit_and_wait(vec![1, 2, 3]));
        let waits = thread::spawn(move || waits.submit_and_wait(vec![4, 5, 6, 7]));
        for answers in [large.join(), waits.join()] {
            let answers = answers.expect("the caller ends").expect("it is open");
            assert!(answers.expect("nothing fails").len() >= 3);
        }
        let taken = model.hand_over.submit(vec![8, 8, 8], Box::new(|_| ()));
        assert_eq!(taken, Ok(()));
        let groups = Arc::clone(&model.groups);
        assert_eq!(model.close().len(), 10);
        assert!(groups.lock().iter().all(|group| group.len() >= 3));
    });
}

#[test]
fn what_waits_is_bounded_in_lines_also_where_there_are_none() {
    check(|| {
        let model = Model::start(lines(3, 3), None);
        let busy = model.waiting(vec![HELD]);
        model.held.is_reached();
        let take = |requests| model.hand_over.submit(requests, Box::new(|_| ()));
        assert_eq!(take(vec![]), Ok(()));
        assert_eq!(take(vec![1]), Ok(()));
        assert_eq!(take(vec![2, 3]), Err(NotTaken::Full));
        assert_eq!(take(vec![]), Ok(()));
        assert_eq!(take(vec![]), Err(NotTaken::Full));
        assert_eq!(model.hand_over.queued(), 1);
        model.held.let_go();
        assert!(busy.join().expect("the caller ends")[0].is_ok());
        assert_eq!(model.close(), [HELD, 1]);
    });
}

#[test]
fn what_waits_and_what_is_written_together_is_bounded_in_bytes() {
    check(|| {
        let mut bounds = lines(64, 64);
        bounds.inbox.bytes = 100;
        bounds.group.bytes = 40;
        let model = Model::start(bounds, None);
        let busy = model.waiting(vec![HELD]);
        model.held.is_reached();
        let take = |request| model.hand_over.submit(vec![request], Box::new(|_| ()));
        let taken: Vec<_> = iter::repeat_with(|| take(20)).take(6).collect();
        assert_eq!(taken[..5], [Ok(()); 5]);
        assert_eq!(taken[5], Err(NotTaken::Full));
        model.held.let_go();
        assert!(busy.join().expect("the caller ends")[0].is_ok());
        let groups = Arc::clone(&model.groups);
        assert_eq!(model.close(), [HELD, 20, 20, 20, 20, 20]);
        assert_eq!(
            *groups.lock(),
            [vec![HELD], vec![20, 20], vec![20, 20], vec![20]]
        );
    });
}

/// How much a request changes is not known while it waits: what does not fit goes first into the next group.
#[test]
fn a_group_ends_with_what_makes_it_change_too_much_and_the_rest_keeps_its_order() {
    check(|| {
        let mut bounds = lines(64, 8);
        (bounds.inbox.bytes, bounds.group.bytes) = (10_000, 10_000);
        let model = Model::start(bounds, None);
        let busy = model.waiting(vec![HELD]);
        model.held.is_reached();
        let (answered, answers) = mpsc::channel();
        let submissions = [
            vec![1],
            vec![WIDE, 2],
            vec![WIDE],
            vec![3, 4],
            vec![],
            vec![5],
        ];
        for (at, requests) in submissions.into_iter().enumerate() {
            let answered = answered.clone();
            let reply = move |told: Result<Vec<usize>, Failure>| {
                answered.send((at, told)).expect("the test listens");
            };
            let taken = model.hand_over.submit(requests, Box::new(reply));
            assert_eq!(taken, Ok(()));
        }
        drop(answered);
        let late = model.waiting(vec![6]);
        model.held.let_go();
        assert!(busy.join().expect("the caller ends")[0].is_ok());
        assert!(late.join().expect("the caller ends")[0].is_ok());
        let groups = Arc::clone(&model.groups);
        assert_eq!(model.close(), [HELD, 1, WIDE, 2, WIDE, 3, 4, 5, 6]);
        assert_eq!(groups.lock()[..2], [vec![HELD], vec![1, WIDE, 2, WIDE]]);
        let told: Vec<_> = answers.iter().collect();
        let order: Vec<_> = told.iter().map(|(at, _)| *at).collect();
        assert_eq!(order, [0, 1, 2, 3, 4, 5], "each is answered once, in order");
        let sizes = told
            .into_iter()
            .map(|(_, told)| told.expect("nothing fails").len());
        assert_eq!(sizes.collect::<Vec<_>>(), [1, 2, 1, 2, 0, 1]);
    });
}

/// Callers of a group wait at one gate, which is opened when it is written: who is left out must not pass it without an answer, and
/// must be behind one that will be opened.
#[test]
fn who_waits_and_is_left_out_of_a_group_is_answered_with_a_later_one() {
    check(|| {
        // Two fit into a group as they weigh, and a wide one fills it by itself.
        let mut bounds = lines(64, 2);
        (bounds.inbox.bytes, bounds.group.bytes) = (10_000, 10_000);
        let model = Model::start(bounds, None);
        let busy = model.waiting(vec![HELD]);
        model.held.is_reached();
        let callers = [vec![1], vec![WIDE], vec![WIDE], vec![2], vec![3]];
        let callers = callers.map(|of| model.waiting(of));
        while model.hand_over.queued() < callers.len() {
            thread::yield_now();
        }
        model.held.let_go();
        assert!(busy.join().expect("the caller ends")[0].is_ok());
        for caller in callers {
            assert!(caller.join().expect("the caller ends")[0].is_ok());
        }
        let groups = Arc::clone(&model.groups);
        assert_eq!(model.close().len(), 6);
        assert!(groups.lock().iter().all(|group| group.len() <= 2));
    });
}

/// Were what has left the queue still counted, it would be full for good.
#[test]
fn what_was_written_makes_room_in_lines_and_in_bytes() {
    check(|| {
        let mut bounds = lines(4, 1);
        bounds.inbox.bytes = 40;
        let model = Model::start(bounds, None);
        for request in [10, 11, 12, 13, 14, 15] {
            let caller = model.waiting(vec![request]);
            assert!(caller.join().expect("the caller ends")[0].is_ok());
        }
        let busy = model.waiting(vec![HELD]);
        model.held.is_reached();
        let take = |request| model.hand_over.submit(vec![request], Box::new(|_| ()));
        assert_eq!([take(20), take(20)], [Ok(()); 2]);
        model.held.let_go();
        assert!(busy.join().expect("the caller ends")[0].is_ok());
        assert_eq!(model.close(), [10, 11, 12, 13, 14, 15, HELD, 20, 20]);
    });
}

#[test]
fn what_is_refused_while_it_waits_is_never_written_and_makes_room() {
    check(|| {
        let model = Model::start(lines(1, 1), None);
        let busy = model.waiting(vec![HELD]);
        model.held.is_reached();
        let callers = [vec![1], vec![2]].map(|of| model.waiting(of));
        // Each of them waits for its group or for room in the queue, unless it has not come yet.
        let mut refused = 0;
        while refused < 2 {
            if model.hand_over.queued() > 0 {
                model.hand_over.refuse_queued(&Failure::Refused);
                refused += 1;
            }
            thread::yield_now();
        }
        for caller in callers {
            let answers = caller.join().expect("the caller ends");
            assert_eq!(answers, [Err(Failure::Refused)]);
        }
        model.held.let_go();
        assert!(busy.join().expect("the caller ends")[0].is_ok());
        assert_eq!(model.close(), [HELD]);
    });
}
