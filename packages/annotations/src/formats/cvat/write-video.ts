import { Keyframes } from '../../labeled/interpolate.ts';
import type { LabeledData, LabeledShape, LabeledTrack, TrackedShape } from '../../labeled/labeled-data.ts';
import { isMaskTrack } from '../../labeled/mask-tracks.ts';
import { sliceLabeledData } from '../../labeled/slice.ts';
import { inChunks } from '../bytes.ts';
import type { ExportContext, ExportedFile } from '../format.ts';
import { deletedOf, rangeOf, sourceFrame } from '../task.ts';
import { openTag, type XmlAttributes } from '../xml/write.ts';
import { imageAttributes, writeTags } from './write-images.ts';
import { writeHead } from './write-meta.ts';
import { type Names, namesOf, occludedOf, writeAttributes, writeShape } from './write-shape.ts';

/**
 * CVAT for video 1.1: tracks, with every frame on which they are seen; frames between keyframes have `keyframe="0"`.
 * A plain shape is a track that ends on the next frame, as CVAT writes it, marked `roto_shape="1"`. A track of masks is
 * one such track for every frame on which it is seen (docs/decisions/0009-mask-tracks-on-the-wire.md), all with one
 * `roto_track`, its keyframes marked `roto_keyframe="1"`. Tags, for which the format has no place of their own, stand in
 * an `<image>` of their frame: CVAT's importer takes them in.
 */
export function* exportCvatVideo(data: LabeledData, context: ExportContext): Generator<ExportedFile> {
  yield { path: 'annotations.xml', content: inChunks(writeVideo(data, context)) };
}

function* writeVideo(whole: LabeledData, context: ExportContext): Generator<string> {
  const { task } = context;
  const range = rangeOf(task);
  const deleted = deletedOf(task);
  const data = sliceLabeledData(whole, range);
  const writer = new TrackWriter(context);
  yield* writeHead(context);
  for (const track of data.tracks) {
    if (isMaskTrack(track)) yield* writer.maskTrack(track);
    else yield* writer.track(track);
  }
  for (const shape of data.shapes) if (!deleted.has(shape.frame)) yield* writer.plainShape(shape);
  for (const [frame, tags] of Map.groupBy(data.tags, (tag) => tag.frame)) {
    if (deleted.has(frame)) continue;
    yield `${openTag('image', imageAttributes(task, frame))}\n`;
    yield* writeTags(tags, namesOf(context.labels));
    yield '</image>\n';
  }
  yield '</annotations>\n';
}

type Part = { readonly label: string; readonly shape: TrackedShape; readonly isKeyframe: boolean };

class TrackWriter {
  readonly #context: ExportContext;
  readonly #names: Names;
  readonly #deleted: ReadonlySet<number>;
  /** Number of the next `<track>`. */
  #next = 0;

  constructor(context: ExportContext) {
    this.#context = context;
    this.#names = namesOf(context.labels);
    this.#deleted = deletedOf(context.task);
  }

