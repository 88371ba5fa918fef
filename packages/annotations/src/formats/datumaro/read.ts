import { AnnotationError } from '../../errors.ts';
import type { Label } from '../../labeled/labels.ts';
import type { ShapeDraft } from '../../labeled/normalise.ts';
import { maskPoints } from '../coco/places.ts';
import type { ImportContext, ImportedAnnotations, ImportedFile } from '../format.ts';
import { ITEMS_AT_ONCE, readJson } from '../json/read.ts';
import { asNumber, bad, type Item, isItem, isScalar, items, numbers, show, tidy } from '../json/values.ts';
import { PLACE, type Place } from '../place.ts';
import { Reading } from '../reading.ts';

/**
 * Datumaro 1.0: every `.json` of the files that has "categories" and "items". Shapes with one attribute `track_id` become a
 * track, labels of pictures tags. Types that there are not here (captions, 3D, hash keys) are passed over with a note.
 */
export async function importDatumaro(
  files: readonly ImportedFile[],
  context: ImportContext,
): Promise<ImportedAnnotations> {
  const reading = new Reading(context);
  for (const file of files) {
    if (!/\.json$/i.test(file.path)) continue;
    const value = await readJson(file);
    if (!isItem(value) || !Array.isArray(value.items)) {
      reading.report.passOver('has no list "items", as Datumaro has', file.path);
      continue;
    }
    await new DatumaroReader(reading, value, file.path).read();
  }
  return reading.finish();
}

class DatumaroReader {
  readonly #reading: Reading;
  readonly #value: Item;
  readonly #path: string;
  readonly #labels: readonly Item[];

  constructor(reading: Reading, value: Item, path: string) {
    this.#reading = reading;
    this.#value = value;
    this.#path = path;
    const categories = isItem(value.categories) ? value.categories : {};
    const ofLabels = isItem(categories.label) ? categories.label : {};
    this.#labels = [...items(ofLabels.labels ?? [], `${path}: categories.label.labels`)].map(([label]) => label);
  }

  async read(): Promise<void> {
    let count = 0;
    for (const [item, place] of items(this.#value.items, `${this.#path}: items`)) {
      const annotations = [...items(item.annotations ?? [], `${place()}.annotations`)];
      if (annotations.length === 0) continue;
      const frame = this.#frame(item, place);
      for (const [annotation, where] of annotations) {
        if (++count % ITEMS_AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve));
        this.#annotation(annotation, frame, where);
      }
    }
  }

  #frame(item: Item, place: Place): number {
    const { frames, task } = this.#reading;
    const image = isItem(item.image) ? item.image : isItem(item.media) ? item.media : {};
    const [height, width] = Array.isArray(image.size) ? (image.size as unknown[]) : [];
    if ((width ?? task.width) !== task.width || (height ?? task.height) !== task.height)
      throw bad(
        place(),
        `is ${show(width)} × ${show(height)}, but the frames of the task are ${task.width} × ${task.height}`,
      );
    const attr = isItem(item.attr) ? item.attr : {};
    const names = [item.id, image.path].filter((name) => typeof name === 'string' && name !== '') as string[];
    const known = names.find((name) => frames.has(name)) ?? names[0];
    if (known === undefined) throw bad(place(), 'has neither an id nor the path of an image');
    return frames.find(known, place(), typeof attr.frame === 'number' ? attr.frame : undefined);
  }

  #annotation(annotation: Item, frame: number, place: Place): void {
    const { book, report, sightings, tags } = this.#reading;
    const label = this.#label(annotation.label_id, place);
    const given = isItem(annotation.attributes) ? annotation.attributes : {};
    const common = {
      frame,
      label_id: label.id,
      group: asNumber(annotation.group, 0, place()),
      source: 'file',
      attributes: this.#attributes(given, label, place),
      [PLACE]: place,
    };
    if (annotation.type === 'label') {
      tags.push(common);
      return;
    }
    const found = this.#place(annotation, label, frame, place);
    if (!found) {
      report.passOver(`annotations of type ${show(annotation.type)} are not read`, place());
      return;
    }
    const isOwn = (name: string): boolean => label.attributes.some((attribute) => attribute.name === name);
    const builtIn = (name: string): unknown => (isOwn(name) ? undefined : given[name]);
    const trackId = builtIn('track_id');
    const turn = asNumber(builtIn('rotation'), 0, place());
    sightings.push({
      object:
        (typeof trackId === 'number' || typeof trackId === 'string') && found.type !== 'skeleton'
          ? String(trackId)
          : null,
      label: book.labels.find(({ id }) => id === label.id)!,
      isKeyframe: builtIn('keyframe') !== false,
      shape: {
        ...common,
        ...found,
        occluded: builtIn('occluded') === true,
        rotation: ((turn % 360) + 360) % 360,
        z_order: asNumber(annotation.z_order, 0, place()),
      },
    });
  }

  #place(
    annotation: Item,
    label: Label,
    frame: number,
    place: Place,
  ): (Pick<ShapeDraft, 'type' | 'elements'> & { points: number[] }) | undefined {
    const { task, book } = this.#reading;
    const points = (count?: number): number[] => numbers(annotation.points, `${place()}: points`, count);
    switch (annotation.type) {
      case 'bbox': {
        const [x, y, width, height] = numbers(annotation.bbox, `${place()}: bbox`, 4) as [
          number,
          number,
          number,
          number,
        ];
        if (width < 0 || height < 0) throw bad(`${place()}: bbox`, `has the size ${width} × ${height}`);
        return { type: 'rectangle', points: [x, y, tidy(x + width), tidy(y + height)] };
      }
      case 'ellipse': {
        const [x0, y0, x1, y1] = points(4) as [number, number, number, number];
        return { type: 'ellipse', points: [(x0 + x1) / 2, (y0 + y1) / 2, x1, y0] };
      }
      case 'polygon':
      case 'polyline':
        return { type: annotation.type, points: points() };
      case 'points':
        return { type: 'points', points: points() };
      case 'mask': {
        const { rle } = annotation;
        if (!isItem(rle)) throw bad(`${place()}: rle`, `is ${show(rle)}, but it must be an object`);
        return { type: 'mask', points: maskPoints(rle, task, `${place()}: rle`) };
      }
      case 'skeleton': {
        const elements = [...items(annotation.elements, `${place()}: elements`)].map(([element, where]): ShapeDraft => {
          const name = this.#labels[Number(element.label_id)]?.name;
          if (typeof name !== 'string') throw bad(where(), `label_id ${show(element.label_id)} is none of the labels`);
          const [seen] = numbers(element.visibility ?? [2], `${where()}: visibility`);
          return {
            type: 'points',
            frame,
            label_id: book.part(label, name, where()).id,
            points: numbers(element.points, `${where()}: points`, 2),
            outside: seen === 0,
            occluded: seen === 1,
            source: 'file',
            [PLACE]: where,
          } as ShapeDraft;
        });
        return { type: 'skeleton', points: [], elements };
      }
      default:
        return undefined;
    }
  }

  #label(id: unknown, place: Place): Label {
    const name = typeof id === 'number' ? this.#labels[id]?.name : undefined;
    if (typeof name !== 'string')
      throw new AnnotationError(
        'file',
        `${place()}: label_id ${show(id)} is none of the ${this.#labels.length} labels.`,
      );
    return this.#reading.book.label(name, place());
  }

  #attributes(given: Item, label: Label, place: Place) {
    const { book, report } = this.#reading;
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

/** Attributes by which CVAT says what Datumaro has no key for. */
const BUILT_IN = new Set(['occluded', 'rotation', 'track_id', 'keyframe', 'is_crowd', 'outside']);
