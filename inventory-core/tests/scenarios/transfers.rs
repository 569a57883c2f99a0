//! Ship, receive, close.

use crate::scenario::check;

#[test]
fn units_leave_one_store_and_arrive_at_another() {
    check(
        "at 0s  count tea@north 10                       -> 10 v1
                ship t1 north>south tea 4                -> shipped 6 v2
                adjust tea@south -1                      -> refused: InsufficientStock, has 0
                receive t1 tea 1                         -> received 1 v3 total 7 left 3
                receive t1 tea 1                         -> received 2 v4 total 8 left 2
                receive t1                               -> received 4 v5 total 10 left 0
                receive t1                               -> refused: TransferEnded, is received
                close t1 lost                            -> refused: TransferEnded, is received
                adjust tea@south -4                      -> 0 v6 total 6",
    );
}

#[test]
fn what_does_not_arrive_comes_back_or_is_lost() {
    check(
        "       count tea@north 10 & count rice@north 5  -> 10 v1 & 5 v1
                ship t1 north>south tea 4 & ship t1 north>south rice 5 -> shipped 6 v2 & shipped 0 v2
                receive t1 rice 2                        -> received 2 v3 left 3
                close t1 returned                        -> closed 4 10 v3 & closed 3 3 v4 total 5
                ship t2 north>south tea 4 & ship t2 north>south rice 3 -> shipped 6 v4 & shipped 0 v5 total 2
                receive t2 tea 4                         -> received 4 v5 total 10 left 0
                close t2 lost                            -> closed 3 0 v5 total 2
                receive t2                               -> refused: TransferEnded, is lost
                close t2 returned                        -> refused: TransferEnded, is lost
                receive t1                               -> refused: TransferEnded, is returned",
    );
}

#[test]
fn the_lines_of_a_transfer_are_of_one_request_and_each_of_another_product() {
    check(
        "       count tea@north 10 & count rice@north 5 & count rice@x 5 -> 10 v1 & 5 v1 & 5 v2 total 10
                ship t1 north>south tea 4 & ship t1 north>south tea 1 -> refused: NamedTwice in line 1
                ship t1 north>south tea 4 & ship t1 x>south rice 1 -> refused: LinesDiffer in line 1
                ship t1 north>south tea 4 & ship t1 north>x rice 1 -> refused: LinesDiffer in line 1
                ship t1 north>north tea 4                -> refused: SameStore
                ship t1 north>south tea 4 & ship t2 x>south rice 1 -> shipped 6 v2 & shipped 4 v3 total 9
                ship t1 north>south rice 1               -> refused: TransferExists, is in_transit
                ship t1 north>north rice 1               -> refused: SameStore
                receive t1                               -> received 4 v3 total 10 left 0
                ship t1 north>south rice 1               -> refused: TransferExists, is received",
    );
}

#[test]
fn no_more_arrives_than_is_on_the_way() {
    check(
        "       count tea@north 10 & count rice@north 5  -> 10 v1 & 5 v1
                receive t1                               -> refused: UnknownTransfer t1
                close t1 lost                            -> refused: UnknownTransfer t1
                ship t1 north>south tea 4 & ship t1 north>south rice 1 -> shipped 6 v2 & shipped 4 v2
                receive t1 tea 5                         -> refused: NotInTransit, has 4
                receive t1 rice 1 tea 5                  -> refused: NotInTransit in line 1, has 4
                receive t1 salt 1                        -> refused: NotInTransit, has 0
                receive t1 tea 3                         -> received 3 v3 total 9 left 1
                receive t1 tea 2                         -> refused: NotInTransit, has 1
                receive t1                               -> received 4 v4 total 10 left 0 & received 1 v3 total 5 left 0",
    );
}

#[test]
fn what_is_promised_cannot_be_shipped() {
    check(
        "       count tea@north 10                       -> 10 v1
                hold r1 60s tea@north 7                  -> held 3 v2
                ship t1 north>south tea 4                -> refused: InsufficientStock, has 3
                ship t1 north>south tea 3                -> shipped 0 v3
                ship t2 south>north tea 1                -> refused: InsufficientStock, has 0",
    );
}

#[test]
fn what_is_on_the_way_takes_no_room_until_it_arrives() {
    check(
        "       count tea@north max                      -> 9007199254740991 v1
                ship t1 north>south tea 5                -> shipped 9007199254740986 v2
                adjust tea@north +3                      -> 9007199254740989 v3
                receive t1                               -> refused: StockCeiling
                close t1 returned                        -> refused: StockCeiling
                receive t1 tea 3                         -> refused: StockCeiling
                receive t1 tea 2                         -> received 2 v4 total 9007199254740991 left 3
                close t1 returned                        -> refused: StockCeiling
                close t1 lost                            -> closed 3 9007199254740989 v4 total 9007199254740991",
    );
}

