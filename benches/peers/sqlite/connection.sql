-- As durable as it can be: a commit returns once the log is synced.
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;

-- 256 MiB of pages stay in memory, and so do temporary tables. The log is copied into the database every 1,000 pages, as by
-- default: with 4,096 or 16,384 a caller who is alone did little more than half as much, since a log that begins anew is overwritten, and one
-- that grows is synced with its length.
PRAGMA cache_size = -262144;
PRAGMA temp_store = MEMORY;
