import { stat } from 'node:fs/promises';
import type { Json } from '@roto/annotations/results';
import {
  type CompressedRle,
  compressRle,
  createMask,
  decodeRle,
  decompressRle,
  encodeRle,
  GeometryError,
  type Mask,
} from '@roto/geometry';
import { MediaError, readMaskImage, type SourceInfo } from '@roto/media';
import { checkPrompt, type Prompt } from '@roto/tracker';
import { inputError, usageError } from '../errors.ts';
import type { FramePrompt, ObjectPlan, PromptShape } from './plan.ts';
import { Problems } from './problems.ts';

/** A plan with its masks read, in the tracker's words, and as the prompts file that would say the same. */
export type ResolvedObject = {
  readonly id: number;
  readonly label: string;
  readonly prompts: readonly { readonly frame: number; readonly prompt: Prompt }[];
  readonly json: Json;
};

/**
 * Reads the masks of the plans, and compares every prompt with the frames and the size of the video; no model is needed.
 * Throws what is wrong with the prompt of the command line, or all that is wrong with a prompts file.
 */
export async function resolvePrompts(plans: readonly ObjectPlan[], info: SourceInfo): Promise<ResolvedObject[]> {
  const objects: ResolvedObject[] = [];
  const problems = new Problems();
  for (const plan of plans) {
    const { id, label } = plan;
    const prompts = [];
    for (const framed of plan.prompts)
      try {
        prompts.push({ frame: framed.frame, prompt: await resolvePrompt(framed, info) });
      } catch (error) {
        problems.add(plan, framed, error);
      }
    const json = { id, label, prompts: prompts.map(({ frame, prompt }) => ({ frame, ...promptJson(prompt) })) };
    objects.push({ id, label, prompts, json });
  }
  problems.throwIfAny();
  return objects;
}

async function resolvePrompt({ frame, shape }: FramePrompt, info: SourceInfo): Promise<Prompt> {
  if (frame >= info.frameCount) throw usageError(`${frameRange(info)}; there is no frame ${frame} to prompt.`);
  // All prompts are said before the pass begins, so there is no mask yet that such clicks could take something from.
  if (shape.kind === 'points' && !shape.points.some(({ positive }) => positive))
    throw usageError(
      'All clicks are beside the object (-), so nothing says where it is. Add a click on it (+), or a box; where it is ' +
        'not in the picture, a prompts file says "absent": true.',
    );
  const prompt = await toPrompt(shape, info);
  checkPrompt(prompt, info.width, info.height);
  return prompt;
}

/** `clip.mp4 has frames 0 to 13`. */
export function frameRange({ name, frameCount }: SourceInfo): string {
  return `${name} has ${frameCount === 1 ? 'frame 0 only' : `frames 0 to ${frameCount - 1}`}`;
}

async function toPrompt(shape: PromptShape, { width, height }: SourceInfo): Promise<Prompt> {
  switch (shape.kind) {
    case 'polygon':
      return { kind: 'polygon', polygon: shape.region };
    case 'box':
      return { kind: 'box', box: shape.box, points: shape.points };
    case 'points':
      return { kind: 'points', points: shape.points };
    case 'absent':
      return { kind: 'mask', mask: createMask(width, height) };
    case 'rle': {
      // Compared first: a size that is a lie would be memory for nothing.
      const [rows, columns] = shape.rle.size;
      checkSize({ width: columns, height: rows }, width, height, 'The mask of the run lengths (rle)');
      return { kind: 'mask', mask: readRle(shape.rle) };
    }
    case 'mask-file': {
      const mask = await readMask(shape.path);
      checkSize(mask, width, height, shape.path);
      if (!mask.data.includes(1))
        throw usageError(
          `${shape.path}: the mask is black throughout, or clear, so there is nothing to track. Paint the object in any other ` +
            'colour, or say "absent": true in a prompts file when it is not on this frame.',
        );
      return { kind: 'mask', mask };
    }
  }
}

function readRle(rle: CompressedRle): Mask {
  try {
    return decodeRle(decompressRle(rle));
  } catch (cause) {
    if (!(cause instanceof GeometryError)) throw cause;
    throw usageError(`The run lengths (rle) cannot be used: ${cause.message}`);
  }
}

/** The mask of an image: what is neither black nor clear. */
export async function readMask(file: string): Promise<Mask> {
  if ((await stat(file).catch(() => undefined))?.isDirectory())
    throw inputError(`${file}: a mask must be one image, this is a folder.`);
  const { width, height, data } = await readMaskImage(file).catch((error: unknown) => {
    if (!(error instanceof MediaError) || error.code !== 'mixed-list') throw error;
    throw inputError(`${file}: a mask must be one image, this is a video.`);
  });
  const mask = createMask(width, height);
  mask.data.set(data);
  return mask;
}

function checkSize(mask: Pick<Mask, 'width' | 'height'>, width: number, height: number, what: string): void {
  if (mask.width === width && mask.height === height) return;
  throw usageError(
    `${what} is ${mask.width} × ${mask.height}, but the video is ${width} × ${height}. Make the mask at the size of the video.`,
  );
}

function promptJson(prompt: Prompt): Record<string, Json> {
  switch (prompt.kind) {
    case 'polygon':
      return {
        region: prompt.polygon.map(({ outer, holes }) => ({ outer: [...outer], holes: holes.map((h) => [...h]) })),
      };
    case 'mask': {
      const { size, counts } = compressRle(encodeRle(prompt.mask));
      return prompt.mask.data.includes(1) ? { rle: { size: [...size], counts } } : { absent: true };
    }
    case 'box': {
      const { x0, y0, x1, y1 } = prompt.box;
      const points = prompt.points ?? [];
      return { box: [x0, y0, x1, y1], ...(points.length > 0 && { points: points.map(clickJson) }) };
    }
    case 'points':
      return { points: prompt.points.map(clickJson) };
  }
}

function clickJson({ x, y, positive }: { x: number; y: number; positive: boolean }): Json {
  return [x, y, positive ? '+' : '-'];
}
