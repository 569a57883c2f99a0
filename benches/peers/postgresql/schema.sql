-- Half of each page is left free, so that an update of a product stays on its page and touches no index.
CREATE TABLE stock (
    product text PRIMARY KEY,
    available bigint NOT NULL CHECK (available >= 0)
) WITH (fillfactor = 50);

-- The event is what remembers the idempotency key too.
CREATE TABLE events (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    product text NOT NULL
);

-- Takes one unit, if one is there and the key is new: one round trip and one transaction. Returns the event's position; that of
-- the first time, negated, when the key comes again; 0 when too few are left. The product's row is locked last, for the
-- shortest time.
CREATE FUNCTION take(new_key text, of_product text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    at bigint;
BEGIN
    INSERT INTO events (key, product) VALUES (new_key, of_product)
        ON CONFLICT (key) DO NOTHING RETURNING position INTO at;
    IF at IS NULL THEN
        RETURN (SELECT -position FROM events WHERE key = new_key);
    END IF;
    UPDATE stock SET available = available - 1 WHERE product = of_product AND available >= 1;
    IF NOT FOUND THEN
        DELETE FROM events WHERE position = at;
        RETURN 0;
    END IF;
    RETURN at;
END $$;

-- The same for many, each on its own, in one transaction: as sets when all keys are new and enough is there, one by one when
-- not.
CREATE FUNCTION take_many(new_keys text[], of_products text[]) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    answers bigint[];
    units bigint;
BEGIN
    BEGIN
        WITH event AS (
            INSERT INTO events (key, product) SELECT * FROM unnest(new_keys, of_products)
                RETURNING position, product
        ), sold AS (
            SELECT product, count(*) AS units FROM event GROUP BY product
        ), taken AS (
            UPDATE stock SET available = available - sold.units FROM sold
                WHERE stock.product = sold.product RETURNING sold.units
        )
        SELECT (SELECT array_agg(position ORDER BY position) FROM event), (SELECT sum(taken.units) FROM taken)
            INTO answers, units;
        IF units = cardinality(new_keys) THEN
            RETURN answers;
        END IF;
        RAISE check_violation;
    EXCEPTION WHEN unique_violation OR check_violation THEN
        NULL;
    END;
    RETURN (SELECT array_agg(take(new_key, of_product)) FROM unnest(new_keys, of_products) AS line (new_key, of_product));
END $$;
