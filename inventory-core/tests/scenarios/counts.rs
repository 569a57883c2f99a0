//! Counts that look at what was there when they began, and counts that find less than is promised.

use crate::scenario::check;

#[test]
fn sales_during_a_count_survive_it() {
    check(
        "       count tea@north 10                       -> 10 v1
                adjust tea@north -3                      -> 7 v2
                count tea@north 9 since 1/10             -> 6 v3
                count tea@north 12 since 3/10            -> 8 v4
                count tea@north 10 since 4/10            -> 8 v5
                count tea@north 0 since 5/9              -> refused: InsufficientStock, has 8
                count tea@north 1 since 5/9              -> 0 v6
                count tea@south 3 since 1/0              -> 3 v7
                count salt@x 1 since 1/2                 -> refused: InsufficientStock, has 0
                count salt@x 2 since 1/2                 -> 0 v1
                count tea@south max since 7/0            -> refused: StockCeiling
                count tea@south max since 7/3            -> 9007199254740991 v8",
    );
}

#[test]
fn a_count_that_began_before_another_statement_is_refused() {
    check(
        "       count tea@north 12                       -> 12 v1
                count tea@north 10 since 1/12            -> 10 v2
                count tea@north 10 since 1/12            -> refused: CountedSince, at 2
                count tea@north 9                        -> 9 v3
                count tea@north 10 since 2/10            -> refused: CountedSince, at 3
                overwrite tea@north 8 & count tea@north 9 since 3/9 -> refused: CountedSince in line 1, at 4
                overwrite tea@north 8                    -> updated 8 v4
           also count tea@north 9 since 3/9              -> refused: CountedSince, at 4
                count rice@x 1 & merge tea@north 7 @4    -> created 1 v1 & updated 7 v5
         restart
                count tea@north 8 since 5/8              -> refused: CountedSince, at 6
                adjust tea@north -1 & adjust tea@south +2 -> 6 v6 & 2 v7 total 8
                count tea@south 0 since 0/0              -> 2 v8 total 8
                count tea@north 6 since 6/7              -> 5 v9 total 7",
    );
}

/// A row that finds what the ledger says is skipped, with a key too: it is no statement, where a count of the same number is one.
#[test]
fn a_row_that_was_skipped_states_nothing() {
    check(
        "       count tea@north 8                        -> 8 v1
                overwrite tea@north 8 key k              -> unchanged & noted
           also count tea@north 10 since 1/8             -> 10 v2
                overwrite tea@north 8 key k              -> replayed 2 unchanged
                overwrite tea@north 11                   -> updated 11 v3
                count tea@north 11 since 3/10            -> refused: CountedSince, at 4",
    );
    check(
        "       count tea@north 8                        -> 8 v1
                count tea@north 8                        -> 8 v2
                count tea@north 10 since 1/8             -> refused: CountedSince, at 2",
    );
}

#[test]
fn a_difference_says_nothing_of_a_stock_under_suspicion() {
    check(
        "       count tea@north 10                       -> 10 v1
        poison tea v2
                count tea@north 99 since 1/10            -> refused: Quarantined
                count tea@north 0 since 1/99             -> refused: Quarantined
                count tea@north 0 since 1/99 release     -> refused: Quarantined
                count tea@north 9                        -> 9 v3",
    );
}

#[test]
fn a_count_below_what_is_promised_is_refused_or_takes_promises_back() {
    check(
        "       count tea@north 10                       -> 10 v1
                hold r1 60s tea@north 3                  -> held 7 v2
                hold r2 60s tea@north 2                  -> held 5 v3
                hold r3 60s tea@north 4                  -> held 1 v4
                count tea@north 8                        -> refused: BelowReserved, has 9
                count tea@north 8 @9 release             -> refused: StaleVersion, is v4 with 1 of 1
                count tea@north 9 release                -> 0 v5
                count tea@north 8 @5 release             -> released 4 v6 & 3 v7
                commit r3                                -> refused: ReservationEnded, is released
                count tea@north 4 release                -> released 5 v8 & 1 v9
                commit r2                                -> refused: ReservationEnded, is released
                count tea@north 0 release                -> released 4 v10 & 0 v11
                commit r1                                -> refused: ReservationEnded, is released",
    );
}

#[test]
fn the_youngest_goes_first_as_a_whole_and_no_more_than_must() {
    check(
        "       count tea@north 10 & count rice@x 5      -> 10 v1 & 5 v1
                hold old 60s tea@north 2                 -> held 8 v2
                hold a 60s tea@north 1 & hold b 60s tea@north 1 -> held 7 v3 & held 6 v4
                hold young 60s rice@x 5 & hold young 60s tea@north 1 -> held 0 v2 & held 5 v5
                hold other 60s tea@south 1               -> refused: InsufficientStock, has 0
                count tea@north 4 release                -> released 5 v3 & released 6 v6 & 0 v7
                count tea@north 3 release                -> released 1 v8 & 0 v9
                commit b                                 -> refused: ReservationEnded, is released
                commit a                                 -> committed 0 v10
                commit old                               -> committed 0 v11",
    );
}

