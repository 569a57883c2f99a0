SELECT (SELECT sum(available) FROM stock), (SELECT count(*) FROM events)
