import type { Box } from '@roto/geometry';
import type { ImagePoint } from '../canvas/points.ts';
import type { Geometry, MaskGeometry, Uid } from '../document/records.ts';
import type { Message } from './hint.ts';
import type { ToolId } from './tool.ts';

/** What a tool asks of its surroundings besides changes of objects. */
export type Effect =
  | { readonly type: 'select'; readonly uids: readonly Uid[] }
  | { readonly type: 'hover'; readonly uid: Uid | undefined }
  /** The view follows the pointer until it is released. */
  | { readonly type: 'pan' }
  | { readonly type: 'fit' }
  | { readonly type: 'say'; readonly message: Message }
  /** The tool is done. `again`: the same tool is opened for the next figure. */
  | { readonly type: 'close'; readonly again?: boolean }
  | { readonly type: 'open'; readonly tool: ToolId }
  | { readonly type: 'menu'; readonly uid: Uid | undefined; readonly others: readonly Uid[] }
  | { readonly type: 'brush-size'; readonly size: number }
  /** Ask the interactor; only the newest request counts. */
  | { readonly type: 'interact'; readonly request: number; readonly query: InteractorQuery }
  /** A polygon of a mask with a bound on the error, found in a worker. */
  | { readonly type: 'simplify'; readonly request: number; readonly mask: MaskGeometry; readonly iou: number };

export type InteractorQuery = {
  readonly positive: readonly ImagePoint[];
  readonly negative: readonly ImagePoint[];
  readonly box: Box | undefined;
};

export type Answer =
  | { readonly type: 'mask'; readonly mask: MaskGeometry | undefined }
  | { readonly type: 'geometry'; readonly geometry: Geometry }
  | { readonly type: 'failed'; readonly reason: string };