#[test]
fn the_order_of_refusals_of_a_shipment_and_its_arrival() {
    check(
        "       count tea@north 9 & count rice@north 9   -> 9 v1 & 9 v1
                ship t1 north>south rice 2 & ship t1 north>south tea 2 -> shipped 7 v2 & shipped 7 v2
        poison tea v3
                ship t2 x>x tea 99                       -> refused: SameStore
                ship t1 north>south tea 99               -> refused: TransferExists, is in_transit
                ship t2 north>south rice 1 & ship t2 x>south tea 99 -> refused: LinesDiffer in line 1
                ship t2 north>south rice 1 & ship t2 north>south tea 99 -> refused: Quarantined in line 1
                ship t2 x>south rice 1                   -> refused: InsufficientStock, has 0
                receive t1 tea 3                         -> refused: NotInTransit, has 2
                receive t1                               -> refused: Quarantined
                receive t1 rice 1                        -> received 1 v3 total 8 left 1
                close t1 returned                        -> refused: Quarantined
                close t1 lost                            -> closed 1 7 v3 total 8 & closed 2 7 v3",
    );
}

#[test]
fn a_line_sees_what_the_lines_before_it_have_done_to_a_transfer() {
    check(
        "       count tea@north 9 & count rice@north 9   -> 9 v1 & 9 v1
                ship t1 north>south tea 4 & receive t1 tea 1 & adjust tea@south -1 & close t1 returned -> shipped 5 v2 & received 1 v3 total 6 left 3 & 0 v4 total 5 & closed 3 8 v5
                ship t2 north>south tea 4 & receive t2 & close t2 lost -> refused: TransferEnded, is received
                ship t2 north>south tea 4                -> shipped 4 v6",
    );
}

/// Units that join a transfer which a line before them has ended would be on the way for ever.
#[test]
fn a_transfer_that_has_ended_takes_no_line_of_the_same_request() {
    check(
        "       count tea@north 9 & count rice@north 9   -> 9 v1 & 9 v1
                ship t1 north>south tea 4 & receive t1 & ship t1 north>south rice 1 -> refused: TransferExists, is received
                ship t1 north>south tea 4 & close t1 lost & ship t1 north>south rice 1 -> refused: TransferExists, is lost
                ship t1 north>south tea 4 & receive t1 tea 3 & ship t1 north>south rice 1 -> shipped 5 v2 & received 3 v3 total 8 left 1 & shipped 8 v2
                close t1 returned                        -> closed 1 6 v4 total 9 & closed 1 9 v3",
    );
}

#[test]
fn a_refusal_in_the_last_line_takes_back_what_was_shipped() {
    check(
        "       count tea@north 9                        -> 9 v1
                ship t1 north>south tea 4 & adjust tea@north -6 -> refused: InsufficientStock in line 1, has 5
           also receive t1                               -> refused: UnknownTransfer t1
           also ship t1 north>east tea 1                 -> shipped 8 v2
                receive t1 & adjust tea@north -9         -> refused: InsufficientStock in line 1, has 8
           also close t1 lost & adjust tea@north -9      -> refused: InsufficientStock in line 1, has 8
           also ship t1 north>south tea 4                -> refused: TransferExists, is in_transit
           also receive t1                               -> received 1 v3 total 9 left 0",
    );
}

#[test]
fn ended_transfers_are_forgotten_by_age_and_by_count_and_open_ones_never() {
    check(
        "window 60s 1
        at 0s   count tea@north 9                        -> 9 v1
                ship open north>south tea 1              -> shipped 8 v2
                ship t1 north>south tea 1                -> shipped 7 v3
                receive t1                               -> received 1 v4 total 8 left 0
                ship t1 north>south tea 1                -> refused: TransferExists, is received
                ship t2 north>south tea 1                -> shipped 6 v5 total 7
                receive t2                               -> received 2 v6 total 8 left 0
                ship t1 north>south tea 1                -> shipped 5 v7 total 7
        restart
                ship t2 north>south tea 1                -> refused: TransferExists, is received
        at 90s  close t1 lost                            -> closed 1 5 v7 total 7
                ship t2 north>south tea 1                -> shipped 4 v8 total 6
                receive open                             -> received 3 v9 total 7 left 0",
    );
}
