import { BadRequestError } from '@roto/functions';
import { checked, type Label } from '@roto/wire';
import { Type } from 'typebox';
import { annotationMapper, LabelMapping, type RemappedShape, type RemappedTag } from './mapper.ts';
import type { Doing, Params, Work } from './work.ts';

const roi = Type.Optional(Type.Union([Type.Array(Type.Integer(), { minItems: 4, maxItems: 4 }), Type.Null()]));
const common = {
  task: Type.Integer(),
  mapping: Type.Record(Type.String(), LabelMapping),
  threshold: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()]),
  conv_mask_to_poly: Type.Boolean(),
  roi,
};
const AnnotateFrame = Type.Object({ ...common, frame: Type.Integer({ minimum: 0 }) });
const AnnotateTask = Type.Object(common);

/** Pictures are fetched so far ahead of the function. */
const AHEAD = 2;

/** `annotate_frame`: what is on one frame, in the task's labels. */
export async function annotateFrame(work: Work, params: Params, doing: Doing): Promise<object> {
  const given = checked(AnnotateFrame, params, 'annotate_frame');
  return { annotations: await annotate(work, given, () => [given.frame], doing) };
}

/** `annotate_task`: what is on all frames that are there. */
export async function annotateTask(work: Work, params: Params, doing: Doing): Promise<object> {
  const given = checked(AnnotateTask, params, 'annotate_task');
  return { annotations: await annotate(work, given, (frames) => frames, doing) };
}

async function annotate(
  work: Work,
  given: {
    task: number;
    mapping: Record<string, LabelMapping>;
    threshold: number | null;
    conv_mask_to_poly: boolean;
    roi?: number[] | null;
  },
  choose: (all: number[]) => number[],
  { signal, progress }: Doing,
): Promise<{ tags: RemappedTag[]; shapes: RemappedShape[] }> {
  const { client, spec, pictures, inference } = work;
  if (spec.kind !== 'detector') throw new BadRequestError('unsupported type for this function');
  const media = await pictures.media(given.task, signal);
  const labels: Label[] = [];
  for await (const label of client.tasks.labels(given.task, signal)) labels.push(label);
  const remap = annotationMapper(spec.labels, labels, given.mapping, given.conv_mask_to_poly);

  const deleted = new Set(media.meta.deleted_frames ?? []);
  const frames = choose(Array.from({ length: media.size }, (_, frame) => frame).filter((frame) => !deleted.has(frame)));
  const fetching: ReturnType<typeof pictures.get>[] = [];
  const fetch = (place: number): void => {
    const frame = frames[place];
    if (frame === undefined) return;
    const picture = pictures.get(media, frame, signal);
    picture.catch(() => undefined); // told when its turn comes
    fetching.push(picture);
  };
  for (let place = 0; place <= AHEAD; place++) fetch(place);

  const tags: RemappedTag[] = [];
  const shapes: RemappedShape[] = [];
  for (const [place, frame] of frames.entries()) {
    signal.throwIfAborted();
    const picture = await fetching.shift()!;
    fetch(place + AHEAD + 1);
    const { annotations } = await inference.call('detect', {
      image: { path: picture.path, ...(given.roi && { roi: given.roi }) },
      context: { frameName: picture.name, confThreshold: given.threshold, convMaskToPoly: given.conv_mask_to_poly },
    });
    const mapped = remap(annotations, frame);
    tags.push(...mapped.tags);
    shapes.push(...mapped.shapes);
    progress((place + 1) / frames.length);
  }
  return { tags, shapes };
}
