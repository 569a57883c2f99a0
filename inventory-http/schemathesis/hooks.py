"""What schemathesis has to know beside the published document."""

import base64
import datetime
import uuid

import schemathesis
from hypothesis import strategies as st

# JSON Schema counts characters, ids are bounded in bytes. Of the rest, control characters are all that is excluded.
ID_CHARACTERS = st.characters(exclude_categories=["Cc", "Cs"], codec="utf-8")
ids = st.text(ID_CHARACTERS, min_size=1, max_size=128).filter(lambda text: len(text.encode()) <= 128)
schemathesis.openapi.format("inventory-id", ids)


def cursor(product: str) -> str:
    """A cursor as a listing makes it: clients cannot make one from the document, since it is opaque."""
    return base64.urlsafe_b64encode(b"\x01" + product.encode()).rstrip(b"=").decode()


schemathesis.openapi.format("inventory-cursor", st.just("") | ids.map(cursor))


def history_cursor(offset: int) -> str:
    """A cursor as a history makes it."""
    return base64.urlsafe_b64encode(b"\x02" + offset.to_bytes(8, "big")).rstrip(b"=").decode()


offsets = st.integers(min_value=0, max_value=2**53 - 1)
schemathesis.openapi.format("inventory-history-cursor", st.just("") | offsets.map(history_cursor))

# An offset must not be ahead of the log: the first one never is.
times = st.datetimes(min_value=datetime.datetime(1970, 1, 1)).map(lambda time: time.strftime("%Y-%m-%dT%H:%M:%SZ"))
schemathesis.openapi.format("inventory-as-of", st.just("0") | times)


def reservation_cursor(opened: int, reservation: str) -> str:
    """As a listing of reservations makes it."""
    position = opened.to_bytes(8, "big")
    return base64.urlsafe_b64encode(b"\x03" + position + reservation.encode()).rstrip(b"=").decode()


positions = st.integers(min_value=0, max_value=2**64 - 1)
reservation_cursors = st.builds(reservation_cursor, positions, ids)
schemathesis.openapi.format("inventory-reservation-cursor", st.just("") | reservation_cursors)


@schemathesis.hook
def map_query(context, query):
    """A long poll may wait a minute, which is right and takes too long here."""
    patience = (query or {}).get("longPollSeconds")
    if isinstance(patience, int) and 1 < patience <= 60:
        query["longPollSeconds"] = 1
    elif isinstance(patience, str) and patience.isdigit() and 1 < int(patience) <= 60:
        query["longPollSeconds"] = "1"
    return query


def whole(value):
    """JSON Schema takes 1.0 for an integer, and the service does not: numbers are written without a fraction."""
    if isinstance(value, dict):
        return {key: whole(each) for key, each in value.items()}
    if isinstance(value, list):
        return [whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@schemathesis.hook
def before_call(context, case, kwargs):
    """What the document says in words only: a change names its key in its body or in its head, and a store writes for
    itself."""
    case.body = whole(case.body)
    path = case.operation.path
    if path == "/history" and not {"productId", "reference"} & set(case.query or {}):
        case.query = {**(case.query or {}), "productId": "tea"}
    if path == "/inventory/counts" and isinstance(case.body, dict):
        offset = case.body.get("asOfOffset")
        if isinstance(offset, int) and offset > 0:
            case.body["asOfOffset"] = 0
    changes = ("/inventory/updates", "/inventory/transactions", "/inventory/counts")
    if (path.endswith(changes) or "/reservations" in path) and isinstance(case.body, dict):
        store = case.body.get("storeId")
        if path.startswith("/store") and isinstance(store, str) and 1 <= len(store) <= 128:
            case.body["storeId"] = "store-1"
        headers = {name.lower() for name in case.headers or {}}
        if "idempotencyKey" not in case.body and "idempotency-key" not in headers:
            case.headers = {**(case.headers or {}), "Idempotency-Key": uuid.uuid4().hex}
