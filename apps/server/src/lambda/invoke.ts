import { maskToCvatPoints } from '@roto/geometry';
import type { Db } from '../database/open.ts';
import type { Frames } from '../media/frames.ts';
import { findTaskMedia } from '../media/task-media.ts';
import { checkTrackAnswer, type Shape, type TrackAnswer } from './answers.ts';
import { LambdaError } from './endpoint.ts';
import type { Deployed } from './registry.ts';

/** What calls need of the process. */
export type LambdaTools = { readonly db: Db; readonly frames: Frames };

type Place = { readonly task: number; readonly frame: number };

/** Starts objects on a frame: one state for each, in the order of the shapes. Throws LambdaError, HttpError 404. */
export async function startTracking(
  tools: LambdaTools,
  fn: Deployed,
  place: Place & { readonly shapes: readonly Shape[] },
  signal: AbortSignal,
): Promise<TrackAnswer> {
  const { image, ...size } = await picture(tools, place);
  const { shapes } = place;
  const payload = { image, shapes: fn.legacy ? shapes.map(({ points }) => points) : shapes, states: [] };
  const answer = await fn.endpoint.call(fn.id, payload, signal);
  return checkTrackAnswer(fn, answer, shapes.length, size, shapes);
}

/** Takes objects to a frame. */
export async function continueTracking(
  tools: LambdaTools,
  fn: Deployed,
  place: Place & { readonly states: readonly unknown[] },
  signal: AbortSignal,
): Promise<TrackAnswer> {
  const { image, ...size } = await picture(tools, place);
  const { states } = place;
  const answer = await fn.endpoint.call(fn.id, { image, shapes: states.map(() => null), states }, signal);
  return checkTrackAnswer(fn, answer, states.length, size, null);
}

/** The answer of a function of another kind, as it is: interactors, detectors, re-identification. */
export async function callPlain(
  tools: LambdaTools,
  fn: Deployed,
  place: Place,
  members: object,
  signal: AbortSignal,
): Promise<unknown> {
  const { image } = await picture(tools, place);
  return fn.endpoint.call(fn.id, { image, ...members }, signal);
}

/** The mask of an interactor as a shape: rows of 0 and 1 by CVAT's contract, or a shape by ours. Null: nothing found. */
export function interactorShape(fn: Deployed, answer: unknown): Shape | null {
  const { shape, mask } = (answer ?? {}) as { shape?: Shape | null; mask?: unknown };
  if (shape === null) return null;
  if (shape) return { type: shape.type, points: shape.points };
  const rows = mask as number[][];
  const width = Array.isArray(rows) && Array.isArray(rows[0]) ? rows[0].length : 0;
  if (width === 0 || rows.some((row) => !Array.isArray(row) || row.length !== width))
    throw new LambdaError(502, `Function ${fn.id} answered without a mask.`);
  const data = new Uint8Array(width * rows.length);
  for (const [y, row] of rows.entries())
    data.set(
      row.map((value) => (value ? 1 : 0)),
      y * width,
    );
  return data.includes(1) ? { type: 'mask', points: maskToCvatPoints({ width, height: rows.length, data }) } : null;
}

/** Base64 of the picture with its exact pixels. */
async function picture({ db, frames }: LambdaTools, { task, frame }: Place) {
  const { media } = await findTaskMedia(db, task);
  const { bytes } = await frames.picture(media, frame, 'original', false);
  return { image: Buffer.from(bytes).toString('base64'), width: media.width, height: media.height };
}
