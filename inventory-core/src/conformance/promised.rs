//! Reservations and transfers as a snapshot has them.

use crate::machine::{
    HeldLine, Lines, Reservation, ReservationState, Transfer, TransferLine, TransferState,
};
use crate::vocabulary::{QUANTITY_MAX, Quantity, Sequence, Timestamp};

pub(super) fn reservation(state: ReservationState, at: Timestamp) -> Reservation {
    let quantity = |units| Quantity::new(units).expect("a number below the ceiling");
    let line = |product: &str, store: &str, held, committed| HeldLine {
        product: product.parse().expect("plain text"),
        store: store.parse().expect("a text without control characters"),
        held: quantity(held),
        committed: quantity(committed),
    };
    Reservation {
        id: format!("{state} \"\\\u{1f375}")
            .parse()
            .expect("no control character"),
        opened: Sequence::new(1),
        opened_at: Timestamp::UNIX_EPOCH,
        deadline: at,
        state,
        ended_at: (state != ReservationState::Open).then_some(at),
        lines: Lines::new(vec![
            line("tea", "north", 4, 0),
            line("rice", "\"Süd\\\" / \u{1f375} {}", QUANTITY_MAX, 3),
        ])
        .expect("each is of another level"),
    }
}

pub(super) fn transfer(state: TransferState, at: Timestamp) -> Transfer {
    let quantity = |units| Quantity::new(units).expect("a number below the ceiling");
    let line = |product: &str, shipped, received, missing| TransferLine {
        product: product.parse().expect("plain text"),
        shipped: quantity(shipped),
        received: quantity(received),
        missing: quantity(missing),
    };
    Transfer {
        id: format!("{state} \u{7684}")
            .parse()
            .expect("no control character"),
        opened: Sequence::new(2),
        opened_at: at,
        source: "north".parse().expect("plain text"),
        // A store that has never had anything.
        destination: "west".parse().expect("plain text"),
        state,
        ended_at: (state != TransferState::InTransit).then_some(at),
        lines: Lines::new(vec![line("tea", QUANTITY_MAX, 0, 0), line("rice", 9, 2, 7)])
            .expect("each is of another product"),
    }
}
