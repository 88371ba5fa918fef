import { AnnotationError } from '../errors.ts';
import { safePath } from './path.ts';
import { frameName, type TaskInfo, taskFrame } from './task.ts';

/** Endings that a file beside a picture, or a picture of another kind, may have instead of the picture's own. */
const FILE_TYPES = /\.(jpe?g|png|bmp|gif|tiff?|webp|jp2|avif|heic|pgm|ppm|txt|xml|json)$/i;

/** Names of frames that a message shows. */
const SHOWN = 3;

/**
 * Finds the frames that a file names. A name is compared whole; then without its extension; then without regard to
 * folders, case and the way letters are composed. Each step counts only if it leaves one frame. Digits inside a name say
 * nothing, because on another's pictures they are off by one or more; only `frame_12` or `12` of a video, which is how
 * CVAT and DAVIS call frames, are numbers of source frames.
 */
export class FrameNames {
  readonly #task: TaskInfo;
  readonly #exact = new Map<string, number[]>();
  readonly #stems = new Map<string, number[]>();
  /** By the last part of the path, compared loosely: with and without extension. */
  readonly #loose = new Map<string, number[]>();
  readonly #looseStems = new Map<string, number[]>();

  constructor(task: TaskInfo) {
    this.#task = task;
    for (let frame = 0; frame < task.frameCount; frame++) {
      const name = frameName(task, frame);
      for (const form of new Set([name, safePath(name)])) {
        enter(this.#exact, form, frame);
        enter(this.#stems, withoutType(form), frame);
        enter(this.#loose, lastPart(loosely(form)), frame);
        enter(this.#looseStems, lastPart(withoutType(loosely(form))), frame);
      }
    }
  }

  /** The frame of a name, or of the source's frame `id` where the file gives one. Throws 'frame', naming both sides. */
  find(name: string, where: string, id?: number): number {
    const frames = this.candidates(name);
    if (frames.length === 1) return frames[0]!;
    const byId = id === undefined ? undefined : taskFrame(this.#task, id);
    if (byId !== undefined && (frames.length === 0 || frames.includes(byId))) return byId;
    throw new AnnotationError('frame', `${where}: ${this.#problem(name, frames, id)}`);
  }

  /** Whether the name alone leaves one frame. */
  has(name: string): boolean {
    return this.candidates(name).length === 1;
  }

  /** All frames that the name may mean; none, one, or several that it does not tell apart. */
  candidates(name: string): readonly number[] {
    const given = withoutType(name);
    // A stem with a dot in it is taken as it stands before something is cut off.
    const found = this.#exact.get(name) ?? this.#stems.get(name) ?? this.#stems.get(given);
    if (found?.length === 1) return found;
    const loose = loosely(name);
    const likes =
      this.#loose.get(lastPart(loose)) ??
      this.#looseStems.get(lastPart(loose)) ??
      this.#looseStems.get(lastPart(withoutType(loose)));
    if (likes) return this.#nearest(loose, found ?? likes);
    if (found) return found;
    const number = /^(?:frame_)?0*(\d{1,9})$/.exec(lastPart(withoutType(loose)));
    const frame = this.#task.kind === 'video' && number !== null ? taskFrame(this.#task, Number(number[1])) : undefined;
    return frame === undefined ? [] : [frame];
  }

  /** Of frames whose last parts are alike: those that have most folders in common with the name, from the end on. */
  #nearest(loose: string, frames: readonly number[]): readonly number[] {
    if (frames.length < 2) return frames;
    const wanted = withoutType(loose).split('/').reverse();
    const scored = frames.map((frame) => {
      const parts = withoutType(loosely(frameName(this.#task, frame)))
        .split('/')
        .reverse();
      let common = 0;
      while (common < wanted.length && common < parts.length && wanted[common] === parts[common]) common++;
      return { frame, common };
    });
    const most = scored.reduce((best, { common }) => Math.max(best, common), 0);
    return scored.filter(({ common }) => common === most).map(({ frame }) => frame);
  }

  #problem(name: string, frames: readonly number[], id: number | undefined): string {
    const task = this.#task;
    const show = (frame: number): string => `"${frameName(task, frame)}" (frame ${frame})`;
    if (frames.length > 1)
      return `"${name}" may be ${frames.slice(0, SHOWN).map(show).join(' or ')}${frames.length > SHOWN ? ' or others' : ''}; give the whole name.`;
    const near = this.#similar(name);
    const last = task.frameCount - 1;
    const all =
      near.length > 0
        ? `The nearest name is ${near.map(show).join(', ')}`
        : `Its frames are ${show(0)} to ${show(last)}`;
    const number = id === undefined ? '' : `, nor a frame ${id} of its source`;
    return `the task has no frame named "${name}"${number}. ${all}. Rename it in the file; numbers inside a name are not used.`;
  }

  /** Frames whose names are part of the name, or the other way, or end in the same digits. */
  #similar(name: string): number[] {
    const stem = lastPart(withoutType(loosely(name)));
    const digits = /\d+$/.exec(stem)?.[0];
    const found: number[] = [];
    for (const [other, frames] of this.#looseStems) {
      const holds = other.length > 2 && stem.length > 2 && (stem.includes(other) || other.includes(stem));
      if (holds || (digits !== undefined && other.endsWith(digits))) found.push(frames[0]!);
      if (found.length >= SHOWN) break;
    }
    return found.slice(0, 1);
  }
}

function enter(map: Map<string, number[]>, key: string, frame: number): void {
  const known = map.get(key);
  if (!known) map.set(key, [frame]);
  else if (known.at(-1) !== frame) known.push(frame);
}

/** One form for names that differ only in case, separators of folders, or composition of letters. */
function loosely(name: string): string {
  return name.normalize('NFC').replaceAll('\\', '/').toLowerCase();
}

export function withoutType(name: string): string {
  return name.replace(FILE_TYPES, '');
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
