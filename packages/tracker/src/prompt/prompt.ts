import { type Box, clampBox, type Mask, type MultiPolygon, rasterisePolygon } from '@roto/geometry';
import type { ModelPoint, Sam2Config } from '@roto/model';
import { TrackerError } from '../errors.ts';
import { maskToLogits, maskToModelSize } from './mask-input.ts';

/** A click in pixels of the video: inside the object, or on something that is not the object. */
export type Click = { readonly x: number; readonly y: number; readonly positive: boolean };

/**
 * What a person says about one object on one frame, in pixels of the video. It replaces what was said before about
 * that object on that frame, so a second click is given together with the first one.
 */
export type Prompt =
  /** This is the object, pixel by pixel. Empty: the object is not here. */
  | { readonly kind: 'mask'; readonly mask: Mask }
  | { readonly kind: 'polygon'; readonly polygon: MultiPolygon }
  /** The object fills this box; clicks may refine it. The part of the box outside the picture is cut off. */
  | { readonly kind: 'box'; readonly box: Box; readonly points?: readonly Click[] }
  /**
   * `previous`: the mask that the clicks correct. Without it, what the session holds of that frame is corrected: an
   * earlier prompt, or a tracked frame that it still remembers (see Retention.history).
   */
  | { readonly kind: 'points'; readonly points: readonly Click[]; readonly previous?: Mask };

/** A prompt in the model's space. */
export type ModelPrompt =
  | { readonly kind: 'mask'; readonly mask: Uint8Array }
  | { readonly kind: 'points'; readonly points: readonly ModelPoint[]; readonly previous: Float32Array | null };

/** Checks a prompt against the size of the video, without a model. Throws 'bad-prompt'. */
export function checkPrompt(prompt: Prompt, width: number, height: number): void {
  switch (prompt.kind) {
    case 'mask':
      checkMask(prompt.mask, width, height);
      break;
    case 'polygon':
      polygonMask(prompt.polygon, width, height);
      break;
    case 'box':
      boxInside(prompt.box, width, height);
      checkClicks(prompt.points ?? [], width, height);
      break;
    case 'points':
      if (prompt.points.length === 0)
        throw new TrackerError('bad-prompt', 'A prompt by points needs at least one point.');
      if (prompt.previous) checkMask(prompt.previous, width, height);
      checkClicks(prompt.points, width, height);
  }
}

/** Checks a prompt against the size of the video and takes it to model pixels. Throws 'bad-prompt'. */
export function toModelPrompt(prompt: Prompt, width: number, height: number, config: Sam2Config): ModelPrompt {
  switch (prompt.kind) {
    case 'mask':
      checkMask(prompt.mask, width, height);
      return { kind: 'mask', mask: maskToModelSize(prompt.mask, config.imageSize) };
    case 'polygon': {
      const mask = polygonMask(prompt.polygon, width, height);
      return { kind: 'mask', mask: maskToModelSize(mask, config.imageSize) };
    }
    case 'box':
      checkPrompt(prompt, width, height);
      return {
        kind: 'points',
        points: [
          ...boxCorners(prompt.box, width, height, config),
          ...clicks(prompt.points ?? [], width, height, config),
        ],
        previous: null,
      };
    case 'points': {
      checkPrompt(prompt, width, height);
      const { imageSize, lowSize } = config;
      const previous = prompt.previous
        ? maskToLogits(maskToModelSize(prompt.previous, imageSize), imageSize, lowSize)
        : null;
      return { kind: 'points', points: clicks(prompt.points, width, height, config), previous };
    }
  }
}

/** What a prompt outlines pixel by pixel; undefined for clicks and boxes. The prompt has been checked. */
export function outlineOf(prompt: Prompt, width: number, height: number): Mask | undefined {
  if (prompt.kind === 'mask') return prompt.mask;
  return prompt.kind === 'polygon' ? polygonMask(prompt.polygon, width, height) : undefined;
}

function checkMask(mask: Mask, width: number, height: number): void {
  if (mask.width !== width || mask.height !== height || mask.data.length !== width * height)
    throw new TrackerError(
      'bad-prompt',
      `The mask is ${mask.width}×${mask.height} with ${mask.data.length} pixels, but the video is ${width}×${height}.`,
    );
}

function polygonMask(polygon: MultiPolygon, width: number, height: number): Mask {
  const mask = rasterisePolygon(polygon, width, height);
  if (mask.data.includes(1)) return mask;
  throw new TrackerError(
    'bad-prompt',
    `The polygon covers no pixel of the ${width}×${height} picture. Are its points in pixels of this video?`,
  );
}

/** The part of the box that the picture has. */
function boxInside(box: Box, width: number, height: number): Box {
  const shown = [box.x0, box.y0, box.x1, box.y1];
  const inside = shown.every(Number.isFinite) ? clampBox(box, width, height) : null;
  if (inside && inside.x1 > inside.x0 && inside.y1 > inside.y0) return inside;
  throw new TrackerError(
    'bad-prompt',
    `The box (${shown.join(', ')}) has no area inside the ${width}×${height} picture; it must be x0, y0, x1, y1 with x0 < x1 and y0 < y1.`,
  );
}

function checkClicks(points: readonly Click[], width: number, height: number): void {
  for (const { x, y } of points)
    if (!(x >= 0 && x <= width && y >= 0 && y <= height))
      throw new TrackerError('bad-prompt', `The point (${x}, ${y}) lies outside the ${width}×${height} picture.`);
}

/** A box enters as its two corners, labels 2 and 3, before any click (sam2-model 4.2). */
function boxCorners(box: Box, width: number, height: number, { imageSize }: Sam2Config): ModelPoint[] {
  const inside = boxInside(box, width, height);
  return [
    { x: scale(inside.x0, width, imageSize), y: scale(inside.y0, height, imageSize), label: 2 },
    { x: scale(inside.x1, width, imageSize), y: scale(inside.y1, height, imageSize), label: 3 },
  ];
}

function clicks(points: readonly Click[], width: number, height: number, { imageSize }: Sam2Config): ModelPoint[] {
  return points.map(({ x, y, positive }) => ({
    x: scale(x, width, imageSize),
    y: scale(y, height, imageSize),
    label: positive ? 1 : 0,
  }));
}

/** Video pixels to model pixels, rounded as torch does: the quotient first, then the product. */
function scale(value: number, length: number, size: number): number {
  return Math.fround(Math.fround(Math.fround(value) / length) * size);
}
