//! A deadline is exact: until then everything is held, and a millisecond later nothing is.

use crate::scenario::check;

#[test]
fn a_reservation_is_held_at_its_deadline_and_not_a_millisecond_later() {
    check(
        "at 0s     count tea@north 5                     -> 5 v1
                   hold r1 10s tea@north 5               -> held 0 v2
        at 10000ms adjust tea@north -1                   -> refused: InsufficientStock, has 0
        at 10000ms nothing                               -> nothing
        at 10001ms adjust tea@north -1                   -> 4 v4
                   commit r1                             -> refused: ReservationEnded, is expired
                   release r1                            -> refused: ReservationEnded, is expired
                   extend r1 60s                         -> refused: ReservationEnded, is expired
                   hold r1 60s tea@north 1               -> refused: ReservationExists, is expired",
    );
}

#[test]
fn a_commit_at_the_deadline_counts() {
    check(
        "at 0s     count tea@north 5                     -> 5 v1
                   hold r1 10s tea@north 2               -> held 3 v2
                   hold r2 10s tea@north 2               -> held 1 v3
        at 10000ms commit r1                             -> committed 1 v4
        at 10001ms commit r2                             -> refused: ReservationEnded, is expired
                   count tea@north 3                     -> 3 v6",
    );
}

#[test]
fn the_longest_overdue_expires_first_and_each_once() {
    check(
        "at 0s  count tea@north 9 & count rice@x 9       -> 9 v1 & 9 v1
                hold late 3s tea@north 1                 -> held 8 v2
                hold b 2s tea@north 2 & hold b 2s rice@x 3 -> held 6 v3 & held 6 v2
                hold a 2s tea@north 4                    -> held 2 v4
                hold open 9s tea@north 1                 -> held 1 v5
        at 4s   nothing                                  -> lapsed 8 v6 & lapsed 9 v3 & expired b & expired b & expired a & expired late
                nothing                                  -> nothing
        restart
                nothing                                  -> nothing
        at 10s  nothing                                  -> lapsed 9 v7 & expired open",
    );
}

#[test]
fn an_extension_moves_the_deadline_there_and_back() {
    check(
        "at 0s  count tea@north 5                        -> 5 v1
                hold r1 10s tea@north 5                  -> held 0 v2
        at 10s  extend r1 10s                            -> extended to 20000ms
        at 20s  nothing                                  -> nothing
                extend r1 5s                             -> extended to 25000ms
        restart
                extend r1 1s                             -> extended to 21000ms
        at 21s  nothing                                  -> nothing
        at 22s  nothing                                  -> lapsed 5 v3 & expired r1",
    );
}

#[test]
fn an_extension_says_so_for_each_level_and_changes_none() {
    check(
        "at 0s  count tea@north 5 & count rice@x 5       -> 5 v1 & 5 v1
                hold r1 10s tea@north 5 & hold r1 10s rice@x 1 -> held 0 v2 & held 4 v2
        at 1s   extend r1 10s                            -> extended to 11000ms & extended to 11000ms
                adjust rice@x -1 @2                      -> 3 v3
        poison tea v3
                extend r1 12s                            -> extended to 13000ms & extended to 13000ms",
    );
}

#[test]
fn a_reservation_lives_a_day_in_all_and_no_longer() {
    check(
        "at 0s     count tea@north 5                     -> 5 v1
        at 1s      hold r1 86400s tea@north 1            -> held 4 v2
                   extend r1 86400s                      -> extended to 86401000ms
        at 1001ms  extend r1 86400s                      -> refused: LivesTooLong, to 86401000ms
        at 2s      extend r1 86399s                      -> extended to 86401000ms
                   extend r1 86400s                      -> refused: LivesTooLong, to 86401000ms
                   extend r1 1s                          -> extended to 3000ms
        at 3s      extend r1 60s                         -> extended to 63000ms
        at 63s     extend r1 86338s                      -> extended to 86401000ms
        at 86401s  extend r1 1s                          -> refused: LivesTooLong, to 86401000ms
                   commit r1                             -> committed 4 v3",
    );
}

#[test]
fn time_does_not_go_back_for_a_deadline() {
    check(
        "at 100s count tea@north 5                       -> 5 v1
        at 10s   hold r1 10s tea@north 5                 -> held 0 v2
        at 50s   extend r1 1s                            -> extended to 101000ms
        at 100s  nothing                                 -> nothing
        at 102s  nothing                                 -> lapsed 5 v3 & expired r1",
    );
}

#[test]
fn a_group_is_decided_at_one_time_by_which_all_that_is_due_has_expired() {
    check(
        "at 0s  count tea@north 5                        -> 5 v1
                hold r1 10s tea@north 5                  -> held 0 v2
        at 11s  adjust tea@north -5                      -> 0 v4
           also hold r2 1s tea@north 1                   -> refused: InsufficientStock, has 0
           also commit r1                                -> refused: ReservationEnded, is expired
        at 30s  adjust tea@north +2                      -> 2 v5
           also hold r3 1s tea@north 2                   -> held 0 v6
        at 32s  adjust tea@north -3                      -> refused: InsufficientStock, has 2
           also adjust tea@north -2                      -> 0 v8",
    );
}

#[test]
fn a_deadline_passes_under_a_quarantine_too() {
    check(
        "at 0s  count tea@north 5 & count rice@x 5       -> 5 v1 & 5 v1
                hold r1 10s tea@north 4 & hold r1 10s rice@x 4 -> held 1 v2 & held 1 v2
                hold r2 60s tea@north 1                  -> held 0 v3
        poison tea v4
        at 11s  nothing                                  -> lapsed 4 v5 & lapsed 5 v3 & expired r1 & expired r1
                adjust tea@north -1                      -> refused: Quarantined
                adjust rice@x -5                         -> 0 v4
                count tea@north 5                        -> 4 v6
                adjust tea@north -4                      -> 0 v7
        at 61s  adjust tea@north -1                      -> 0 v9",
    );
}

#[test]
fn what_has_expired_is_forgotten_like_everything_else() {
    check(
        "window 5s 1
        at 0s   count tea@north 5                        -> 5 v1
                hold r1 1s tea@north 1                   -> held 4 v2
                hold r2 1s tea@north 1                   -> held 3 v3
        at 2s   nothing                                  -> lapsed 5 v4 & expired r1 & expired r2
                commit r1                                -> refused: UnknownReservation r1
                commit r2                                -> refused: ReservationEnded, is expired
                hold r3 1s tea@north 1                   -> held 4 v5
        at 9s   nothing                                  -> lapsed 5 v6 & expired r3
                commit r2                                -> refused: UnknownReservation r2",
    );
}
