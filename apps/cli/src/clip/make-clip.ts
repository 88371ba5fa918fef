import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { davisPath, davisPng, type ResultHeader } from '@roto/annotations';
import { encodeRle, type Mask, maskBounds, simplifyMask } from '@roto/geometry';
import { type VideoFrame, writeVideo } from '@roto/media';
import { type Difficulty, makeScene, renderFrame, type Scene, trackedActors } from '@roto/sample';
import { diskError } from '../track/output-folder.ts';

/** Raised when the same seed makes other pictures than before. */
const GENERATOR = 1;

/** Frames over which the scenes are laid out; a shorter clip is the beginning of one. */
const FULL = 120;

/** A person's outline keeps about this much; the least IoU of the prompt with the true mask. */
const OUTLINE_IOU = 0.95;

export type ClipOptions = {
  readonly seed: number;
  readonly difficulty: Difficulty;
  readonly frameCount: number;
  readonly width: number;
  readonly height: number;
};

/** The files of a rendered clip. */
export type Clip = {
  readonly video: string;
  /** Folder of the true masks: indexed PNGs, `00000.png` …, a pixel's value is its object's id. */
  readonly truth: string;
  readonly prompts: string;
};

const SEQUENCE = 'clip';

export function clipFiles(folder: string): Clip {
  return {
    video: path.join(folder, 'clip.mp4'),
    truth: path.dirname(path.join(folder, davisPath(SEQUENCE, 0))),
    prompts: path.join(folder, 'prompts.json'),
  };
}

/**
 * Renders the clip of a seed: the video, its true masks, and outlines of the objects for `roto track --prompts`.
 * A folder that holds the same clip already is left as it is.
 */
export async function makeClip(
  folder: string,
  options: ClipOptions,
  signal: AbortSignal,
  report: (done: number, total: number) => void,
): Promise<Clip> {
  const clip = clipFiles(folder);
  const description = `${JSON.stringify({ generator: GENERATOR, ...options })}\n`;
  const mark = path.join(folder, 'sample.json');
  if ((await readFile(mark, 'utf8').catch(() => '')) === description) return clip;
  const scene = {
    ...makeScene({ ...options, frameCount: Math.max(options.frameCount, FULL) }),
    frameCount: options.frameCount,
  };
  try {
    // The mark goes first and comes last, so that it never stands beside half a clip.
    await mkdir(clip.truth, { recursive: true });
    await rm(mark, { force: true });
    const first = new Map<number, { frame: number; mask: Mask }>();
    await writeVideo(clip.video, scene, frames(scene, folder, first, signal, report), signal);
    await writeFile(clip.prompts, `${JSON.stringify(promptsFile(scene, first), null, 1)}\n`);
    await writeFile(mark, description);
  } catch (error) {
    throw diskError(folder, error);
  }
  return clip;
}

/** Renders one frame after the other; writes its true masks and notes where each object is seen first. */
async function* frames(
  scene: Scene,
  folder: string,
  first: Map<number, { frame: number; mask: Mask }>,
  signal: AbortSignal,
  report: (done: number, total: number) => void,
): AsyncGenerator<VideoFrame> {
  const header = truthHeader(scene);
  for (let index = 0; index < scene.frameCount; index++) {
    signal.throwIfAborted();
    const { rgb, masks } = renderFrame(scene, index);
    const objects = masks.map((mask, place) => {
      const id = place + 1;
      const box = maskBounds(mask);
      if (box && !first.has(id)) first.set(id, { frame: index, mask });
      return { id, label: header.objects[place]!.label, mask: encodeRle(mask), presence: 1, predictedIou: 1, box };
    });
    const png = davisPng(header, { frame: index, timeSec: index / scene.frameRate, objects });
    await writeFile(path.join(folder, davisPath(SEQUENCE, index)), png);
    yield { rgb };
    report(index + 1, scene.frameCount);
  }
}

function truthHeader(scene: Scene): ResultHeader {
  const { width, height, frameCount, frameRate } = scene;
  return {
    source: { name: SEQUENCE, width, height, frameCount, frameRate },
    model: { name: 'truth' },
    objects: trackedActors(scene).map(({ name }, place) => ({ id: place + 1, label: name })),
    prompts: null,
  };
}

function promptsFile(scene: Scene, first: ReadonlyMap<number, { frame: number; mask: Mask }>): object {
  return {
    about: `Outlines of the objects of a rendered clip (seed ${scene.seed}, ${scene.difficulty}) where each is seen first.`,
    objects: trackedActors(scene).flatMap(({ name }, place) => {
      const seen = first.get(place + 1);
      if (!seen) return [];
      const { polygon } = simplifyMask(seen.mask, { minIou: OUTLINE_IOU });
      return [{ id: place + 1, label: name, prompts: [{ frame: seen.frame, region: polygon }] }];
    }),
  };
}
