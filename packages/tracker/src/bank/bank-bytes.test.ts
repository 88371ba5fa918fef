import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { seal } from '../bytes/envelope.ts';
import { TrackerError } from '../errors.ts';
import { createSession } from '../session/session.ts';
import { blobMask, createBlobClip, red } from '../testing/blob-clip.ts';
import { createColourModel } from '../testing/colour-model.ts';
import { takeSteps } from '../testing/steps.ts';
import { bankFromBytes, bankToBytes } from './bank-bytes.ts';
import type { MemoryBank } from './memory-bank.ts';

const model = createColourModel();
let bank: MemoryBank;
let bytes: Uint8Array;

beforeAll(async () => {
  const session = createSession(model, createBlobClip(100, [red]));
  await session.addPrompt('red', 5, { kind: 'mask', mask: blobMask(red, 5) });
  for (const pass of [
    { from: 5, to: 2 },
    { from: 5, to: 29 },
  ])
    for await (const _ of session.propagate(pass));
  bank = session.state.objects[0]!.bank;
  bytes = bankToBytes(bank, model);
});

/** A 'bad-bytes' error, and no other. */
function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(TrackerError);
    expect((error as TrackerError).code).toBe('bad-bytes');
    return (error as TrackerError).message;
  }
  throw new Error('the bytes were accepted');
}

describe('a memory bank as bytes', () => {
  it('comes back as it was', () => {
    expect(bankFromBytes(bytes, model)).toEqual(bank);
    expect(bankToBytes(bankFromBytes(bytes, model), model)).toEqual(bytes);
  });

  it('is read from the middle of a larger buffer', () => {
    const larger = new Uint8Array(bytes.length + 9);
    larger.set(bytes, 3);
    expect(bankFromBytes(larger.subarray(3, 3 + bytes.length), model)).toEqual(bank);
  });

  it('lets another process go on with identical results', async () => {
    const program = fileURLToPath(new URL('../testing/resume-process.ts', import.meta.url));
    const child = execFile(process.execPath, [program, '30', '25'], { encoding: 'buffer', maxBuffer: 2 ** 26 });
    const output: Buffer[] = [];
    const complaints: Buffer[] = [];
    child.stdout!.on('data', (chunk) => output.push(Buffer.from(chunk)));
    child.stderr!.on('data', (chunk) => complaints.push(Buffer.from(chunk)));
    child.stdin!.end(bytes);
    const [code] = await once(child, 'close');
    expect(code, Buffer.concat(complaints).toString()).toBe(0);
    const here = bankToBytes(await takeSteps(model, bank, 30, 25), model);
    expect(Buffer.concat(output).equals(here)).toBe(true);
  });

  it('is refused when a byte is missing, added or changed', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        refusal(() => bankFromBytes(bytes.subarray(0, at), model));
        const changed = bytes.slice();
        changed[at]! ^= change;
        refusal(() => bankFromBytes(changed, model));
      }),
      { seed: 8, numRuns: 300 },
    );
    expect(refusal(() => bankFromBytes(Uint8Array.of(...bytes, 0), model))).toMatch(/header says/);
    expect(refusal(() => bankFromBytes(new Uint8Array(), model))).toMatch(/0 bytes/);
    expect(refusal(() => bankFromBytes(new TextEncoder().encode('{"conditioning": []}'), model))).toMatch(
      /begin with "RTBK"/,
    );
  });

  it('is refused, or read as a bank, when somebody seals other content: never another error, never a long wait', () => {
    const envelope = { magic: 'RTBK', version: 1, what: 'memory bank' };
    const content = bytes.slice(16);
    let accepted = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.option(fc.nat(content.length), { nil: content.length }),
        (changes, length) => {
          const forged = content.slice(0, length);
          for (const [at, value] of changes) if (at < forged.length) forged[at] = value;
          try {
            bankFromBytes(seal(envelope, forged), model);
            accepted++;
          } catch (error) {
            expect(error).toMatchObject({ name: 'TrackerError', code: 'bad-bytes' });
          }
        },
      ),
      { seed: 15, numRuns: 500 },
    );
    expect(accepted).toBeLessThan(450);
  });

  it('is refused by another model, and in another version of the layout', () => {
    expect(refusal(() => bankFromBytes(bytes, createColourModel({ absent: 3 })))).toMatch(/made by model sam2.1/);
    const later = seal({ magic: 'RTBK', version: 2, what: '' }, bytes.slice(16));
    expect(refusal(() => bankFromBytes(later, model))).toMatch(/version 2, this program reads version 1/);
  });
});