#[test]
fn only_reservations_of_the_level_that_was_counted_are_released() {
    check(
        "       count tea@north 5 & count tea@south 5    -> 5 v1 & 5 v2 total 10
                hold north 60s tea@north 3               -> held 2 v3 total 7
                hold south 60s tea@south 5               -> held 0 v4 total 2
                hold both 60s tea@north 1 & hold both 60s tea@south 1 -> refused: InsufficientStock in line 1, has 0
                count tea@north 1 release                -> released 5 v5 & 1 v6
                commit south                             -> committed 0 v7 total 1",
    );
}

#[test]
fn a_count_since_then_can_release_too() {
    check(
        "       count tea@north 10                       -> 10 v1
                hold r1 60s tea@north 4                  -> held 6 v2
                hold r2 60s tea@north 4                  -> held 2 v3
                count tea@north 7 since 1/10             -> refused: BelowReserved, has 8
                count tea@north 7 since 1/10 release     -> released 6 v4 & 3 v5
                count tea@north 1 since 5/9 release      -> refused: InsufficientStock, has 3
                count tea@north 2 since 5/9 release      -> released 7 v6 & 0 v7",
    );
}

#[test]
fn a_refused_line_takes_the_released_promises_back() {
    check(
        "       count tea@north 10                       -> 10 v1
                hold r1 60s tea@north 4                  -> held 6 v2
                count tea@north 3 release & adjust tea@north -4 -> refused: InsufficientStock in line 1, has 3
           also commit r1 tea@north 1                    -> committed 9 v3",
    );
}

#[test]
fn a_count_of_a_product_under_suspicion_believes_its_reservations() {
    check(
        "at 0s  count tea@north 10 & count tea@south 5   -> 10 v1 & 5 v2 total 15
                hold r1 60s tea@north 4                  -> held 6 v3 total 11
                hold r2 60s tea@north 3 & hold r2 60s tea@south 2 -> held 3 v4 total 8 & held 3 v5 total 6
        poison tea v6
                count tea@north 6                        -> refused: BelowReserved, has 7
                count tea@north 6 release                -> released 6 v7 total 9 & released 5 v8 total 11 & 2 v9 total 7
                adjust tea@south -5                      -> 0 v10 total 2
        poison tea v11
                overwrite tea@north 3                    -> refused: NothingToDo below_reserved
                overwrite tea@north 6                    -> updated 2 v12
                commit r1                                -> committed 2 v13",
    );
}

/// What was promised in a past that nobody knows any more cannot be taken back: the count counts all the same.
#[test]
fn promises_that_are_not_known_give_way_to_a_count() {
    check(
        "given tea v5 north 10/4
                count tea@north 3                        -> refused: BelowReserved, has 4
                count tea@north 3 release                -> 0 v6
                hold r1 60s tea@north 1                  -> refused: InsufficientStock, has 0",
    );
}

#[test]
fn a_row_of_a_synchronisation_does_not_take_promises_back() {
    check(
        "       count tea@north 10                       -> 10 v1
                hold r1 60s tea@north 4                  -> held 6 v2
                overwrite tea@north 3                    -> refused: NothingToDo below_reserved
                merge tea@north 3 @2                     -> refused: NothingToDo below_reserved
                overwrite tea@north 4                    -> updated 0 v3
                overwrite tea@north 9 & hold r2 60s tea@north 5 & release r1 -> updated 5 v4 & updated held 0 v5 & updated released 4 v6",
    );
}

/// A reservation of several stores may be made between a look at who holds what and the count that ends it.
#[test]
fn who_writes_for_some_stores_ends_and_changes_nothing_at_another() {
    check(
        "       count tea@north 10 & count tea@south 10          -> 10 v1 & 10 v2 total 20
                hold own 60s tea@north 2                         -> held 8 v3 total 18
           also hold both 60s tea@north 3 & hold both 60s tea@south 4 -> held 5 v4 total 15 & held 6 v5 total 11
           also count tea@north 1 release key c within north     -> refused: OutOfScope south by both
                count tea@north 5 release key c within north     -> 0 v6 total 6
                release both within north                        -> refused: OutOfScope south by both
                commit both within north+east                    -> refused: OutOfScope south by both
                extend both 90s within north                     -> refused: OutOfScope south by both
                extend own 90s within north                      -> extended to 90000ms
                adjust tea@south -1 within north                 -> refused: OutOfScope south
                adjust tea@north +1 & adjust tea@south -1 within north -> refused: OutOfScope south
                adjust tea@south -9 within north                 -> refused: InsufficientStock, has 6
                count tea@north 1 release key c2 within north+south -> released 3 v7 total 9 & released 10 v8 total 13 & released 5 v9 total 15 & 1 v10 total 11",
    );
}
