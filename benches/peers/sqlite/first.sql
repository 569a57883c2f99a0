-- Where the event of a key is that came again.
SELECT position FROM events WHERE key = ?1
