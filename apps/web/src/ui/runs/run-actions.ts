// Cancel, continue, undo and forget a run, with words for what the server answers.
import { wordsOf } from '../../api/http.ts';
import { runs } from '../../api/server.ts';
import type { Run } from '../../api/types.ts';
import { t } from '../../texts/en.ts';
import { undoRun } from '../../tracking/runs.ts';
import { objectName } from '../../view/labels.ts';
import type { WorkspaceDesk } from '../workspace/workspace-desk.ts';

async function told(desk: WorkspaceDesk, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    desk.notify({ kind: 'error', text: t.general.serverSays(wordsOf(error)) });
  }
}

export function cancelRun(desk: WorkspaceDesk, run: Run): Promise<void> {
  return told(desk, () => runs.cancel(run.id));
}

export function continueRun(desk: WorkspaceDesk, run: Run, target: number): Promise<void> {
  return told(desk, async () => {
    await desk.session.flush();
    await runs.continue(run.id, target);
  });
}

export function forgetRun(desk: WorkspaceDesk, run: Run): Promise<void> {
  return told(desk, () => runs.delete(run.id));
}

/** Where a person changed the same since, the objects are named and the choice is theirs. */
export function takeBackRun(desk: WorkspaceDesk, run: Run, force = false): Promise<void> {
  return told(desk, async () => {
    await desk.session.flush();
    const result = await undoRun(desk.job.id, run.id, force);
    if (result.kind === 'done') {
      desk.notify({ kind: 'ok', text: t.runs.undone(run.objects.length) });
      return;
    }
    const names = result.objects.map((id) => {
      const uid = desk.store.uidOf(id);
      const record = uid && desk.store.state.document.objects.get(uid);
      return record ? objectName(desk.labels, desk.numbers, record) : String(id);
    });
    desk.notify({
      kind: 'warn',
      text: t.runs.changedSince(names.join(', ')),
      actions: [{ text: t.runs.undoForced, run: () => void takeBackRun(desk, run, true) }],
    });
  });
}

/** Takes the view to where the run is, with its objects selected. */
export function showRun(desk: WorkspaceDesk, run: Run): void {
  desk.view.setState({
    selection: run.objects.flatMap(({ object }) => (object === null ? [] : (desk.store.uidOf(object) ?? []))),
  });
  desk.goTo(run.done_frame as typeof desk.first);
}
