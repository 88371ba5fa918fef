import type { ShapeRecord } from '../document/records.ts';
import { t } from '../texts/en.ts';
import { parseFilter } from '../view/filter.ts';
import { commit, type Desk } from './desk.ts';

/** Shapes of these frames that the filter names: the chosen ones where some are chosen. Locked ones stay. */
export function removable(desk: Desk, first: number, last: number): readonly ShapeRecord[] {
  const { filter, selection } = desk.view.getState();
  const passes = parseFilter(filter, desk.labels, desk.numbers);
  const chosen = new Set(selection);
  return [...desk.store.state.document.objects.values()].flatMap((record) => {
    if (record.kind !== 'shape' || record.locked || record.frame < first || record.frame > last) return [];
    if (chosen.size > 0 && !chosen.has(record.uid)) return [];
    return passes(record) ? [record] : [];
  });
}

export function removeShapes(desk: Desk, shapes: readonly ShapeRecord[]): boolean {
  const edits = shapes.map((object) => ({ kind: 'remove', object }) as const);
  const done = commit(desk, t.steps.action, edits);
  if (done) desk.view.setState({ selection: [], hover: undefined });
  return done;
}
