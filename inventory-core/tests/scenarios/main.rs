//! What the machine answers, step by step, with the naive model beside it.

#![cfg(feature = "testing")]
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod alerts;
mod counts;
mod expiry;
mod lines;
mod replays;
mod reservations;
mod scenario;
mod synchronisation;
mod transfers;

use scenario::check;

#[test]
fn a_count_says_what_is_there_and_an_adjustment_changes_it() {
    check(
        "at 0s  count tea@north 10                       -> 10 v1
         at 1s  adjust tea@north -3                      -> 7 v2
                adjust tea@north +5                      -> 12 v3
                adjust tea@north -12                     -> 0 v4
                count tea@north 0                        -> 0 v5
                count tea@north 4                        -> 4 v6
                adjust rice@north +1                     -> 1 v1
                adjust tea@north -1                      -> 3 v7",
    );
}

#[test]
fn a_product_has_one_version_and_one_total_over_all_stores() {
    check(
        "       count tea@north 10                       -> 10 v1
                count tea@south 4                        -> 4 v2 total 14
                adjust tea@north -1 @2                   -> 9 v3 total 13
                adjust tea@south -4 @3                   -> 0 v4 total 9
                adjust tea@south -1                      -> refused: InsufficientStock, has 0
                count rice@south 5                       -> 5 v1",
    );
}

#[test]
fn one_writer_wins_each_version() {
    check(
        "       count tea@north 10 @0                    -> 10 v1
                adjust tea@north -3 @1                   -> 7 v2
                adjust tea@north -3 @1                   -> refused: StaleVersion, is v2 with 7 of 7
                adjust tea@south +1 @1                   -> refused: StaleVersion, is v2 with 0 of 7
                count tea@north 5 @3                     -> refused: StaleVersion, is v2 with 7 of 7
                adjust tea@north -3 @2                   -> 4 v3
                count tea@south 6 @3                     -> 6 v4 total 10
                adjust tea@south -1 @max                 -> refused: StaleVersion, is v4 with 6 of 10",
    );
}

#[test]
fn an_unknown_product_is_at_version_0() {
    check(
        "       adjust tea@north -1                      -> refused: InsufficientStock, has 0
                adjust tea@north -1 @0                   -> refused: InsufficientStock, has 0
                adjust tea@north +1 @1                   -> refused: StaleVersion, is v0 with 0 of 0
                count tea@north 5 @1                     -> refused: StaleVersion, is v0 with 0 of 0
                adjust tea@north +1 @0                   -> 1 v1
                adjust tea@north +1 @0                   -> refused: StaleVersion, is v1 with 1 of 1
                count rice@north 0 @0                    -> 0 v1
                count rice@south 0                       -> 0 v2",
    );
}

#[test]
fn the_floor_is_per_store_and_counts_what_is_reserved() {
    check(
        "given tea v5 north 10/4 south 3/0
                adjust tea@north -7                      -> refused: InsufficientStock, has 6
                adjust tea@north -6                      -> 0 v6 total 3
                adjust tea@north -1                      -> refused: InsufficientStock, has 0
                adjust tea@south -4                      -> refused: InsufficientStock, has 3
                adjust tea@west -1                       -> refused: InsufficientStock, has 0
                count tea@north 3                        -> refused: BelowReserved, has 4
                count tea@north 4                        -> 0 v7 total 3
                count tea@north 9                        -> 5 v8 total 8
                adjust tea@north -max                    -> refused: InsufficientStock, has 5",
    );
}

#[test]
fn the_ceiling_holds_for_a_store_and_for_the_total() {
    check(
        "       count tea@north max                      -> 9007199254740991 v1
                adjust tea@north +1                      -> refused: StockCeiling
                adjust tea@north +max                    -> refused: StockCeiling
                adjust tea@south +1                      -> refused: StockCeiling
                count tea@south 1                        -> refused: StockCeiling
                count tea@south 0                        -> 0 v2 total 9007199254740991
                count tea@north max                      -> 9007199254740991 v3
                adjust tea@north -1                      -> 9007199254740990 v4
                adjust tea@south +1                      -> 1 v5 total 9007199254740991
                adjust tea@south +1                      -> refused: StockCeiling
                adjust tea@north -max                    -> refused: InsufficientStock, has 9007199254740990
                count tea@north 0                        -> 0 v6 total 1
                count tea@north max-1                    -> 9007199254740990 v7 total 9007199254740991",
    );
}

