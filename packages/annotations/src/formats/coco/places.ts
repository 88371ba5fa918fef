import { checkRle, decompressRle, GeometryError, type Rle } from '@roto/geometry';
import { AnnotationError } from '../../errors.ts';
import { bad, type Item, isItem, numbers, show, tidy } from '../json/values.ts';
import { cvatPointsOfRle } from '../mask-runs.ts';
import type { TaskInfo } from '../task.ts';

/** Where an annotation is: one shape, or a polygon for each of its rings. Empty rings are none, as for datumaro. */
export function placesOf(
  annotation: Item,
  task: TaskInfo,
  place: string,
): { type: 'rectangle' | 'polygon' | 'mask'; points: number[] }[] {
  const { segmentation, bbox } = annotation;
  if (isItem(segmentation)) return [{ type: 'mask', points: maskPoints(segmentation, task, `${place}: segmentation`) }];
  const rings: unknown[] = Array.isArray(segmentation) ? segmentation : [];
  const drawn = rings.filter((ring) => !(Array.isArray(ring) && ring.length === 0));
  if (drawn.length > 0)
    return drawn.map((ring) => ({ type: 'polygon' as const, points: numbers(ring, `${place}: segmentation`) }));
  const [x, y, width, height] = numbers(bbox, `${place}: bbox`, 4) as [number, number, number, number];
  if (width < 0 || height < 0) throw bad(`${place}: bbox`, `has the size ${width} × ${height}`);
  return [{ type: 'rectangle', points: [x, y, tidy(x + width), tidy(y + height)] }];
}

/** CVAT's points of COCO's run lengths, compressed or not. */
export function maskPoints({ size, counts }: Item, { width, height }: TaskInfo, place: string): number[] {
  if (!Array.isArray(size) || size[0] !== height || size[1] !== width)
    throw bad(place, `size is ${show(size)}; it must be [height, width], here [${height}, ${width}]`);
  try {
    const rle: Rle =
      typeof counts === 'string'
        ? decompressRle({ size: [height, width], counts })
        : { size: [height, width], counts: numbers(counts, `${place}.counts`) };
    checkRle(rle);
    return cvatPointsOfRle(rle);
  } catch (cause) {
    if (!(cause instanceof GeometryError)) throw cause;
    throw new AnnotationError('file', `${place}: ${cause.message}`, cause);
  }
}
