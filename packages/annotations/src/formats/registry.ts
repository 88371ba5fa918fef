import { importCoco } from './coco/read.ts';
import { exportCoco } from './coco/write.ts';
import { exportCocoKeypoints } from './coco/write-keypoints.ts';
import { importCvat } from './cvat/read.ts';
import { exportCvatImages } from './cvat/write-images.ts';
import { exportCvatVideo } from './cvat/write-video.ts';
import { importDatumaro } from './datumaro/read.ts';
import { exportDatumaro } from './datumaro/write.ts';
import { importDavis } from './davis/read.ts';
import { exportDavis } from './davis/write.ts';
import type { AnnotationFormat } from './format.ts';
import { guarded } from './guarded.ts';
import { importLabelStudio } from './label-studio/read.ts';
import { exportLabelStudio } from './label-studio/write.ts';
import { importLabelMe } from './labelme/read.ts';
import { exportLabelMe } from './labelme/write.ts';
import { importMot } from './mot/read.ts';
import { exportMot } from './mot/write.ts';
import { importMotsPng, importMotsText } from './mots/read.ts';
import { exportMotsPng, exportMotsText } from './mots/write.ts';
import { importVoc } from './voc/read-boxes.ts';
import { importSegmentationMask } from './voc/read-masks.ts';
import { exportVoc } from './voc/write-boxes.ts';
import { exportSegmentationMask } from './voc/write-masks.ts';
import { importYolo } from './yolo/read.ts';
import { exportYolo, exportYoloDarknet, exportYoloDetection } from './yolo/write.ts';

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
/** Boxes on frames; a turned rectangle becomes the box around it. */
const BOXES_ALONE = {
  types: { rectangle: 'rectangle', ellipse: 'rectangle', polygon: 'rectangle', mask: 'rectangle' },
  tracks: 'none',
  carries: ['overlap'],
} as const;
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

