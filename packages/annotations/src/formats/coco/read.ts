import { checkRle, decompressRle, GeometryError, type Rle } from '@roto/geometry';
import { AnnotationError } from '../../errors.ts';
import type { Label } from '../../labeled/labels.ts';
import { assemble, type Sighting } from '../assemble.ts';
import { finishImport } from '../finish.ts';
import type { ImportContext, ImportedAnnotations, ImportedFile } from '../format.ts';
import { readJson } from '../json/read.ts';
import { LabelBook } from '../label-book.ts';
import { cvatPointsOfRle } from '../mask-runs.ts';
import { frameFinder, type TaskInfo } from '../task.ts';

/** COCO's own training set, the largest of the public ones, has 450 million characters and 3.4 million containers. */
const LIMITS = { maxCharacters: 500_000_000, maxContainers: 4_000_000 };

/** Between so many others may work. */
const ITEMS_AT_ONCE = 500;

/** More kinds of attributes than this are counted together. */
const MAX_NOTES = 20;

type Item = { readonly [key: string]: unknown };

/**
 * COCO 1.0: every `.json` of the files that has "annotations". Run lengths, compressed or not, become masks; one
 * ring a polygon, several rings polygons of one group; a `bbox` without segmentation a rectangle. Annotations of one
 * `track_id` become a track. Attributes that the label does not have are passed over, and a note counts them.
 */
export async function importCoco(files: readonly ImportedFile[], context: ImportContext): Promise<ImportedAnnotations> {
  const reader = new CocoReader(context);
  let found = false;
  for (const file of files) {
    if (!file.path.toLowerCase().endsWith('.json')) continue;
    const value = await readJson(file, LIMITS);
    if (!isItem(value) || !Array.isArray(value.annotations)) continue;
    found = true;
    await reader.read(value, file.path);
  }
  if (!found)
    throw new AnnotationError(
      'file',
      'There is no .json file with "images", "categories" and "annotations", as COCO has it.',
    );
  return reader.finish();
}

class CocoReader {
  readonly #book: LabelBook;
  readonly #isOpen: boolean;
  readonly #task: TaskInfo;
  readonly #frameOfName: (name: string) => number | undefined;
  readonly #sightings: Sighting[] = [];
  readonly #passedOver = new Map<string, number>();
  /** Where in `#sightings` the parts of an annotation with several rings begin, and how many they are. */
  readonly #families: { from: number; count: number }[] = [];

  constructor({ labels, task }: ImportContext) {
    this.#book = new LabelBook(labels);
    this.#isOpen = labels === undefined;
    this.#task = task;
    this.#frameOfName = frameFinder(task);
  }

  async read(value: Item, path: string): Promise<void> {
    const labels = new Map<unknown, Label>();
    for (const [category, place] of items(value.categories, `${path}: categories`))
      labels.set(category.id, this.#book.label(String(category.name), place));
    const frames = new Map<unknown, number>();
    for (const [image, place] of items(value.images, `${path}: images`))
      frames.set(image.id, this.#frame(image, place));
    let count = 0;
    for (const [annotation, place] of items(value.annotations, `${path}: annotations`)) {
      if (++count % ITEMS_AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve));
      const label = labels.get(annotation.category_id);
      const frame = frames.get(annotation.image_id);
      if (!label) throw bad(place, `category_id ${show(annotation.category_id)} is none of the categories`);
      if (frame === undefined) throw bad(place, `image_id ${show(annotation.image_id)} is none of the images`);
      this.#annotation(annotation, label, frame, place);
    }
  }

  finish(): ImportedAnnotations {
    let group = this.#sightings.reduce((most, { shape }) => Math.max(most, shape.group ?? 0), 0);
    for (const { from, count } of this.#families) {
      group++;
      for (let i = from; i < from + count; i++) {
        const sighting = this.#sightings[i]!;
        this.#sightings[i] = { ...sighting, shape: { ...sighting.shape, group } };
      }
    }
    const { shapes, tracks, notes } = assemble(this.#sightings, this.#task);
    for (const [name, count] of this.#passedOver)
      notes.push(`Attribute ${name} was passed over ${count} times: the label has no such attribute.`);
    return finishImport({ shapes, tracks }, this.#book.labels, this.#task, notes);
  }

  #frame(image: Item, place: string): number {
    const { width, height } = this.#task;
    if (typeof image.file_name !== 'string')
      throw bad(place, `file_name is ${show(image.file_name)}, but it must be text`);
    const frame = this.#frameOfName(image.file_name);
    if (frame === undefined)
      throw new AnnotationError(
        'frame',
        `${place}: the task has no frame named ${show(image.file_name)}, nor one of its number.`,
      );
    if ((image.width ?? width) !== width || (image.height ?? height) !== height)
      throw bad(
        place,
        `is ${show(image.width)} × ${show(image.height)}, but the frames of the task are ${width} × ${height}`,
      );
    return frame;
  }

  #annotation(annotation: Item, label: Label, frame: number, place: string): void {
    const given = isItem(annotation.attributes) ? annotation.attributes : {};
    const roto = isItem(annotation.roto) ? annotation.roto : {};
    const isOwn = (name: string): boolean => label.attributes.some((attribute) => attribute.name === name);
    const builtIn = (name: string): unknown => roto[name] ?? (isOwn(name) ? undefined : given[name]);
    const trackId = annotation.track_id ?? builtIn('track_id');
    const places = this.#places(annotation, place);
    const group = asNumber(roto.group, 0, place);
    if (places.length > 1 && group === 0) this.#families.push({ from: this.#sightings.length, count: places.length });
    for (const [i, { type, points }] of places.entries())
      this.#sightings.push({
        object:
          typeof trackId === 'number' || typeof trackId === 'string' ? `${trackId}${i === 0 ? '' : `/${i}`}` : null,
        label,
        isKeyframe: builtIn('keyframe') !== false,
        shape: {
          type,
          frame,
          points,
          label_id: label.id,
          group,
          source: typeof roto.source === 'string' ? roto.source : 'file',
          occluded: builtIn('occluded') === true,
          rotation: asNumber(builtIn('rotation'), 0, place),
          z_order: asNumber(roto.z_order, 0, place),
          ...optional(roto, ['score', 'presence', 'predicted_iou'], place),
          attributes: this.#attributes(given, label, place),
        },
      });
  }