  *track(track: LabeledTrack): Generator<string> {
    const keys = new Keyframes(track.shapes, this.#deleted);
    const parts = track.elements.map(({ label_id, attributes, shapes }) => ({
      label: this.#names.label(label_id),
      keys: new Keyframes(shapes, this.#deleted),
      fixed: attributes,
    }));
    const { start, stop } = rangeOf(this.#context.task);
    const first = Math.min(track.frame, ...track.elements.map((element) => element.frame));
    // CVAT's importer fails on a track without a shape, and so does one whose keyframes are all deleted not begin.
    let end = '';
    for (let frame = Math.max(start, first); frame <= stop; frame++) {
      if (this.#deleted.has(frame)) continue;
      const shape = keys.at(frame);
      const isKeyframe = keys.isKeyframe(frame);
      const elements = parts.flatMap(({ label, keys, fixed }): Part[] => {
        const element = keys.at(frame);
        if (!element) return [];
        const attributes = [...fixed, ...element.attributes];
        return [{ label, shape: { ...element, attributes }, isKeyframe: keys.isKeyframe(frame) }];
      });
      const isSeen = shape !== undefined && !shape.outside;
      if (!isSeen && !isKeyframe && !elements.some((element) => element.isKeyframe)) continue;
      // A part may begin before its skeleton: then the skeleton stands there without a keyframe, and hidden.
      const drawn = shape ?? { ...track.shapes[0]!, frame, outside: true };
      if (end === '') yield this.#open(track);
      end = '</track>\n';
      const whole = { ...drawn, attributes: [...track.attributes, ...drawn.attributes] };
      yield this.#shape(whole, isKeyframe, elements);
    }
    yield end;
  }

  *maskTrack(track: LabeledTrack): Generator<string> {
    const keys = new Keyframes(track.shapes, this.#deleted);
    const { stop } = rangeOf(this.#context.task);
    const number = this.#next;
    const withFixed = (shape: TrackedShape) => ({ ...shape, attributes: [...track.attributes, ...shape.attributes] });
    for (let frame = track.frame; frame <= stop; frame++) {
      const shape = this.#deleted.has(frame) ? undefined : keys.at(frame);
      if (!shape || shape.outside) continue;
      yield this.#open(track, { roto_track: number });
      yield this.#shape(withFixed(shape), true, [], { roto_keyframe: keys.isKeyframe(frame) || undefined });
      const next = frame + 1;
      // Also on a deleted frame: without an end CVAT shows the mask to the end of the task.
      if (next <= stop) {
        const after = this.#deleted.has(next) ? undefined : keys.at(next);
        const isEnd = after?.outside === true && keys.isKeyframe(next);
        const hidden = isEnd && after ? after : { ...shape, frame: next, outside: true };
        yield this.#shape(withFixed(hidden), true, [], { roto_keyframe: isEnd || undefined });
      }
      yield '</track>\n';
    }
  }

  *plainShape(shape: LabeledShape): Generator<string> {
    const parts = (outside: boolean): Part[] =>
      shape.elements.map((element) => ({
        label: this.#names.label(element.label_id),
        shape: { ...element, outside: outside || element.outside },
        isKeyframe: true,
      }));
    yield this.#open(shape, { roto_shape: true, roto_score: shape.score });
    yield this.#shape({ ...shape, outside: false }, true, parts(false));
    const next = shape.frame + 1;
    // Also on a deleted frame: without an end CVAT shows the shape to the end of the task.
    if (next <= rangeOf(this.#context.task).stop)
      yield this.#shape({ ...shape, frame: next, outside: true }, true, parts(true));
    yield '</track>\n';
  }

  #open({ label_id, source, group }: LabeledShape | LabeledTrack, marks: XmlAttributes = {}): string {
    const label = this.#names.label(label_id);
    return `${openTag('track', { id: this.#next++, label, source, group_id: group || undefined, ...marks })}\n`;
  }

  #shape(shape: TrackedShape, isKeyframe: boolean, parts: readonly Part[], marks: XmlAttributes = {}): string {
    const attributes = {
      frame: sourceFrame(this.#context.task, shape.frame),
      keyframe: isKeyframe,
      // A skeleton that is hidden as a whole says so, which CVAT does not write but reads.
      outside: shape.type === 'skeleton' && !shape.outside ? undefined : shape.outside,
      occluded: occludedOf(shape),
      ...marks,
    };
    const content = parts.map((part) =>
      writeShape(
        part.shape,
        { label: part.label, keyframe: part.isKeyframe, outside: part.shape.outside, occluded: part.shape.occluded },
        part.isKeyframe,
        writeAttributes(part.shape.attributes, this.#names),
      ),
    );
    return writeShape(shape, attributes, isKeyframe, content.join('') + writeAttributes(shape.attributes, this.#names));
  }
}
