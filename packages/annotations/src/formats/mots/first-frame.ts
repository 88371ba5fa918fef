import { AnnotationError } from '../../errors.ts';
import type { Place } from '../place.ts';
import type { Reading } from '../reading.ts';
import { frameName, sourceFrame, type TaskInfo, taskFrame } from '../task.ts';

/** How a file of numbers counts frames; the task's frame of a number. */
export type Counting = (number: number, place: Place) => number;

export type CountingEvidence = {
  /** All numbers of the file, each with its place. */
  readonly numbers: readonly { readonly value: number; readonly place: Place }[];
  /** What the file itself says. */
  readonly said?: number | undefined;
};

/**
 * Files of KITTI MOTS count frames from 0, those of MOTSChallenge from 1, and neither says so. What tells, in this order:
 * the import's own option; the numbers in the names of the task's images, where all have one, in order, which is how both
 * count and we write; a seqinfo.ini; a 0, or a number one past the last frame. Where all that is silent the two readings put every mask one frame apart: throws 'frame'.
 */
export function countingOf(evidence: CountingEvidence, reading: Reading): Counting {
  const { task, context, report } = reading;
  const byName = numberedNames(task);
  const asked = context.firstFrame ?? (evidence.said === 0 ? 0 : undefined);
  if (asked === undefined && byName && evidence.numbers.every(({ value }) => byName.has(value))) {
    report.say('Frames go by the numbers in the names of the images.');
    return (number) => byName.get(number)!;
  }
  const first = asked ?? evidence.said ?? firstOf(evidence, task);
  report.say(`Frames are counted from ${first}.`);
  return (number, place) => {
    const frame = taskFrame(task, number - first);
    if (frame !== undefined) return frame;
    const last = sourceFrame(task, task.frameCount - 1);
    throw new AnnotationError(
      'frame',
      `${place()}: the task has no frame ${number}; counted from ${first} it has ${task.startFrame + first} to ${last + first}${task.step === 1 ? '' : ` in steps of ${task.step}`}.`,
    );
  };
}

function firstOf({ numbers }: CountingEvidence, task: TaskInfo): 0 | 1 {
  const fits = ([0, 1] as const).filter((first) =>
    numbers.every(({ value }) => taskFrame(task, value - first) !== undefined),
  );
  if (fits.length === 1) return fits[0]!;
  const place = numbers[0]!.place();
  if (fits.length === 0) return 0;
  throw new AnnotationError(
    'frame',
    `${place}: frame ${numbers[0]!.value} is the task's frame ${numbers[0]!.value} if the file counts from 0, as KITTI does, and ${numbers[0]!.value - 1} if it counts from 1, as MOTSChallenge does; nothing in the file says which. Import it with --first-frame 0 or --first-frame 1 (first_frame).`,
  );
}

/** The number that MOTS text has for a frame: that in its image's name where all have one, in order, else the source's, from 0. */
export function numberingOf(task: TaskInfo): { first: number; of: (frame: number) => number } {
  const byName = numberedNames(task);
  const first = byName ? [...byName.keys()][0]! : 0;
  return { first, of: (frame) => (byName ? first + frame : sourceFrame(task, frame)) };
}

/** Frames by the numbers that end the names of the images; undefined unless every name has the next one. */
function numberedNames(task: TaskInfo): ReadonlyMap<number, number> | undefined {
  if (task.kind !== 'images') return undefined;
  const frames = new Map<number, number>();
  for (let frame = 0; frame < task.frameCount; frame++) {
    const digits = /(\d{1,9})(?:\.[^./]*)?$/.exec(frameName(task, frame));
    if (!digits || frames.has(Number(digits[1]))) return undefined;
    frames.set(Number(digits[1]), frame);
  }
  const inOrder = [...frames.keys()];
  return inOrder.every((number, i) => i === 0 || number === inOrder[i - 1]! + 1) ? frames : undefined;
}
