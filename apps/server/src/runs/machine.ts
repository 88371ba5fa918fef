/**
 * The life of a run as values: what is there, what happens, what is there then. Nothing here knows the database, the
 * clock or HTTP. A run that is queued or running always has a frame to go on to.
 */
import { along, direction, nextFrame, type Pass } from './pass.ts';

export type RunState = 'queued' | 'running' | 'finished' | 'cancelled' | 'failed';
/** barrier: a frame of a person comes next. gone: it was deleted. lost: out of sight when its agent had to be replaced. */
export type ObjectEnd = 'barrier' | 'gone' | 'lost';

export type RunObject = {
  /** Names the object on the agent's side. */
  readonly ordinal: number;
  /** First frame, seen from the start, that must not be written; null: none. */
  readonly barrierFrame: number | null;
  /** Last frame that is saved of it, found or not; the start frame before any. */
  readonly lastFrame: number;
  readonly end: ObjectEnd | null;
};

export type Run = Pass & {
  readonly state: RunState;
  /** Last frame, seen from the start, that is saved for all objects that have not ended. */
  readonly doneFrame: number;
  readonly message: string;
  readonly objects: readonly RunObject[];
};

/** What became of one object on one frame. */
export type Outcome = 'saved' | 'barrier' | 'gone';

export type RunEvent =
  | { readonly kind: 'taken' }
  /** Its agent fell silent or gave up, and another may take it. */
  | { readonly kind: 'returned' }
  /** `outcomes` by ordinal: all objects that have not ended, or some of them, on the frame that comes next. */
  | { readonly kind: 'saved'; readonly frame: number; readonly outcomes: ReadonlyMap<number, Outcome> }
  | { readonly kind: 'lost'; readonly ordinals: readonly number[] }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'cancelled' }
  /** `barriers` by ordinal: the first frames of persons after the frame that is done. */
  | { readonly kind: 'continued'; readonly targetFrame: number; readonly barriers: ReadonlyMap<number, number | null> };

/** What happens does not fit what is there. */
export class RunRefusal extends Error {
  override readonly name = 'RunRefusal';
  readonly code = 'run-refusal';
}

export function isUnderWay(run: Pick<Run, 'state'>): boolean {
  return run.state === 'queued' || run.state === 'running';
}

/** A new run; finished at once when every object stands before a frame of a person. */
export function begin(pass: Pass, barriers: readonly (number | null)[]): Run {
  if (direction(pass) === 0)
    throw new RunRefusal(`Frame ${pass.targetFrame} is where the run starts; choose another target.`);
  return settle({
    ...pass,
    state: 'queued',
    doneFrame: pass.startFrame,
    message: '',
    objects: barriers.map((barrierFrame, ordinal) => ({
      ordinal,
      barrierFrame,
      lastFrame: pass.startFrame,
      end: null,
    })),
  });
}

export function step(run: Run, event: RunEvent): Run {
  switch (event.kind) {
    case 'taken':
      return underWay(run, event.kind, { ...run, state: 'running' });
    case 'returned':
      return underWay(run, event.kind, { ...run, state: 'queued' });
    case 'saved':
      return underWay(run, event.kind, saved(run, event.frame, event.outcomes));
    case 'lost': {
      const lost = new Set(event.ordinals);
      const objects = run.objects.map((each) =>
        lost.has(each.ordinal) && !each.end ? { ...each, end: 'lost' as const } : each,
      );
      return underWay(run, event.kind, settle({ ...run, objects }));
    }
    case 'failed':
      return underWay(run, event.kind, { ...run, state: 'failed', message: event.error });
    case 'cancelled':
      return underWay(run, event.kind, {
        ...run,
        state: 'cancelled',
        message: `Cancelled; frames up to ${run.doneFrame} are kept.`,
      });
    case 'continued':
      return continued(run, event.targetFrame, event.barriers);
  }
}

/** The frame that comes next, and the objects of it that are not yet saved. Null when nothing is left. */
export function ahead(run: Run): { readonly frame: number; readonly ordinals: readonly number[] } | null {
  if (!isUnderWay(run)) return null;
  const frame = nextFrame(run, run.doneFrame);
  if (frame === null) return null;
  const ordinals = run.objects
    .filter((each) => !each.end && along(run, each.lastFrame) < along(run, frame))
    .map((each) => each.ordinal);
  return ordinals.length > 0 ? { frame, ordinals } : null;
}

