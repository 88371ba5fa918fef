import { boxToXywh, compressRle, rleArea, rleBounds } from '@roto/geometry';
import { type FrameResults, labelsOf, type ResultHeader } from './result.ts';

export type CocoOptions = {
  /** Name of a frame's picture file; by default its own, and where it has none the index with five digits: `00012.jpg`. */
  readonly fileName?: (frame: number, name: string | undefined) => string;
};

type CocoImage = {
  id: number;
  video_id: number;
  file_name: string;
  width: number;
  height: number;
  frame_index: number;
  timestamp: number;
};

/**
 * COCO's instance JSON, with the fields that video data sets add (`videos`, `video_id`, `track_id`, as in YouTube-VIS
 * and TAO), in pieces of text. `pycocotools.COCO` loads it.
 *   ids          from 1: image id = frame index + 1, category id = place of the label among the header's objects
 *   images       file_name, width, height, frame_index from 0, timestamp in seconds; in order of frames
 *   annotations  one per object and frame on which its mask has a pixel; segmentation in compressed run lengths,
 *                bbox [left, top, width, height], area in pixels, iscrowd 0, track_id = object id,
 *                attributes presence (logit) and predicted_iou
 */
export async function* writeCoco(
  header: ResultHeader,
  frames: FrameResults,
  options: CocoOptions = {},
): AsyncGenerator<string> {
  const { source } = header;
  const fileName =
    options.fileName ?? ((frame: number, name?: string) => name ?? `${String(frame).padStart(5, '0')}.jpg`);
  const labels = labelsOf(header);
  const images: CocoImage[] = [];
  for await (const { frame, name, timeSec } of frames())
    images.push({
      id: frame + 1,
      video_id: 1,
      file_name: fileName(frame, name),
      width: source.width,
      height: source.height,
      frame_index: frame,
      timestamp: timeSec,
    });
  images.sort((a, b) => a.frame_index - b.frame_index);

  yield '{\n"info": ';
  yield JSON.stringify({ description: `Objects of ${source.name}`, model: header.model.name, version: '1.0' });
  yield ',\n"licenses": [],\n"videos": ';
  yield JSON.stringify([
    { id: 1, name: source.name, width: source.width, height: source.height, length: source.frameCount },
  ]);
  yield ',\n"categories": ';
  yield JSON.stringify(labels.map((name, place) => ({ id: place + 1, name, supercategory: '' })));
  yield ',\n"images": ';
  yield JSON.stringify(images);
  yield ',\n"annotations": [';
  let id = 0;
  for await (const { frame, objects } of frames())
    for (const object of objects) {
      const bounds = rleBounds(object.mask);
      if (!bounds) continue;
      id++;
      yield id === 1 ? '\n' : ',\n';
      yield JSON.stringify({
        id,
        image_id: frame + 1,
        video_id: 1,
        category_id: labels.indexOf(object.label) + 1,
        track_id: object.id,
        segmentation: compressRle(object.mask),
        area: rleArea(object.mask),
        bbox: boxToXywh(bounds),
        iscrowd: 0,
        attributes: { presence: object.presence, predicted_iou: object.predictedIou },
      });
    }
  yield '\n]\n}\n';
}
