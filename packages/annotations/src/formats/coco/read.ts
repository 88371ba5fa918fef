import { AnnotationError } from '../../errors.ts';
import { framesAt } from '../../labeled/labeled-data.ts';
import type { Label } from '../../labeled/labels.ts';
import type { ShapeDraft } from '../../labeled/normalise.ts';
import type { ImportContext, ImportedAnnotations, ImportedFile } from '../format.ts';
import { ITEMS_AT_ONCE, readJson } from '../json/read.ts';
import { asNumber, bad, type Item, isItem, isScalar, items, show } from '../json/values.ts';
import { PLACE, type Place } from '../place.ts';
import { Reading } from '../reading.ts';
import { elementsOfKeypoints } from './keypoints.ts';
import { placesOf } from './places.ts';

/**
 * COCO, instances and keypoints: every `.json` of the files that has "annotations". Run lengths, compressed or not,
 * become masks; one ring a polygon, several rings polygons of one group; a `bbox` without segmentation a rectangle;
 * keypoints of a skeleton's label a skeleton. Annotations of one `track_id` become a track. Only categories and images that an
 * annotation uses are looked up in the task. Attributes that the label does not have are passed over with a note.
 */
export async function importCoco(files: readonly ImportedFile[], context: ImportContext): Promise<ImportedAnnotations> {
  const reader = new CocoReader(context);
  for (const file of files) {
    if (!file.path.toLowerCase().endsWith('.json')) continue;
    const value = await readJson(file);
    if (isItem(value) && Array.isArray(value.annotations) && Array.isArray(value.categories))
      await reader.read(value, file.path);
    else
      reader.reading.report.passOver('has no lists "annotations", "images" and "categories", as COCO has', file.path);
  }
  return reader.finish();
}

class CocoReader {
  readonly reading: Reading;
  /** Where in the sightings the parts of an annotation with several rings begin, and how many they are. */
  readonly #families: { from: number; count: number }[] = [];

  constructor(context: ImportContext) {
    this.reading = new Reading(context);
  }

