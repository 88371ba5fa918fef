import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { TrackableShape } from '@roto/functions';
import type { Sam2Config } from '@roto/model';
import { type ConditioningRecord, emptyBank, type MemoryBank, type TrackedRecord } from '@roto/tracker';
import { LRUCache } from 'lru-cache';
import { CallError } from '../errors.ts';
import { bytesOf, type Head, packHead, unpackHead, unpackTokens, unusable } from './head.ts';
import type { StateHashes } from './state-hashes.ts';

/** One object after one of its frames: a value. */
export type TrackedState = {
  /** Steps since the outline. */
  readonly version: number;
  readonly width: number;
  readonly height: number;
  readonly shapeType: string;
  /** SHA-256 of the picture of the last step. */
  readonly image: string;
  /** The shape of the last step; null: not found there. */
  readonly shape: TrackableShape | null;
  readonly bank: MemoryBank;
};

/** Tracking states by the ids that callers hold. Throws CallError. */
export type TrackedStates = {
  /** Stores the state of a new object; answers its id, which nobody can guess. */
  create(state: TrackedState): Promise<string>;
  /** Throws 'state-gone', 'other-function', 'unusable-state'. */
  load(id: string): Promise<TrackedState>;
  /**
   * Stores the step from `before` to `after`. When another call has made a step meanwhile, answers what it stored if it
   * saw the same picture, and throws 'moved-on' otherwise.
   */
  step(id: string, before: TrackedState, after: TrackedState): Promise<TrackedState>;
  drop(ids: readonly string[]): Promise<void>;
  /** Takes the leases of all, in one order for everybody, or throws 'busy'. */
  claim(ids: readonly string[]): Promise<AsyncDisposable>;
};

/** A call waits so long for another call on the same object. */
const CLAIM_WAIT_MS = 2_000;
const RENEW_MS = 10_000;

/** Name of the field for a memory, by its tokens. A frame that carries an older memory on shares its tokens. */
type Fields = ReadonlyMap<Uint16Array, string>;
type Cached = { readonly state: TrackedState; readonly fields: Fields };

const NO_LOGITS = new Float32Array(0);

/**
 *   fingerprint  of the function: weights, precision, device
 *   cacheBytes   of decoded states that this process keeps, so that it reads only what it does not know yet
 */
export function trackedStates(
  hashes: StateHashes,
  config: Sam2Config,
  fingerprint: string,
  cacheBytes: number,
  onCache: (hit: boolean) => void = () => {},
): TrackedStates {
  const tokenLength = config.gridSize ** 2 * config.memoryDim;
  const cache = new LRUCache<string, Cached>({
    maxSize: cacheBytes,
    sizeCalculation: ({ state, fields }) =>
      4096 + fields.size * tokenLength * 2 + (state.shape?.points.length ?? 0) * 8,
  });

  const load = async (id: string): Promise<Cached> => {
    const key = keyOf(id);
    const known = cache.get(key);
    const found = await hashes.read(key, ['h', 's']);
    if (!found) {
      cache.delete(key);
      throw gone();
    }
    const hit = known?.state.version === found.version;
    onCache(hit);
    if (hit) return known!;
    const [headBytes, shapeBytes] = found.fields;
    if (!headBytes || !shapeBytes) throw unusable('a part is missing');
    const { head, pointers } = unpackHead(headBytes, config.hiddenDim);
    if (head.function !== fingerprint)
      throw new CallError(
        'other-function',
        `The tracking state was made by ${head.function}, and this function is ${fingerprint}. Begin again from the last saved frame.`,
      );
    const byField = new Map([...(known?.fields ?? [])].map(([tokens, field]) => [field, tokens]));
    const named = [...new Set(head.records.flatMap(({ field }) => field ?? []))];
    const missing = named.filter((field) => !byField.has(field));
    const fetched = await hashes.read(key, missing);
    // Another call has made a step between the two reads.
    if (!fetched || fetched.version !== found.version) throw movedOn(fetched?.version);
    for (const [i, field] of missing.entries()) {
      const bytes = fetched.fields[i];
      if (!bytes) throw unusable(`its memory ${field} is missing`);
      byField.set(field, unpackTokens(bytes, head.checksums[field], tokenLength));
    }
    const state: TrackedState = {
      version: found.version,
      width: head.width,
      height: head.height,
      shapeType: head.shapeType,
      image: head.image,
      shape: readShape(shapeBytes),
      bank: bankOf(head, pointers, byField),
    };
    const entry = { state, fields: new Map(named.map((field) => [byField.get(field)!, field])) };
    cache.set(key, entry);
    return entry;
  };

  const store = async (key: string, known: Cached | null, after: TrackedState) => {
    const { head, pointers, fields, fresh, bytes } = describe(after, fingerprint, known?.fields ?? new Map());
    const kept = new Set(fields.values());
    const packed = packHead(head, pointers);
    const shape = Buffer.from(JSON.stringify(after.shape), 'utf8');
    const answer = await hashes.change(key, {
      expected: known ? known.state.version : null,
      version: after.version,
      set: { h: packed, s: shape, ...fresh },
      remove: [...new Set(known?.fields.values())].filter((field) => !kept.has(field)),
      bytes: packed.length + shape.length + bytes,
    });
    if (answer === 'done') cache.set(key, { state: after, fields });
    else cache.delete(key);
    return answer;
  };

  return {
    async create(state) {
      const id = randomBytes(32).toString('base64url');
      await store(keyOf(id), null, state);
      return id;
    },
    load: async (id) => (await load(id)).state,
    async step(id, before, after) {
      const key = keyOf(id);
      const known = cache.get(key);
      // The memories that the caller was given are still named by the cache, or are read again for their names.
      const from = known?.state === before ? known : await load(id);
      if (from.state.version === before.version) {
        const answer = await store(key, { state: before, fields: from.fields }, after);
        if (answer === 'done') return after;
        if (answer.version === null) throw gone();
      }
      const now = await load(id);
      if (now.state.version === after.version && now.state.image === after.image) return now.state;
      throw movedOn(now.state.version);
    },
    drop: (ids) => {
      const keys = ids.map(keyOf);
      for (const key of keys) cache.delete(key);
      return hashes.drop(keys);
    },
    claim: (ids) => claim(hashes, ids.map(keyOf)),
  };
}

