import type { Desk } from '../../commands/desk.ts';
import type { Uid } from '../../document/records.ts';
import { spanOf } from '../../document/visible.ts';
import type { ListedObject } from './use-listed.ts';

interface How {
  /** Take the view to the object when it is not on this frame. */
  go: boolean;
  toggle?: boolean;
  range?: boolean;
}

/** Click selects, Ctrl adds or takes away, Shift takes all from the last one to here. */
export function selectRow(desk: Desk, rows: readonly ListedObject[], uid: Uid, { go, toggle, range }: How): void {
  const { selection, frame } = desk.view.getState();
  const at = rows.findIndex((row) => row.uid === uid);
  const from = rows.findIndex((row) => row.uid === selection.at(-1));
  if (toggle) {
    const without = selection.filter((one) => one !== uid);
    desk.view.setState({ selection: without.length < selection.length ? without : [...selection, uid] });
    return;
  }
  if (range && from >= 0 && at >= 0) {
    const between = rows.slice(Math.min(from, at), Math.max(from, at) + 1).map((row) => row.uid);
    desk.view.setState({ selection: from > at ? between.reverse() : between });
    return;
  }
  desk.view.setState({ selection: [uid] });
  const record = rows[at]?.record;
  if (!go || !record) return;
  const { first, last = desk.last } = spanOf(record);
  if (frame < first || frame > last) desk.goTo(first);
}
