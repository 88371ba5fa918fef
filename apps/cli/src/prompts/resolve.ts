import type { Json } from '@roto/annotations';
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
import { openSource, type SourceInfo } from '@roto/media';
import type { Prompt } from '@roto/tracker';
import { inputError, usageError } from '../errors.ts';
import type { ObjectPlan, PromptShape } from './plan.ts';

/** A plan with its masks read, in the tracker's words, and as the prompts file that would say the same. */
export type ResolvedObject = {
  readonly id: number;
  readonly label: string;
  readonly prompts: readonly { readonly frame: number; readonly prompt: Prompt }[];
  readonly json: Json;
};

/** Reads the masks of the plans. Throws MediaError for images that cannot be read, usage errors for the rest. */
export async function resolvePrompts(plans: readonly ObjectPlan[], info: SourceInfo): Promise<ResolvedObject[]> {
  const objects: ResolvedObject[] = [];
  for (const { id, label, prompts } of plans) {
    const resolved = [];
    for (const { frame, shape } of prompts) resolved.push({ frame, prompt: await toPrompt(shape, info) });
    const json = { id, label, prompts: resolved.map(({ frame, prompt }) => ({ frame, ...promptJson(prompt) })) };
    objects.push({ id, label, prompts: resolved, json });
  }
  return objects;
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
      const mask = readRle(shape.rle);
      checkSize(mask, width, height, 'The mask of a prompt (rle)');
      return { kind: 'mask', mask };
    }
    case 'mask-file': {
      const mask = await readMask(shape.path);
      checkSize(mask, width, height, shape.path);
      if (!mask.data.includes(1))
        throw usageError(
          `${shape.path}: the mask is black throughout, so there is nothing to track. Paint the object in any other ` +
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
    throw usageError(`The run lengths (rle) of a prompt cannot be used: ${cause.message}`);
  }
}

/** The non-black pixels of an image. */
export async function readMask(file: string): Promise<Mask> {
  await using source = await openSource(file);
  if (source.info.kind !== 'images' || source.info.frameCount !== 1)
    throw inputError(
      `${file}: a mask must be one image, this is ${source.info.kind === 'video' ? 'a video' : 'a folder'}.`,
    );
  const { rgb, width, height } = await source.read(0);
  const mask = createMask(width, height);
  for (let i = 0; i < mask.data.length; i++) mask.data[i] = rgb[3 * i]! | rgb[3 * i + 1]! | rgb[3 * i + 2]! ? 1 : 0;
  return mask;
}

function checkSize(mask: Mask, width: number, height: number, what: string): void {
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
