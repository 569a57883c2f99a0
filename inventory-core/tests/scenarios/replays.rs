//! A key gives the first answer again, whatever family its request was of, and says what differs.

use crate::scenario::check;

#[test]
fn every_family_is_applied_once_per_key() {
    check(
        "at 0s  count tea@north 20 & count rice@north 9 key c -> 20 v1 & 9 v1
                hold r1 60s tea@north 3 & hold r1 60s rice@north 2 key h -> held 17 v2 & held 7 v2
                hold r1 60s tea@north 3 & hold r1 60s rice@north 2 key h -> replayed 3
                extend r1 90s key e                      -> extended to 90000ms & extended to 90000ms
                extend r1 90s key e                      -> replayed 5
                commit r1 tea@north 1 key m              -> committed 19 v3 & released 9 v3
                commit r1 tea@north 1 key m              -> replayed 7
                hold r2 60s tea@north 3                  -> held 16 v4
                release r2 key l                         -> released 19 v5
                release r2 key l                         -> replayed 10
                ship t1 north>south tea 5 & ship t1 north>south rice 1 key s -> shipped 14 v6 & shipped 8 v4
                ship t1 north>south tea 5 & ship t1 north>south rice 1 key s -> replayed 11
                receive t1 tea 2 key v                   -> received 2 v7 total 16 left 3
                receive t1 tea 2 key v                   -> replayed 13
                close t1 returned key o                  -> closed 3 17 v8 total 19 & closed 1 9 v5
                close t1 returned key o                  -> replayed 14
                alert tea@north 17/18 key a              -> alerted & low 17
                alert tea@north 17/18 key a              -> replayed 16
                unalert tea@north key u                  -> unalerted
                unalert tea@north key u                  -> replayed 18
                count tea@north 16 since 1/17 key n      -> 16 v9 total 18
                count tea@north 16 since 1/17 key n      -> replayed 19
         restart
                hold r1 60s tea@north 3 & hold r1 60s rice@north 2 key h -> replayed 3
                commit r1 tea@north 1 key m              -> replayed 7
                release r2 key l                         -> replayed 10
                receive t1 tea 2 key v                   -> replayed 13
                close t1 returned key o                  -> replayed 14
                alert tea@north 17/18 key a              -> replayed 16",
    );
}

#[test]
fn equal_keys_of_different_callers_are_different_keys() {
    check(
        "       count tea@north 9                        -> 9 v1
                adjust tea@north -1 key receipt-1 of till-a -> 8 v2
                adjust tea@north -1 key receipt-1 of till-b -> 7 v3
                adjust tea@north -1 key receipt-1        -> 6 v4
           also adjust tea@north -1 key receipt-2 of till-a -> 5 v5
           also adjust tea@north -1 key receipt-2 of till-b -> 4 v6
           also adjust tea@north -1 key receipt-2 of till-a -> replayed 5
                adjust tea@north -1 key receipt-1 of till-a -> replayed 2
         restart
                adjust tea@north -1 key receipt-1 of till-b -> replayed 3
                adjust tea@north -1 key receipt-1        -> replayed 4
                adjust tea@north -2 key receipt-1 of till-b -> refused: KeyReused, 3 has another amount in line 0
                adjust tea@north -2 key receipt-1 of till-c -> 2 v7",
    );
}

#[test]
fn a_caller_with_many_keys_pushes_out_its_own_ones() {
    check(
        "window 60s 4
                count tea@north 9 key a of quiet         -> 9 v1
                adjust tea@north -1 key b1 of busy       -> 8 v2
                adjust tea@north -1 key b2 of busy       -> 7 v3
                adjust tea@north -1 key b3 of busy       -> 6 v4
                adjust tea@north -1 key b4 of busy       -> 5 v5
                adjust tea@north -1 key b5 of busy       -> 4 v6
                count tea@north 9 key a of quiet         -> replayed 1
                adjust tea@north -1 key b3 of busy       -> replayed 4
                adjust tea@north -1 key b2 of busy       -> 3 v7
                count tea@north 9 key a of quiet         -> replayed 1",
    );
}

#[test]
fn a_key_of_a_hold_belongs_to_its_reservation() {
    check(
        "at 0s  count tea@north 20 & count tea@south 9   -> 20 v1 & 9 v2 total 29
                hold r1 60s tea@north 3 & hold r1 60s tea@south 2 key k -> held 17 v3 total 26 & held 7 v4 total 24
        at 5s   hold r2 60s tea@north 3 & hold r2 60s tea@south 2 key k -> refused: KeyReused, 3 has another reservation, transfer or alert, or other lines of it
                hold r1 61s tea@north 3 & hold r1 61s tea@south 2 key k -> refused: KeyReused, 3 has another reservation, transfer or alert, or other lines of it
                hold r1 60s tea@north 3 & hold r1 60s tea@south 1 key k -> refused: KeyReused, 3 has another amount in line 1
                hold r1 60s tea@north 3 & hold r1 60s rice@south 2 key k -> refused: KeyReused, 3 has another product in line 1
                hold r1 60s tea@south 3 & hold r1 60s tea@south 2 key k -> refused: KeyReused, 3 has another store in line 0
                hold r1 60s tea@north 3 key k            -> refused: KeyReused, 3 has another number of lines
                adjust tea@north -3 & adjust tea@south -2 key k -> refused: KeyReused, 3 has another operation in line 0
                release r1 key k                         -> refused: KeyReused, 3 has another operation in line 0
                hold r1 60s tea@north 3 & hold r1 60s tea@south 2 key k -> replayed 3",
    );
}