/** One reader for all that is called YOLO: what an archive holds is seen in it, not in the name under which it is sent. */
function yolo(name: string) {
  return guarded(
    name,
    'a .txt file for each frame, in a folder labels or obj_train_data or beside data.yaml',
    importYolo,
  );
}

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
  {
    name: 'CVAT 1.1',
    version: '1.1',
    ext: 'XML, ZIP',
    dimension: '2d',
    import: guarded('CVAT 1.1', '<image> and <track> elements in an .xml file', importCvat),
  },
  {
    name: 'COCO 1.0',
    version: '1.0',
    ext: 'JSON, ZIP',
    dimension: '2d',
    export: exportCoco,
    import: guarded('COCO 1.0', 'a .json file with the lists "annotations", "images" and "categories"', importCoco),
    keeps: {
      types: { rectangle: 'rectangle', polygon: 'polygon', mask: 'mask', ellipse: 'mask' },
      tracks: 'keyframes',
      carries: ALL_BUT_TAGS,
    },
  },
  {
    name: 'COCO Keypoints 1.0',
    version: '1.0',
    ext: 'JSON, ZIP',
    dimension: '2d',
    export: exportCocoKeypoints,
    import: guarded(
      'COCO Keypoints 1.0',
      'a .json file with the lists "annotations", "images" and "categories"',
      importCoco,
    ),
    keeps: {
      types: { skeleton: 'skeleton' },
      tracks: 'none',
      carries: ['attribute', 'group', 'source', 'occluded', 'z-order', 'overlap', 'score'],
    },
  },
  {
    name: 'Datumaro 1.0',
    version: '1.0',
    ext: 'JSON, ZIP',
    dimension: '2d',
    export: exportDatumaro,
    import: guarded('Datumaro 1.0', 'a .json file with "categories" and "items"', importDatumaro),
    keeps: {
      types: {
        rectangle: 'rectangle',
        ellipse: 'ellipse',
        polygon: 'polygon',
        polyline: 'polyline',
        points: 'points',
        mask: 'mask',
        skeleton: 'skeleton',
      },
      tracks: 'keyframes',
      carries: ['tag', 'attribute', 'group', 'occluded', 'z-order', 'rotation', 'overlap'],
    },
  },
  {
    name: 'PASCAL VOC 1.1',
    version: '1.1',
    ext: 'ZIP',
    dimension: '2d',
    export: exportVoc,
    import: guarded('PASCAL VOC 1.1', 'an .xml file for each frame with <object> and <bndbox>', importVoc),
    keeps: { ...BOXES_ALONE, carries: ['attribute', 'occluded', 'rotation', 'overlap'] },
  },
  {
    name: 'Segmentation mask 1.1',
    version: '1.1',
    ext: 'ZIP',
    dimension: '2d',
    export: exportSegmentationMask,
    import: guarded(
      'Segmentation mask 1.1',
      'PNG masks in a folder SegmentationClass, and labelmap.txt',
      importSegmentationMask,
    ),
    keeps: { types: AREAS_AS_MASKS, tracks: 'none', carries: ['rotation'] },
  },
  {
    name: 'LabelMe 3.0',
    version: '3.0',
    ext: 'ZIP',
    dimension: '2d',
    export: exportLabelMe,
    import: guarded(
      'LabelMe 3.0',
      'an .xml file for each frame with <object> and <polygon>, or a .json with "shapes"',
      importLabelMe,
    ),
    keeps: {
      types: { rectangle: 'rectangle', ellipse: 'polygon', polygon: 'polygon', mask: 'polygon' },
      tracks: 'none',
      carries: ['occluded', 'rotation', 'overlap'],
    },
  },
  {
    name: 'MOT 1.1',
    version: '1.1',
    ext: 'ZIP',
    dimension: '2d',
    export: exportMot,
    import: guarded('MOT 1.1', 'a gt.txt with lines of frame, track, left, top, width, height', importMot),
    keeps: { ...BOXES_ALONE, tracks: 'identity', carries: ['occluded', 'overlap'] },
  },
  {
    name: 'Label Studio 1.0',
    version: '1.0',
    ext: 'JSON, ZIP',
    dimension: '2d',
    export: exportLabelStudio,
    import: guarded('Label Studio 1.0', 'a .json file with a list of tasks', importLabelStudio),
    keeps: {
      types: { rectangle: 'rectangle', ellipse: 'ellipse', polygon: 'polygon', mask: 'mask' },
      tracks: 'keyframes',
      carries: ['source', 'rotation', 'overlap', 'score'],
    },
  },
  {
    name: 'Ultralytics YOLO Segmentation 1.0',
    version: '1.0',
    ext: 'ZIP',
    dimension: '2d',
    export: exportYolo,
    import: yolo('Ultralytics YOLO Segmentation 1.0'),
    keeps: {
      types: { rectangle: 'polygon', ellipse: 'polygon', polygon: 'polygon', mask: 'polygon' },
      tracks: 'none',
      carries: ['rotation', 'overlap'],
    },
  },
  {
    name: 'Ultralytics YOLO Detection 1.0',
    version: '1.0',
    ext: 'ZIP',
    dimension: '2d',
    export: exportYoloDetection,
    import: yolo('Ultralytics YOLO Detection 1.0'),
    keeps: BOXES_ALONE,
  },
  {
    name: 'YOLO 1.1',
    version: '1.1',
    ext: 'ZIP',
    dimension: '2d',
    export: exportYoloDarknet,
    import: yolo('YOLO 1.1'),
    keeps: BOXES_ALONE,
  },
  {
    name: 'DAVIS 1.0',
    version: '1.0',
    ext: 'ZIP',
    dimension: '2d',
    export: exportDavis,
    import: guarded('DAVIS 1.0', 'PNG masks under Annotations/<sequence>/, or in one folder', importDavis),
    keeps: MASKS_ALONE,
  },
  {
    name: 'MOTS PNG 1.0',
    version: '1.0',
    ext: 'ZIP',
    dimension: '2d',
    export: exportMotsPng,
    import: guarded('MOTS PNG 1.0', 'PNG masks in a folder instances', importMotsPng),
    keeps: MASKS_ALONE,
  },
  {
    name: 'MOTS 1.0',
    version: '1.0',
    ext: 'ZIP',
    dimension: '2d',
    export: exportMotsText,
    import: guarded(
      'MOTS 1.0',
      'a .txt file with lines of frame, object, class, height, width, run lengths',
      importMotsText,
    ),
    keeps: MASKS_ALONE,
  },
];

/** The format of a name; undefined when there is none. */
export function findFormat(name: string): AnnotationFormat | undefined {
  return FORMATS.find((format) => format.name === name);
}
