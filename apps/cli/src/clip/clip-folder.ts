import { randomBytes } from 'node:crypto';
import { lstat, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { davisPath } from '@roto/annotations/results';
import { makeFolder } from '@roto/model';
import { outputError } from '../errors.ts';
import { diskError } from '../track/output-folder.ts';

/** The files of a rendered clip. */
export type Clip = {
  readonly video: string;
  /** Folder of the true masks: indexed PNGs, `00000.png` …, a pixel's value is its object's id. */
  readonly truth: string;
  readonly prompts: string;
};

export const SEQUENCE = 'clip';

/** Says which clip the folder holds, and that its files are ours to replace. */
const MARK = 'sample.json';

/** What a killed process was rendering. */
const LEFT_OVER = /^\.sample\.[0-9a-f]+\.partial$/;

export function clipFiles(folder: string): Clip {
  return {
    video: path.join(folder, 'clip.mp4'),
    truth: path.dirname(path.join(folder, davisPath(SEQUENCE, 0))),
    prompts: path.join(folder, 'prompts.json'),
  };
}

/** A clip as its mark describes it: equal text, equal files. */
export type Description = { readonly generator: number; readonly frameCount: number };

/** Whether the folder holds all of the described clip, and no masks of another one beside it. */
export async function holdsClip(folder: string, description: Description): Promise<boolean> {
  const { video, truth, prompts } = clipFiles(folder);
  if ((await readMark(folder)) !== markText(description)) return false;
  const masks = await readdir(truth).catch(() => []);
  return masks.length === description.frameCount && (await isThere(video)) && (await isThere(prompts));
}

/**
 * Refuses a folder in which files of these names are not ours: no mark says so.
 * @param overwrite  true: they may be replaced; false: the command has an option for that; undefined: it has none
 */
export async function checkClipFolder(folder: string, overwrite: boolean | undefined): Promise<void> {
  if (overwrite || isMark(await readMark(folder))) return;
  const found: string[] = [];
  for (const file of [...Object.values(clipFiles(folder)), path.join(folder, MARK)])
    if (await isThere(file)) found.push(path.relative(folder, file));
  if (found.length === 0) return;
  const remedy = overwrite === undefined ? 'Choose' : 'Add --overwrite to replace that, or choose';
  throw outputError(`${folder} holds ${found.join(', ')}, but no sample of roto. ${remedy} another folder with -o.`);
}

/**
 * Has `render` write a clip to a folder of its own inside of `folder`, and moves it into place when it is whole. When that
 * fails or is interrupted, what stood there before still stands, and folders made for it are gone.
 */
export async function replaceClip(
  folder: string,
  description: Description,
  render: (draft: Clip) => Promise<void>,
): Promise<Clip> {
  const draft = path.join(folder, `.sample.${randomBytes(4).toString('hex')}.partial`);
  let made: string | undefined;
  let done = false;
  try {
    made = await makeFolder(folder);
    for (const name of await readdir(folder))
      if (LEFT_OVER.test(name)) await rm(path.join(folder, name), { recursive: true });
    await makeFolder(clipFiles(draft).truth);
    await render(clipFiles(draft));
    await moveInto(folder, draft, description);
    done = true;
    return clipFiles(folder);
  } catch (error) {
    throw diskError(folder, error);
  } finally {
    await rm(draft, { recursive: true, force: true }).catch(() => undefined); // the first error is the one to tell
    if (!done && made !== undefined) await removeEmpty(path.resolve(folder), path.resolve(made));
  }
}

/** Between the first move and the last the mark says so; a folder that a kill left like that is still ours. */
async function moveInto(folder: string, draft: string, description: Description): Promise<void> {
  const mark = async (text: string) => {
    await writeFile(path.join(draft, MARK), text);
    await rm(path.join(folder, MARK), { recursive: true, force: true });
    await rename(path.join(draft, MARK), path.join(folder, MARK));
  };
  await mark(`${JSON.stringify({ generator: description.generator, unfinished: true })}\n`);
  const [from, to] = [clipFiles(draft), clipFiles(folder)];
  await makeFolder(path.dirname(to.truth));
  for (const part of ['video', 'truth', 'prompts'] as const) {
    await rm(to[part], { recursive: true, force: true });
    await rename(from[part], to[part]);
  }
  await mark(markText(description));
}

async function removeEmpty(folder: string, upTo: string): Promise<void> {
  for (let at = folder; ; at = path.dirname(at)) {
    const gone = await rmdir(at).then(
      () => true,
      () => false, // somebody else put something there
    );
    if (!gone || at === upTo) return;
  }
}

function markText(description: Description): string {
  return `${JSON.stringify(description)}\n`;
}

function readMark(folder: string): Promise<string | undefined> {
  return readFile(path.join(folder, MARK), 'utf8').catch(() => undefined);
}

/** A description of ours, of whichever clip. */
function isMark(text: string | undefined): boolean {
  try {
    return typeof JSON.parse(text ?? 'null')?.generator === 'number';
  } catch {
    return false;
  }
}

function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}
