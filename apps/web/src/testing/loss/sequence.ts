import { attributeEdits, editsOnFrame, geometryEdits, keyframeEdits, objectEdits } from '../../document/changes.ts';
import { applyEdits, type Edit } from '../../document/edit.ts';
import { isEqual } from '../../document/equal.ts';
import {
  EMPTY_DOCUMENT,
  type Geometry,
  type JobDocument,
  type Keyframe,
  NEW_OBJECT,
  newUid,
  type ObjectRecord,
  toFrame,
} from '../../document/records.ts';
import { toWire } from '../../document/wire.ts';

/** Numbers that look random and are the same for the same seed. */
export type Random = { next(): number; below(n: number): number; pick<T>(list: readonly T[]): T };

export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number) => Math.floor(next() * n);
  return { next, below, pick: (list) => list[below(list.length)]! };
}

/** From here on somebody else sets keyframes; this person's are before it. */
export const FRAMES_OF_OTHERS = 40;

/** What happens in a step of a sequence, beside edits. */
export const EVENTS = [
  'edit',
  'undo',
  'redo',
  'save',
  'wait',
  'line-down',
  'line-up',
  'faults-on',
  'faults-off',
  'signed-out',
  'signed-in',
  'reload',
  'kill-page',
  'kill-server',
  'other-person',
] as const;
export type EventName = (typeof EVENTS)[number];

/** Steps are chosen by these weights; what costs seconds is rare. */
const WEIGHTS: Readonly<Record<EventName, number>> = {
  edit: 100,
  undo: 12,
  redo: 6,
  save: 6,
  wait: 6,
  'line-down': 3,
  'line-up': 6,
  'faults-on': 5,
  'faults-off': 4,
  'signed-out': 2,
  'signed-in': 4,
  reload: 3,
  'kill-page': 3,
  'kill-server': 0.12,
  'other-person': 6,
};

export function chooseEvent(random: Random, without: ReadonlySet<EventName>): EventName {
  const names = EVENTS.filter((name) => !without.has(name));
  let at = random.next() * names.reduce((sum, name) => sum + WEIGHTS[name], 0);
  for (const name of names) {
    at -= WEIGHTS[name];
    if (at < 0) return name;
  }
  return 'edit';
}

/** Edits that a person might make of this document. */
export function chooseEdits(
  random: Random,
  document: JobDocument,
  { labels, last }: { readonly labels: readonly number[]; readonly last: number },
): { readonly name: string; readonly edits: readonly Edit[] } {
  const all = [...document.objects.values()];
  const frame = toFrame(random.below(Math.min(last, 30) + 1));
  const record = all.length > 0 ? random.pick(all) : undefined;
  const kind = random.below(record === undefined ? 1 : 10);
  if (kind < 2 || record === undefined) {
    const object = newObject(random, labels, frame);
    return { name: 'Created objects', edits: [{ kind: 'add', object }] };
  }
  switch (kind) {
    case 2:
      return { name: 'Removed objects', edits: [{ kind: 'remove', object: record }] };
    case 3:
      return { name: 'Changed label', edits: changed(objectEdits(record, { label: random.pick(labels) })) };
    case 4:
      return { name: 'Changed hidden', edits: objectEdits(record, { hidden: !record.hidden }) };
    case 5:
      if (record.kind !== 'track') break;
      return { name: 'Changed keyframe', edits: keyframeEdits(record, frame, random.next() < 0.7) };
    case 6:
      if (record.kind !== 'track') break;
      return { name: 'Changed outside', edits: editsOnFrame(record, frame, { outside: random.next() < 0.5 }) };
    case 7:
      return { name: 'Changed z-order', edits: editsOnFrame(record, frameOf(record, frame), { z: random.below(5) }) };
    case 8:
      return {
        name: 'Created and removed',
        edits: [
          { kind: 'remove', object: record },
          { kind: 'add', object: newObject(random, labels, frame) },
        ],
      };
    default:
      break;
  }
  if (record.kind === 'tag')
    return {
      name: 'Changed attributes',
      edits: attributeEdits(record, frame, { spec_id: 1, value: '' }, false).slice(0, 0),
    };
  const at = frameOf(record, frame);
  return { name: 'Changed points', edits: geometryEdits(record, at, geometryOf(random, kindOf(record))) };
}