  async read(value: Item, path: string): Promise<void> {
    const categories = byId(value.categories, `${path}: categories`);
    const images = byId(value.images, `${path}: images`);
    const labels = new Map<unknown, Label>();
    const frames = new Map<unknown, number>();
    let count = 0;
    for (const [annotation, place] of items(value.annotations, `${path}: annotations`)) {
      if (++count % ITEMS_AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve));
      const { category_id: categoryId, image_id: imageId } = annotation;
      const category = categories.get(categoryId);
      const image = images.get(imageId);
      if (!category) throw bad(place(), `category_id ${show(categoryId)} is none of the categories`);
      if (!image) throw bad(place(), `image_id ${show(imageId)} is none of the images`);
      let label = labels.get(categoryId);
      if (!label) {
        if (typeof category.item.name !== 'string') throw bad(category.place(), 'has no name');
        label = this.reading.book.label(category.item.name, category.place());
        labels.set(categoryId, label);
      }
      let frame = frames.get(imageId);
      if (frame === undefined) {
        frame = this.#frame(image.item, image.place());
        frames.set(imageId, frame);
      }
      this.#annotation(annotation, label, frame, category.item, place);
    }
  }

  finish(): ImportedAnnotations {
    const { sightings } = this.reading;
    let group = sightings.reduce((most, { shape }) => Math.max(most, shape.group ?? 0), 0);
    for (const { from, count } of this.#families) {
      group++;
      for (let i = from; i < from + count; i++) {
        const sighting = sightings[i]!;
        sightings[i] = { ...sighting, shape: { ...sighting.shape, group } };
      }
    }
    return this.reading.finish();
  }

  #frame(image: Item, place: string): number {
    const { width, height } = this.reading.task;
    if (typeof image.file_name !== 'string')
      throw bad(place, `file_name is ${show(image.file_name)}, but it must be text`);
    const { frame_index: index } = image;
    const frame = this.reading.frames.find(image.file_name, place, typeof index === 'number' ? index : undefined);
    if ((image.width ?? width) !== width || (image.height ?? height) !== height)
      throw bad(
        place,
        `is ${show(image.width)} × ${show(image.height)}, but the frames of the task are ${width} × ${height}`,
      );
    return frame;
  }

  #annotation(annotation: Item, label: Label, frame: number, category: Item, place: Place): void {
    const given = isItem(annotation.attributes) ? annotation.attributes : {};
    const roto = isItem(annotation.roto) ? annotation.roto : {};
    const isOwn = (name: string): boolean => label.attributes.some((attribute) => attribute.name === name);
    const builtIn = (name: string): unknown => roto[name] ?? (isOwn(name) ? undefined : given[name]);
    const trackId = annotation.track_id ?? builtIn('track_id');
    const common = {
      frame,
      label_id: label.id,
      group: asNumber(roto.group, 0, place()),
      source: typeof roto.source === 'string' ? roto.source : 'file',
      occluded: builtIn('occluded') === true,
      rotation: asNumber(builtIn('rotation'), 0, place()),
      z_order: asNumber(roto.z_order, 0, place()),
      ...optional({ score: annotation.score, ...roto }, ['score', 'presence', 'predicted_iou'], place),
      attributes: this.#attributes(given, label, place),
      [PLACE]: place,
    };
    const isSkeleton = Array.isArray(annotation.keypoints) && label.type === 'skeleton';
    const shapes: (Pick<ShapeDraft, 'type' | 'elements'> & { points: number[] })[] = isSkeleton
      ? [{ type: 'skeleton', points: [], elements: elementsOfKeypoints(annotation, category, label, common, place()) }]
      : placesOf(annotation, framesAt(this.reading.task, frame), place());
    if (Array.isArray(annotation.keypoints) && !isSkeleton)
      this.reading.report.passOver('has keypoints, but its label is no skeleton; only its place was read', place());
    const { sightings } = this.reading;
    if (shapes.length > 1 && common.group === 0) this.#families.push({ from: sightings.length, count: shapes.length });
    const isNamed = (typeof trackId === 'number' || typeof trackId === 'string') && !isSkeleton;
    for (const [i, shape] of shapes.entries())
      sightings.push({
        object: isNamed ? `${trackId}${i === 0 ? '' : `/${i}`}` : null,
        label,
        isKeyframe: builtIn('keyframe') !== false,
        shape: { ...common, ...shape },
      });
  }

  #attributes(given: Item, label: Label, place: Place) {
    const { book, report } = this.reading;
    const known: { name: string; value: string }[] = [];
    for (const [name, value] of Object.entries(given)) {
      const isOwn = label.attributes.some((attribute) => attribute.name === name);
      if (BUILT_IN.has(name) && !isOwn) continue;
      if (!isOwn && !book.takesAttributes(label))
        report.passOver(
          `the attribute "${name.slice(0, 64)}" was passed over, which "${label.name}" does not have`,
          place(),
        );
      else if (isScalar(value)) known.push({ name, value: String(value) });
    }
    return book.attributes(label, known, place());
  }
}

/** Attributes by which CVAT says what COCO has no key for. */
const BUILT_IN = new Set(['occluded', 'rotation', 'track_id', 'keyframe', 'is_crowd']);

/** Throws 'file' for an id that two different things have: whatever names it would be put on the wrong one. */
function byId(list: unknown, path: string): Map<unknown, { item: Item; place: Place }> {
  const found = new Map<unknown, { item: Item; place: Place }>();
  for (const [item, place] of items(list, path)) {
    const other = found.get(item.id);
    const name = (one: Item): unknown => one.file_name ?? one.name;
    if (other && name(other.item) !== name(item))
      throw new AnnotationError(
        'file',
        `${place()}: ${show(name(item))} has the id ${show(item.id)}, which ${show(name(other.item))} has too; every id must be there once, and be no greater than ${Number.MAX_SAFE_INTEGER}.`,
      );
    found.set(item.id, { item, place });
  }
  return found;
}

function optional(item: Item, keys: readonly string[], place: Place): Record<string, number> {
  const present = keys.filter((key) => item[key] !== undefined && item[key] !== null);
  return Object.fromEntries(present.map((key) => [key, asNumber(item[key], 0, place())]));
}
