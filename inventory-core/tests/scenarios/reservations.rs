//! Hold, commit, release, extend.

use crate::scenario::check;

#[test]
fn a_hold_takes_out_of_what_is_available_and_a_commit_out_of_what_is_there() {
    check(
        "at 0s  count tea@north 10                       -> 10 v1
                hold r1 60s tea@north 3                  -> held 7 v2
                adjust tea@north -8                      -> refused: InsufficientStock, has 7
                hold r2 60s tea@north 8                  -> refused: InsufficientStock, has 7
                hold r2 60s tea@north 7                  -> held 0 v3
                adjust tea@north -1                      -> refused: InsufficientStock, has 0
                commit r1                                -> committed 0 v4
                release r2                               -> released 7 v5
                count tea@north 7                        -> 7 v6
                adjust tea@north -7                      -> 0 v7",
    );
}

#[test]
fn the_lines_of_a_reservation_are_of_one_request_and_each_of_another_level() {
    check(
        "       count tea@north 10 & count tea@south 5 & count rice@north 4 -> 10 v1 & 5 v2 total 15 & 4 v1
                hold r1 60s tea@north 3 & hold r1 60s tea@south 5 & hold r1 60s rice@north 4 -> held 7 v3 total 12 & held 0 v4 total 7 & held 0 v2
                hold r2 60s tea@north 1 & hold r2 60s tea@north 1 -> refused: NamedTwice in line 1
                hold r2 60s tea@north 1 & hold r2 61s rice@north 1 -> refused: LinesDiffer in line 1
                hold r2 60s tea@north 1 & hold r2 61s tea@north 1 -> refused: NamedTwice in line 1
                hold r2 60s tea@north 1 & hold r3 61s tea@north 2 -> held 6 v5 & held 4 v6
                commit r1                                -> committed 4 v7 & committed 0 v8 total 4 & committed 0 v3",
    );
}

#[test]
fn a_commit_takes_what_it_names_and_sets_the_rest_free() {
    check(
        "       count tea@north 10 & count rice@south 6  -> 10 v1 & 6 v1
                hold r1 60s tea@north 4 & hold r1 60s rice@south 2 -> held 6 v2 & held 4 v2
                commit r1 tea@north 3                    -> committed 7 v3 & released 6 v3
                commit r1                                -> refused: ReservationEnded, is committed
                hold r2 60s tea@north 4 & hold r2 60s rice@south 2 -> held 3 v4 & held 4 v4
                commit r2 rice@south 2                   -> released 7 v5 & committed 4 v5
                release r2                               -> refused: ReservationEnded, is committed
                hold r3 60s tea@north 4                  -> held 3 v6
                commit r3 tea@north 4                    -> committed 3 v7
                count tea@north 3 & count rice@south 4   -> 3 v8 & 4 v6",
    );
}

#[test]
fn no_more_is_committed_than_is_held() {
    check(
        "       count tea@north 10 & count rice@south 6  -> 10 v1 & 6 v1
                hold r1 60s tea@north 4 & hold r1 60s rice@south 2 -> held 6 v2 & held 4 v2
                commit r1 tea@north 5                    -> refused: NotHeld, has 4
                commit r1 tea@north 4 tea@south 1        -> refused: NotHeld in line 1, has 0
                commit r1 salt@x 1                       -> refused: NotHeld, has 0
                commit r1 rice@south 2 tea@north 4       -> committed 6 v3 & committed 4 v3",
    );
}

#[test]
fn a_reservation_ends_once() {
    check(
        "       count tea@north 9                        -> 9 v1
                commit r1                                -> refused: UnknownReservation r1
                release r1                               -> refused: UnknownReservation r1
                extend r1 60s                            -> refused: UnknownReservation r1
                hold r1 60s tea@north 3                  -> held 6 v2
                release r1                               -> released 9 v3
                release r1                               -> refused: ReservationEnded, is released
                commit r1                                -> refused: ReservationEnded, is released
                commit r1 salt@x 9                       -> refused: ReservationEnded, is released
                extend r1 60s                            -> refused: ReservationEnded, is released",
    );
}

