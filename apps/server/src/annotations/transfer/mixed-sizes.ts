import type { TaskInfo } from '@roto/annotations/formats';
import { RequestFailure } from '../../background/handlers.ts';

/** Formats that say the size of each picture, or need none. */
const KNOWS_SIZES: ReadonlySet<string> = new Set(['CVAT for images 1.1', 'COCO 1.0']);

/**
 * Refuses to write or read a format that counts in the size of all frames where a task has images of several.
 * @throws RequestFailure
 */
export function checkSizes(format: string, { sizes }: TaskInfo): void {
  if (!sizes || KNOWS_SIZES.has(format)) return;
  throw new RequestFailure(
    `The images of this task differ in size, which "${format}" is not read and written with here; take ${[...KNOWS_SIZES].join(' or ')}.`,
  );
}