const changed = (edits: readonly Edit[]) =>
  edits.filter((edit) => !('before' in edit) || !isEqual(edit.before, edit.after));

function frameOf(record: ObjectRecord, frame: ReturnType<typeof toFrame>) {
  return record.kind === 'track' ? frame : record.frame;
}

export function kindOf(record: ObjectRecord): Geometry['kind'] {
  if (record.kind === 'tag') return 'points';
  return record.kind === 'shape' ? record.geometry.kind : record.keyframes[0]!.geometry.kind;
}

const KINDS = ['rectangle', 'ellipse', 'polygon', 'polyline', 'points', 'mask'] as const;

function newObject(random: Random, labels: readonly number[], frame: ReturnType<typeof toFrame>): ObjectRecord {
  const kind = random.pick(KINDS);
  const common = { ...NEW_OBJECT, uid: newUid(), label: random.pick(labels) };
  const geometry = geometryOf(random, kind);
  if (random.next() < 0.5)
    return {
      ...common,
      kind: 'shape',
      frame,
      geometry,
      occluded: random.next() < 0.3,
      z: random.below(4),
      elements: [],
    };
  const keyframe: Keyframe = {
    frame,
    geometry,
    outside: false,
    occluded: false,
    z: 0,
    attributes: [],
    origin: 'person',
  };
  return { ...common, kind: 'track', keyframes: [keyframe], elements: [] };
}

export function geometryOf(random: Random, kind: Geometry['kind']): Geometry {
  const x = () => random.below(90_000) / 100;
  const y = () => random.below(50_000) / 100;
  const points = (least: number, most: number) =>
    Array.from({ length: least + random.below(most - least + 1) }, () => [x(), y()]).flat();
  switch (kind) {
    case 'rectangle': {
      const [left, top] = [x(), y()];
      return { kind, left, top, right: left + 20.25, bottom: top + 10.5, rotation: random.below(360) };
    }
    case 'ellipse': {
      const [cx, cy] = [x(), y()];
      return { kind, cx, cy, right: cx + 12.3, top: cy - 7.1, rotation: 0 };
    }
    case 'polygon':
      return { kind, points: points(3, 9) };
    case 'polyline':
      return { kind, points: points(2, 9) };
    case 'points':
      return { kind, points: points(1, 4) };
    case 'mask': {
      const [left, top, size] = [random.below(800), random.below(400), 4 + random.below(40)];
      return { kind, runs: [1, size * size - 1], left, top, right: left + size - 1, bottom: top + size - 1 };
    }
    default:
      throw new Error(`${kind} is not drawn.`);
  }
}

/** A plain record of what the person did: edits in their order, and nothing of what a store does with them. */
export function createModel() {
  let document: JobDocument = EMPTY_DOCUMENT;
  const contested = new Set<string>();
  return {
    /**
     * Objects that the person removed at some time. Whether one that was brought back has what somebody else did meanwhile
     * depends on who was first; both are right.
     */
    contested: contested as ReadonlySet<string>,
    get document() {
      return document;
    },
    did: (edits: readonly Edit[]) => {
      for (const edit of edits) if (edit.kind === 'remove') contested.add(edit.object.uid);
      document = applyEdits(document, edits);
    },
  };
}

/** Objects by name as both sides can be compared: what the wire has of them, without what only one side knows. */
export function comparable(document: JobDocument, contested: ReadonlySet<string>): Map<string, string> {
  const found = new Map<string, string>();
  for (const each of document.objects.values()) {
    const record =
      each.kind === 'track' && contested.has(each.uid)
        ? { ...each, keyframes: each.keyframes.filter(({ frame }) => frame < FRAMES_OF_OTHERS) }
        : each;
    const { tags, shapes, tracks } = toWire([{ record }]);
    found.set(record.uid, JSON.stringify([...tags, ...shapes, ...tracks].map(withoutSignals)));
  }
  return found;
}

function withoutSignals(object: object): unknown {
  return JSON.parse(
    JSON.stringify(object, (key, value) => (key === 'presence' || key === 'predicted_iou' ? undefined : value)),
  );
}