#[test]
fn an_id_is_free_again_once_its_reservation_is_forgotten() {
    check(
        "window 60s 100
        at 0s   count tea@north 9                        -> 9 v1
                hold r1 60s tea@north 3                  -> held 6 v2
                hold r1 60s tea@north 3                  -> refused: ReservationExists, is open
                hold r1 60s salt@x 3                     -> refused: ReservationExists, is open
                release r1                               -> released 9 v3
                hold r1 60s tea@north 3                  -> refused: ReservationExists, is released
        at 60s  hold r2 1s tea@north 3                   -> held 6 v4
                commit r2                                -> committed 6 v5
                hold r1 60s tea@north 3                  -> refused: ReservationExists, is released
        at 61s  hold r1 60s tea@north 3                  -> refused: ReservationExists, is released
                hold r3 60s tea@north 1                  -> held 5 v6
                release r3                               -> released 6 v7
                hold r1 60s tea@north 2                  -> held 4 v8
        restart
                hold r2 60s tea@north 3                  -> refused: ReservationExists, is committed
                commit r1                                -> committed 4 v9",
    );
}

#[test]
fn ended_reservations_are_forgotten_by_count_and_open_ones_never() {
    check(
        "window 60s 2
                count tea@north 9                        -> 9 v1
                hold open 60s tea@north 1                -> held 8 v2
                hold r1 60s tea@north 1                  -> held 7 v3
                hold r2 60s tea@north 1                  -> held 6 v4
                hold r3 60s tea@north 1                  -> held 5 v5
                release r3                               -> released 6 v6
                release r1                               -> released 7 v7
                release r2                               -> released 8 v8
                commit r1                                -> refused: UnknownReservation r1
        restart
                commit r2                                -> refused: ReservationEnded, is released
                commit r3                                -> refused: ReservationEnded, is released
                commit open                              -> committed 8 v9",
    );
}

#[test]
fn where_nothing_is_remembered_a_reservation_ends_all_the_same() {
    check(
        "window 0ms 0
                count tea@north 9 & count rice@x 9       -> 9 v1 & 9 v1
                hold r1 60s tea@north 1 & hold r1 60s rice@x 2 -> held 8 v2 & held 7 v2
                commit r1 rice@x 1                       -> released 9 v3 & committed 8 v3
                commit r1                                -> refused: UnknownReservation r1
                hold r1 60s tea@north 1                  -> held 8 v4",
    );
}

#[test]
fn a_line_sees_what_the_lines_before_it_have_done_to_a_reservation() {
    check(
        "       count tea@north 9                        -> 9 v1
                hold r1 60s tea@north 2 & commit r1      -> held 7 v2 & committed 7 v3
                hold r2 60s tea@north 2 & release r2 & commit r2 -> refused: ReservationEnded, is released
                hold r2 60s tea@north 2 & extend r2 90s & adjust tea@north -6 -> refused: InsufficientStock in line 2, has 5
                release r2                               -> refused: UnknownReservation r2
                hold r2 60s tea@north 2 & adjust tea@north -5 -> held 5 v4 & 0 v5
                release r2 & adjust tea@north -2         -> released 2 v6 & 0 v7",
    );
}

/// A line that joins a reservation which a line before it has ended would hold units that nothing sets free any more.
#[test]
fn a_reservation_that_has_ended_takes_no_line_of_the_same_request() {
    check(
        "       count tea@north 9 & count rice@x 9       -> 9 v1 & 9 v1
                hold r1 60s tea@north 2 & release r1 & hold r1 60s rice@x 1 -> refused: ReservationExists, is released
                hold r1 60s tea@north 2 & commit r1 & hold r1 60s rice@x 1 -> refused: ReservationExists, is committed
                hold r1 60s tea@north 2 & extend r1 90s & hold r1 60s rice@x 1 -> refused: LinesDiffer in line 2
                hold r1 60s tea@north 2 & extend r1 90s & hold r1 90s rice@x 1 -> held 7 v2 & extended to 90000ms & held 8 v2
        at 91s  nothing                                  -> lapsed 9 v3 & lapsed 9 v3 & expired r1 & expired r1",
    );
}

#[test]
fn a_refusal_in_the_last_line_takes_back_what_was_reserved() {
    check(
        "       count tea@north 9                        -> 9 v1
                hold r1 60s tea@north 2                  -> held 7 v2
                hold r2 60s tea@north 2 & adjust tea@north -9 -> refused: InsufficientStock in line 1, has 5
           also hold r2 50s tea@north 7                  -> held 0 v3
                commit r1 & release r2 & adjust tea@north -9 -> refused: InsufficientStock in line 2, has 7
           also extend r1 99s & adjust tea@north -1      -> refused: InsufficientStock in line 1, has 0
           also hold r1 60s tea@north 2                  -> refused: ReservationExists, is open
           also release r2                               -> released 7 v4
        at 60s  commit r1                                -> committed 7 v5
        at 61s  nothing                                  -> nothing",
    );
}

