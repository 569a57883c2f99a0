//! A snapshot and pages: what a replica lives on.

use std::time::Duration;

use inventory_core::vocabulary::{Chain, Epoch, Sequence};
use inventory_http::client::Origin;
use inventory_http::wire::Position;

use crate::world::{PATIENCE, answered, central, client, five_more, told};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_of_central_has_everything() {
    let running = central().await;
    let client = client(running.address());
    let empty = client.snapshot().await.unwrap();
    assert_eq!(empty.last_offset, Sequence::START);
    let start = Position {
        offset: empty.last_offset,
        epoch: empty.epoch,
        chain: empty.chain,
    };

    // A poll that waits is answered by what happens meanwhile.
    let update = five_more();
    let (page, _) = tokio::join!(client.changes(&start, 10, PATIENCE), async {
        answered(client.send(&(), &update, &Origin::default()).await)
    });
    let page = page.unwrap();
    assert_eq!(page.next_offset, Sequence::new(1));
    assert_eq!(page.events[0].idempotency_key, update.idempotency_key);

    answered(client.send(&(), &five_more(), &Origin::default()).await);
    let snapshot = client.snapshot().await.unwrap();
    let tea = snapshot.state.values().next().unwrap();
    assert_eq!((tea.qty.units(), snapshot.last_offset.number()), (10, 2));

    for (position, expected) in [
        (
            Position {
                epoch: Epoch::from_random(7),
                ..start
            },
            "gone Epoch",
        ),
        (
            Position {
                chain: Chain::from_bits(7),
                ..start
            },
            "gone Chain",
        ),
        (
            Position {
                offset: Sequence::new(9),
                ..start
            },
            "gone Ahead",
        ),
    ] {
        let result = client.changes(&position, 10, Duration::ZERO).await;
        assert_eq!(told(&result), format!("{expected}; nothing done; give up"));
    }
}
