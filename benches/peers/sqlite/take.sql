-- The second, when the first has added its row.
UPDATE stock SET available = available - 1 WHERE product = ?1
