import { AnnotationError } from '../../errors.ts';
import { readBytes } from '../bytes.ts';
import type { ImportContext, ImportedAnnotations, ImportedFile } from '../format.ts';
import { PLACE } from '../place.ts';
import { maskPointsOf } from '../png/paint.ts';
import { largestPng, type PngValues, readPng } from '../png/read.ts';
import { Reading } from '../reading.ts';
import { type LabelMap, readLabelMap, VOID_COLOUR } from './label-map.ts';

const CLASSES = /(?:^|\/)SegmentationClass\/(.+)\.png$/i;

/**
 * Segmentation mask 1.1: pictures under `SegmentationClass`, whose colours are labels by `labelmap.txt`, and those of the
 * same names under `SegmentationObject`, which tell objects of one label apart. Without the latter all pixels of a label on a
 * frame are one mask.
 */
export async function importSegmentationMask(
  files: readonly ImportedFile[],
  context: ImportContext,
): Promise<ImportedAnnotations> {
  const reading = new Reading(context);
  const { task } = context;
  const map = await readLabelMap(files, reading.book.labels);
  const open = async (file: ImportedFile): Promise<PngValues> =>
    readPng(await readBytes(file, largestPng(task.width, task.height)), task.width, task.height, file.path);
  for (const file of files) {
    const name = CLASSES.exec(file.path)?.[1];
    if (name === undefined) continue;
    const frame = reading.frames.find(name, file.path);
    const classes = await open(file);
    const beside = file.path.replace(/SegmentationClass\//i, 'SegmentationObject/').toLowerCase();
    const other = files.find(({ path }) => path.toLowerCase() === beside);
    const objects = other && (await open(other)).values;
    const { values, keys } = regions(classes.values, objects);
    for (const [region, points] of maskPointsOf(values, task.width)) {
      const found = nameOf(keys[region - 1]!, classes, map, file.path);
      if (found === null) {
        reading.report.passOver('pixels that are not judged were passed over', file.path);
        continue;
      }
      const label = reading.book.label(found, file.path);
      const shape = { type: 'mask' as const, frame, label_id: label.id, source: 'file', points, attributes: [] };
      reading.sightings.push({
        object: null,
        label,
        isKeyframe: true,
        shape: { ...shape, [PLACE]: () => file.path },
      });
    }
  }
  return reading.finish();
}

/** Numbers from 1 for each pair of class and object; `keys` has the value of the class for each. */
function regions(classes: ArrayLike<number>, objects: ArrayLike<number> | undefined) {
  const numbers = new Map<number, number>();
  const keys: number[] = [];
  const values = new Uint32Array(classes.length);
  for (let i = 0; i < classes.length; i++) {
    const value = classes[i]!;
    if (value === 0) continue;
    const pair = value * 2 ** 24 + (objects?.[i] ?? 0);
    let number = numbers.get(pair);
    if (number === undefined) {
      number = numbers.size + 1;
      numbers.set(pair, number);
      keys.push(value);
    }
    values[i] = number;
  }
  return { values, keys };
}

/** The label of a value; null for what is not judged. */
function nameOf(value: number, { kind, palette }: PngValues, map: LabelMap, path: string): string | null {
  const colour = kind === 'palette' ? (palette[value] ?? value) : kind === 'colour' ? value : undefined;
  const name = colour === undefined ? map.inOrder[value] : map.byColour.get(colour);
  if (name !== undefined && name !== 'background') return name;
  if (colour === VOID_COLOUR || (kind !== 'colour' && value === 255) || name === 'background') return null;
  const shown = colour === undefined ? `value ${value}` : `colour #${colour.toString(16).padStart(6, '0')}`;
  throw new AnnotationError('unknown-label', `${path}: ${shown} is none of the labels in labelmap.txt.`);
}
