// Makes every call of central once with the types that were generated for TypeScript, and is refused once.
//
//   calls.mjs URL
import createClient from "openapi-fetch";
import type { components, paths } from "./central.js";

declare const process: { argv: string[] };

const url = process.argv[2]!;
const client = createClient<paths>({ baseUrl: url, headers: { "X-API-Key": "demo" } });
const made = new Set<string>();
client.use({
  onRequest({ request, schemaPath }) {
    made.add(`${request.method} ${schemaPath}`);
  },
});

function demand(holds: boolean, what: unknown): asserts holds {
  if (!holds) throw new Error(`not so: ${JSON.stringify(what)}`);
}

/** What a call answers with success. */
async function told<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  demand(response.ok && data !== undefined, error ?? response.url);
  return data;
}

type ApiError = components["schemas"]["ApiError"];

/** The error that a call answers with. */
async function refused(call: Promise<{ error?: ApiError; response: Response }>): Promise<ApiError> {
  const { error, response } = await call;
  demand(error !== undefined, response.url);
  return error;
}

const [storeId, productId] = ["north", "tea"];

const products = [{ id: productId, qty: 20 }];
const synced = await told(client.POST("/inventory/sync", { body: { storeId, mode: "overwrite", products } }));
demand(synced.results[0]!.status === "created", synced);
const update = (delta: number, version: number | null, idempotencyKey: string) => ({
  body: { storeId, productId, delta, version, idempotencyKey, reason: "sale" as const },
});
const updated = await told(client.POST("/inventory/updates", update(-1, 1, "basket-1")));
demand(updated.newQuantity === 19, updated);
const conflict = await refused(client.POST("/inventory/updates", update(-1, 1, "basket-2")));
demand(conflict.code === "conflict" && conflict.current?.version === 2, conflict);
const malformed = await refused(client.POST("/inventory/updates", update(0, -1, "basket-3")));
demand(malformed.details.map((detail) => detail.field).join() === "delta,version", malformed);

const updates = [2, -1000].map((delta) => ({ storeId, productId, delta, version: null, idempotencyKey: `row${delta}` }));
for (const row of (await told(client.POST("/inventory/batch", { body: { updates } }))).results) {
  demand(row.outcome === "applied" ? row.newQuantity === 21 : row.code === "unprocessable", row);
}
const transacted = await told(
  client.POST("/inventory/transactions", {
    body: { lines: [{ storeId, productId: "rice", delta: 4, version: null }], idempotencyKey: "delivery-5" },
  }),
);
demand(transacted.lines[0]!.newQuantity === 4, transacted);
const counted = await told(
  client.POST("/inventory/counts", { body: { storeId, productId, counted: 22, version: null, idempotencyKey: "count-1" } }),
);
demand(counted.delta === 1, counted);

const listing = await told(client.GET("/inventory", { params: { query: { limit: 10, asOf: "2030-01-01T00:00:00+01:00" } } }));
demand(listing.items.length === 2, listing);
const product = await told(client.GET("/inventory/{productId}", { params: { path: { productId } } }));
demand(product.available === 22, product);
const everywhere = await told(client.GET("/inventory/global/{productId}", { params: { path: { productId } } }));
demand(everywhere.perStore["north"] === 22, everywhere);
const history = await told(client.GET("/history", { params: { query: { productId } } }));
demand(history.items[0]!.after !== null, history);

for (const reservationId of ["cart-1", "cart-2"]) {
  const lines = [{ storeId, productId, quantity: 2 }];
  const body = { reservationId, lines, ttlSeconds: 600, idempotencyKey: `hold-${reservationId}` };
  const held = await told(client.POST("/reservations", { body }));
  demand(held.state === "open", held);
}
const cart = (reservationId: string) => ({ params: { path: { reservationId } } });
const extend = { ...cart("cart-1"), body: { ttlSeconds: 900, idempotencyKey: "extend" } };
await told(client.POST("/reservations/{reservationId}/extend", extend));
const commit = { ...cart("cart-1"), body: { idempotencyKey: "pay" } };
const committed = await told(client.POST("/reservations/{reservationId}/commit", commit));
demand(committed.state === "committed", committed);
const release = { ...cart("cart-2"), body: { idempotencyKey: "give up" } };
await told(client.POST("/reservations/{reservationId}/release", release));
const reservation = await told(client.GET("/reservations/{reservationId}", cart("cart-1")));
demand(reservation.state === "committed", reservation);
await told(client.GET("/reservations", { params: { query: { state: "released" } } }));

const ship = { transferId: "van-1", fromStoreId: storeId, toStoreId: "south", lines: [{ productId, quantity: 4 }] };
await told(client.POST("/transfers", { body: { ...ship, idempotencyKey: "ship" } }));
const van = { params: { path: { transferId: "van-1" } } };
const arrived = { lines: [{ productId, quantity: 3 }], idempotencyKey: "receive" };
await told(client.POST("/transfers/{transferId}/receive", { ...van, body: arrived }));
await told(client.POST("/transfers/{transferId}/close", { ...van, body: { outcome: "lost", idempotencyKey: "close" } }));
const transfer = await told(client.GET("/transfers/{transferId}", van));
demand(transfer.state === "lost", transfer);
await told(client.GET("/transfers", {}));

const level = { params: { path: { storeId, productId } } };
const alert = await told(client.PUT("/alerts/{storeId}/{productId}", { ...level, body: { low: 100, replenished: 200 } }));
demand(alert.isLow, alert);
await told(client.GET("/alerts/{storeId}/{productId}", level));
await told(client.GET("/alerts", {}));
await told(client.DELETE("/alerts/{storeId}/{productId}", level));

const { epoch, lastOffset } = await told(client.GET("/replication/snapshot", {}));
const changes = await told(client.GET("/replication/changes", { params: { query: { fromOffset: 0, limit: 10000, epoch } } }));
demand(changes.nextOffset === lastOffset && changes.events[0]!.type === "StockCounted", changes);
const events = await told(
  client.GET("/replication/stream", { params: { query: { fromOffset: 0 } }, parseAs: "stream" }),
);
demand(events !== null, "a stream");
const reader = events.pipeThrough(new TextDecoderStream()).getReader();
let seen = "";
while (!seen.includes("event: StockCounted")) {
  const { value, done } = await reader.read();
  demand(!done, seen);
  seen += value;
}
await reader.cancel();

demand((await told(client.GET("/livez", {}))).live, "live");
demand((await told(client.GET("/readyz", {}))).status === "ready", "ready");
demand((await told(client.GET("/metrics", { parseAs: "text" }))).includes("inventory"), "metrics");
demand((await told(client.GET("/whoami", {}))).role === "admin", "whose key it is");
demand((await told(client.GET("/admin/dead-letters", {}))).deadLetters.length === 0, "no letter");
const letter = { params: { path: { letterId: "1" } } };
demand((await refused(client.GET("/admin/dead-letters/{letterId}", letter))).code === "not_found", "no such letter");
const resolve = { ...letter, body: { note: "counted" } };
await refused(client.POST("/admin/dead-letters/{letterId}/resolution", resolve));

const { data: document } = await client.GET("/openapi.json", {});
const { paths: published } = document as unknown as { paths: Record<string, object> };
const operations = Object.entries(published).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
);
const missing = operations.filter((operation) => !made.has(operation));
demand(missing.length === 0 && made.size === operations.length, missing);
console.log(`the TypeScript client has made all ${operations.length} calls`);
