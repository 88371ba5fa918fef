import type { Box } from '@roto/geometry';
import type { ImagePoint } from '../canvas/points.ts';
import type { Geometry, Uid } from '../document/records.ts';
import type { BrushForm } from '../masks/stroke.ts';
import type { TiledMask } from '../masks/tiled-mask.ts';
import type { Message } from './hint.ts';

/** What a tool shows above the objects. All in image pixels; sizes of handles and lines are the painter's. */
export type Preview = {
  /** How these objects look while the gesture lasts, instead of what the document says. */
  readonly overrides?: ReadonlyMap<Uid, Geometry>;
  /** These are not drawn: they are edited as `mask`. */
  readonly hidden?: readonly Uid[];
  readonly figures?: readonly PreviewFigure[];
  readonly mask?: { readonly tiles: TiledMask; readonly color: string; readonly box: boolean };
  readonly marks?: readonly Mark[];
  readonly brush?: {
    readonly at: ImagePoint;
    readonly size: number;
    readonly form: BrushForm;
    readonly erases: boolean;
  };
  readonly selection?: Box;
  /** Everything but these is dimmed. */
  readonly focus?: readonly Uid[];
  /** Handles of the selected object. */
  readonly handles?: readonly HandleMark[];
  readonly crosshair?: ImagePoint;
  /** Near the pointer. */
  readonly note?: { readonly at: ImagePoint; readonly message: Message };
};

export type PreviewFigure = {
  readonly points: readonly ImagePoint[];
  readonly closed: boolean;
  readonly color: string;
  readonly style: 'figure' | 'rubber' | 'guide' | 'choice' | 'wrong';
  /** Draw a dot on each point; the first one larger, as a target to close the figure. */
  readonly dots?: boolean;
  readonly filled?: boolean;
};

export type Mark = {
  readonly at: ImagePoint;
  readonly kind: 'positive' | 'negative' | 'point' | 'snap' | 'number';
  readonly text?: string;
  readonly color?: string;
};

export type HandleMark = {
  readonly at: ImagePoint;
  readonly kind: 'vertex' | 'resize' | 'rotate' | 'joint' | 'insert';
  readonly isHot: boolean;
  readonly isSelected: boolean;
};

export const NOTHING: Preview = {};
