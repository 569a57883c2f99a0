//! Every call of central, typed, against one that runs.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use inventory_core::machine::{ReservationState, TransferState};
use inventory_core::vocabulary::{ProductId, Sequence, StoreId};
use inventory_http::central::routes;
use inventory_http::client::{
    AlertsQuery, Answered, Attempt, AttemptSpan, CentralClient, HistoryQuery, Origin, Page,
    ProductsQuery, ReservationsQuery, RowAnswer, Tracer, TransfersQuery,
};
use inventory_http::wire::{
    AsOf, Close, Commit, Count, Extend, Hold, Mutation, Position, ReadinessStatus, Receive,
    Release, Resolve, Ship, Transaction, TransactionLine, Update,
};
use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::world::{answered, central, client_with, told};

/// What was called, as method and pattern.
#[derive(Debug, Default)]
struct Called(Mutex<BTreeSet<String>>);

#[derive(Debug)]
struct Unrecorded;

impl Tracer for Called {
    fn begin(
        &self,
        attempt: &Attempt<'_>,
        _: Option<&inventory_http::wire::TraceContext>,
    ) -> Box<dyn AttemptSpan> {
        let call = format!("{} {}", attempt.method, attempt.template);
        self.0.lock().insert(call);
        Box::new(Unrecorded)
    }
}

impl AttemptSpan for Unrecorded {
    fn trace(&self) -> Option<inventory_http::wire::TraceContext> {
        None
    }

    fn answered(&self, _: u16) {}

    fn failed(&self, _: &'static str, _: &dyn fmt::Display) {}
}

fn of<T: DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).unwrap()
}

