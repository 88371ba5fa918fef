import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { shapeOf } from '@roto/functions';
import { decodeRle, decompressRle, type Mask } from '@roto/geometry';
import { runCli } from '../cli.ts';
import type { Keyframe, ServerWorld } from './server-world.ts';

/** Tracks a polygon of frame 0 with `roto track`. Returns the mask of each frame after it, at the size of the video. */
export async function trackByCommand(
  world: ServerWorld,
  outline: readonly number[],
  size: readonly [width: number, height: number],
): Promise<Map<number, Mask>> {
  const polygon = outline.map((value, i) => `${value}${i % 2 === 0 ? ',' : ' '}`).join('');
  const err: string[] = [];
  const out = world.at('out');
  const code = await runCli(
    ['track', world.clip, '--polygon', polygon, '--threads', '1', '-o', out, '--format', 'cvat'],
    {
      stdout: { write: () => true },
      stderr: { write: (text) => err.push(text) },
      env: world.env,
      signal: new AbortController().signal,
    },
  );
  if (code !== 0) throw new Error(`roto track ended with ${code}: ${err.join('')}`);
  const [width, height] = size;
  const lines = (await readFile(path.join(out, 'results.jsonl'), 'utf8')).trim().split('\n').slice(1);
  return new Map(
    lines
      .map((line) => {
        const { frame, objects } = JSON.parse(line) as { frame: number; objects: { rle: string }[] };
        return [frame, decodeRle(decompressRle({ size: [height, width], counts: objects[0]!.rle }))] as const;
      })
      .filter(([frame]) => frame > 0),
  );
}

/** What a run of the server writes for these masks, where the object is found: polygons as they go over the wire. */
export function asKeyframes(masks: ReadonlyMap<number, Mask>): Keyframe[] {
  return [...masks].flatMap(([frame, mask]) => {
    const shape = shapeOf(mask, 'polygon');
    return shape ? [{ frame, outside: false, points: shape.points }] : [];
  });
}
