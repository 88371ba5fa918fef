import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StateHashes } from '../states/state-hashes.ts';

export type OpenedHashes = {
  readonly hashes: StateHashes;
  /** Most bytes of all states. */
  readonly most: number;
  close(): Promise<void>;
};

/** What every store of states does alike; `open` gives an empty one with room for `most` bytes. */
export function stateHashesContract(open: () => Promise<OpenedHashes>): void {
  let opened: OpenedHashes;
  let hashes: StateHashes;
  beforeAll(async () => {
    opened = await open();
    hashes = opened.hashes;
  });
  afterAll(() => opened?.close());
  const make = async (bytes: number, key = randomUUID()): Promise<string> => {
    const set = { h: randomBytes(8) };
    expect(await hashes.change(key, { expected: null, version: 0, set, remove: [], bytes })).toBe('done');
    return key;
  };

  test('a state comes back with its version, and missing fields are null', async () => {
    const key = randomUUID();
    const [h, r1] = [randomBytes(10), randomBytes(100_000)];
    await hashes.change(key, { expected: null, version: 0, set: { h, r1 }, remove: [], bytes: 100_010 });
    const found = await hashes.read(key, ['r1', 'nothing', 'h']);
    expect(found?.version).toBe(0);
    expect(
      found?.fields.map((value) => value && Buffer.compare(value, value === null ? h : value.length > 10 ? r1 : h)),
    ).toEqual([0, null, 0]);
    expect(await hashes.read(randomUUID(), ['h'])).toBeNull();
  });

  test('a change is made from the expected version only, and then as a whole', async () => {
    const key = await make(8);
    const change = {
      expected: 0,
      version: 1,
      set: { h: Buffer.from('one'), r1: Buffer.from('r') },
      remove: [],
      bytes: 4,
    };
    expect(await hashes.change(key, change)).toBe('done');
    expect(await hashes.change(key, { ...change, set: { h: Buffer.from('two') } })).toEqual({ version: 1 });
    expect(await hashes.change(key, { ...change, expected: null })).toEqual({ version: 1 });
    expect(await hashes.change(randomUUID(), change)).toEqual({ version: null });
    const later = { expected: 1, version: 2, set: { h: Buffer.from('three') }, remove: ['r1'], bytes: 5 };
    expect(await hashes.change(key, later)).toBe('done');
    const found = await hashes.read(key, ['h', 'r1']);
    expect([found?.version, String(found?.fields[0]), found?.fields[1]]).toEqual([2, 'three', null]);
  });

  test('of many changes at once one is made', async () => {
    const key = await make(8);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        hashes.change(key, { expected: 0, version: 1, set: { h: Buffer.from(String(i)) }, remove: [], bytes: 1 }),
      ),
    );
    expect(answers.filter((answer) => answer === 'done')).toHaveLength(1);
  });

  test('above the limit of bytes the states that were changed longest ago go, whole', async () => {
    const third = Math.floor(opened.most / 3);
    const [first, second] = [await make(third), await make(third)];
    expect(await hashes.change(first, { expected: 0, version: 1, set: {}, remove: [], bytes: third })).toBe('done');
    const third_ = await make(third);
    const fourth = await make(third);
    expect(await hashes.read(second, ['h'])).toBeNull();
    for (const key of [first, third_, fourth]) expect(await hashes.read(key, ['h'])).not.toBeNull();
    expect((await hashes.usage()).bytes).toBeLessThanOrEqual(opened.most);
    await hashes.drop([first, third_, fourth]);
    expect(await hashes.read(fourth, ['h'])).toBeNull();
  });

  test('a state that is larger than the limit is refused, and the old one stays', async () => {
    const key = await make(8);
    const change = { expected: 0, version: 1, set: {}, remove: [], bytes: opened.most + 1 };
    await expect(hashes.change(key, change)).rejects.toMatchObject({ code: 'store-full' });
    expect((await hashes.read(key, []))?.version).toBe(0);
  });

  test('usage counts what is there', async () => {
    const before = await hashes.usage();
    const key = await make(1000);
    await hashes.change(key, { expected: 0, version: 1, set: {}, remove: [], bytes: 1500 });
    expect(await hashes.usage()).toEqual({ states: before.states + 1, bytes: before.bytes + 1500 });
    await hashes.drop([key, randomUUID()]);
    expect(await hashes.usage()).toEqual(before);
  });

  test('a lease has one holder, who alone renews and releases it', async () => {
    const key = randomUUID();
    expect(await hashes.lease(key, 'a')).toBe(true);
    expect(await hashes.lease(key, 'b')).toBe(false);
    expect([await hashes.renew(key, 'a'), await hashes.renew(key, 'b')]).toEqual([true, false]);
    await hashes.release(key, 'b');
    expect(await hashes.lease(key, 'b')).toBe(false);
    await hashes.release(key, 'a');
    expect(await hashes.lease(key, 'b')).toBe(true);
  });
}
