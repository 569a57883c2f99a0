//! Rows that set a stock, or are skipped.

use crate::scenario::check;

#[test]
fn a_merge_creates_what_is_unknown_and_updates_what_is_at_its_version() {
    check(
        "       merge tea@north 10 @7                     -> created 10 v1
                merge tea@north 12 @1                     -> updated 12 v2
                merge tea@south 3 @2                      -> created 3 v3 total 15
                merge tea@south 4 @2 & merge rice@south 1 @9 -> stale & created 1 v1
                merge salt@south 0 @0                     -> created 0 v1",
    );
}

#[test]
fn a_row_that_says_what_is_there_writes_nothing() {
    check(
        "       merge tea@north 10 @0                     -> created 10 v1
                merge tea@north 10 @1                     -> refused: NothingToDo unchanged
                overwrite tea@north 10                    -> refused: NothingToDo unchanged
                merge tea@north 10 @0                     -> refused: NothingToDo stale
                overwrite tea@north 10 & overwrite tea@south 0 -> unchanged & created 0 v2 total 10",
    );
}

#[test]
fn an_overwrite_counts_whatever_the_version_but_not_below_what_is_reserved() {
    check(
        "given tea v5 north 10/4 south 3/0
                overwrite tea@north 4                     -> updated 0 v6 total 3
                overwrite tea@north 3                     -> refused: NothingToDo below_reserved
                overwrite tea@north 3 & overwrite tea@south 9 -> below_reserved & updated 9 v7
                merge tea@north 3 @7 & overwrite tea@south 8 -> below_reserved & updated 8 v8
                overwrite tea@south max-3 & overwrite rice@south 1 -> refused: StockCeiling
                overwrite tea@south max-4 & overwrite rice@south 1 -> updated 9007199254740987 v9 & created 1 v1",
    );
}

#[test]
fn a_row_sees_the_rows_before_it() {
    check(
        "       merge tea@north 5 @0 & merge tea@north 6 @1 & merge tea@north 7 @1 -> created 5 v1 & updated 6 v2 & stale
                overwrite tea@north 6 & overwrite tea@north 5 -> unchanged & updated 5 v3
                merge tea@north 1 @3 & adjust tea@north -2 -> refused: InsufficientStock in line 1, has 1
                merge tea@north 1 @3 & adjust tea@north -1 -> updated 1 v4 & updated 0 v5",
    );
}

#[test]
fn the_ceiling_refuses_all_rows() {
    check(
        "       overwrite tea@north max                   -> created 9007199254740991 v1
                overwrite rice@x 1 & overwrite tea@south 1 -> refused: StockCeiling in line 1
                overwrite rice@x 1                        -> created 1 v1",
    );
}

#[test]
fn a_key_gives_the_outcome_of_every_row_again() {
    check(
        "       merge tea@north 5 @0 & merge rice@north 2 @0 key s1 -> created 5 v1 & created 2 v1
                adjust tea@north -1                       -> 4 v2
                merge tea@north 5 @1 & merge salt@x 1 @0 key s2 -> stale & created 1 v1
                merge tea@north 5 @9 & merge salt@x 1 @9 key s2 -> replayed 4 stale created
                merge tea@north 5 @0 & merge rice@north 2 @0 key s1 -> replayed 1 created created
         restart
                merge tea@north 5 @1 & merge salt@x 1 @0 key s2 -> replayed 4 stale created
                merge tea@north 6 @1 & merge salt@x 1 @0 key s2 -> refused: KeyReused, 4 has another rule, or another line among those that were skipped
                overwrite tea@north 5 & overwrite salt@x 1 key s2 -> refused: KeyReused, 4 has another rule, or another line among those that were skipped
                merge tea@north 5 @1 & merge salt@x 2 @0 key s2 -> refused: KeyReused, 4 has another amount in line 1
                merge tea@north 5 @1 key s2               -> refused: KeyReused, 4 has another number of lines
                count tea@north 5 & count salt@x 1 key s2 -> refused: KeyReused, 4 has another rule, or another line among those that were skipped",
    );
}

#[test]
fn a_key_whose_rows_were_all_skipped_is_answered_as_it_was() {
    check(
        "       overwrite tea@north 5 key o               -> created 5 v1
                overwrite tea@north 5 key k               -> unchanged & noted
                adjust tea@north -1                       -> 4 v2
                overwrite tea@north 5 key k               -> replayed 2 unchanged
                overwrite tea@north 6 key k               -> refused: KeyReused, 2 has another rule, or another line among those that were skipped
                overwrite tea@north 5 & overwrite rice@x 1 key k -> refused: KeyReused, 2 has another number of lines
                hold r1 60s tea@north 1 key k             -> refused: KeyReused, 2 has another rule, or another line among those that were skipped
                release r1 key k                          -> refused: KeyReused, 2 has another operation in line 0
         restart
                overwrite tea@north 5 key k               -> replayed 2 unchanged
                adjust tea@north -1 @2                    -> 3 v3",
    );
}

#[test]
fn a_stale_row_of_a_level_that_nobody_knows_is_remembered_and_makes_no_level() {
    check(
        "       merge tea@north 5 @0                      -> created 5 v1
                merge tea@south 6 @0 key s                -> stale & noted
                adjust tea@north -1                       -> 4 v2
         restart
                merge tea@south 6 @2 key s                -> replayed 2 stale
                merge tea@south 6 @2                      -> created 6 v3 total 10",
    );
}

#[test]
fn a_row_below_what_is_reserved_is_remembered_as_skipped() {
    check(
        "at 0s  count tea@north 5                         -> 5 v1
                hold r1 10s tea@north 3                   -> held 2 v2
                overwrite tea@north 1 key k               -> below_reserved & noted
                release r1                                -> released 5 v3
                overwrite tea@north 1 key k               -> replayed 3 below_reserved",
    );
}

#[test]
fn a_group_decides_rows_on_what_its_requests_before_have_written() {
    check(
        "       merge tea@north 5 @0                      -> created 5 v1
           also merge tea@north 6 @0                      -> refused: NothingToDo stale
           also merge tea@north 6 @1 & merge rice@x 1 @0  -> updated 6 v2 & created 1 v1
           also overwrite tea@north 6                     -> refused: NothingToDo unchanged",
    );
}

#[test]
fn a_quarantined_product_takes_an_overwrite_and_no_merge() {
    check(
        "       merge tea@north 5 @0 & merge rice@north 1 @0 -> created 5 v1 & created 1 v1
         poison tea v2
                merge rice@north 2 @1 & merge tea@north 5 @2 -> refused: Quarantined in line 1
                overwrite tea@north 5                     -> updated 5 v3
                merge tea@north 4 @3                      -> updated 4 v4",
    );
}
