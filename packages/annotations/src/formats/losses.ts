import type { LabeledData, LabeledShape, LabeledTrack, ShapeType, TrackedShape } from '../labeled/labeled-data.ts';
import { shapeBox } from './draw.ts';
import type { AnnotationFormat, Property } from './format.ts';

/** Something of the annotations that a format does not hold. */
export type Loss = {
  /** `left out`: objects that are not in the file; the others are in it without something, or as something else. */
  readonly kind: 'left out' | 'type' | 'track' | 'keyframe' | Property;
  /** Objects, or of tracks the tracks, that it concerns. */
  readonly count: number;
  /** A sentence for a person. */
  readonly text: string;
};

/**
 * What is lost when annotations are written in a format, by name, for a warning before it happens. Ids of objects are in
 * no file and are not named. Nothing for a format that is not written.
 */
export function lossesOf(format: AnnotationFormat, data: LabeledData): Loss[] {
  const { keeps, name } = format;
  if (!keeps) return [];
  const all = shapesOf(data);
  const kept = all.filter(({ shape }) => keeps.types[shape.type]);
  const losses: Loss[] = [];
  const add = (kind: Loss['kind'], count: number, text: string): void => {
    if (count > 0) losses.push({ kind, count, text: `${name}: ${text}` });
  };
  for (const [type, ofType] of Map.groupBy(all, ({ shape }) => shape.type)) {
    const becomes = keeps.types[type];
    const count = objects(ofType);
    if (!becomes) add('left out', count, `${count} of type ${type} are left out.`);
    else if (becomes !== type) add('type', count, `${count} of type ${type} become ${plural(becomes)}.`);
  }
  const tracks = data.tracks.filter((track) => keeps.types[track.shapes[0]!.type]);
  if (keeps.tracks === 'none')
    add('track', tracks.length, `${tracks.length} tracks become plain shapes on every frame.`);
  if (keeps.tracks === 'identity')
    add('keyframe', tracks.length, `${tracks.length} tracks have a keyframe on every frame afterwards.`);
  for (const [property, { text, count }] of Object.entries(PROPERTIES) as [Property, Counted][]) {
    const found = keeps.carries.includes(property) ? 0 : count(kept, data);
    add(property, found, `${text} (${found}).`);
  }
  return losses;
}

/** A shape with the object that owns it: itself, or its track. */
type Owned = { readonly shape: TrackedShape; readonly owner: LabeledShape | LabeledTrack };

function shapesOf(data: LabeledData): Owned[] {
  const plain = data.shapes.map((shape): Owned => ({ shape, owner: shape }));
  return plain.concat(data.tracks.flatMap((track) => track.shapes.map((shape): Owned => ({ shape, owner: track }))));
}

function objects(shapes: readonly Owned[]): number {
  return new Set(shapes.map(({ owner }) => owner)).size;
}

type Counted = { readonly text: string; readonly count: (shapes: readonly Owned[], data: LabeledData) => number };

function having(test: (owned: Owned) => boolean): Counted['count'] {
  return (shapes) => objects(shapes.filter(test));
}

const PROPERTIES: Record<Property, Counted> = {
  tag: { text: 'tags are left out', count: (_, data) => data.tags.length },
  attribute: {
    text: 'values of attributes are lost, by objects',
    count: having(({ shape, owner }) => shape.attributes.length + owner.attributes.length > 0),
  },
  group: { text: 'groups are lost, by objects', count: having(({ owner }) => owner.group !== 0) },
  source: {
    text: 'every object comes back with the source "file"',
    count: having(({ owner }) => owner.source !== 'file'),
  },
  occluded: { text: '"occluded" is lost, by objects', count: having(({ shape }) => shape.occluded) },
  'z-order': { text: 'the z-order is lost, by objects', count: having(({ shape }) => shape.z_order !== 0) },
  rotation: { text: 'the rotation is lost, by objects', count: having(({ shape }) => shape.rotation !== 0) },
  overlap: {
    text: 'where objects lie on one another, the lower ones lose the pixels; objects whose boxes meet',
    count: countMeeting,
  },
  prediction: {
    text: 'presence and predicted IoU are lost, by objects',
    count: having(({ shape }) => shape.presence !== undefined || shape.predicted_iou !== undefined),
  },
  score: { text: 'the score is lost, by objects', count: having(({ owner }) => 'score' in owner) },
};

/** Objects whose box meets another's on a frame on which both have a shape or keyframe. */
function countMeeting(shapes: readonly Owned[]): number {
  const numbers = new Map<unknown, number>();
  for (const { owner } of shapes) if (!numbers.has(owner)) numbers.set(owner, numbers.size);
  const hasMet = new Uint8Array(numbers.size);
  for (const here of Map.groupBy(shapes, ({ shape }) => shape.frame).values()) {
    const boxed = here
      .filter(({ shape }) => !shape.outside)
      .map(({ owner, shape }) => ({ number: numbers.get(owner)!, box: shapeBox(shape) }))
      .sort((a, b) => a.box.x0 - b.box.x0);
    for (const [i, { number, box }] of boxed.entries())
      for (let j = i + 1; j < boxed.length && boxed[j]!.box.x0 < box.x1; j++) {
        const other = boxed[j]!;
        if (other.box.y0 < box.y1 && box.y0 < other.box.y1) hasMet[number] = hasMet[other.number] = 1;
      }
    if (!hasMet.includes(0)) break;
  }
  return hasMet.reduce((sum, met) => sum + met, 0);
}

function plural(type: ShapeType): string {
  return type === 'points' ? type : `${type}s`;
}
