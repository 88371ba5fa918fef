import { pointsProblem } from './check-points.ts';
import { type FrameSet, framesAt, SHAPE_TYPES, type ShapeType } from './labeled-data.ts';
import { type IndexedLabel, indexLabels, type Label, type LabelIndex } from './labels.ts';
import { MAX_PROBLEMS, type Problem, type ProblemCode } from './problem.ts';

const MAX_INTEGER = 2 ** 31 - 1;
const MAX_VALUE_LENGTH = 4096;
const MAX_SOURCE_LENGTH = 16;

/**
 * All that is wrong with annotations from outside (at most MAX_PROBLEMS), each with its place; none: `normaliseLabeledData`
 * takes the value. Whatever the value is, this neither throws nor changes it, and it looks at every number once.
 *
 * What CVAT's server takes is taken, so its clients get back what they sent: unknown keys (they are dropped later),
 * shapes that lie partly or wholly beside the picture, values that a select does not list. Masks must lie in the picture.
 */
export function checkLabeledData(value: unknown, labels: readonly Label[], frames: FrameSet): Problem[] {
  const check = new Check(frames);
  check.data(value, indexLabels(labels));
  return check.problems;
}

type Item = { readonly [key: string]: unknown };
/** Which of a label's attributes an object holds itself. */
type Held = 'all' | 'immutable' | 'mutable';

/** Places are put together only where a problem is found: nearly all data is sound, and there may be millions of numbers. */
class Check {
  readonly problems: Problem[] = [];
  readonly #frames: FrameSet;

  constructor(frames: FrameSet) {
    this.#frames = frames;
  }