/// What is reserved is out of the total, and may come back into it: if there were room for less than that, setting a
/// reservation free would lead above the ceiling, and nobody can refuse a deadline.
#[test]
fn what_is_reserved_takes_up_room_below_the_ceiling() {
    check(
        "given tea v1 north max/2 south 0/0
         given rice v1 north max-9/max-9 south 0/0
                adjust tea@south +1                      -> refused: StockCeiling
                adjust tea@north +1                      -> refused: StockCeiling
                count tea@south 1                        -> refused: StockCeiling
                adjust tea@north -3                      -> 9007199254740986 v2
                adjust tea@south +3                      -> 3 v3 total 9007199254740989
                adjust tea@south +1                      -> refused: StockCeiling
                adjust rice@south +10                    -> refused: StockCeiling
                adjust rice@south +9                     -> 9 v2",
    );
}

#[test]
fn the_last_version_is_the_end() {
    check(
        "given tea vmax-1 north 10/0
                adjust tea@north -1                      -> 9 v9007199254740991
                adjust tea@north -1                      -> refused: VersionsExhausted
                count tea@north 5 @max                   -> refused: VersionsExhausted
                adjust tea@north -10                     -> refused: InsufficientStock, has 9
                adjust rice@north +1                     -> 1 v1",
    );
}

#[test]
fn a_line_sees_the_lines_before_it() {
    check(
        "       count tea@north 5 & adjust tea@north -5          -> 5 v1 & 0 v2
                adjust tea@north +2 & adjust tea@south +3        -> 2 v3 & 3 v4 total 5
                adjust tea@north -1 @4 & adjust tea@north -1 @5  -> 1 v5 total 4 & 0 v6 total 3
                adjust tea@north +1 @6 & adjust tea@north +1 @6  -> refused: StaleVersion in line 1, is v7 with 1 of 4
                adjust rice@north +1 & adjust rice@north -1      -> 1 v1 & 0 v2",
    );
}

#[test]
fn all_lines_apply_or_none() {
    check(
        "       count tea@north 5                                -> 5 v1
                adjust tea@north -5 & adjust rice@north -1       -> refused: InsufficientStock in line 1, has 0
                adjust tea@north -3 & adjust tea@north -3        -> refused: InsufficientStock in line 1, has 2
                adjust new@north +1 & adjust tea@north -9        -> refused: InsufficientStock in line 1, has 5
                adjust new@north -1 @0                           -> refused: InsufficientStock, has 0
                adjust tea@north -5 @1                           -> 0 v2
                count a@x 1 & count b@x 2 & count c@x max & adjust c@x +1 -> refused: StockCeiling in line 3
                count a@x 1 & count b@x 2                        -> 1 v1 & 2 v1",
    );
}

#[test]
fn the_first_refused_line_counts() {
    check(
        "       count tea@north 5                                -> 5 v1
                adjust tea@north -9 & adjust tea@north -1 @7     -> refused: InsufficientStock, has 5
                adjust tea@north -9 @7 & adjust rice@x -1        -> refused: StaleVersion, is v1 with 5 of 5
                adjust tea@north +max @7                         -> refused: StaleVersion, is v1 with 5 of 5",
    );
}

#[test]
fn a_key_is_applied_once() {
    check(
        "       count tea@north 10 key c                         -> 10 v1
                adjust tea@north -3 @1 key k1                    -> 7 v2
                adjust tea@north -3 @1 key k1                    -> replayed 2
                adjust tea@north -3 @2 key k1                    -> replayed 2
                adjust tea@north -3 key k1                       -> replayed 2
                adjust tea@north -3 key k2                       -> 4 v3
                count tea@north 10 @9 key c                      -> replayed 1
                adjust tea@north +1 & adjust tea@north +1 key m  -> 5 v4 & 6 v5
                adjust tea@north +1 & adjust tea@north +1 @0 key m -> replayed 4
        restart
                adjust tea@north -3 @1 key k1                    -> replayed 2
                adjust tea@north +1 & adjust tea@north +1 key m  -> replayed 4",
    );
}

