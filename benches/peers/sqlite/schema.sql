CREATE TABLE stock (
    product TEXT PRIMARY KEY,
    available INTEGER NOT NULL CHECK (available >= 0)
) STRICT, WITHOUT ROWID;

-- The event is what remembers the idempotency key too.
CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    product TEXT NOT NULL
) STRICT;
