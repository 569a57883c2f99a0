//! Who wants to know that a level runs low, and when they are told.

use crate::scenario::check;

#[test]
fn each_edge_is_told_once() {
    check(
        "       count tea@north 9                        -> 9 v1
                alert tea@north 2/5                      -> alerted
                adjust tea@north -6                      -> 3 v2
                adjust tea@north -1                      -> 2 v3 & low 2
                adjust tea@north -1                      -> 1 v4
                adjust tea@north +2                      -> 3 v5
                adjust tea@north -1                      -> 2 v6
                adjust tea@north +2                      -> 4 v7
                adjust tea@north +1                      -> 5 v8 & replenished 5
                adjust tea@north +1                      -> 6 v9
                adjust tea@north -3                      -> 3 v10
                count tea@north 0                        -> 0 v11 & low 2
        restart
                adjust tea@north +1                      -> 1 v12
                overwrite tea@north 7                    -> updated 7 v13 & replenished 5",
    );
}

#[test]
fn an_alert_that_is_set_on_a_low_level_tells_so_at_once() {
    check(
        "       count tea@north 2                        -> 2 v1
                alert tea@north 2/5                      -> alerted & low 2
                alert tea@north 2/5                      -> refused: NothingToDo unchanged
                adjust tea@north -1                      -> 1 v2
                alert tea@north 1/5                      -> alerted & low 1
                alert tea@north 0/1                      -> alerted
                adjust tea@north -1                      -> 0 v3 & low 0
                alert tea@north 0/2                      -> alerted & low 0
                adjust tea@north +1                      -> 1 v4
                adjust tea@north +1                      -> 2 v5 & replenished 2",
    );
}

#[test]
fn an_alert_that_was_set_to_what_it_was_is_answered_as_it_was() {
    check(
        "       count tea@north 2 & count rice@north 9   -> 2 v1 & 9 v1
                alert tea@north 2/5                      -> alerted & low 2
                alert tea@north 2/5 key k                -> unchanged & noted
                alert tea@north 3/5                      -> alerted & low 3
                alert tea@north 2/5 key k                -> replayed 5 unchanged
                alert tea@north 3/5 & alert rice@north 1/2 key l -> unchanged & updated alerted
                alert tea@north 3/5 & alert rice@north 1/2 key l -> replayed 8 unchanged updated
                alert tea@north 3/5 & alert rice@north 1/3 key l -> refused: KeyReused, 8 has another reservation, transfer or alert, or other lines of it
                adjust tea@north +2                      -> 4 v2
                adjust tea@north +1                      -> 5 v3 & replenished 5",
    );
}

#[test]
fn an_alert_that_was_removed_tells_nothing() {
    check(
        "       count tea@north 9 & count tea@south 9    -> 9 v1 & 9 v2 total 18
                unalert tea@north                        -> refused: UnknownAlert tea@north
                alert tea@north 2/5                      -> alerted
                unalert tea@south                        -> refused: UnknownAlert tea@south
                adjust tea@south -9                      -> 0 v3 total 9
                adjust tea@north -9                      -> 0 v4 & low 2
                unalert tea@north                        -> unalerted
                adjust tea@north +9                      -> 9 v5
                alert tea@north 2/5                      -> alerted
                unalert tea@north & alert tea@north 9/10 -> unalerted & alerted & low 9
                unalert tea@x                            -> refused: UnknownAlert tea@x
                unalert salt@north                       -> refused: UnknownAlert salt@north",
    );
}

#[test]
fn a_level_can_be_watched_before_the_first_delivery() {
    check(
        "       alert tea@north 2/5                      -> alerted & low 2
                alert tea@north 2/5                      -> refused: NothingToDo unchanged
        restart
                adjust tea@north -1                      -> refused: InsufficientStock, has 0
                adjust tea@north +9 @1                   -> refused: StaleVersion, is v0 with 0 of 0
                adjust tea@north +9 @0                   -> 9 v1 & replenished 5
                alert salt@x 2/5                         -> alerted & low 2
                unalert salt@x                           -> unalerted
                alert salt@x 0/1 & count salt@x 1        -> alerted & 1 v1
                alert tea@south 2/5                      -> alerted & low 2
                count rice@x 1 & alert rice@x 2/5        -> 1 v1 & alerted & low 2
                adjust rice@y +1 & alert rice@y 0/1 & adjust rice@y -1 -> 1 v2 total 2 & alerted & 0 v3 total 1 & low 0",
    );
}

