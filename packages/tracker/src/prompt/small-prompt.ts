import { type Mask, maskBounds, maskIou } from '@roto/geometry';
import type { Sam2Config } from '@roto/model';
import { logitsToMask } from '../logits/logits-to-mask.ts';
import { maskToLogits, maskToModelSize } from './mask-input.ts';

/** Below this IoU with what a person outlined, the model's form of it is not shown in its place. */
const LEAST_IOU = 0.75;

/** Enlargements that are tried to find out from which size on a model holds an outline. */
const ENLARGEMENTS = [1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32, 48, 64];

/** Sides of a box in pixels of the video. */
export type Size = { readonly width: number; readonly height: number };

/**
 * An outline that is too small for the model, which sees the picture in fewer and larger cells.
 *   size       of the box around it
 *   worksFrom  the size of that box from which on the model would hold the same form; null where no size would
 */
export type SmallPrompt = { readonly size: Size; readonly worksFrom: Size | null };

/** Whether the model's form of a mask prompt is far from what was outlined; undefined where it is near enough. */
export function smallPrompt(outline: Mask, low: Float32Array, config: Sam2Config): SmallPrompt | undefined {
  const box = maskBounds(outline);
  if (!box) return undefined;
  const { mask } = logitsToMask(low, config.lowSize, outline.width, outline.height);
  if (maskIou(mask, outline) >= LEAST_IOU) return undefined;
  const size = { width: box.x1 - box.x0, height: box.y1 - box.y0 };
  for (const factor of ENLARGEMENTS) {
    const larger = enlarged(outline, factor);
    if (!larger) break;
    if (iouInModel(larger.mask, config) >= LEAST_IOU) return { size, worksFrom: larger.size };
  }
  return { size, worksFrom: null };
}

/** The same in words: what is lost, from which size on it would work, and what to do. */
export function smallPromptText({ size, worksFrom }: SmallPrompt, { imageSize }: Sam2Config): string {
  const works = worksFrom
    ? `it would hold this form from about ${worksFrom.width} × ${worksFrom.height} on`
    : 'it would hold this form at no size';
  return (
    `an outline of ${size.width} × ${size.height} pixels is too small or too thin for the model, which sees the picture as ` +
    `${imageSize} × ${imageSize}: ${works}. The outline itself is shown on its frame, and the object may be lost on the ` +
    'next ones. Use a model that sees more, or cut the video to the part around the object'
  );
}

function iouInModel(mask: Mask, { imageSize, lowSize }: Sam2Config): number {
  const low = maskToLogits(maskToModelSize(mask, imageSize), imageSize, lowSize);
  return maskIou(logitsToMask(low, lowSize, mask.width, mask.height).mask, mask);
}

/** The same form `factor` times as large about its middle, moved to lie inside; undefined where it does not fit in. */
function enlarged(outline: Mask, factor: number): { mask: Mask; size: Size } | undefined {
  const { width, height } = outline;
  const box = maskBounds(outline)!;
  const size = { width: Math.round((box.x1 - box.x0) * factor), height: Math.round((box.y1 - box.y0) * factor) };
  // A bar that is as long as the picture only grows in its other direction.
  const shown = { width: Math.min(size.width, width), height: Math.min(size.height, height) };
  if (shown.width * shown.height >= width * height) return undefined;
  const left = place((box.x0 + box.x1 - shown.width) / 2, width - shown.width);
  const top = place((box.y0 + box.y1 - shown.height) / 2, height - shown.height);
  const data = new Uint8Array(width * height);
  for (let y = 0; y < shown.height; y++) {
    const from = box.y0 + Math.floor(((y + 0.5) * (box.y1 - box.y0)) / shown.height);
    for (let x = 0; x < shown.width; x++) {
      const column = box.x0 + Math.floor(((x + 0.5) * (box.x1 - box.x0)) / shown.width);
      data[(top + y) * width + left + x] = outline.data[from * width + column]!;
    }
  }
  return { mask: { width, height, data }, size: shown };
}

function place(wanted: number, most: number): number {
  return Math.round(Math.min(Math.max(wanted, 0), most));
}