/// Makes a mutation, and makes it again.
async fn twice<M: Mutation>(
    client: &CentralClient,
    subject: &M::Subject,
    body: Value,
) -> Answered<M::Answer> {
    let (mutation, nobody) = (of::<M>(body), Origin::default());
    let first = answered(client.send(subject, &mutation, &nobody).await);
    let again = answered(client.send(subject, &mutation, &nobody).await);
    assert!(!first.replayed && again.replayed);
    assert_eq!(again.body, first.body);
    first
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_of_central_has_a_typed_method() {
    let running = central().await;
    let called = Arc::new(Called::default());
    let client = client_with(running.address(), |settings| {
        settings.tracer = Some(Arc::clone(&called) as Arc<dyn Tracer>);
    });
    let nobody = Origin::default();
    let (north, tea): (StoreId, ProductId) = ("north".parse().unwrap(), "tea".parse().unwrap());
    let empty = client.snapshot().await.unwrap();

    // What changes stock at once.
    let sync = of(
        json!({"storeId": "north", "mode": "overwrite", "idempotencyKey": "sync-1",
        "products": [{"id": "tea", "qty": 20}, {"id": "rice", "qty": 5}]}),
    );
    let synced = answered(client.sync(&sync, &nobody).await);
    assert_eq!((synced.answer.created, synced.answer.results.len()), (2, 2));
    let sold = json!({"storeId": "north", "productId": "tea", "delta": -1, "version": 1,
        "reason": "sale", "reference": "order-1", "idempotencyKey": "sale-1"});
    let sold = twice::<Update>(&client, &(), sold).await;
    assert_eq!(sold.answer.store_quantity.units(), 19);
    let lines = json!([{"storeId": "north", "productId": "tea", "delta": 1, "version": null},
        {"storeId": "south", "productId": "tea", "delta": 2, "version": null}]);
    let both = json!({"lines": lines, "idempotencyKey": "both-1"});
    let both = twice::<Transaction>(&client, &(), both).await;
    assert_eq!(both.answer.lines.len(), 2);
    let _: Vec<TransactionLine> = of(lines);
    let counted = json!({"storeId": "north", "productId": "tea", "counted": 18, "version": null,
        "idempotencyKey": "count-1"});
    let counted = twice::<Count>(&client, &(), counted).await;
    assert_eq!(counted.answer.counted.units(), 18);
    let rows = json!([
        {"storeId": "north", "productId": "tea", "delta": 2, "version": null, "idempotencyKey": "row-1"},
        {"storeId": "north", "productId": "tea", "delta": -999, "version": null, "idempotencyKey": "row-2"},
    ]);
    let rows = client.batch(of(rows), None).await.unwrap();
    assert!(matches!(
        &rows[..],
        [
            RowAnswer::Applied(_),
            RowAnswer::Refused { status: 422, .. }
        ]
    ));

    // Reservations.
    for (id, key) in [("cart-1", "hold-1"), ("cart-2", "hold-2")] {
        let held = json!({"reservationId": id, "ttlSeconds": 600, "idempotencyKey": key,
            "lines": [{"storeId": "north", "productId": "tea", "quantity": 3}]});
        let held = twice::<Hold>(&client, &(), held).await;
        assert_eq!(held.answer.reservation_id.as_str(), id);
    }
    let (cart, other) = ("cart-1".parse().unwrap(), "cart-2".parse().unwrap());
    let longer = json!({"ttlSeconds": 900, "idempotencyKey": "extend-1"});
    let longer = twice::<Extend>(&client, &cart, longer).await;
    let open = client.reservation(&cart).await.unwrap();
    assert_eq!(open.expires_at, longer.answer.expires_at);
    let query = ReservationsQuery {
        store: Some(north.clone()),
        product: Some(tea.clone()),
        state: Some(ReservationState::Open),
        page: Page {
            limit: Some(1),
            cursor: None,
        },
    };
    let first = client.reservations(&query).await.unwrap();
    assert_eq!(first.items, [open]);
    let second = ReservationsQuery {
        page: Page {
            cursor: Some(first.next_cursor),
            limit: None,
        },
        ..query
    };
    let second = client.reservations(&second).await.unwrap();
    assert_eq!(second.items[0].reservation_id, other);
    let paid = json!({"idempotencyKey": "pay-1"});
    let paid = twice::<Commit>(&client, &cart, paid).await;
    assert_eq!(paid.answer.lines.len(), 1);
    let freed = json!({"idempotencyKey": "free-1"});
    let freed = twice::<Release>(&client, &other, freed).await;
    assert_eq!(freed.answer.reservation_id, other);

    // Transfers.
    let shipped = json!({"transferId": "van 1", "fromStoreId": "north", "toStoreId": "south",
        "lines": [{"productId": "tea", "quantity": 4}], "idempotencyKey": "ship-1"});
    twice::<Ship>(&client, &(), shipped).await;
    let van = "van 1".parse().unwrap();
    let arrived = json!({"lines": [{"productId": "tea", "quantity": 3}], "idempotencyKey": "in-1"});
    twice::<Receive>(&client, &van, arrived).await;
    let query = TransfersQuery {
        from: Some(north.clone()),
        to: Some("south".parse().unwrap()),
        product: Some(tea.clone()),
        state: Some(TransferState::InTransit),
        page: Page::default(),
    };
    assert_eq!(client.transfers(&query).await.unwrap().items.len(), 1);
    let closed = json!({"outcome": "lost", "idempotencyKey": "close-1"});
    let closed = twice::<Close>(&client, &van, closed).await;
    assert_eq!(closed.answer.lines[0].in_transit.units(), 0);
    let ended = client.transfer(&van).await.unwrap();
    assert_eq!(ended.transfer_id, van);

    // Alerts.
    let low = of(json!({"low": 2, "replenished": 5, "idempotencyKey": "alert-1"}));
    let set = answered(client.set_alert(&north, &tea, &low, &nobody).await);
    assert_eq!(client.alert(&north, &tea).await.unwrap(), set.answer);
    let query = AlertsQuery {
        store: Some(north.clone()),
        page: Page::default(),
    };
    let alerts = client.alerts(&query).await.unwrap();
    assert_eq!(alerts.items, std::slice::from_ref(&set.answer));
    let removed = client.remove_alert(&north, &tea, &nobody).await.unwrap();
    assert_eq!(removed, set.answer);

    // What there is, and was.
    let product = client.product(&tea, None).await.unwrap();
    let past = client.product(&tea, Some(AsOf::Offset(Sequence::new(2))));
    assert_eq!(past.await.unwrap().available.units(), 20);
    let global = client.global_product(&tea, None).await.unwrap();
    assert_eq!(global.total_available, product.available);
    let listing = ProductsQuery {
        prefix: Some("te".to_owned()),
        ..ProductsQuery::default()
    };
    assert_eq!(client.products(&listing).await.unwrap().items, [product]);
    let history = HistoryQuery {
        reference: Some("order-1".parse().unwrap()),
        ..HistoryQuery::default()
    };
    let history = client.history(&history).await.unwrap();
    assert_eq!(history.items[0].reason.as_deref(), Some("sale"));
    assert_eq!(history.items[0].kind, "StockDecreased");

    // Followers and operators.
    let start = Position {
        offset: empty.last_offset,
        epoch: empty.epoch,
        chain: empty.chain,
    };
    let page = client.changes(&start, 1_000, Duration::ZERO).await.unwrap();
    assert_eq!(page.next_offset, page.head_offset);
    let ready = client.readiness().await.unwrap();
    assert_ne!(ready.status, ReadinessStatus::Unavailable);
    let me = client.whoami(&north, "0".repeat(32).parse().unwrap());
    assert_eq!(me.await.unwrap().name.as_str(), "demo");
    let letters = client.dead_letters().await.unwrap();
    assert_eq!((letters.dead_letters.len(), letters.unresolved), (0, 0));
    let unknown = "refused 404 not_found; nothing done; give up";
    assert_eq!(told(&client.dead_letter("1").await), unknown);
    let resolve = Resolve {
        note: "counted".to_owned(),
    };
    assert_eq!(
        told(&client.resolve_dead_letter("1", &resolve).await),
        unknown
    );

    // What no program that sells has to call: texts for operators, and the stream, whose events the pages have.
    let others = ["/livez", "/metrics", "/openapi.json", "/replication/stream"];
    let all = routes();
    let all = all.iter().filter(|route| !others.contains(&route.path));
    let all: BTreeSet<String> = all
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    assert_eq!(*called.0.lock(), all);
}
