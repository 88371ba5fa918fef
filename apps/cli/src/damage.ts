import type { Damage, FrameRange, Gap, SourceInfo } from '@roto/media';
import { duration, megabytes, plural, printable } from './print.ts';

/** Places and ranges that are named; the JSON forms have the first hundred. */
const NAMED = 3;

/** What is damaged, each thing as a clause for people; nothing where nothing is known. */
export function damageClauses({ damage, frameCount, kind }: SourceInfo): string[] {
  if (!damage) return [];
  const { unreadableFrames, unreadable, doubtfulFrames, doubtful, missingBytes } = damage;
  const clauses = [...lostClauses(damage, frameCount)];
  if (unreadableFrames > 0) {
    const which = `${unreadableFrames} of ${plural(frameCount, kind === 'video' ? 'frame' : 'image')} (${ranges(unreadable)})`;
    clauses.push(
      kind === 'video'
        ? `without a picture: ${which}; roto track takes the picture before in their place`
        : `cannot be decoded: ${which}`,
    );
  }
  if (doubtfulFrames > 0)
    clauses.push(
      `may look wrong, being made from damaged data: ${doubtfulFrames} of ${plural(frameCount, 'frame')} (${ranges(doubtful)})`,
    );
  if (missingBytes > 0) {
    const size = missingBytes < 1e5 ? plural(missingBytes, 'byte') : megabytes(missingBytes);
    clauses.push(`the file is ${size} shorter than it says itself`);
  }
  return clauses;
}

/** The same in one line. */
export function damageWarning(info: SourceInfo): string | undefined {
  const clauses = damageClauses(info);
  return clauses.length === 0 ? undefined : `${printable(info.name)}: damaged: ${clauses.join('; ')}.`;
}

function* lostClauses({ lostFrames, gaps, uncounted }: Damage, frameCount: number): Generator<string> {
  if (gaps.length === 0) return;
  const where = gaps.slice(0, NAMED).map((gap) => place(gap, frameCount, gaps.length > 1));
  const places = `(${where.join('; ')}${gaps.length > NAMED ? '; and further on' : ''})`;
  if (lostFrames === 0) yield `frames may be missing, how many is not known ${places}`;
  else if (uncounted) yield `at least ${plural(lostFrames, 'frame')} cannot be read ${places}`;
  else yield `${lostFrames} of ${plural(frameCount + lostFrames, 'frame')} cannot be read ${places}`;
  if (gaps[0]!.beforeFrame < frameCount)
    yield 'they have no number: the frames after them keep their times, and are numbered on without a hole';
}

/** `counted`: there are several, so each says how many frames it has. */
function place({ beforeFrame, frames, fromSec }: Gap, frameCount: number, counted: boolean): string {
  const count = counted && frames > 0 ? `${frames} ` : '';
  if (beforeFrame === 0) return `${count}before frame 0`;
  if (beforeFrame === frameCount) return `${count}after frame ${frameCount - 1}, from ${duration(fromSec)} to the end`;
  return `${count}between frames ${beforeFrame - 1} and ${beforeFrame}, at ${duration(fromSec)}`;
}

function ranges(listed: readonly FrameRange[]): string {
  const names = listed.slice(0, NAMED).map(({ from, to }) => (from === to ? `${from}` : `${from} to ${to}`));
  const isOne = listed.length === 1 && listed[0]!.from === listed[0]!.to;
  return `${isOne ? 'frame' : 'frames'} ${names.join(', ')}${listed.length > NAMED ? ' and others' : ''}`;
}