#[test]
fn the_requests_of_a_group_see_each_others_reservations() {
    check(
        "       count tea@north 9                        -> 9 v1
           also hold r1 60s tea@north 5                  -> held 4 v2
           also hold r1 60s tea@north 1                  -> refused: ReservationExists, is open
           also adjust tea@north -5                      -> refused: InsufficientStock, has 4
           also extend r1 90s                            -> extended to 90000ms
           also commit r1 tea@north 2                    -> committed 7 v3
           also release r1                               -> refused: ReservationEnded, is committed
           also hold r2 60s tea@north 7                  -> held 0 v4
           also release r2                               -> released 7 v5",
    );
}

/// In the order in which they are looked for: what the line names and does not fit, quarantine, floor, versions.
#[test]
fn the_order_of_refusals_of_a_hold() {
    check(
        "given vast vmax north 10/0
                count tea@north 9 & count rice@x 9       -> 9 v1 & 9 v1
                hold r1 60s tea@north 1                  -> held 8 v2
        poison tea v3
                hold r1 60s tea@north 99                 -> refused: ReservationExists, is open
                hold r2 60s rice@x 1 & hold r2 61s rice@x 1 -> refused: NamedTwice in line 1
                hold r2 60s rice@x 1 & hold r2 61s tea@north 99 -> refused: LinesDiffer in line 1
                hold r2 60s rice@x 1 & hold r2 60s tea@north 99 -> refused: Quarantined in line 1
                hold r2 60s tea@north 99                 -> refused: Quarantined
                hold r2 60s salt@x 1                     -> refused: InsufficientStock, has 0
                hold r2 60s vast@north 11                -> refused: InsufficientStock, has 10
                hold r2 60s vast@north 10                -> refused: VersionsExhausted",
    );
}

#[test]
fn the_order_of_refusals_of_a_commit_and_a_release() {
    check(
        "       count tea@north 9 & count rice@x 9       -> 9 v1 & 9 v1
                hold r1 60s rice@x 1 & hold r1 60s tea@north 2 -> held 8 v2 & held 7 v2
        poison tea v3
                commit r1 tea@north 3                    -> refused: NotHeld, has 2
                commit r1                                -> refused: Quarantined
                commit r1 rice@x 1                       -> refused: Quarantined
                release r1                               -> refused: Quarantined
                count tea@north 9                        -> 7 v4
                release r1                               -> released 9 v3 & released 9 v5
                commit r1 tea@north 3                    -> refused: ReservationEnded, is released",
    );
}

#[test]
fn freed_stock_returns_however_little_room_there_was() {
    check(
        "       count tea@north max                      -> 9007199254740991 v1
                hold r1 60s tea@north max                -> held 0 v2
                adjust tea@south +1                      -> refused: StockCeiling
                count tea@south 1                        -> refused: StockCeiling
                count tea@south 0                        -> 0 v3
                release r1                               -> released 9007199254740991 v4
                hold r2 60s tea@north max-9              -> held 9 v5
                adjust tea@north -4                      -> 5 v6
                adjust tea@south +5                      -> refused: StockCeiling
                adjust tea@south +4                      -> 4 v7 total 9
                commit r2 tea@north 1                    -> committed 9007199254740986 v8 total 9007199254740990
        at 0s   hold r3 1s tea@north max-5               -> held 0 v9 total 4
        at 2s   nothing                                  -> lapsed 9007199254740986 v10 total 9007199254740990 & expired r3",
    );
}

#[test]
fn the_ceiling_counts_what_the_lines_before_have_reserved() {
    check(
        "       count tea@north max                      -> 9007199254740991 v1
                hold r1 60s tea@north max & adjust tea@south +1 -> refused: StockCeiling in line 1
                hold r1 60s tea@north max-9 & adjust tea@north -5 & adjust tea@south +5 -> held 9 v2 & 4 v3 & 5 v4 total 9
                adjust tea@south +1                      -> refused: StockCeiling
           also commit r1 tea@north 1                    -> committed 9007199254740985 v5 total 9007199254740990
           also adjust tea@south +2                      -> refused: StockCeiling
           also adjust tea@south +1                      -> 6 v6 total 9007199254740991",
    );
}

/// Elsewhere a hold is given back by an update that can fail. Here nothing can refuse a deadline, not even a product that
/// has had its last version: its units stay where they are, and its reservation has ended.
#[test]
fn a_reservation_ends_even_when_its_product_has_no_version_left() {
    check(
        "given tea vmax-1 north 10/0
        at 0s   hold r1 1s tea@north 4                   -> held 6 v9007199254740991
                commit r1                                -> refused: VersionsExhausted
        at 2s   nothing                                  -> lapsed 6 v9007199254740991 & expired r1
                commit r1                                -> refused: ReservationEnded, is expired",
    );
}
