import { maskIou } from '@roto/geometry';
import { describe, expect, it } from 'vitest';
import { TrackerError, type TrackerErrorCode } from '../errors.ts';
import { blobMask, createBlobClip, green, red } from '../testing/blob-clip.ts';
import { createColourModel } from '../testing/colour-model.ts';
import type { FrameResult } from './result.ts';
import { createSession, type Pass, restoreSession, type SessionOptions, type TrackingSession } from './session.ts';

async function walk(session: TrackingSession, pass?: Pass): Promise<FrameResult[]> {
  return Array.fromAsync(session.propagate(pass));
}

/** Two objects on a clip of 30 frames, prompted on frame 0. */
async function begin(options: SessionOptions = {}) {
  const model = createColourModel();
  const source = createBlobClip(30);
  const session = createSession(model, source, options);
  await session.addPrompt('red', 0, { kind: 'mask', mask: blobMask(red, 0) });
  await session.addPrompt('green', 0, { kind: 'points', points: [{ x: 48, y: 12, positive: true }] });
  return { model, source, session };
}

async function codeOf(work: Promise<unknown>): Promise<TrackerErrorCode> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TrackerError);
  return (error as TrackerError).code;
}

describe('a pass', () => {
  it('follows two objects through the clip', async () => {
    const { session } = await begin();
    const results = await walk(session);
    expect(results.map((result) => result.frame)).toEqual(Array.from({ length: 30 }, (_, i) => i));
    for (const { frame, timeSec, objects } of results) {
      expect(timeSec).toBeCloseTo(frame / 10);
      expect(objects.map((object) => object.id)).toEqual(['red', 'green']);
      expect(maskIou(objects[0]!.mask, blobMask(red, frame))).toBeGreaterThan(0.6);
      expect(maskIou(objects[1]!.mask, blobMask(green, frame))).toBeGreaterThan(0.6);
      expect(objects.map((object) => object.prompted)).toEqual([frame === 0, frame === 0]);
      expect(objects[0]!.area).toBe(objects[0]!.mask.data.reduce((sum, pixel) => sum + pixel, 0));
      expect(objects[0]!.presence).toBeGreaterThan(0);
    }
  });

  it('reads and encodes each frame once for all objects, prefetched or not, with equal results', async () => {
    const eager = await begin();
    const lazy = await begin({ prefetch: false });
    const results = await walk(eager.session);
    expect(await walk(lazy.session)).toEqual(results);
    for (const { model, source } of [eager, lazy]) {
      expect([...source.reads.values()]).toEqual(new Array(30).fill(1));
      expect(model.calls.filter((call) => call.kind === 'image')).toHaveLength(30);
    }
  });

  it('treats objects as if each were alone', async () => {
    const together = await walk((await begin()).session);
    const { session } = await begin();
    session.removeObject('red');
    const alone = await walk(session);
    expect(alone.map((result) => result.objects[0])).toEqual(together.map((result) => result.objects[1]));
  });

  it('goes where it is told', async () => {
    const { session } = await begin();
    const frames = async (pass: Pass) => (await walk(session, pass)).map((result) => result.frame);
    expect(await frames({ to: 3 })).toEqual([0, 1, 2, 3]);
    expect(await frames({ from: 5, to: 2 })).toEqual([5, 4, 3, 2]);
    expect(await frames({ from: 2, direction: 'backward' })).toEqual([2, 1, 0]);
    await session.addPrompt('red', 7, { kind: 'mask', mask: blobMask(red, 7) });
    expect(await frames({ to: 5, direction: 'backward' })).toEqual([7, 6, 5]);
    const one = await walk(session, { from: 1, to: 1, objects: ['green'] });
    expect(one.map((result) => result.objects.map((object) => object.id))).toEqual([['green']]);
  });

  it('keeps what a person said on every prompted frame', async () => {
    const { session } = await begin();
    const wrong = blobMask(green, 10);
    const said = await session.addPrompt('red', 10, { kind: 'mask', mask: wrong });
    await walk(session);
    const results = await walk(session, { direction: 'backward', from: 29 });
    expect(results.find((result) => result.frame === 10)!.objects[0]).toEqual(said);
  });

  it('does not lose a correction of a prompted frame, nor of a tracked one', async () => {
    for (const frame of [0, 12]) {
      const { session } = await begin();
      await walk(session, { to: 12 });
      const corrected = await session.addPrompt('red', frame, {
        kind: 'points',
        points: [{ x: 50, y: 12 + frame, positive: true }],
      });
      const results = await walk(session, { from: 0 });
      expect(results[frame]!.objects[0]).toEqual(corrected);
      expect(session.promptedFrames('red')).toEqual([...new Set([0, frame])]);
    }
  });

  it('takes a prompt that comes while it runs into the next pass', async () => {
    const { session } = await begin();
    for await (const { frame } of session.propagate({ to: 6 }))
      if (frame === 3) await session.addPrompt('red', 5, { kind: 'mask', mask: blobMask(green, 5) });
    const again = await walk(session, { from: 5, to: 6 });
    expect(maskIou(again[0]!.objects[0]!.mask, blobMask(green, 5))).toBeGreaterThan(0.8);
    expect(again[0]!.objects[0]!.prompted).toBe(true);
  });

  it('lets one pass run at a time, and ends when its loop is left', async () => {
    const { session } = await begin();
    for await (const _ of session.propagate()) {
      expect(await codeOf(walk(session))).toBe('pass-open');
      expect(() => session.removeObject('red')).toThrow(/while a pass is open/);
      expect(() => session.removePrompt('red', 0)).toThrow(/while a pass is open/);
      break;
    }
    expect(session.removePrompt('red', 0)).toBe(true);
    expect(session.removePrompt('red', 0)).toBe(false);
    expect((await walk(session, { to: 2 })).map((result) => result.objects.length)).toEqual([1, 1, 1]);
  });

  it('stops at an abort, keeps what is done, and goes on with the same masks', async () => {
    const whole = await walk((await begin()).session);
    const { session } = await begin();
    const controller = new AbortController();
    const seen: FrameResult[] = [];
    const reason = new Error('stopped by the test');
    const pass = async () => {
      for await (const result of session.propagate({ signal: controller.signal })) {
        seen.push(result);
        if (result.frame === 11) controller.abort(reason);
      }
    };
    await expect(pass()).rejects.toBe(reason);
    expect(seen).toEqual(whole.slice(0, 12));
    expect(await walk(session, { from: 12 })).toEqual(whole.slice(12));
    await session.close();
  });

  it('hears an abort while a frame is being encoded, and leaves the frame undone', async () => {
    const model = createColourModel({ delay: () => new Promise((resolve) => setTimeout(resolve, 20)) });
    const session = createSession(model, createBlobClip(30));
    await session.addPrompt('red', 0, { kind: 'mask', mask: blobMask(red, 0) });
    const controller = new AbortController();
    const pass = walk(session, { signal: controller.signal });
    setTimeout(() => controller.abort(), 90);
    await expect(pass).rejects.toMatchObject({ name: 'AbortError' });
    const before = session.state.objects[0]!.bank;
    await session.close();
    expect(session.state.objects[0]!.bank).toBe(before);
  });

  it('says what is wrong with its arguments', async () => {
    const { session } = await begin();
    expect(await codeOf(walk(session, { from: 30 }))).toBe('bad-frame');
    expect(await codeOf(walk(session, { from: 3, to: 5, direction: 'backward' }))).toBe('bad-frame');
    expect(await codeOf(walk(session, { objects: ['blue'] }))).toBe('unknown-object');
    expect(await codeOf(session.addPrompt('red', 1.5, { kind: 'points', points: [] }))).toBe('bad-frame');
    expect(await codeOf(walk(createSession(createColourModel(), createBlobClip(3))))).toBe('no-prompt');
    expect(() => createSession(createColourModel(), createBlobClip(3), { maxConditioningFrames: 1 })).toThrow(
      /at least 2/,
    );
    expect(() => createSession(createColourModel(), createBlobClip(3), { fillHoleArea: -1 })).toThrow(TrackerError);
  });

  it('passes on an error of the source, and tries the frame again later', async () => {
    const source = createBlobClip(30);
    let broken = true;
    const flaky = {
      ...source,
      read: (index: number) => {
        if (index === 4 && broken) return Promise.reject(new Error('frame 4 is damaged'));
        return source.read(index);
      },
    };
    const session = createSession(createColourModel(), flaky);
    await session.addPrompt('red', 0, { kind: 'mask', mask: blobMask(red, 0) });
    await expect(walk(session)).rejects.toThrow('frame 4 is damaged');
    broken = false;
    expect((await walk(session, { from: 4 })).map((result) => result.frame)[0]).toBe(4);
  });
});

