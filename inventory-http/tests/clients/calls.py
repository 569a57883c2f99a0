"""Makes every call of central once with the generated Python client, and is refused once.

calls.py URL
"""

import importlib
import pkgutil
import sys

import httpx

import central.api
from central import AuthenticatedClient, models

url = sys.argv[1]
client = AuthenticatedClient(base_url=url, token="demo", prefix="", auth_header_name="X-API-Key")
modules = {
    found.name.rsplit(".", 1)[1]: importlib.import_module(found.name)
    for found in pkgutil.walk_packages(central.api.__path__, "central.api.")
    if not found.ispkg
}
made = set()


def answer(name, *path, **arguments):
    """What a call answers."""
    made.add(name)
    return modules[name].sync_detailed(*path, client=client, **arguments)


def call(name, kind, *path, **arguments):
    """What a call answers with success, as a model of this kind."""
    answered = answer(name, *path, **arguments)
    assert 200 <= answered.status_code < 300, (name, answered.status_code, answered.content)
    assert isinstance(answered.parsed, kind), (name, answered)
    return answered.parsed


def refuse(name, code, *path, **arguments):
    """The error that a call answers with, which has this code."""
    answered = answer(name, *path, **arguments)
    assert isinstance(answered.parsed, models.ApiError), (name, answered)
    assert answered.parsed.code == code, answered
    return answered.parsed


def update(delta, version, key):
    """A change of the stock of tea."""
    return models.Update(
        store_id="north", product_id="tea", delta=delta, version=version, idempotency_key=key, reason=models.UpdateReason.SALE
    )


row = models.SyncRow(id="tea", qty=20)
sync = models.Sync(store_id="north", mode=models.SyncMode.OVERWRITE, products=[row])
assert call("sync_store", models.Synced, body=sync).results[0].status == models.SyncStatus.CREATED
assert call("update_stock", models.Updated, body=update(-1, 1, "basket-1")).new_quantity == 19
error = refuse("update_stock", models.Code.CONFLICT, body=update(-1, 1, "basket-2"))
assert error.current.version == 2 and error.details[0].field == "version", error
error = refuse("update_stock", models.Code.BAD_REQUEST, body=update(0, -1, " "))
assert [detail.field for detail in error.details] == ["delta", "version"], error

rows = [
    models.BatchRow(store_id="north", product_id="tea", delta=delta, version=None, idempotency_key=f"row{delta}")
    for delta in (2, -1_000)
]
applied, refused = call("update_many", models.Batched, body=models.Batch(updates=rows)).results
assert isinstance(applied, models.BatchApplied) and applied.new_quantity == 21, applied
assert isinstance(refused, models.BatchRefused) and refused.code == models.Code.UNPROCESSABLE, refused
line = models.TransactionLine(store_id="north", product_id="rice", delta=2**40, version=None)
done = call("transact", models.Transacted, body=models.Transaction(lines=[line], idempotency_key="delivery-5"))
assert done.lines[0].new_quantity == 2**40
count = models.Count(store_id="north", product_id="tea", counted=22, version=None, idempotency_key="count-1")
assert call("count_stock", models.Counted, body=count).delta == 1

assert len(call("list_products", models.Listing, limit=10).items) == 2
assert call("list_products", models.Listing, as_of="2030-01-01T00:00:00+01:00").items[1].available == 22
assert call("read_product", models.Product, "tea").available == 22
assert refuse("read_product", models.Code.NOT_FOUND, "coffee").message
assert call("read_global_product", models.GlobalProduct, "tea").per_store["north"] == 22
assert call("read_history", models.History, product_id="tea").items[0].reason is None

level = models.LevelUnits(store_id="north", product_id="tea", quantity=2)


def hold(name):
    """Sets two units aside."""
    body = models.Hold(reservation_id=name, lines=[level], ttl_seconds=600, idempotency_key=f"hold-{name}")
    assert call("hold_stock", models.Held, body=body).state == models.ReservationState.OPEN


hold("cart-1")
hold("cart-2")
extend = models.Extend(ttl_seconds=900, idempotency_key="extend")
assert call("extend_reservation", models.Extended, "cart-1", body=extend).expires_at.tzinfo
commit = call("commit_reservation", models.Committed, "cart-1", body=models.Commit(idempotency_key="pay"))
assert commit.state == models.ReservationState.COMMITTED
release = call("release_reservation", models.Released, "cart-2", body=models.Release(idempotency_key="give up"))
assert release.state == models.ReservationState.RELEASED
assert call("read_reservation", models.Reservation, "cart-1").state == models.ReservationState.COMMITTED
assert call("list_reservations", models.ReservationList, product_id="tea").next_cursor == ""

units = models.ProductUnits(product_id="tea", quantity=4)
ship = models.Ship(transfer_id="van-1", from_store_id="north", to_store_id="south", lines=[units], idempotency_key="ship")
assert call("ship_transfer", models.Moved, body=ship).lines[0].in_transit == 4
arrived = models.ProductUnits(product_id="tea", quantity=3)
receive = models.Receive(lines=[arrived], idempotency_key="receive")
assert call("receive_transfer", models.Moved, "van-1", body=receive).lines[0].in_transit == 1
close = models.Close(outcome=models.Settlement.LOST, idempotency_key="close")
assert call("close_transfer", models.Moved, "van-1", body=close).lines[0].in_transit == 0
assert call("read_transfer", models.Transfer, "van-1").state == models.TransferState.LOST
assert len(call("list_transfers", models.TransferList).items) == 1

alert = models.SetAlert(low=100, replenished=200)
assert call("set_alert", models.Alert, "north", "tea", body=alert).is_low
assert call("read_alert", models.Alert, "north", "tea").replenished == 200
assert len(call("list_alerts", models.AlertList).items) == 1
assert call("remove_alert", models.Alert, "north", "tea").low == 100

snapshot = call("read_snapshot", models.StateSnapshot)
changes = call("read_changes", models.Changes, from_offset=0, limit=10_000, epoch=snapshot.epoch)
assert changes.events[0].type_ == "StockCounted" and changes.next_offset == snapshot.last_offset
made.add("follow_log")
arguments = modules["follow_log"]._get_kwargs(from_offset=0)
with client.get_httpx_client().stream(**arguments) as stream:
    assert any(text.startswith("event: StockCounted") for text in stream.iter_lines())

assert call("read_liveness", models.Liveness).live
assert call("read_readiness", models.Readiness).status == models.ReadinessStatus.READY
assert "inventory" in call("read_metrics", str)
assert answer("read_document").status_code == 200
assert call("who_am_i", models.WhoAmI).role == models.RoleName.ADMIN
assert call("list_dead_letters", models.DeadLetterList).dead_letters == []
refuse("read_dead_letter", models.Code.NOT_FOUND, "1")
refuse("resolve_dead_letter", models.Code.NOT_FOUND, "1", body=models.Resolve(note="counted"))

document = httpx.get(f"{url}/openapi.json").json()
operations = sum(len(methods) for methods in document["paths"].values())
assert len(modules) == operations and made == set(modules), set(modules) - made
print(f"the Python client has made all {operations} calls")
