// Undo and redo with words: where the step was, and what else changed meanwhile.
import { t } from '../texts/en.ts';
import type { Desk } from './desk.ts';

export function undo(desk: Desk, force = false): boolean {
  return take(desk, 'undo', force);
}

export function redo(desk: Desk, force = false): boolean {
  return take(desk, 'redo', force);
}

function take(desk: Desk, which: 'undo' | 'redo', force: boolean): boolean {
  const reason = desk.readOnly();
  if (reason !== undefined) {
    desk.notify({ kind: 'warn', text: reason });
    return true;
  }
  const { frame } = desk.view.getState();
  const result = desk.store[which](force);
  if (result.kind === 'nothing') return true;
  if (result.kind === 'blocked') {
    const again = { text: t.history.anyway, run: () => void take(desk, which, true) };
    desk.notify({ kind: 'warn', text: t.history.blocked(result.step.name, result.uids.length), actions: [again] });
    return true;
  }
  const { objects } = desk.store.state.document;
  desk.view.setState({ selection: result.uids.filter((uid) => objects.has(uid)) });
  if (result.step.frame !== frame) {
    desk.goTo(result.step.frame);
    desk.notify({ kind: 'info', text: t.history[which](result.step.name, result.step.frame) });
  }
  return true;
}