describe('a snapshot', () => {
  it('goes on with identical masks, also with prompts that no pass has seen', async () => {
    const { model, source, session } = await begin({
      frameFilter: 'bicubic',
      memoryPresence: 4.5,
      retention: { history: 3 },
    });
    const direct: FrameResult[] = [];
    let bytes = new Uint8Array();
    for await (const result of session.propagate({ to: 14 })) {
      direct.push(result);
      if (result.frame === 9) bytes = session.snapshot().slice();
    }
    const restored = restoreSession(model, source, bytes);
    expect(restored.snapshot()).toEqual(bytes);
    expect(restored.state.rules.memoryPresence).toBe(4.5);
    expect(await walk(restored, { from: 10, to: 14 })).toEqual(direct.slice(10));

    await session.addPrompt('green', 14, { kind: 'points', points: [{ x: 40, y: 30, positive: false }] });
    const again = restoreSession(model, source, session.snapshot());
    expect(await walk(again, { from: 14 })).toEqual(await walk(session, { from: 14 }));
  });

  it('belongs to its video and its model', async () => {
    const { model, source, session } = await begin();
    const bytes = session.snapshot();
    expect(() => restoreSession(model, createBlobClip(31), bytes)).toThrow(/30 frames, this one is 64×64 and 31/);
    expect(() => restoreSession(createColourModel({ absent: 2 }), source, bytes)).toThrow(/was made by model sam2.1/);
  });
});