  data(value: unknown, labels: LabelIndex): void {
    if (!isItem(value)) {
      this.#add('type', '', `is ${show(value)}; it must be an object with "tags", "shapes" and "tracks"`);
      return;
    }
    this.#integer(value, 'version', '', 0);
    this.#each(value.tags, 'tags', (tag, path) => {
      this.#place(tag, path);
      const label = this.#owner(tag, path, labels);
      this.#attributes(tag.attributes, path, label, 'all');
    });
    this.#each(value.shapes, 'shapes', (shape, path) => this.#shape(shape, path, labels));
    this.#each(value.tracks, 'tracks', (track, path) => this.#track(track, path, labels, false));
    const { intervals } = value;
    if (intervals !== undefined && !(Array.isArray(intervals) && intervals.length === 0))
      this.#add('unsupported', 'intervals', 'are annotations of audio, which are not kept here; leave them out');
  }

  /** `whole` is the skeleton of which this is a part. */
  #shape(shape: Item, path: Path, labels: LabelIndex, whole?: Item): void {
    const label = this.#owner(shape, path, labels);
    this.#body(shape, path);
    this.#attributes(shape.attributes, path, label, 'all');
    const { score } = shape;
    if (score !== undefined && !(isNumber(score) && score >= 0 && score <= 1))
      this.#add('range', `${path()}.score`, `is ${show(score)}; it must be a number from 0 to 1`);
    if (whole) {
      if (shape.frame !== whole.frame)
        this.#add('range', `${path()}.frame`, `is ${show(shape.frame)}, but its skeleton is on ${show(whole.frame)}`);
      this.#partType(shape.type, path);
    }
    this.#elements(shape, path, shape.type, label, whole !== undefined, (element, place, sublabels) =>
      this.#shape(element, place, sublabels, shape),
    );
  }

  #track(track: Item, path: Path, labels: LabelIndex, isPart: boolean): void {
    this.#place(track, path);
    const label = this.#owner(track, path, labels);
    this.#attributes(track.attributes, path, label, 'immutable');
    let type: unknown;
    this.#each(track.shapes, `${path()}.shapes`, (shape, place) => {
      this.#body(shape, place);
      this.#attributes(shape.attributes, place, label, 'mutable');
      type ??= shape.type;
      if (shape.type !== type)
        this.#add('keyframes', `${place()}.type`, `is ${show(shape.type)}, but the track began as ${show(type)}`);
    });
    this.#oneKeyframePerFrame(track.shapes, path);
    if (isPart && type !== undefined) this.#partType(type, path);
    this.#elements(track, path, type, label, isPart, (element, place, sublabels) =>
      this.#track(element, place, sublabels, true),
    );
  }

  #oneKeyframePerFrame(shapes: unknown, path: Path): void {
    if (!Array.isArray(shapes)) return;
    const frameAt = (i: number): unknown => (isItem(shapes[i]) ? shapes[i].frame : undefined);
    let at = 1;
    while (at < shapes.length && Number(frameAt(at - 1)) < Number(frameAt(at))) at++;
    if (at >= shapes.length) return;
    const seen = new Set<unknown>();
    for (let i = 0; i < shapes.length; i++) {
      const frame = frameAt(i);
      if (seen.has(frame))
        this.#add('keyframes', `${path()}.shapes[${i}].frame`, `is ${show(frame)}, on which a keyframe stands already`);
      seen.add(frame);
    }
  }

  #partType(type: unknown, path: Path): void {
    if (type !== 'points')
      this.#add('elements', path(), `is of type ${show(type)}; parts of a skeleton are of type "points"`);
  }

  #elements(
    owner: Item,
    path: Path,
    type: unknown,
    label: IndexedLabel | undefined,
    isPart: boolean,
    check: (element: Item, path: Path, sublabels: LabelIndex) => void,
  ): void {
    const { elements } = owner;
    if (elements === undefined || (Array.isArray(elements) && elements.length === 0)) return;
    const place = `${path()}.elements`;
    if (isPart) this.#add('elements', place, 'are parts of a part; only a whole skeleton has parts');
    else if (type !== 'skeleton')
      this.#add('elements', place, `belong to a shape of type ${show(type)}; only a skeleton has parts`);
    if (isPart || type !== 'skeleton') return;
    const seen = new Set<unknown>();
    this.#each(elements, place, (element, at) => {
      check(element, at, label?.sublabels ?? new Map());
      if (seen.has(element.label_id))
        this.#add(
          'elements',
          `${at()}.label_id`,
          `is ${show(element.label_id)} a second time; one part for a sublabel`,
        );
      seen.add(element.label_id);
    });
  }

  /** What tags, shapes and tracks have in common. Returns the label. */
  #owner(item: Item, path: Path, labels: LabelIndex): IndexedLabel | undefined {
    if (item.group !== null) this.#integer(item, 'group', path, 0);
    const { source, label_id } = item;
    if (source !== undefined && !(typeof source === 'string' && source.length <= MAX_SOURCE_LENGTH))
      this.#add(
        'range',
        `${path()}.source`,
        `is ${show(source)}; it must be text of ${MAX_SOURCE_LENGTH} characters at most`,
      );
    const label = labels.get(label_id as number);
    if (!label)
      this.#add(
        'label',
        `${path()}.label_id`,
        `is ${show(label_id)}, which is none of ${[...labels.keys()].join(', ') || 'no labels'}`,
      );
    return label;
  }

  /** What plain and tracked shapes have in common. */
  #body(shape: Item, path: Path): void {
    this.#place(shape, path);
    this.#integer(shape, 'z_order', path, -MAX_INTEGER);
    const { occluded, outside, rotation, presence, predicted_iou, type, points } = shape;
    if (occluded !== undefined && typeof occluded !== 'boolean') this.#notBoolean('occluded', occluded, path);
    if (outside !== undefined && typeof outside !== 'boolean') this.#notBoolean('outside', outside, path);
    if (rotation !== undefined && !(isNumber(rotation) && rotation >= 0 && rotation <= 360))
      this.#add('range', `${path()}.rotation`, `is ${show(rotation)}; it must be a number of degrees from 0 to 360`);
    if (presence !== undefined && !isNumber(presence))
      this.#add('type', `${path()}.presence`, `is ${show(presence)}; it must be a number`);
    if (predicted_iou !== undefined && !(isNumber(predicted_iou) && predicted_iou >= 0 && predicted_iou <= 1))
      this.#add('range', `${path()}.predicted_iou`, `is ${show(predicted_iou)}; it must be a number from 0 to 1`);
    if (!SHAPE_TYPES.includes(type as ShapeType)) {
      this.#add('type', `${path()}.type`, `is ${show(type)}; it must be one of ${SHAPE_TYPES.join(', ')}`);
      return;
    }
    const problem = pointsProblem(type as ShapeType, points, framesAt(this.#frames, Number(shape.frame)));
    if (problem) this.#add(problem.code, `${path()}.points${problem.at}`, problem.message);
  }

  #attributes(values: unknown, path: Path, label: IndexedLabel | undefined, held: Held): void {
    if (values === undefined || (Array.isArray(values) && values.length === 0)) return;
    const seen = new Set<unknown>();
    this.#each(values, `${path()}.attributes`, (attribute, place) => {
      const { spec_id, value } = attribute;
      // CVAT's server takes numbers and booleans here and keeps them as text.
      const isValue = typeof value === 'string' || typeof value === 'boolean' || isNumber(value);
      if (!isValue || String(value).length > MAX_VALUE_LENGTH)
        this.#add(
          'type',
          `${place()}.value`,
          `is ${show(value)}; it must be text of ${MAX_VALUE_LENGTH} characters at most`,
        );
      if (seen.has(spec_id)) this.#add('attribute', `${place()}.spec_id`, `is ${show(spec_id)} a second time`);
      seen.add(spec_id);
      if (!label) return;
      const known = label.attributes.get(spec_id as number);
      const name = `label "${label.label.name}"`;
      if (!known) this.#add('attribute', `${place()}.spec_id`, `is ${show(spec_id)}, which ${name} does not have`);
      else if (held !== 'all' && known.mutable !== (held === 'mutable'))
        this.#add(
          'attribute',
          `${place()}.spec_id`,
          known.mutable
            ? `is ${known.id}, "${known.name}" of ${name}, which is mutable and so belongs to the keyframes, not to the track`
            : `is ${known.id}, "${known.name}" of ${name}, which is immutable and so belongs to the track, not to a keyframe`,
        );
    });
  }

  /** Which object, and where. */
  #place(item: Item, path: Path): void {
    const { id, frame } = item;
    if (id !== undefined && id !== null && !(Number.isSafeInteger(id) && (id as number) >= 0))
      this.#add('type', `${path()}.id`, `is ${show(id)}; it must be a whole number, or left out for a new object`);
    const { frameCount } = this.#frames;
    if (!(Number.isInteger(frame) && (frame as number) >= 0 && (frame as number) < frameCount))
      this.#add('range', `${path()}.frame`, `is ${show(frame)}; it must be a whole number from 0 to ${frameCount - 1}`);
  }

  #integer(item: Item, key: string, path: Path | '', least: number): void {
    const value = item[key];
    if (value === undefined) return;
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= MAX_INTEGER) return;
    const place = path === '' ? key : `${path()}.${key}`;
    this.#add('range', place, `is ${show(value)}; it must be a whole number from ${least} to ${MAX_INTEGER}`);
  }

  #notBoolean(key: string, value: unknown, path: Path): void {
    this.#add('type', `${path()}.${key}`, `is ${show(value)}; it must be true or false`);
  }

  /** Goes over a list of objects; an absent list is an empty one. */
  #each(list: unknown, path: string, check: (item: Item, path: Path) => void): void {
    if (list === undefined) return;
    if (!Array.isArray(list)) {
      this.#add('type', path, `is ${show(list)}; it must be a list`);
      return;
    }
    for (let i = 0; i < list.length; i++) {
      if (this.problems.length >= MAX_PROBLEMS) return;
      const item: unknown = list[i];
      if (isItem(item)) check(item, () => `${path}[${i}]`);
      else this.#add('type', `${path}[${i}]`, `is ${show(item)}; it must be an object`);
    }
  }

  #add(code: ProblemCode, path: string, message: string): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push({ code, path, message });
  }
}

type Path = () => string;

function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** A value in a message: short, and never more than its beginning. */
function show(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'string' && value.length > 40) return `${JSON.stringify(value.slice(0, 40))}…`;
  return JSON.stringify(value) ?? String(value);
}
