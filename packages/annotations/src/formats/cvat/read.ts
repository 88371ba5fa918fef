import { AnnotationError } from '../../errors.ts';
import { framesAt } from '../../labeled/labeled-data.ts';
import type { Label } from '../../labeled/labels.ts';
import type { ShapeDraft, TagDraft, TrackDraft, TrackedShapeDraft } from '../../labeled/normalise.ts';
import { finishImport } from '../finish.ts';
import type { ImportContext, ImportedAnnotations, ImportedFile } from '../format.ts';
import { FrameNames } from '../frame-names.ts';
import { LabelBook, splitAttributes } from '../label-book.ts';
import { PLACE, type Placed } from '../place.ts';
import { bookOf } from '../reading.ts';
import { Report } from '../report.ts';
import { type TaskInfo, taskFrame } from '../task.ts';
import { readXml, type XmlElement } from '../xml/read.ts';
import { readMetaLabels } from './read-labels.ts';
import { readPlace, typeOfElement } from './shape-element.ts';

/**
 * CVAT 1.1: every `.xml` of the files, for video or for images. As in CVAT's importer, shapes with `keyframe="0"` are
 * passed over, and a track with a mask on one frame is a plain mask; what our writer marked becomes what it was. `source`
 * is that of the file (CVAT: always "file"), "file" where it names none.
 */
export async function importCvat(files: readonly ImportedFile[], context: ImportContext): Promise<ImportedAnnotations> {
  const documents = files.filter(({ path }) => path.toLowerCase().endsWith('.xml'));
  const draft = { tags: [] as TagDraft[], shapes: [] as ShapeDraft[], tracks: [] as TrackDraft[] };
  const report = new Report();
  const frames = new FrameNames(context.task);
  let book = bookOf(context);
  for (const file of documents) {
    let reader = new CvatReader(file.path, book, context.task, frames, report);
    let isRoot = true;
    for await (const outer of readXml(file)) {
      if (isRoot) {
        isRoot = false;
        if (outer.name !== 'annotations')
          report.passOver(`the root element is <${outer.name}>, but in CVAT's files it is <annotations>`, file.path);
        continue;
      }
      for (const element of known(outer, 0)) {
        if (element.name === 'image') reader.image(element);
        else if (element.name === 'track') reader.track(element);
        else if (element.name === 'meta') {
          const labels = readMetaLabels(element);
          if (!labels) continue;
          if (context.labels) book.describe(labels);
          else {
            book = new LabelBook(labels);
            reader = new CvatReader(file.path, book, context.task, frames, report);
          }
        } else if (!QUIET.has(element.name))
          report.passOver(
            `<${element.name}> is no element of CVAT, and was passed over`,
            `${file.path}, line ${element.line}`,
          );
      }
    }
    const { tags, shapes, tracks } = reader.result();
    for (const tag of tags) draft.tags.push(tag);
    for (const shape of shapes) draft.shapes.push(shape);
    for (const track of tracks) draft.tracks.push(track);
  }
  return finishImport(draft, book, context.task, report.notes());
}

const KNOWN = new Set(['image', 'track', 'meta']);
const QUIET = new Set(['version']);

/** The elements that say something, also where others have put one more element around them. */
function* known(element: XmlElement, depth: number): Generator<XmlElement> {
  const isWrapper = !KNOWN.has(element.name) && holdsKnown(element, depth);
  if (!isWrapper) yield element;
  else for (const child of element.children) yield* known(child, depth + 1);
}

function holdsKnown({ children }: XmlElement, depth: number): boolean {
  return depth < 8 && children.some((child) => KNOWN.has(child.name) || holdsKnown(child, depth + 1));
}

class CvatReader {
  readonly #file: string;
  readonly #book: LabelBook;
  readonly #task: TaskInfo;
  readonly #frames: FrameNames;
  readonly #report: Report;
  readonly #tags: TagDraft[] = [];
  readonly #shapes: ShapeDraft[] = [];
  readonly #tracks: TrackDraft[] = [];
  /** Pieces of tracks of masks, by `roto_track`. */
  readonly #maskTracks = new Map<string, TrackDraft & { readonly shapes: TrackedShapeDraft[] }>();

  constructor(file: string, book: LabelBook, task: TaskInfo, frames: FrameNames, report: Report) {
    this.#file = file;
    this.#book = book;
    this.#task = task;
    this.#frames = frames;
    this.#report = report;
  }