#[test]
fn a_key_that_was_used_for_something_else_is_refused() {
    check(
        "       count tea@north 10 & count tea@south 10 key c    -> 10 v1 & 10 v2 total 20
                adjust tea@north -3 key k                        -> 7 v3 total 17
                adjust tea@north -4 key k                        -> refused: KeyReused, 3 has another amount in line 0
                adjust tea@north +3 key k                        -> refused: KeyReused, 3 has another amount in line 0
                adjust tea@south -3 key k                        -> refused: KeyReused, 3 has another store in line 0
                adjust rice@north -3 key k                       -> refused: KeyReused, 3 has another product in line 0
                adjust rice@south -4 key k                       -> refused: KeyReused, 3 has another product in line 0
                count tea@north 7 key k                          -> refused: KeyReused, 3 has another operation in line 0
                adjust tea@north -3 & adjust tea@north -3 key k  -> refused: KeyReused, 3 has another number of lines
                count tea@north 10 & count tea@south 9 key c     -> refused: KeyReused, 1 has another amount in line 1
                count tea@south 10 & count tea@north 10 key c    -> refused: KeyReused, 1 has another store in line 0
                count tea@north 10 & adjust tea@south +10 key c  -> refused: KeyReused, 1 has another operation in line 1
                count tea@north 10 key c                         -> refused: KeyReused, 1 has another number of lines
                adjust tea@north -99 @9 key k                    -> refused: KeyReused, 3 has another amount in line 0",
    );
}

#[test]
fn a_refusal_does_not_use_up_its_key() {
    check(
        "       adjust tea@north -1 key k                        -> refused: InsufficientStock, has 0
                adjust tea@north -1 key k                        -> refused: InsufficientStock, has 0
                count rice@north 3 key k                         -> 3 v1
                adjust tea@north -1 key k                        -> refused: KeyReused, 1 has another operation in line 0
                adjust rice@north -2 @0 key j                    -> refused: StaleVersion, is v1 with 3 of 3
                adjust rice@north -2 @1 key j                    -> 1 v2",
    );
}

#[test]
fn keys_are_forgotten_by_age_when_a_newer_one_is_used() {
    check(
        "window 60s 100
        at 0s   adjust tea@north +1 key a                        -> 1 v1
        at 60s  adjust tea@north +1 key b                        -> 2 v2
                adjust tea@north +1 key a                        -> replayed 1
        at 61s  adjust tea@north +1                              -> 3 v3
                adjust tea@north +1 key a                        -> replayed 1
                adjust tea@north +1 key c                        -> 4 v4
                adjust tea@north +1 key a                        -> 5 v5
                adjust tea@north +1 key b                        -> replayed 2
        at 300s adjust tea@north +1 key d                        -> 6 v6
        restart
                adjust tea@north +1 key c                        -> 7 v7
                adjust tea@north +1 key d                        -> replayed 6",
    );
}

#[test]
fn keys_are_forgotten_by_count() {
    check(
        "window 60s 2
                adjust tea@north +1 key a                        -> 1 v1
                adjust tea@north +1 key b                        -> 2 v2
                adjust tea@north +1 key a                        -> replayed 1
                adjust tea@north +1 key c                        -> 3 v3
                adjust tea@north +1 key b                        -> replayed 2
                adjust tea@north +1 key a                        -> 4 v4
        restart
                adjust tea@north +1 key c                        -> replayed 3
                adjust tea@north +1 key b                        -> 5 v5",
    );
}

#[test]
fn a_window_of_no_keys_remembers_none() {
    check(
        "window 60s 0
                adjust tea@north +1 key a                        -> 1 v1
                adjust tea@north +1 key a                        -> 2 v2
        restart
                adjust tea@north +1 key a                        -> 3 v3",
    );
}

