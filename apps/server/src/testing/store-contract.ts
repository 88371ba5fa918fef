import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import { type MediaStore, StoreError } from '../store/store.ts';

/** What every media store must do, as tests. */
export function describeMediaStore(name: string, open: () => Promise<MediaStore>): void {
  describe(`media store: ${name}`, () => {
    let store: MediaStore;
    let n = 0;
    const fresh = (): string => `tests/${++n}/file`;
    const bytes = (text: string): Readable => Readable.from([Buffer.from(text)]);
    const text = async (key: string, range?: { start: number; end: number }): Promise<string> =>
      (await buffer(store.read(key, range))).toString();
    beforeAll(async () => {
      store = await open();
    });

    it('gives back what was written, whole and in ranges', async () => {
      const key = fresh();
      expect(await store.write(key, bytes('0123456789'))).toEqual({ bytes: 10 });
      expect(await text(key)).toBe('0123456789');
      expect(await text(key, { start: 2, end: 4 })).toBe('234');
      expect(await store.size(key)).toBe(10);
      await store.write(key, Buffer.from('new'));
      expect(await text(key)).toBe('new');
    });

    it('shows nothing of a file whose writing broke off, and keeps the one before', async () => {
      const key = fresh();
      const broken = Readable.from(
        (async function* () {
          yield Buffer.from('half');
          throw new Error('gone');
        })(),
      );
      await expect(store.write(key, broken)).rejects.toThrow('gone');
      expect(await store.size(key)).toBeNull();
      expect(await store.list(`tests/${n}/`)).toEqual([]);
    });

    it('appends at the end, and again from an earlier place', async () => {
      const key = fresh();
      expect(await store.append(key, 0, bytes('abcdef'), 100)).toEqual({ end: 6, cut: null });
      expect(await store.append(key, 4, bytes('EFGH'), 100)).toEqual({ end: 8, cut: null });
      expect(await text(key)).toBe('abcdEFGH');
    });

    it('refuses to append past the end', async () => {
      const key = fresh();
      await store.append(key, 0, bytes('abc'), 100);
      await expect(store.append(key, 4, bytes('x'), 100)).rejects.toThrow(StoreError);
      expect(await text(key)).toBe('abc');
    });

    it('keeps what came before a sender broke off', async () => {
      const key = fresh();
      const broken = Readable.from(
        (async function* () {
          yield Buffer.from('half');
          throw new Error('gone');
        })(),
      );
      const { end, cut } = await store.append(key, 0, broken, 100);
      expect(end).toBe(4);
      expect(cut?.message).toBe('gone');
      expect(await text(key)).toBe('half');
    });

    it('never writes past the limit', async () => {
      const key = fresh();
      const { end, cut } = await store.append(key, 0, Readable.from([Buffer.from('abc'), Buffer.from('defg')]), 5);
      expect(end).toBe(3);
      expect(cut).toBeInstanceOf(StoreError);
      expect(await store.size(key)).toBe(3);
    });

    it('lists by prefix, moves and removes', async () => {
      const prefix = `tests/${++n}/`;
      await store.write(`${prefix}b`, Buffer.from('b'));
      await store.write(`${prefix}a/c`, Buffer.from('c'));
      expect(await store.list(prefix)).toEqual([`${prefix}a/c`, `${prefix}b`]);
      await store.move([{ from: `${prefix}b`, to: `${prefix}d/e` }]);
      expect(await text(`${prefix}d/e`)).toBe('b');
      expect(await store.size(`${prefix}b`)).toBeNull();
      await store.remove(`${prefix}a/c`);
      expect(await store.list(prefix)).toEqual([`${prefix}d/e`]);
      await store.remove(prefix);
      expect(await store.list(prefix)).toEqual([]);
      await store.remove(prefix);
      await store.remove(`${prefix}d/e`);
    });

    it('lists what is there while a folder beside it is removed', async () => {
      const prefix = `${fresh()}/`;
      await store.write(`${prefix}media/000000`, Buffer.from('kept'));
      for (let n = 0; n < 200; n++) {
        await store.write(`${prefix}incoming/data/part`, Buffer.from('gone soon'));
        await store.remove(`${prefix}incoming/data/part`);
        const [, listed] = await Promise.all([store.remove(`${prefix}incoming/data/`), store.list(prefix)]);
        expect(listed).toEqual([`${prefix}media/000000`]);
      }
    });

    it('says what is not there', async () => {
      const key = fresh();
      expect(await store.size(key)).toBeNull();
      await expect(text(key)).rejects.toThrow();
      await expect(store.path(key)).rejects.toThrow(StoreError);
      await expect(store.move([{ from: key, to: fresh() }])).rejects.toThrow(StoreError);
    });

    it('has a local file of each', async () => {
      const key = fresh();
      await store.write(key, Buffer.from('local'));
      expect((await readFile(await store.path(key))).toString()).toBe('local');
    });

    it.each([
      '../escape',
      'a/../../b',
      '/etc/passwd',
      'a//b',
      '',
      '.',
      'a/.hidden',
      'a\\..\\b',
      'a/\0',
      'ä',
      'a b',
      'a/',
    ])('refuses %j as a key', async (key) => {
      await expect(store.write(key, Buffer.from('x'))).rejects.toThrow(StoreError);
      await expect(store.append(key, 0, bytes('x'), 9)).rejects.toThrow(StoreError);
      await expect(text(key)).rejects.toThrow(StoreError);
      await expect(store.size(key)).rejects.toThrow(StoreError);
      await expect(store.path(key)).rejects.toThrow(StoreError);
      await expect(store.move([{ from: key, to: 'a' }])).rejects.toThrow(StoreError);
      await expect(store.move([{ from: 'a', to: key }])).rejects.toThrow(StoreError);
      if (key !== 'a/') await expect(store.remove(key)).rejects.toThrow(StoreError);
      if (key !== 'a/') await expect(store.list(key)).rejects.toThrow(StoreError);
    });

    it('says how much room there is', async () => {
      const free = await store.free();
      expect(free === null || free > 0).toBe(true);
    });
  });
}
