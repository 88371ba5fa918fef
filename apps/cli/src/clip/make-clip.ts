import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { davisPath, davisPng, type ResultHeader } from '@roto/annotations/results';
import { encodeRle, type Mask, maskBounds, simplifyMask } from '@roto/geometry';
import { type VideoFrame, writeVideo } from '@roto/media';
import { type Difficulty, makeScene, renderFrame, type Scene, trackedActors } from '@roto/sample';
import { type Clip, checkClipFolder, clipFiles, holdsClip, replaceClip, SEQUENCE } from './clip-folder.ts';

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

export type ClipWork = {
  readonly signal: AbortSignal;
  readonly report: (done: number, total: number) => void;
  /** Whether files that are not ours may be replaced; undefined where the command has no option for that. */
  readonly overwrite: boolean | undefined;
};

/**
 * Renders the clip of a seed: the video, its true masks, and outlines of the objects for `roto track --prompts`.
 * A folder that holds the same clip already is left as it is; another clip of ours there is replaced.
 */
export async function makeClip(folder: string, options: ClipOptions, work: ClipWork): Promise<Clip> {
  const description = { generator: GENERATOR, ...options };
  if (await holdsClip(folder, description)) return clipFiles(folder);
  await checkClipFolder(folder, work.overwrite);
  const scene = {
    ...makeScene({ ...options, frameCount: Math.max(options.frameCount, FULL) }),
    frameCount: options.frameCount,
  };
  return await replaceClip(folder, description, async (draft) => {
    const first = new Map<number, { frame: number; mask: Mask }>();
    await writeVideo(draft.video, scene, frames(scene, draft.truth, first, work), work.signal);
    await writeFile(draft.prompts, `${JSON.stringify(promptsFile(scene, first), null, 1)}\n`);
    work.signal.throwIfAborted();
  });
}

/** Renders one frame after the other; writes its true masks and notes where each object is seen first. */
async function* frames(
  scene: Scene,
  truth: string,
  first: Map<number, { frame: number; mask: Mask }>,
  { signal, report }: ClipWork,
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
    await writeFile(path.join(truth, path.basename(davisPath(SEQUENCE, index))), png);
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
