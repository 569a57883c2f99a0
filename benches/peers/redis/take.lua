-- Takes one unit, if one is there and the key is new. KEYS: stock, events, the idempotency key. ARGV: the product. Returns the
-- event's position; that of the first time, negated, when the key comes again; 0 when too few are left.
local first = redis.call('GET', KEYS[3])
if first then
    return -tonumber(first)
end
if redis.call('HINCRBY', KEYS[1], ARGV[1], -1) < 0 then
    redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
    return 0
end
local at = redis.call('RPUSH', KEYS[2], KEYS[3] .. ' ' .. ARGV[1])
redis.call('SET', KEYS[3], at)
return at
