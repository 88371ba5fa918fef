import { useEffect } from 'react';
import { isUnderWay } from '../../tracking/suitable.ts';
import type { WorkspaceDesk } from './workspace-desk.ts';

const AT_MOST_EVERY_MS = 100;

/** Notes the times of runs for their rates, and moves the playhead with the newest one when "Follow" is on. */
export function useFollow(desk: WorkspaceDesk): void {
  useEffect(() => {
    let last = 0;
    return desk.session.state.subscribe(({ runs }, before) => {
      if (runs === before.runs) return;
      const now = performance.now();
      for (const run of runs) desk.meter.note(run, now);
      const ended = runs.find(
        (run) => !isUnderWay(run) && before.runs.some(({ id, state }) => id === run.id && isUnderWay({ state })),
      );
      if (ended) desk.view.setState({ endedRun: { id: ended.id, steps: desk.store.state.history.done.length } });
      const [run] = runs.filter(isUnderWay);
      const was = run && before.runs.find(({ id }) => id === run.id);
      if (!run || !desk.settings.getState().follow || was?.done_frame === run.done_frame) return;
      if (now - last < AT_MOST_EVERY_MS || run.done_frame === run.start_frame) return;
      last = now;
      void desk.navigator.go(run.done_frame);
    });
  }, [desk]);
}
