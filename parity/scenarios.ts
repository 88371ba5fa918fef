// scenarios.json with types, and the inputs that it names. Both sides read the same file.
import { readFileSync } from 'node:fs';
import type { ModelPoint } from '@roto/model';
import { fillValues } from '@roto/model';

/** In pixels of a 1024-pixel image: centre and radius. */
export type Circle = readonly [cx: number, cy: number, r: number];
type PointRow = readonly [x: number, y: number, label: 0 | 1 | 2 | 3];
type Noise = { readonly noise: string; readonly scale: number };

export type DecoderCase = {
  readonly name: string;
  readonly features: 'no-memory' | 'raw';
  readonly points: readonly PointRow[];
  readonly multimask: boolean;
  readonly logits?: Noise;
  readonly circle?: Circle;
};

export type Variant = {
  readonly name: string;
  readonly presence?: 1 | -1;
  /** Factor on weight and bias of a layer. */
  readonly scale?: Readonly<Record<string, number>>;
  readonly cases: readonly string[];
};

export type RolloutPrompt = { readonly object: number; readonly frame: number } & (
  | { readonly circle: Circle }
  | { readonly box: readonly [number, number, number, number] }
  | { readonly points: readonly PointRow[] }
);

export type Rollout = { readonly name: string; readonly reverse: boolean; readonly prompts: readonly RolloutPrompt[] };

export type Scenarios = {
  readonly images: readonly ({ readonly name: string } & (Noise | { readonly planes: readonly number[] }))[];
  readonly decoder: readonly DecoderCase[];
  readonly variants: readonly Variant[];
  readonly memoryAttention: readonly {
    readonly name: string;
    readonly frame: number;
    readonly prompted: readonly number[];
    readonly recent: readonly number[];
  }[];
  readonly memoryEncoder: readonly { readonly name: string; readonly binarize: boolean; readonly presence: number }[];
  readonly frames: number;
  readonly rollouts: readonly Rollout[];
};

export const scenarios = JSON.parse(readFileSync(new URL('scenarios.json', import.meta.url), 'utf8')) as Scenarios;

/** One of the two images for the encoder, [3 × S × S]. */
export function imagePixels(image: Scenarios['images'][number], size: number): Float32Array {
  if ('noise' in image) return fillValues(image.noise, 3 * size * size, image.scale);
  const pixels = new Float32Array(3 * size * size);
  for (const [c, value] of image.planes.entries()) pixels.fill(value, c * size * size, (c + 1) * size * size);
  return pixels;
}

/** Frame `t` of the clip that roll-outs follow, [3 × S × S], normalised. */
export function clipPixels(t: number, size: number): Float32Array {
  return fillValues(`golden.frame.${t}`, 3 * size * size, 1.5);
}

/** Pixels with (x − cx)² + (y − cy)² < r², 0 and 1, [S × S]. */
export function circleMask(circle: Circle, size: number): Uint8Array {
  const [cx, cy, r] = circle.map((value) => (value * size) / 1024) as [number, number, number];
  return Uint8Array.from({ length: size * size }, (_, i) => {
    const [x, y] = [i % size, Math.floor(i / size)];
    return (x - cx) ** 2 + (y - cy) ** 2 < r * r ? 1 : 0;
  });
}

/** Points in model pixels, rounded to float32 as numpy rounds them. */
export function modelPoints(rows: readonly PointRow[], size: number): ModelPoint[] {
  const at = (value: number) => Math.fround(Math.fround(value) * Math.fround(size / 1024));
  return rows.map(([x, y, label]) => ({ x: at(x), y: at(y), label }));
}
