import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createBlobClip } from '../testing/blob-clip.ts';
import { type ColourCall, createColourModel } from '../testing/colour-model.ts';
import { createSession, type TrackingSession } from './session.ts';

// fixtures/recall/README.md says how the scenarios were made and what a row is.
type Row = readonly [frame: number, kind: string, ...rest: unknown[]];
type Action =
  | { do: 'mask' | 'remove'; object: string; frame: number }
  | { do: 'points' | 'box'; object: string; frame: number; count: number }
  | { do: 'walk'; from: number; to: number };
type Scenario = { name: string; frames: number; limit?: number; history?: number; actions: Action[]; calls: Row[] };

const file = new URL('../../fixtures/recall/calls.json', import.meta.url);
const scenarios: Scenario[] = JSON.parse(readFileSync(file, 'utf8'));

describe('the calls of the official predictor', () => {
  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', async (_, scenario) => {
    const model = createColourModel();
    const session = createSession(model, createBlobClip(scenario.frames, []), {
      maxConditioningFrames: scenario.limit ?? null,
      retention: { history: scenario.history ?? 0 },
    });
    for (const action of scenario.actions) await play(session, action);

    const calls = model.calls.flatMap(row);
    expect(calls.map(withoutPositions)).toEqual(scenario.calls.map(withoutPositions));
    const ours = calls.flatMap(positions);
    const theirs = scenario.calls.flatMap(positions);
    for (const [i, position] of ours.entries()) expect(Math.abs(position - theirs[i]!)).toBeLessThan(1e-5);
  });
});

async function play(session: TrackingSession, action: Action): Promise<void> {
  switch (action.do) {
    case 'walk':
      for await (const _ of session.propagate(action));
      return;
    case 'mask': {
      const data = Uint8Array.from({ length: 64 * 64 }, (_, i) => (i % 64 < 32 ? 1 : 0));
      await session.addPrompt(action.object, action.frame, { kind: 'mask', mask: { width: 64, height: 64, data } });
      return;
    }
    case 'remove':
      session.removePrompt(action.object, action.frame);
      return;
    case 'points':
      await session.addPrompt(action.object, action.frame, { kind: 'points', points: clicks(action.count) });
      return;
    case 'box': {
      const box = { x0: 4, y0: 4, x1: 40, y1: 40 };
      await session.addPrompt(action.object, action.frame, { kind: 'box', box, points: clicks(action.count) });
    }
  }
}

function clicks(count: number) {
  return Array.from({ length: count }, () => ({ x: 8, y: 8, positive: true }));
}

function row(call: ColourCall): Row[] {
  switch (call.kind) {
    case 'image':
      return [];
    case 'memory':
      return [[call.frame, 'memory', call.binarize ? 'binarized' : 'sigmoid']];
    case 'decode': {
      const { frame, features, points, mask, multimask, recall, pointers } = call;
      return [[frame, 'decode', features, points, mask, multimask, recall, pointers]];
    }
  }
}

function withoutPositions(row: Row): unknown {
  if (row[1] === 'memory') return row;
  return [...row.slice(0, 7), (row[7] as [number, number][]).map(([frame]) => frame)];
}

function positions(row: Row): number[] {
  return row[1] === 'memory' ? [] : (row[7] as [number, number][]).map(([, position]) => position);
}
