import { importCoco } from './coco/read.ts';
import { exportCoco } from './coco/write.ts';
import { importCvat } from './cvat/read.ts';
import { exportCvatImages } from './cvat/write-images.ts';
import { exportCvatVideo } from './cvat/write-video.ts';
import { importDavis } from './davis/read.ts';
import { exportDavis } from './davis/write.ts';
import type { AnnotationFormat } from './format.ts';
import { importMotsPng, importMotsText } from './mots/read.ts';
import { exportMotsPng, exportMotsText } from './mots/write.ts';
import { importYolo } from './yolo/read.ts';
import { exportYolo } from './yolo/write.ts';

const EVERY_TYPE = {
  rectangle: 'rectangle',
  ellipse: 'ellipse',
  polygon: 'polygon',
  polyline: 'polyline',
  points: 'points',
  cuboid: 'cuboid',
  mask: 'mask',
  skeleton: 'skeleton',
} as const;
const AREAS_AS_MASKS = { rectangle: 'mask', ellipse: 'mask', polygon: 'mask', mask: 'mask' } as const;
/** A picture for each frame; a turned rectangle keeps its place, as every pixel does. */
const MASKS_ALONE = { types: AREAS_AS_MASKS, tracks: 'identity', carries: ['rotation'] } as const;
const ALL_BUT_TAGS = [
  'attribute',
  'group',
  'source',
  'occluded',
  'z-order',
  'rotation',
  'overlap',
  'prediction',
  'score',
] as const;

/** All formats, by the names that CVAT gives them. */
export const FORMATS: readonly AnnotationFormat[] = [
  {
    name: 'CVAT for video 1.1',
    version: '1.1',
    ext: 'ZIP',
    dimension: '2d',
    export: exportCvatVideo,
    keeps: {
      types: EVERY_TYPE,
      tracks: 'keyframes',
      carries: ['tag', ...ALL_BUT_TAGS],
    },
  },
  {
    name: 'CVAT for images 1.1',
    version: '1.1',
    ext: 'ZIP',
    dimension: '2d',
    export: exportCvatImages,
    keeps: {
      types: EVERY_TYPE,
      tracks: 'none',
      carries: ['tag', ...ALL_BUT_TAGS],
    },
  },
  { name: 'CVAT 1.1', version: '1.1', ext: 'XML, ZIP', dimension: '2d', import: importCvat },
  {
    name: 'COCO 1.0',
    version: '1.0',
    ext: 'JSON, ZIP',
    dimension: '2d',
    export: exportCoco,
    import: importCoco,
    keeps: {
      types: { rectangle: 'rectangle', polygon: 'polygon', mask: 'mask', ellipse: 'mask' },
      tracks: 'keyframes',
      carries: ALL_BUT_TAGS,
    },
  },
  {
    name: 'Ultralytics YOLO Segmentation 1.0',
    version: '1.0',
    ext: 'ZIP',
    dimension: '2d',
    export: exportYolo,
    import: importYolo,
    keeps: {
      types: { rectangle: 'polygon', ellipse: 'polygon', polygon: 'polygon', mask: 'polygon' },
      tracks: 'none',
      carries: ['rotation', 'overlap'],
    },
  },
  {
    name: 'DAVIS 1.0',
    version: '1.0',
    ext: 'ZIP',
    dimension: '2d',
    export: exportDavis,
    import: importDavis,
    keeps: MASKS_ALONE,
  },
  {
    name: 'MOTS PNG 1.0',
    version: '1.0',
    ext: 'ZIP',
    dimension: '2d',
    export: exportMotsPng,
    import: importMotsPng,
    keeps: MASKS_ALONE,
  },
  {
    name: 'MOTS 1.0',
    version: '1.0',
    ext: 'ZIP',
    dimension: '2d',
    export: exportMotsText,
    import: importMotsText,
    keeps: MASKS_ALONE,
  },
];

/** The format of a name; undefined when there is none. */
export function findFormat(name: string): AnnotationFormat | undefined {
  return FORMATS.find((format) => format.name === name);
}
