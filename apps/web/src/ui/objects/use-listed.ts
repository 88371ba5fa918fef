import { useMemo, useRef } from 'react';
import type { ObjectRecord, Uid } from '../../document/records.ts';
import { type ObjectOnFrame, tagsOn } from '../../document/visible.ts';
import { parseFilter } from '../../view/filter.ts';
import type { Settings } from '../../view/settings.ts';
import { useDesk, useDocument, useSettings, useView } from '../workspace/use-desk.ts';

export interface ListedObject {
  readonly uid: Uid;
  readonly record: ObjectRecord;
  /** How it is on the frame in view; undefined for tags and for what is elsewhere. */
  readonly here: ObjectOnFrame | undefined;
}

export interface Listed {
  readonly rows: readonly ListedObject[];
  readonly total: number;
}

/** Objects of the frame in view, or all tracks of the job: filtered and in order. */
export function useListed(): Listed {
  const desk = useDesk();
  const frame = useView((view) => view.frame);
  const filter = useView((view) => view.filter);
  const { sort, wholeJob } = useSettings((settings) => settings);
  const document = useDocument((state) => state.document);
  const order = useRef(new Map<ObjectRecord, number>());
  return useMemo(() => {
    const visible = desk.store.visible(frame);
    const here = new Map(visible.map((object) => [object.uid, object]));
    const records: readonly ObjectRecord[] = wholeJob
      ? [...document.objects.values()].filter((record) => record.kind === 'track')
      : [...visible.map(({ record }) => record), ...tagsOn(document, frame)];
    const all = records.map((record) => ({ uid: record.uid, record, here: here.get(record.uid) }));
    const passes = parseFilter(filter, desk.labels, desk.numbers);
    const rows = all.filter(({ record }) => passes(record));
    // A record is a new value whenever it changes, so the order in which they appear is the order of the changes.
    for (const { record } of rows) if (!order.current.has(record)) order.current.set(record, order.current.size);
    return { rows: rows.sort(comparison(sort, desk.numbers, desk.labels, order.current)), total: all.length };
  }, [desk, frame, filter, sort, wholeJob, document]);
}

function comparison(
  sort: Settings['sort'],
  numbers: { of(uid: Uid): number },
  labels: { name(id: number): string },
  order: ReadonlyMap<ObjectRecord, number>,
): (a: ListedObject, b: ListedObject) => number {
  const byNumber = (a: ListedObject, b: ListedObject) => numbers.of(a.uid) - numbers.of(b.uid);
  switch (sort) {
    case 'label':
      return (a, b) => labels.name(a.record.label).localeCompare(labels.name(b.record.label)) || byNumber(a, b);
    case 'z':
      return (a, b) => (b.here?.z ?? 0) - (a.here?.z ?? 0) || byNumber(a, b);
    case 'changed':
      return (a, b) => (order.get(b.record) ?? 0) - (order.get(a.record) ?? 0) || byNumber(a, b);
    case 'id':
      return byNumber;
  }
}
