import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonError, parseJsonInPieces } from './parse-in-pieces.ts';

function* cut(text: string, sizes: readonly number[]): Generator<string> {
  for (let at = 0, n = 0; at < text.length; n++) {
    const size = sizes[n % sizes.length]!;
    yield text.slice(at, at + size);
    at += size;
  }
}

const outcome = async (work: () => unknown): Promise<unknown> => {
  try {
    return { value: await work() };
  } catch {
    return 'refused';
  }
};

describe('parseJsonInPieces', () => {
  it('gives what JSON.parse gives, however the text is cut and spaced', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue({ maxDepth: 6 }),
        fc.constantFrom(0, 1, 3),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 40 }),
        async (value, indent, sizes, piece) => {
          const text = ` ${JSON.stringify(value, null, indent)}\n`;
          expect(await parseJsonInPieces(cut(text, sizes), { piece })).toEqual(JSON.parse(text));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('refuses what JSON.parse refuses', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: fc.constantFrom('[', ']', '{', '}', ',', ':', '"', '\\', '1', 'a', ' '), maxLength: 24 }),
          // A valid text with one character changed, left out or put in.
          fc
            .tuple(fc.jsonValue({ maxDepth: 4 }), fc.nat(), fc.nat(2), fc.constantFrom(...'[]{},:"\\1 '))
            .map(([value, where, how, sign]) => {
              const text = JSON.stringify(value);
              const at = where % (text.length + 1);
              return text.slice(0, at) + (how === 1 ? '' : sign) + text.slice(how === 2 ? at : at + 1);
            }),
        ),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 12 }),
        async (text, sizes, piece) => {
          expect(await outcome(() => parseJsonInPieces(cut(text, sizes), { piece }))).toEqual(
            await outcome(() => JSON.parse(text)),
          );
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it('keeps a key __proto__ as any other, and asks the given parser about every key', async () => {
    const long = JSON.stringify({ ['__proto__']: Array(100).fill('x'), after: 1 });
    const value = (await parseJsonInPieces([long], { piece: 16 })) as object;
    expect(Object.keys(value)).toEqual(['__proto__', 'after']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    const refuse = (text: string): unknown =>
      JSON.parse(text, (key, member) => {
        if (key === '__proto__') throw new Error('a forbidden key');
        return member;
      });
    await expect(parseJsonInPieces([long], { piece: 16, parse: refuse })).rejects.toThrow(/forbidden key/);
  });

  it('refuses deep nesting, floods of empty objects and endless values before they take memory', async () => {
    const parse = (text: string, more = {}) => parseJsonInPieces(cut(text, [1000]), { piece: 100, ...more });
    await expect(parse(`${'['.repeat(65)}${']'.repeat(65)}`)).rejects.toThrow(/more than 64 levels deep/);
    await expect(parse(`${'['.repeat(64)}${']'.repeat(64)}`)).resolves.toBeDefined();
    await expect(parse(`[${'{},'.repeat(2_000)}{}]`, { maxContainers: 1_000 })).rejects.toThrow(/more than 1000 obj/);
    // What is entered is counted once.
    const nested = `[${`[${'[1],'.repeat(99)}[1]],`.repeat(10)}0]`;
    await expect(parse(nested, { maxContainers: 1_011 })).resolves.toBeDefined();
    await expect(parse(nested, { maxContainers: 1_010 })).rejects.toThrow(JsonError);
    await expect(parse(`["${'x'.repeat(5_000)}"]`, { maxToken: 2_000 })).rejects.toThrow(/more than 2000 characters/);
  });

  it('lets others work while it parses', async () => {
    const shape = { type: 'polygon', frame: 1, points: Array.from({ length: 60 }, (_, n) => n / 7), attributes: [] };
    const text = JSON.stringify({ shapes: Array(40_000).fill(shape) });
    let longest = 0;
    let last = performance.now();
    const ticking = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    const value = (await parseJsonInPieces(cut(text, [65_536]))) as { shapes: unknown[] };
    clearInterval(ticking);
    expect(value.shapes).toHaveLength(40_000);
    expect(text.length).toBeGreaterThan(40_000_000);
    expect(longest).toBeLessThan(500);
  });
});