#[test]
fn a_key_of_a_commit_belongs_to_what_it_took() {
    check(
        "       count tea@north 20 & count rice@x 9      -> 20 v1 & 9 v1
                hold r1 60s tea@north 3 & hold r1 60s rice@x 2 -> held 17 v2 & held 7 v2
                commit r1 rice@x 1 key k                 -> released 20 v3 & committed 8 v3
                commit r1 rice@x 2 key k                 -> refused: KeyReused, 5 has another reservation, transfer or alert, or other lines of it
                commit r1 key k                          -> refused: KeyReused, 5 has another reservation, transfer or alert, or other lines of it
                commit r2 rice@x 1 key k                 -> refused: KeyReused, 5 has another reservation, transfer or alert, or other lines of it
                release r1 key k                         -> refused: KeyReused, 5 has another operation in line 0
                extend r1 60s key k                      -> refused: KeyReused, 5 has another operation in line 0
                adjust tea@north -1 key k                -> refused: KeyReused, 5 has another operation in line 0
                hold r3 60s rice@x 1                     -> held 7 v4
                release r3 key l                         -> released 8 v5
                release r1 key l                         -> refused: KeyReused, 8 has another reservation, transfer or alert, or other lines of it
                commit r3 key l                          -> refused: KeyReused, 8 has another operation in line 0",
    );
}

#[test]
fn a_key_of_a_transfer_belongs_to_its_way() {
    check(
        "       count tea@north 20                       -> 20 v1
                ship t1 north>south tea 5 key s          -> shipped 15 v2
                ship t2 north>south tea 5 key s          -> refused: KeyReused, 2 has another reservation, transfer or alert, or other lines of it
                ship t1 north>east tea 5 key s           -> refused: KeyReused, 2 has another reservation, transfer or alert, or other lines of it
                ship t1 east>south tea 5 key s           -> refused: KeyReused, 2 has another store in line 0
                ship t1 north>south tea 4 key s          -> refused: KeyReused, 2 has another amount in line 0
                receive t1 tea 1 key r                   -> received 1 v3 total 16 left 4
                receive t1 tea 2 key r                   -> refused: KeyReused, 3 has another reservation, transfer or alert, or other lines of it
                receive t1 key r                         -> refused: KeyReused, 3 has another reservation, transfer or alert, or other lines of it
                close t1 lost key r                      -> refused: KeyReused, 3 has another operation in line 0
                close t1 lost key c                      -> closed 4 15 v3 total 16
                close t1 returned key c                  -> refused: KeyReused, 4 has another reservation, transfer or alert, or other lines of it",
    );
}

#[test]
fn a_key_of_an_alert_belongs_to_its_thresholds() {
    check(
        "       count tea@north 1 & count rice@x 9       -> 1 v1 & 9 v1
                alert tea@north 2/5 & alert rice@x 1/2 key a -> alerted & alerted & low 2
                alert tea@north 2/5 & alert rice@x 1/3 key a -> refused: KeyReused, 3 has another reservation, transfer or alert, or other lines of it
                alert tea@north 3/5 & alert rice@x 1/3 key a -> refused: KeyReused, 3 has another reservation, transfer or alert, or other lines of it
                alert tea@north 2/5 & unalert rice@x key a -> refused: KeyReused, 3 has another operation in line 1
                alert tea@north 2/5 & alert rice@y 1/2 key a -> refused: KeyReused, 3 has another store in line 1
                alert tea@north 2/5 key a                -> refused: KeyReused, 3 has another number of lines
                alert tea@north 2/5 & alert rice@x 1/2 key a -> replayed 3",
    );
}

#[test]
fn a_key_of_a_count_belongs_to_how_it_counts() {
    check(
        "       count tea@north 9                        -> 9 v1
                hold r1 60s tea@north 5                  -> held 4 v2
                count tea@north 4 release key k          -> released 9 v3 & 4 v4
                count tea@north 4 key k                  -> refused: KeyReused, 3 has another rule, or another line among those that were skipped
                count tea@north 4 since 1/9 release key k -> refused: KeyReused, 3 has another rule, or another line among those that were skipped
                count tea@north 3 release key k          -> refused: KeyReused, 3 has another amount in line 0
                overwrite tea@north 4 key k              -> refused: KeyReused, 3 has another operation in line 0
                count tea@north 4 release key k          -> replayed 3
                count tea@north 8 since 4/9 key t        -> 3 v5
                count tea@north 8 since 3/9 key t        -> refused: KeyReused, 5 has another rule, or another line among those that were skipped
                count tea@north 7 since 4/9 key t        -> refused: KeyReused, 5 has another rule, or another line among those that were skipped
                count tea@north 8 key t                  -> refused: KeyReused, 5 has another amount in line 0
                count tea@north 3 key t                  -> refused: KeyReused, 5 has another rule, or another line among those that were skipped
                count tea@north 8 since 4/7 key t        -> replayed 5",
    );
}

#[test]
fn a_key_wins_over_everything_that_a_reservation_may_be() {
    check(
        "at 0s  count tea@north 9                        -> 9 v1
                hold r1 10s tea@north 5 key h            -> held 4 v2
                commit r1 key c                          -> committed 4 v3
        poison tea v4
        at 60s  hold r1 10s tea@north 5 key h            -> replayed 2
                commit r1 key c                          -> replayed 3
                hold r1 10s tea@north 6 key h            -> refused: KeyReused, 2 has another amount in line 0",
    );
}

#[test]
fn a_refusal_of_a_hold_does_not_use_up_its_key() {
    check(
        "       hold r1 10s tea@north 5 key h            -> refused: InsufficientStock, has 0
                count tea@north 9                        -> 9 v1
                hold r2 10s tea@north 5 key h            -> held 4 v2
                hold r1 10s tea@north 5 key h            -> refused: KeyReused, 2 has another reservation, transfer or alert, or other lines of it",
    );
}
