import type { AnnotatedFrame } from '../../labeled/flatten.ts';
import { maskOf } from '../draw.ts';
import type { TaskInfo } from '../task.ts';
import type { Objects } from './objects.ts';
import type { Layer } from './paint.ts';

/** The masks on a frame, each with the value of its object. Shapes that cover no pixels are left out. */
export function layersOf(
  frame: AnnotatedFrame,
  objects: Objects,
  valueFor: (object: number) => number,
  task: TaskInfo,
): Layer[] {
  return frame.shapes.flatMap((annotated) => {
    const mask = maskOf(annotated.shape, task.width, task.height);
    return mask ? [{ value: valueFor(objects.of(annotated)), zOrder: annotated.shape.z_order, mask }] : [];
  });
}