function bankOf(head: Head, pointers: readonly Float32Array[], byField: ReadonlyMap<string, Uint16Array>): MemoryBank {
  const records = head.records.map(({ field, frame, presence, iou }, i) => ({
    frame,
    presence,
    iou,
    pointer: pointers[i]!,
    tokens: field === null ? null : byField.get(field)!,
  }));
  const [outlined, ...tracked] = records;
  if (!outlined?.tokens) throw unusable('it has no memory of the outline');
  // Logits are fed back only by a correction of their frame, which this function does not do: a new outline is a new state.
  const conditioning: ConditioningRecord = { ...outlined, tokens: outlined.tokens, low: NO_LOGITS };
  const byFrame = new Map(tracked.map((record): [number, TrackedRecord] => [record.frame, { ...record, low: null }]));
  return { ...emptyBank, conditioning: [conditioning], tracked: byFrame };
}

function describe(state: TrackedState, fingerprint: string, known: Fields) {
  const [outlined] = state.bank.conditioning;
  const records = [outlined!, ...state.bank.tracked.values()];
  const fields = new Map<Uint16Array, string>();
  const fresh: Record<string, Uint8Array> = {};
  const checksums: Head['checksums'] = {};
  let bytes = 0;
  for (const { frame, tokens } of records) {
    if (!tokens || fields.has(tokens)) continue;
    const field = known.get(tokens) ?? `${frame === outlined!.frame ? 'c' : 'r'}${frame}`;
    fields.set(tokens, field);
    if (!known.has(tokens)) fresh[field] = bytesOf(tokens);
    checksums[field] = checksumOf(tokens);
    bytes += tokens.byteLength;
  }
  const { width, height, shapeType, image } = state;
  const head: Head = {
    function: fingerprint,
    width,
    height,
    shapeType,
    image,
    records: records.map(({ frame, presence, iou, tokens }) => ({
      field: tokens && fields.get(tokens)!,
      frame,
      presence,
      iou,
    })),
    checksums,
  };
  return { head, pointers: records.map(({ pointer }) => pointer), fields, fresh, bytes };
}

/** Tokens are written once and never edited, so their checksum is computed once. */
const checksums = new WeakMap<Uint16Array, number>();
function checksumOf(tokens: Uint16Array): number {
  const known = checksums.get(tokens);
  if (known !== undefined) return known;
  const sum = crc32(bytesOf(tokens));
  checksums.set(tokens, sum);
  return sum;
}

function readShape(bytes: Uint8Array): TrackableShape | null {
  try {
    const shape = JSON.parse(Buffer.from(bytes).toString('utf8')) as TrackableShape | null;
    if (
      shape === null ||
      (typeof shape.type === 'string' && Array.isArray(shape.points) && shape.points.every(Number.isFinite))
    )
      return shape;
  } catch {
    // Falls through to the one message.
  }
  throw unusable('its last shape is damaged');
}

async function claim(hashes: StateHashes, keys: readonly string[]): Promise<AsyncDisposable> {
  const holder = randomBytes(16).toString('hex');
  const held: string[] = [];
  const release = async (): Promise<void> => {
    // A lease that cannot be released ends by itself.
    for (const key of held) await hashes.release(key, holder).catch(() => undefined);
  };
  const until = performance.now() + CLAIM_WAIT_MS;
  try {
    for (const key of [...keys].sort()) {
      while (!(await hashes.lease(key, holder))) {
        if (performance.now() > until)
          throw new CallError('busy', 'Another call is tracking this object; try again when it has answered.');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      held.push(key);
    }
  } catch (error) {
    await release();
    throw error;
  }
  const timer = setInterval(() => {
    for (const key of held) void hashes.renew(key, holder).catch(() => undefined);
  }, RENEW_MS);
  timer.unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await release();
    },
  };
}

/** A store gets a name of a fixed form, from which nobody can tell the id. */
function keyOf(id: string): string {
  return createHash('sha256').update(id).digest('hex');
}

function gone(): CallError {
  return new CallError(
    'state-gone',
    'This tracking state does not exist any more: it was evicted or has expired. Begin again from the last saved frame.',
  );
}

export function movedOn(version: number | undefined): CallError {
  const where = version === undefined ? '' : ` to step ${version}`;
  return new CallError('moved-on', `The tracking state has moved on${where}; use the states of the newest answer.`);
}