function underWay(run: Run, what: RunEvent['kind'], next: Run): Run {
  if (!isUnderWay(run)) throw new RunRefusal(`The run is ${run.state}; it cannot be ${what} any more.`);
  return next;
}

function saved(run: Run, frame: number, outcomes: ReadonlyMap<number, Outcome>): Run {
  const expected = ahead(run);
  if (expected?.frame !== frame)
    throw new RunRefusal(
      `Frame ${frame} does not come next; ${expected ? `frame ${expected.frame} does` : 'nothing is left'}.`,
    );
  const objects = run.objects.map((each) => {
    const outcome = outcomes.get(each.ordinal);
    if (!outcome || !expected.ordinals.includes(each.ordinal)) return each;
    if (outcome === 'saved') return { ...each, lastFrame: frame };
    return outcome === 'gone'
      ? { ...each, end: 'gone' as const }
      : { ...each, end: 'barrier' as const, barrierFrame: frame };
  });
  return settle({ ...run, state: 'running', objects });
}

function continued(run: Run, targetFrame: number, barriers: ReadonlyMap<number, number | null>): Run {
  if (direction({ ...run, targetFrame }) !== direction(run))
    throw new RunRefusal(
      `The run goes ${direction(run) > 0 ? 'forward' : 'backward'} from frame ${run.startFrame}; frame ${targetFrame} is not on its way.`,
    );
  const objects = run.objects.map((each) => {
    if (each.end === 'gone' || each.end === 'lost' || each.lastFrame !== run.doneFrame) return each;
    return { ...each, end: null, barrierFrame: barriers.get(each.ordinal) ?? null };
  });
  const next = settle({ ...run, targetFrame, objects, state: isUnderWay(run) ? run.state : 'queued', message: '' });
  if (isUnderWay(next) || isUnderWay(run)) return next;
  if (nextFrame(next, run.doneFrame) === null)
    throw new RunRefusal(`Frames up to ${run.doneFrame} are done; choose a target past it.`);
  throw new RunRefusal(`Nothing can go on: ${next.message} Start a new run from there.`);
}

/** Ends objects that stand before a barrier, moves on when a frame is whole, and ends the run when nothing is left. */
function settle(run: Run): Run {
  if (!isUnderWay(run)) return run;
  const objects = run.objects.map((each) => {
    if (each.end || each.barrierFrame === null) return each;
    const next = nextFrame(run, each.lastFrame);
    const stands = next !== null && along(run, next) >= along(run, each.barrierFrame);
    return stands ? { ...each, end: 'barrier' as const } : each;
  });
  const next = nextFrame(run, run.doneFrame);
  const done =
    next !== null &&
    objects.every((each) => each.end || each.lastFrame === next) &&
    objects.some((each) => each.lastFrame === next);
  const settled = { ...run, objects, doneFrame: done ? next : run.doneFrame };
  return ahead(settled) ? settled : { ...settled, state: 'finished', message: howItEnded(settled) };
}

function howItEnded(run: Run): string {
  const alone = run.objects.length === 1;
  const sentences: string[] = [];
  if (run.objects.some((each) => !each.end)) sentences.push(`Reached frame ${run.doneFrame}.`);
  const barriers = Map.groupBy(
    run.objects.filter((each) => each.end === 'barrier'),
    (each) => each.barrierFrame,
  );
  const who = (count: number) => (alone ? '' : count === 1 ? '1 object: ' : `${count} objects: `);
  const begin = (count: number, text: string) =>
    who(count) + (alone ? text : text.charAt(0).toLowerCase() + text.slice(1));
  for (const [frame, objects] of barriers)
    sentences.push(begin(objects.length, `Stopped before frame ${frame}, which a person edited.`));
  const gone = run.objects.filter((each) => each.end === 'gone').length;
  if (gone > 0) sentences.push(begin(gone, 'Deleted while the run was under way.'));
  const lost = run.objects.filter((each) => each.end === 'lost').length;
  if (lost > 0)
    sentences.push(
      begin(lost, 'Out of sight when the agent had to be replaced; start a new run where it is seen again.'),
    );
  return sentences.join(' ');
}
