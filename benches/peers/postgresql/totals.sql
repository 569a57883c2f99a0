SELECT (SELECT sum(available) FROM stock)::bigint, (SELECT count(*) FROM events)
