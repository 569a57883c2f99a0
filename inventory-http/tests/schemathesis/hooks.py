"""What schemathesis has to know beside the published document."""

import base64
import datetime
import json
import unicodedata
import urllib.parse
import uuid

import schemathesis
from hypothesis import strategies as st

# What ids may be is more than JSON Schema can say: bytes, the normal form, and what can be seen.
ID_CHARACTERS = st.characters(
    exclude_categories=["Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"],
    exclude_characters="\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
    + "".join(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])),
    codec="utf-8",
)


def is_id(text: str) -> bool:
    """Whether a text in normal form is an id."""
    blank = any(character.isspace() and character != " " for character in text)
    return 1 <= len(text.encode()) <= 128 and text == text.strip() and not blank and text not in (".", "..")


ids = st.text(ID_CHARACTERS, min_size=1, max_size=128).map(lambda text: unicodedata.normalize("NFC", text)).filter(is_id)
schemathesis.openapi.format("inventory-id", ids)
schemathesis.openapi.format("inventory-encoded-id", ids.map(lambda id: urllib.parse.quote(id, safe="")))
names = st.text(ID_CHARACTERS, min_size=1, max_size=64).filter(lambda text: "/" not in text)
schemathesis.openapi.format("inventory-encoded-name", names.map(lambda name: urllib.parse.quote(name, safe="")))


def cursor(listing: str, key) -> str:
    """A cursor as a listing makes it: clients cannot make one from the document, since it is opaque."""
    text = json.dumps([listing, key], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def cursors(listing: str, keys) -> None:
    """The format of the cursors of a listing."""
    schemathesis.openapi.format(listing, st.just("") | keys.map(lambda key: cursor(listing, key)))


offsets = st.integers(min_value=0, max_value=2**53 - 1)
positions = st.integers(min_value=0, max_value=2**64 - 1)
cursors("product-cursor", ids)
cursors("history-cursor", positions)
cursors("reservation-cursor", st.tuples(positions, ids))
cursors("transfer-cursor", st.tuples(positions, ids))
cursors("alert-cursor", st.tuples(ids, ids))

# An offset must not be ahead of the log: the first one never is.
zones = st.sampled_from([datetime.timezone(datetime.timedelta(hours=hours)) for hours in (-5, 0, 1)])
times = st.datetimes(
    min_value=datetime.datetime(1971, 1, 1), max_value=datetime.datetime(9998, 1, 1), timezones=zones
).map(datetime.datetime.isoformat)
schemathesis.openapi.format("inventory-as-of", st.just("0") | times)


@schemathesis.hook
def map_headers(context, headers):
    """Whoever acts for one store may change no other one, which a document cannot say: 403 is right then."""
    if headers is None:
        return None
    return {name: value for name, value in headers.items() if name.lower() != "acting-store"}


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


def is_positive(case) -> bool:
    """Whether a case is to be as the document has it."""
    return case.meta is not None and case.meta.generation.mode.is_positive


def write_for_the_store(body: dict):
    """A store writes for itself, wherever a body names the store whose stock it changes."""
    lines = body.get("lines")
    for named in [body, *(lines if isinstance(lines, list) else [])]:
        for field in ("storeId", "fromStoreId"):
            store = named.get(field) if isinstance(named, dict) else None
            if isinstance(store, str) and 1 <= len(store) <= 128:
                named[field] = "store-1"


@schemathesis.hook
def before_call(context, case, kwargs):
    """What the document says in words only: a change names its key in its body or in its head, and a store writes for
    itself."""
    case.body = whole(case.body)
    path = case.operation.path
    if path == "/history" and not {"productId", "reference"} & set(case.query or {}):
        case.query = {**(case.query or {}), "productId": "tea"}
    if path.endswith("/inventory/counts") and isinstance(case.body, dict):
        offset = case.body.get("asOfOffset")
        if isinstance(offset, int) and offset > 0:
            case.body["asOfOffset"] = 0
    if path.endswith("/inventory/counts") and isinstance(case.body, dict) and is_positive(case):
        # Exactly one of the two.
        if "asOfOffset" in case.body:
            case.body.pop("version", None)
        else:
            case.body.setdefault("version", None)
    if path == "/inventory/sync" and is_positive(case) and case.body.get("mode") == "merge":
        for row in case.body["products"]:
            row.setdefault("version", 0)
    changes = ("/inventory/updates", "/inventory/transactions", "/inventory/counts")
    if isinstance(case.body, dict) and "idempotencyKey" in case.body and is_positive(case):
        # Another key in the head is a mistake that the document cannot express.
        kept = {name: value for name, value in (case.headers or {}).items() if name.lower() != "idempotency-key"}
        case.headers = kept
    needs_key = path.endswith(changes) or "/reservations" in path or "/transfers" in path
    if needs_key and isinstance(case.body, dict):
        if path.startswith("/store"):
            write_for_the_store(case.body)
        headers = {name.lower() for name in case.headers or {}}
        if "idempotencyKey" not in case.body and "idempotency-key" not in headers:
            case.headers = {**(case.headers or {}), "Idempotency-Key": uuid.uuid4().hex}
