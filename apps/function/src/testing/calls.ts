import type { Log, TrackableShape } from '@roto/functions';
import { type Mask, ringToFlat, traceMask } from '@roto/geometry';
import { makeScene, renderFrame } from '@roto/sample';
import sharp from 'sharp';
import type { FunctionRequest, FunctionResponse } from '../function.ts';

export type Clip = {
  readonly frames: readonly {
    readonly width: number;
    readonly height: number;
    readonly rgb: Uint8Array;
    readonly masks: readonly Mask[];
  }[];
  /** Frames as CVAT sends them: base64 of a PNG. */
  readonly images: readonly string[];
  /** Outline of an actor on the first frame. */
  outline(actor: number): TrackableShape;
};

export async function makeClip(frameCount: number): Promise<Clip> {
  const scene = makeScene({ seed: 3, width: 160, height: 120, frameCount });
  const frames = Array.from({ length: frameCount }, (_, index) => ({
    width: 160,
    height: 120,
    ...renderFrame(scene, index),
  }));
  const images = await Promise.all(
    frames.map(async ({ rgb, width, height }) =>
      (
        await sharp(rgb, { raw: { width, height, channels: 3 } })
          .png()
          .toBuffer()
      ).toString('base64'),
    ),
  );
  return {
    frames,
    images,
    outline(actor) {
      const [polygon] = traceMask(frames[0]!.masks[actor % frames[0]!.masks.length]!);
      return { type: 'polygon', points: ringToFlat(polygon!.outer) };
    },
  };
}

export const silent: Log = { info() {}, warn() {}, error() {} };

export function post(body: unknown): FunctionRequest {
  return { method: 'POST', path: '/', headers: {}, body: Buffer.from(JSON.stringify(body)) };
}

export type TrackReply = { states: { id: string; v: number }[]; shapes: (TrackableShape | null)[] };

/** The body of a 200; another status is an error with the answer. */
export function reply(answer: FunctionResponse): TrackReply {
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body}`);
  return JSON.parse(answer.body) as TrackReply;
}
