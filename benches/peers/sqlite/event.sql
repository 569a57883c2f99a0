-- The first of two statements of a transaction that began with BEGIN IMMEDIATE: no row when the key comes again, or too few are left.
INSERT INTO events (key, product)
SELECT ?1, product FROM stock WHERE product = ?2 AND available >= 1
ON CONFLICT (key) DO NOTHING