#[test]
fn a_hold_can_make_a_level_low_and_its_end_replenish_it() {
    check(
        "at 0s  count tea@north 9                        -> 9 v1
                alert tea@north 2/5                      -> alerted
                hold r1 10s tea@north 7                  -> held 2 v2 & low 2
                commit r1 tea@north 3                    -> committed 6 v3 & replenished 5
                hold r2 10s tea@north 6                  -> held 0 v4 & low 2
                release r2                               -> released 6 v5 & replenished 5
                hold r3 10s tea@north 4                  -> held 2 v6 & low 2
        at 11s  nothing                                  -> lapsed 6 v7 & expired r3 & replenished 5
                ship t1 north>south tea 6                -> shipped 0 v8 & low 2
                close t1 returned                        -> closed 6 6 v9 & replenished 5",
    );
}

#[test]
fn a_dip_within_a_request_is_told_to_nobody() {
    check(
        "       count tea@north 9                        -> 9 v1
                alert tea@north 2/5                      -> alerted
                adjust tea@north -8 & adjust tea@north +8 & adjust tea@north -9 -> 1 v2 & 9 v3 & 0 v4 & low 2
                adjust tea@north +9 & adjust tea@north -9 -> 9 v5 & 0 v6
                hold r1 60s tea@north 1                  -> refused: InsufficientStock, has 0
                count tea@north 9 & hold r1 60s tea@north 4 & hold r2 60s tea@north 5 -> 9 v7 & held 5 v8 & held 0 v9
                count tea@north 6 release                -> released 5 v10 & 2 v11
                adjust tea@north +3                      -> 5 v12 & replenished 5
                adjust tea@north -5 & adjust tea@north +5 & adjust rice@x +1 -> 0 v13 & 5 v14 & 1 v1",
    );
}

#[test]
fn a_refusal_in_the_last_line_takes_back_what_was_told() {
    check(
        "       count tea@north 9                        -> 9 v1
                alert tea@north 2/5 & adjust tea@north -10 -> refused: InsufficientStock in line 1, has 9
           also unalert tea@north                        -> refused: UnknownAlert tea@north
           also alert tea@north 2/5                      -> alerted
                adjust tea@north -8 & adjust tea@north -8 -> refused: InsufficientStock in line 1, has 1
           also adjust tea@north -8                      -> 1 v2 & low 2
                unalert tea@north & adjust tea@north -8  -> refused: InsufficientStock in line 1, has 1
           also alert tea@north 0/9 & adjust tea@north -8 -> refused: InsufficientStock in line 1, has 1
           also adjust tea@north +4                      -> 5 v3 & replenished 5",
    );
}

#[test]
fn an_alert_needs_numbers_that_can_be_believed_unless_it_goes() {
    check(
        "       count tea@north 9 & count tea@south 9    -> 9 v1 & 9 v2 total 18
                alert tea@north 2/5                      -> alerted
        poison tea v3
                alert tea@x 2/5                          -> refused: Quarantined
                alert tea@south 2/5                      -> refused: Quarantined
                alert tea@north 2/5                      -> refused: Quarantined
                unalert tea@north                        -> unalerted
                unalert tea@north                        -> refused: UnknownAlert tea@north
                count tea@south 1                        -> 1 v4 total 10
                alert tea@north 9/99                     -> alerted & low 9",
    );
}

#[test]
fn a_deadline_under_a_quarantine_tells_what_it_frees() {
    check(
        "at 0s  count tea@north 9                        -> 9 v1
                alert tea@north 2/5                      -> alerted
                hold r1 10s tea@north 8                  -> held 1 v2 & low 2
        poison tea v3
        at 11s  nothing                                  -> lapsed 9 v4 & expired r1 & replenished 5
                adjust tea@north -1                      -> refused: Quarantined",
    );
}
