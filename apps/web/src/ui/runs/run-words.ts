// What a run is doing, in one sentence, and how it ended for each object.
import type { Run } from '../../api/types.ts';
import { t } from '../../texts/en.ts';
import type { Meter, Progress } from '../../tracking/progress.ts';
import { objectName } from '../../view/labels.ts';
import type { WorkspaceDesk } from '../workspace/workspace-desk.ts';

type Names = Pick<WorkspaceDesk, 'store' | 'labels' | 'numbers'>;

/** Name of an object of a run: by the label and number of the page where it is there. */
export function runObjectName({ store, labels, numbers }: Names, object: Run['objects'][number]): string {
  const uid = object.object === null ? undefined : store.uidOf(object.object);
  const record = uid && store.state.document.objects.get(uid);
  return record ? objectName(labels, numbers, record) : `${object.type} ${object.object ?? object.id}`;
}

export function runObjectsText(names: Names, run: Run): string {
  const all = run.objects.map((object) => runObjectName(names, object));
  return all.length <= 3 ? all.join(', ') : t.runs.andMore(all.slice(0, 2).join(', '), all.length - 2);
}

export function runWords(run: Run, progress: Progress, hasAgent: boolean, ahead: number, functionName: string): string {
  switch (run.state) {
    case 'queued':
      return hasAgent ? t.runs.ahead(ahead) : t.runs.noAgent(functionName);
    case 'running': {
      if (progress.silentSeconds !== undefined) return t.runs.silent(progress.silentSeconds);
      return t.runs.running(run.done_frame, run.target_frame, progress.framesPerSecond, progress.secondsLeft);
    }
    case 'cancelled':
      return t.runs.cancelled(run.done_frame);
    case 'finished':
    case 'failed':
      return run.message || t.runs.state[run.state];
  }
}

/** How it ended for the objects that did not reach the target. */
export function runEnds(names: Names, run: Run): readonly string[] {
  return run.objects.flatMap((object) => {
    const name = runObjectName(names, object);
    if (object.end === 'barrier') return [t.runs.barrier(name, object.barrier_frame ?? object.last_frame + 1)];
    if (object.end === 'gone') return [t.runs.gone(name)];
    if (object.end === 'lost') return [t.runs.lost(name, object.last_frame)];
    return [];
  });
}

export function barrierOfRun(run: Run): number | undefined {
  const frames = run.objects.flatMap(({ end, barrier_frame }) =>
    end === 'barrier' && barrier_frame !== null ? [barrier_frame] : [],
  );
  return frames.length > 0 ? Math.min(...frames) : undefined;
}

export function runPercent(run: Run): number {
  return run.frames_total === 0 ? 100 : Math.round((100 * run.frames_done) / run.frames_total);
}

export function progressOf(meter: Meter, run: Run): Progress {
  return meter.progress(run, performance.now());
}
