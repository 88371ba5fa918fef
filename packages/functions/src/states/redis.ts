import { createClient, RESP_TYPES } from 'redis';
import { checkKey, checkSize, MAX_STATE_BYTES, STATE_LIFE_MS, type StateStore, StoreError } from './store.ts';

/**
 * States in Redis, for agents on several machines. Key layout: `roto:state:<key>`, a hash with the fields `fence` (decimal)
 * and `bytes`; it expires 8 h after its last use. Values are typed tensors as bytes, never anything that could run.
 */
export async function redisStore(address: string, lifeMs = STATE_LIFE_MS): Promise<StateStore> {
  let isReached = false;
  const client = createClient({
    url: address,
    socket: {
      connectTimeout: 5_000,
      // One that was never reached is a wrong address; one that was comes back.
      reconnectStrategy: (attempt, cause) => (isReached ? Math.min(5_000, 100 * 2 ** attempt) : cause),
    },
  }).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  // Reconnecting is its own business; a command that fails for it says so to whoever asked.
  client.on('error', () => undefined);
  try {
    await client.connect();
    isReached = true;
  } catch (cause) {
    client.destroy();
    throw new StoreError('store-address', `Redis at ${shown(address)} cannot be reached: ${(cause as Error).message}`, {
      cause,
    });
  }
  const place = (key: string): string => {
    checkKey(key);
    return `roto:state:${key}`;
  };
  return {
    shared: true,
    async read(key) {
      const at = place(key);
      const size = Number(await client.hStrLen(at, 'bytes'));
      if (size === 0 || size > MAX_STATE_BYTES) return null;
      const value = await client.hGet(at, 'bytes');
      await client.pExpire(at, lifeMs);
      return value ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : null;
    },
    async write(key, value, fence = 0) {
      const at = place(key);
      checkSize(value);
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      const kept = await client.eval(WRITE, { keys: [at], arguments: [String(fence), bytes, String(lifeMs)] });
      return Number(kept) === 1;
    },
    async drop(key) {
      await client.unlink(place(key));
    },
    async [Symbol.asyncDispose]() {
      if (client.isOpen) client.destroy();
    },
  };
}

/** Comparing and writing are one step, so no other writer comes in between. */
const WRITE = `
local kept = redis.call('HGET', KEYS[1], 'fence')
if kept and tonumber(kept) > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'fence', ARGV[1], 'bytes', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`;

/** An address may hold a password. */
function shown(address: string): string {
  try {
    const url = new URL(address);
    return `${url.protocol}//${url.host}${url.pathname}`;
  } catch {
    return 'the given address';
  }
}
