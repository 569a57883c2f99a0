//! A snapshot, pages and streams: what a replica lives on.

use std::time::Duration;

use inventory_core::vocabulary::{Chain, Epoch, Sequence};
use inventory_store::client::{EventStream, Position, StreamItem};
use tokio::time::timeout;

use crate::script::{Script, Step};
use crate::world::{PATIENCE, answered, central, client, client_with, five_more, told};

const OPEN: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";

/// The next event; heartbeats are passed over.
async fn event(stream: &mut EventStream) -> (Sequence, Epoch) {
    loop {
        let item = timeout(PATIENCE, stream.next()).await.unwrap();
        if let StreamItem::Event { id, event } = item.unwrap().unwrap() {
            let id = id.expect("requests here have one event");
            assert_eq!((id.offset, id.chain), (event.seq, event.chain));
            return (id.offset, id.epoch);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_of_central_has_everything() {
    let mut running = central().await;
    let client = client(running.address());
    let empty = client.snapshot().await.unwrap();
    assert_eq!(empty.last_offset, Sequence::START);
    let start = Position {
        offset: empty.last_offset,
        epoch: Some(empty.epoch),
        chain: Some(empty.chain),
    };

    // A poll that waits is answered by what happens meanwhile.
    let update = five_more();
    let (page, _) = tokio::join!(client.changes(&start, 10, PATIENCE), async {
        answered(client.update(&update, None).await)
    });
    let page = page.unwrap();
    assert_eq!(page.next_offset, Sequence::new(1));
    assert_eq!(page.events[0].idempotency_key, update.idempotency_key);

    let mut stream = client.stream(&Position::START).await.unwrap();
    assert_eq!(event(&mut stream).await, (Sequence::new(1), empty.epoch));
    let mut resumed = client
        .stream(&Position {
            offset: Sequence::new(1),
            chain: Some(page.events[0].chain),
            ..start
        })
        .await
        .unwrap();
    answered(client.update(&five_more(), None).await);
    assert_eq!(event(&mut stream).await.0, Sequence::new(2));
    assert_eq!(event(&mut resumed).await.0, Sequence::new(2));

    let snapshot = client.snapshot().await.unwrap();
    let tea = snapshot.state.values().next().unwrap();
    assert_eq!((tea.qty.units(), snapshot.last_offset.number()), (10, 2));

    for (position, expected) in [
        (
            Position {
                epoch: Some(Epoch::from_random(7)),
                ..start
            },
            "gone Epoch",
        ),
        (
            Position {
                chain: Some(Chain::from_bits(7)),
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

    running.stop();
    let ended = timeout(PATIENCE, stream.next()).await.unwrap();
    assert!(ended.is_none(), "{ended:?}");
}

#[tokio::test]
async fn a_stream_that_goes_wrong_says_how_and_ends() {
    let oversize = format!("data: {}\n", "x".repeat(5_000));
    let id = "id: 00000000000000000000000000000001.4.0000000000000001";
    for (sent, hang, expected) in [
        (
            ": still here\n",
            true,
            "unavailable silence; nothing done; retry",
        ),
        (
            "data: {}\n\n",
            false,
            "not understood json; nothing done; retry",
        ),
        (
            "id: 7\n",
            false,
            "not understood event id; nothing done; retry",
        ),
        (
            &oversize,
            false,
            "not understood too large; nothing done; retry",
        ),
        (id, true, "unavailable silence; nothing done; retry"),
    ] {
        let mut steps = vec![
            Step::Request,
            Step::Send(format!("{OPEN}: connected\r\n\r\n{sent}")),
        ];
        steps.extend(hang.then_some(Step::Hang));
        let script = Script::run(vec![steps]).await;
        let client = client_with(script.address, |settings| {
            settings.timeouts.silence = Duration::from_millis(50);
            settings.limits.event_bytes_max = 4_000;
        });
        let mut stream = client.stream(&Position::START).await.unwrap();
        let mut item = stream.next().await.unwrap();
        while let Ok(StreamItem::Heartbeat) = item {
            item = stream.next().await.unwrap();
        }
        assert_eq!(told(&item), expected, "{sent:?}");
        assert!(stream.next().await.is_none());
    }
}

#[tokio::test]
async fn events_are_cut_out_of_whatever_pieces_arrive() {
    let json = r#"{"seq":4,"type":"StockIncreased","productId":"tea","storeId":"s1","delta":1,"reservedDelta":0,"newVersion":1,"newQuantity":1,"storeQuantity":1,"onHand":1,"reserved":0,"ts":"2026-01-01T00:00:00.000Z","requestSeq":4,"requestEvents":1,"idempotencyKey":"k","fingerprint":"0000000000000001","chain":"0000000000000001"}"#;
    let event_text = format!(
        "id: 00000000000000000000000000000001.4.0000000000000001\nevent: StockIncreased\ndata: {json}\n\n"
    );
    let mut steps = vec![Step::Request, Step::Send(OPEN.to_owned())];
    let pieces = event_text.as_bytes().chunks(7);
    steps.extend(pieces.map(|piece| Step::Send(String::from_utf8(piece.to_vec()).unwrap())));
    let script = Script::run(vec![steps]).await;
    let mut stream = client(script.address)
        .stream(&Position::START)
        .await
        .unwrap();
    assert_eq!(event(&mut stream).await.0, Sequence::new(4));
    assert!(stream.next().await.is_none());
}
