// Scripts that Redis runs as one step each. `#!lua` makes Redis 7 refuse a script as a whole when it is above
// `maxmemory`; without the line a script that deletes first may write although there is no room.

/**
 * One step of a state. KEYS: state, index (sorted set: key by last use), sizes (hash: bytes by key, '' for all).
 * ARGV: expected version or '', new version, life in ms, bytes of the state afterwards, limit of bytes for all states,
 * number of removed fields, their names, then names and values of set fields.
 * Answers 1, or {0, version}, version '' when there is no such state; 'FULL' when the state alone is over the limit.
 */
export const CHANGE = `#!lua
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local state, index, sizes = KEYS[1], KEYS[2], KEYS[3]
local expected, version, life, bytes, most = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local found = redis.call('HGET', state, 'v') or ''
if found ~= expected then return {0, found} end
if bytes > most then return 'FULL' end
local function forget(member)
  local size = tonumber(redis.call('HGET', sizes, member) or '0')
  redis.call('HDEL', sizes, member)
  redis.call('ZREM', index, member)
  return redis.call('HINCRBY', sizes, '', string.format('%d', 0 - size))
end
for _, member in ipairs(redis.call('ZRANGEBYSCORE', index, '-inf', now - life * 1000, 'LIMIT', 0, 100)) do forget(member) end
local total = forget(state)
while total + bytes > most do
  local oldest = redis.call('ZRANGE', index, 0, 0)[1]
  if not oldest then break end
  redis.call('UNLINK', oldest)
  total = forget(oldest)
end
local removed = tonumber(ARGV[6])
for i = 7, 6 + removed do redis.call('HDEL', state, ARGV[i]) end
redis.call('HSET', state, 'v', version, unpack(ARGV, 7 + removed))
redis.call('PEXPIRE', state, life)
redis.call('ZADD', index, now, state)
redis.call('HSET', sizes, state, bytes)
redis.call('HINCRBY', sizes, '', bytes)
redis.call('PEXPIRE', index, 2 * life)
redis.call('PEXPIRE', sizes, 2 * life)
return 1
`;

/** KEYS: state, index, sizes. Deletes a state and what is counted for it. */
export const DROP = `#!lua
local size = tonumber(redis.call('HGET', KEYS[3], KEYS[1]) or '0')
redis.call('UNLINK', KEYS[1])
redis.call('HDEL', KEYS[3], KEYS[1])
redis.call('ZREM', KEYS[2], KEYS[1])
redis.call('HINCRBY', KEYS[3], '', string.format('%d', 0 - size))
return 1
`;

/** KEYS: lease. ARGV: holder, ms; 0 ms releases. Answers 1 when the lease is the holder's. */
export const LEASE = `#!lua
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then redis.call('UNLINK', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1
`;