  image(element: XmlElement): void {
    // An image without annotations is not looked up: a file may hold more images than the task.
    if (element.children.length === 0) return;
    const frame = this.#imageFrame(element);
    for (const item of element.children) {
      if (item.name === 'tag') this.#tags.push({ ...this.#owner(item, frame), ...this.#allAttributes(item) });
      else if (typeOfElement(item.name)) this.#shapes.push(this.#imageShape(item, frame));
      else this.#report.passOver(`<${item.name}> is no shape of CVAT, and was passed over`, this.#where(item));
    }
  }

  #imageFrame(element: XmlElement): number {
    const { width, height } = element.attributes;
    const frame = this.#imageFrameByName(element);
    const own = framesAt(this.#task, frame);
    if ((width !== undefined && Number(width) !== own.width) || (height !== undefined && Number(height) !== own.height))
      throw this.#bad(
        element,
        `the image is ${width} × ${height}, but ${own.sizes ? `frame ${frame} of the task is` : 'the frames of the task are'} ${own.width} × ${own.height}.`,
      );
    return frame;
  }

  #imageFrameByName(element: XmlElement): number {
    const { name } = element.attributes;
    const task = this.#task;
    const id = element.attributes.id === undefined ? undefined : this.#number(element, 'id');
    if (name === undefined || name === '') {
      const frame = id === undefined ? undefined : taskFrame(task, id);
      if (frame === undefined) throw this.#noFrame(element, `an image without a name and with id ${id ?? 'missing'}`);
      return frame;
    }
    const frame = this.#frames.find(name, this.#where(element), id);
    if (!this.#frames.has(name))
      this.#report.passOver(
        'the task has no frame of this name, so the image was placed by its id',
        `${this.#where(element)}, "${name}" on frame ${frame}`,
      );
    return frame;
  }

  #imageShape(item: XmlElement, frame: number): ShapeDraft {
    const owner = this.#owner(item, frame);
    const label = this.#labelOf(item);
    const { roto_score } = item.attributes;
    return {
      ...this.#body(item, frame),
      ...owner,
      ...this.#placed(item),
      ...(roto_score === undefined ? {} : { score: this.#number(item, 'roto_score') }),
      ...this.#allAttributes(item),
      elements: this.#partsOf(item).map((part) => ({
        ...this.#body(part, frame),
        outside: part.attributes.outside === '1',
        label_id: this.#partLabel(label, part).id,
        source: part.attributes.source ?? owner.source,
        attributes: this.#attributes(part, this.#partLabel(label, part)),
      })),
    };
  }

  track(element: XmlElement): void {
    const label = this.#labelOf(element);
    const shapes = element.children.filter((item) => typeOfElement(item.name));
    const [first] = shapes;
    if (!first) return;
    const { roto_shape, roto_track, roto_score } = element.attributes;
    if (roto_shape === '1' || (roto_track === undefined && this.#isSingleMask(shapes))) {
      if (first.attributes.outside === '1' && first.name !== 'skeleton') {
        this.#report.passOver('the track is one shape, which is missing; only its end is there', this.#where(element));
        return;
      }
      const image = { ...first, attributes: { ...element.attributes, ...first.attributes } };
      if (roto_score !== undefined) image.attributes.roto_score = roto_score;
      this.#shapes.push(this.#imageShape(image, this.#frame(first)));
      return;
    }
    const keyframes = shapes.filter((item) => isKeyframe(item) && (roto_track === undefined || isMarked(item)));
    const read = keyframes.map((item) => {
      const { mutable, immutable } = splitAttributes(label, this.#attributes(item, label));
      const frame = this.#frame(item);
      return {
        immutable,
        shape: { ...this.#body(item, frame), outside: item.attributes.outside === '1', attributes: mutable },
      };
    });
    const found = read.map(({ shape }) => shape);
    const known = roto_track === undefined ? undefined : this.#maskTracks.get(roto_track);
    if (known) {
      known.shapes.push(...found);
      return;
    }
    const track = {
      ...this.#owner(element, found[0]?.frame ?? this.#frame(first)),
      attributes: read[0]?.immutable ?? [],
      shapes: found,
      elements: this.#elements(shapes, label, element.attributes.source),
    };
    if (roto_track === undefined) this.#tracks.push(track);
    else this.#maskTracks.set(roto_track, track);
  }

  /** A plain mask as CVAT writes it: at most one more, hidden, on the frame after it. */
  #isSingleMask([first, second, ...more]: readonly XmlElement[]): boolean {
    if (first?.name !== 'mask' || first.attributes.outside === '1' || more.length > 0) return false;
    if (!second) return true;
    return second.attributes.outside === '1' && this.#frame(second) === this.#frame(first) + 1;
  }

  /** Parts of a skeleton's track, which the file has frame by frame. */
  #elements(shapes: readonly XmlElement[], label: Label, source: string | undefined): TrackDraft[] {
    const parts = new Map<number, { track: TrackDraft; shapes: TrackedShapeDraft[] }>();
    for (const item of shapes) {
      const frame = this.#frame(item);
      for (const part of this.#partsOf(item)) {
        if (!isKeyframe(part)) continue;
        const partLabel = this.#partLabel(label, part);
        const { mutable, immutable } = splitAttributes(partLabel, this.#attributes(part, partLabel));
        let known = parts.get(partLabel.id);
        if (!known) {
          const track = { frame, label_id: partLabel.id, source: source ?? 'file', attributes: immutable };
          known = { track, shapes: [] };
          parts.set(partLabel.id, known);
        }
        known.shapes.push({
          ...this.#body(part, frame),
          outside: part.attributes.outside === '1',
          attributes: mutable,
        });
      }
    }
    return [...parts.values()].map(({ track, shapes: keyframes }) => ({ ...track, shapes: keyframes }));
  }

  result() {
    return { tags: this.#tags, shapes: this.#shapes, tracks: [...this.#tracks, ...this.#maskTracks.values()] };
  }

  #owner(item: XmlElement, frame: number) {
    const { group_id, source } = item.attributes;
    return {
      ...this.#placed(item),
      frame,
      label_id: this.#labelOf(item).id,
      group: group_id === undefined ? 0 : this.#number(item, 'group_id'),
      source: source ?? 'file',
    };
  }

  #body(item: XmlElement, frame: number) {
    const type = typeOfElement(item.name)!;
    const { occluded, z_order, roto_presence, roto_predicted_iou } = item.attributes;
    return {
      ...this.#placed(item),
      type,
      frame,
      ...readPlace(item, type, this.#where(item)),
      occluded: occluded === '1',
      z_order: z_order === undefined ? 0 : this.#number(item, 'z_order'),
      ...(roto_presence === undefined ? {} : { presence: this.#number(item, 'roto_presence') }),
      ...(roto_predicted_iou === undefined ? {} : { predicted_iou: this.#number(item, 'roto_predicted_iou') }),
    };
  }

  #placed(item: XmlElement): Placed {
    return { [PLACE]: () => this.#where(item) };
  }

  #partsOf(item: XmlElement): readonly XmlElement[] {
    return item.name === 'skeleton' ? item.children.filter((part) => typeOfElement(part.name)) : [];
  }

  #labelOf(item: XmlElement): Label {
    return this.#book.label(this.#required(item, 'label'), this.#where(item));
  }

  #partLabel(whole: Label, part: XmlElement): Label {
    return this.#book.part(whole, this.#required(part, 'label'), this.#where(part));
  }

  #allAttributes(item: XmlElement) {
    return { attributes: this.#attributes(item, this.#labelOf(item)) };
  }

  #attributes(item: XmlElement, label: Label) {
    const values = item.children
      .filter((child) => child.name === 'attribute')
      .map((child) => ({ name: this.#required(child, 'name'), value: child.text }));
    return this.#book.attributes(label, values, this.#where(item));
  }

  #frame(item: XmlElement): number {
    const frame = taskFrame(this.#task, this.#number(item, 'frame'));
    if (frame === undefined) throw this.#noFrame(item, `frame ${item.attributes.frame}`);
    return frame;
  }

  #number(item: XmlElement, name: string): number {
    const text = this.#required(item, name);
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!Number.isFinite(value))
      throw this.#bad(item, `"${name}" is ${JSON.stringify(text.slice(0, 40))}, which is no number.`);
    return value;
  }

  #required(item: XmlElement, name: string): string {
    const text = item.attributes[name];
    if (text === undefined) throw this.#bad(item, `<${item.name}> has no "${name}".`);
    return text;
  }

  #noFrame(item: XmlElement, what: string): AnnotationError {
    const { startFrame, step, frameCount } = this.#task;
    return new AnnotationError(
      'frame',
      `${this.#where(item)}: the task has no frame for ${what}. It has frames ${startFrame} to ${startFrame + step * (frameCount - 1)}${step === 1 ? '' : ` in steps of ${step}`} of its source.`,
    );
  }

  #bad(item: XmlElement, what: string): AnnotationError {
    return new AnnotationError('file', `${this.#where(item)}: ${what}`);
  }

  #where(item: XmlElement): string {
    return `${this.#file}, line ${item.line}`;
  }
}

function isKeyframe(item: XmlElement): boolean {
  return item.attributes.keyframe !== '0';
}

function isMarked(item: XmlElement): boolean {
  return item.attributes.roto_keyframe === '1';
}