  #places(annotation: Item, place: string): { type: 'rectangle' | 'polygon' | 'mask'; points: number[] }[] {
    const { segmentation, bbox } = annotation;
    if (isItem(segmentation)) return [{ type: 'mask', points: this.#maskPoints(segmentation, place) }];
    if (Array.isArray(segmentation) && segmentation.length > 0)
      return segmentation.map((ring: unknown) => ({
        type: 'polygon' as const,
        points: numbers(ring, `${place}: segmentation`),
      }));
    const [x, y, width, height] = numbers(bbox, `${place}: bbox`) as [number, number, number, number];
    return [{ type: 'rectangle', points: [x, y, tidy(x + width), tidy(y + height)] }];
  }

  #maskPoints({ size, counts }: Item, place: string): number[] {
    const { width, height } = this.#task;
    if (!Array.isArray(size) || size[0] !== height || size[1] !== width)
      throw bad(place, `segmentation.size is ${show(size)}; it must be [height, width], here [${height}, ${width}]`);
    try {
      const rle: Rle =
        typeof counts === 'string'
          ? decompressRle({ size: [height, width], counts })
          : { size: [height, width], counts: numbers(counts, `${place}: segmentation.counts`) };
      checkRle(rle);
      return cvatPointsOfRle(rle);
    } catch (cause) {
      if (!(cause instanceof GeometryError)) throw cause;
      throw new AnnotationError('file', `${place}: segmentation: ${cause.message}`, cause);
    }
  }

  #attributes(given: Item, label: Label, place: string) {
    const known: { name: string; value: string }[] = [];
    for (const [name, value] of Object.entries(given)) {
      const isOwn = label.attributes.some((attribute) => attribute.name === name);
      if (BUILT_IN.has(name) && !isOwn) continue;
      if (!isOwn && !this.#isOpen) {
        const exact = `"${name.slice(0, 64)}" of "${label.name}"`;
        const key = this.#passedOver.has(exact) || this.#passedOver.size < MAX_NOTES ? exact : 'of other names';
        this.#passedOver.set(key, (this.#passedOver.get(key) ?? 0) + 1);
      } else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
        known.push({ name, value: String(value) });
    }
    return this.#book.attributes(label, known, place);
  }
}

/** Attributes by which CVAT says what COCO has no key for. */
const BUILT_IN = new Set(['occluded', 'rotation', 'track_id', 'keyframe', 'is_crowd']);

function* items(list: unknown, place: string): Generator<[Item, string]> {
  if (!Array.isArray(list)) throw bad(place, 'must be a list');
  for (const [i, item] of list.entries()) {
    const where = `${place}[${i}]`;
    if (!isItem(item)) throw bad(where, `is ${show(item)}, but it must be an object`);
    yield [item, where];
  }
}

function numbers(value: unknown, place: string): number[] {
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'number' && Number.isFinite(one)))
    throw bad(place, `is ${show(value)}, but it must be a list of numbers`);
  return value;
}

function asNumber(value: unknown, otherwise: number, place: string): number {
  if (value === undefined || value === null) return otherwise;
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw bad(place, `${show(value)} stands where a number belongs`);
  return value;
}

function optional(item: Item, keys: readonly string[], place: string): Record<string, number> {
  const present = keys.filter((key) => item[key] !== undefined);
  return Object.fromEntries(present.map((key) => [key, asNumber(item[key], 0, place)]));
}

/** Sums of decimal fractions, without their last bits. */
function tidy(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

function bad(place: string, what: string): AnnotationError {
  return new AnnotationError('file', `${place}: ${what}.`);
}

function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