#[test]
fn a_clock_that_goes_back_does_not_make_keys_younger() {
    check(
        "window 60s 100
        at 100s adjust tea@north +1 key a                        -> 1 v1
        at 10s  adjust tea@north +1 key b                        -> 2 v2
        at 160s adjust tea@north +1 key c                        -> 3 v3
                adjust tea@north +1 key b                        -> replayed 2
        at 161s adjust tea@north +1 key d                        -> 4 v4
                adjust tea@north +1 key b                        -> 5 v5",
    );
}

#[test]
fn the_requests_of_a_group_see_each_other() {
    check(
        "       count tea@north 10 key c                         -> 10 v1
           also adjust tea@north -3 @1 key k                     -> 7 v2
           also adjust tea@north -3 @1 key k                     -> replayed 2
           also adjust tea@north -4 key k                        -> refused: KeyReused, 2 has another amount in line 0
           also adjust tea@north -8 & adjust rice@x +1           -> refused: InsufficientStock, has 7
           also adjust rice@x +1 & adjust tea@north -8           -> refused: InsufficientStock in line 1, has 7
           also adjust tea@north +1 & adjust tea@north -9        -> refused: InsufficientStock in line 1, has 8
           also adjust tea@north -8                              -> refused: InsufficientStock, has 7
           also adjust rice@x +1 @0                              -> 1 v1
           also adjust tea@south +2 @2 & adjust rice@y +1        -> 2 v3 total 9 & 1 v2 total 2
           also count tea@north 10 key c                         -> replayed 1
                adjust tea@south -2 @3                           -> 0 v4 total 7",
    );
}

#[test]
fn a_group_forgets_keys_only_when_it_is_done() {
    check(
        "window 60s 1
        at 0s   adjust tea@north +1 key a                        -> 1 v1
           also adjust tea@north +1 key b                        -> 2 v2
           also adjust tea@north +1 key a                        -> replayed 1
                adjust tea@north +1 key a                        -> 3 v3",
    );
}

#[test]
fn a_quarantined_product_takes_only_a_count() {
    check(
        "       count tea@north 10 & count tea@south 5           -> 10 v1 & 5 v2 total 15
        poison tea v3
                adjust tea@north -1                              -> refused: Quarantined
                adjust tea@north -1 @9                           -> refused: Quarantined
                adjust rice@x +1 & adjust tea@south +1           -> refused: Quarantined in line 1
                count tea@north 8 @2                             -> refused: StaleVersion, is v3 with 10 of 15
                adjust rice@x +1                                 -> 1 v1
        restart
                adjust tea@north -1                              -> refused: Quarantined
                count tea@north 8 @3                             -> 8 v4 total 13
                adjust tea@north -1 @4                           -> 7 v5 total 12",
    );
}

#[test]
fn a_key_wins_over_a_quarantine() {
    check(
        "       count tea@north 10 key c                         -> 10 v1
                adjust tea@north -1 key k                        -> 9 v2
        poison tea v3
                adjust tea@north -1 key k                        -> replayed 2
                adjust tea@north -2 key k                        -> refused: KeyReused, 2 has another amount in line 0
                adjust tea@north -1 key other                    -> refused: Quarantined",
    );
}

#[test]
fn the_lines_after_a_count_find_the_product_released() {
    check(
        "       count tea@north 10                               -> 10 v1
        poison tea v2
                count tea@north 8 & adjust tea@north -1          -> 8 v3 & 7 v4
        poison tea v5
                count tea@north 8 & adjust tea@north -9          -> refused: InsufficientStock in line 1, has 8
                adjust tea@north -1                              -> refused: Quarantined
                count tea@south 1                                -> 1 v6 total 8
           also adjust tea@north -1                              -> 6 v7 total 7",
    );
}

#[test]
fn a_version_that_poison_claimed_is_not_given_again() {
    check(
        "poison tea v1
                adjust tea@north +1                              -> refused: Quarantined
                count tea@north 5 @0                             -> refused: StaleVersion, is v1 with 0 of 0
                count tea@north 5 @1                             -> 5 v2
        poison tea
                count tea@north 5                                -> 5 v3
        poison tea v1
                count tea@north 5                                -> 5 v4
        poison tea v9
        poison tea v10
                count tea@north 5                                -> 5 v11
        poison
                adjust tea@north -1                              -> 4 v12",
    );
}
