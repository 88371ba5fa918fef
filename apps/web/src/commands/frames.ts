import { t } from '../texts/en.ts';
import { commit, type Desk } from './desk.ts';

/** Deletes the frame in view, or brings it back. */
export function toggleDeleted(desk: Desk): boolean {
  const { frame } = desk.view.getState();
  const before = desk.store.state.document.deletedFrames.has(frame);
  const name = before ? t.steps.restoredFrame : t.steps.removedFrame;
  return commit(desk, name, [{ kind: 'set-deleted', frame, before, after: !before }]);
}
