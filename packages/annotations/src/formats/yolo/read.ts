import { AnnotationError } from '../../errors.ts';
import { readText } from '../bytes.ts';
import type { ImportContext, ImportedAnnotations, ImportedFile } from '../format.ts';
import { PLACE } from '../place.ts';
import { Reading } from '../reading.ts';
import type { TaskInfo } from '../task.ts';
import { columnsOf, type Line, recogniseColumns } from './columns.ts';
import { labelFinder, readNames } from './names.ts';

/** Characters of a frame's file: a thousand rings of a thousand points. */
const MAX_FRAME = 2 ** 26;

/** Lists of pictures and other texts that lie beside the annotations. */
const NO_FRAME = /(^|\/)(train|val|valid|test|classes|labels|readme[^/]*|license[^/]*|notice[^/]*|requirements)\.txt$/i;

/**
 * YOLO, outlines or boxes, in every layout that is about: Ultralytics' (`data.yaml`, `labels/…`), Darknet's YOLO 1.1
 * (`obj.names`, `obj_train_data/…`), or texts beside the list of names. An outline becomes a polygon, centre and size a
 * rectangle, a track's number at the end a track, a confidence the score.
 */
export async function importYolo(files: readonly ImportedFile[], context: ImportContext): Promise<ImportedAnnotations> {
  const reading = new Reading(context);
  const texts = framesTexts(files, reading);
  if (texts.length === 0) return reading.finish();
  const names = await readNames(files);
  const frameOf = frameFinder(texts, reading);
  const lines: (Line & { frame: number })[] = [];
  for (const text of texts) {
    const frame = frameOf(text);
    for (const [i, line] of (await readText(text.file, MAX_FRAME)).split('\n').entries()) {
      if (line.trim() === '') continue;
      const place = (): string => `${text.file.path}, line ${i + 1}`;
      lines.push({ numbers: numbersOf(line, place), file: text.file.path, place, frame });
    }
  }
  const columns = recogniseColumns(lines, names.columns);
  const labelOf = labelFinder(names, reading);
  for (const line of lines) {
    const label = labelOf(line.numbers[0]!, line.place);
    const { shares, confidence, track } = columnsOf(line, columns);
    if (confidence !== undefined && track !== undefined)
      reading.report.passOver('the confidence was passed over, which tracks do not have', line.place());
    reading.sightings.push({
      object: track === undefined ? null : String(track),
      label,
      isKeyframe: true,
      shape: {
        type: shares.length === 4 ? 'rectangle' : 'polygon',
        frame: line.frame,
        label_id: label.id,
        source: 'file',
        points: pixelsOf(shares, context.task),
        attributes: [],
        ...(confidence === undefined || track !== undefined ? {} : { score: confidence }),
        [PLACE]: line.place,
      },
    });
  }
  return reading.finish();
}

type FrameText = { readonly file: ImportedFile; readonly name: string; readonly isCertain: boolean };

/**
 * The texts of frames: all in folders that are for them. Where there are none, those beside the names that have the name
 * of a frame; what else lies there is noted.
 */
function framesTexts(files: readonly ImportedFile[], reading: Reading): FrameText[] {
  const texts = files.filter(({ path }) => /\.txt$/i.test(path));
  const certain = texts.flatMap((file): FrameText[] => {
    const match = /(?:^|.*\/)(?:labels|obj_[^/]*data|obj_\w+)\/(.+)\.txt$/i.exec(file.path);
    return match ? [{ file, name: match[1]!, isCertain: true }] : [];
  });
  const others = texts.filter((file) => !certain.some((text) => text.file === file) && !NO_FRAME.test(file.path));
  const beside = others.map((file) => ({ file, name: file.path.replace(/\.txt$/i, ''), isCertain: false }));
  if (certain.length === 0) return beside;
  const known = beside.filter(({ name }) => reading.frames.has(name));
  return [...certain, ...known];
}

/**
 * Finds the frame of a text. A subset's folder (train, val) may come before the name. Ultralytics calls the texts of a
 * video by its name and a number from 1, without zeros before it: that is read so, and said.
 */
function frameFinder(texts: readonly FrameText[], reading: Reading): (text: FrameText) => number {
  const { task, frames, report } = reading;
  const stem = (task.names[0] ?? '').replace(/\.[^.]+$/, '').toLowerCase();
  const numberOf = (name: string): number | undefined => {
    const match = /^(.*)_(0|[1-9]\d{0,8})$/.exec(name.slice(name.lastIndexOf('/') + 1));
    return match && match[1]!.toLowerCase() === stem ? Number(match[2]) : undefined;
  };
  const isUltralytics =
    task.kind === 'video' && !/^frame$/i.test(stem) && texts.every(({ name }) => (numberOf(name) ?? 0) > 0);
  return ({ file, name }) => {
    const source = isUltralytics ? numberOf(name)! - 1 : undefined;
    if (source !== undefined) {
      report.say(
        `The texts are called "${stem}_1" and so on, as Ultralytics calls them: counted from 1, so that "${stem}_1" is frame 0.`,
      );
      return frames.find(String(source), file.path);
    }
    const afterSubset = name.slice(name.indexOf('/') + 1);
    return frames.has(afterSubset) && !frames.has(name)
      ? frames.find(afterSubset, file.path)
      : frames.find(name, file.path);
  };
}

function numbersOf(line: string, place: () => string): number[] {
  const numbers = line.trim().split(/\s+/).map(Number);
  const wrong = numbers.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw new AnnotationError('file', `${place()}: item ${wrong + 1} is no number.`);
  if (!Number.isInteger(numbers[0]) || numbers[0]! < 0)
    throw new AnnotationError('file', `${place()}: label ${numbers[0]} is no number of a label.`);
  return numbers;
}

function pixelsOf(shares: readonly number[], task: TaskInfo): number[] {
  const places = shares.length === 4 ? cornersOf(shares) : shares;
  return places.map((value, i) => onGrid(value * (i % 2 ? task.height : task.width)));
}

/** Left, top, right, bottom of a centre and a size. */
function cornersOf(box: readonly number[]): number[] {
  const [x, y, width, height] = box as [number, number, number, number];
  return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
}

/** Ten-thousandths of a pixel: what eight decimals of a share carry in a picture of 10,000, and what tells the sides of a bridge apart. */
function onGrid(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
