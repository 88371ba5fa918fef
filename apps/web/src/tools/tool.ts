import type { ImagePoint } from '../canvas/points.ts';
import type { Scene } from '../canvas/scene.ts';
import type { Uid } from '../document/records.ts';
import type { Commit } from './change.ts';
import type { Effect } from './effect.ts';
import type { Hint } from './hint.ts';
import type { ToolOptions } from './options.ts';
import type { Preview } from './preview.ts';

/**
 * A tool is a reducer: (state, event, context) → (state, commits, effects). It holds nothing, touches no page and no
 * document; what it wants to be changed it says as values. `path` names the state for people who read tests and logs.
 */
export type Tool<State> = {
  readonly id: ToolId;
  readonly start: (context: ToolContext) => State;
  readonly reduce: (state: State, event: ToolEvent, context: ToolContext) => Step<State>;
  /** Drawn above the objects while the tool is in this state. */
  readonly preview: (state: State, context: ToolContext) => Preview;
  /** What the next click does, for the status line. */
  readonly hint: (state: State, context: ToolContext) => Hint;
  readonly path: (state: State) => string;
  /** Is there a begun figure, which a change of frame or tool would lose? */
  readonly isDrawing: (state: State) => boolean;
};

export type ToolId =
  | 'select'
  | 'box-select'
  | 'pan'
  | 'rectangle'
  | 'ellipse'
  | 'polygon'
  | 'polyline'
  | 'points'
  | 'mask'
  | 'sam-click'
  | 'slice'
  | 'join'
  | 'merge'
  | 'split'
  | 'group';

export type Step<State> = {
  readonly state: State;
  /** Each is one step of undo. */
  readonly commits?: readonly Commit[];
  readonly effects?: readonly Effect[];
  /** The tool has no use for the event: undo then belongs to the job, Esc to the selection. */
  readonly ignored?: true;
};

/** All that a tool may read; a new value for each event. */
export type ToolContext = {
  readonly scene: Scene;
  readonly selected: readonly Uid[];
  readonly hovered: Uid | undefined;
  /** CSS pixels per image pixel: tolerances are in CSS pixels. */
  readonly scale: number;
  readonly options: ToolOptions;
};

export type Keys = { readonly shift: boolean; readonly alt: boolean; readonly ctrl: boolean };
export const NO_KEYS: Keys = { shift: false, alt: false, ctrl: false };

export type Device = 'mouse' | 'pen' | 'touch';

export type PointerInput = {
  readonly point: ImagePoint;
  /** Places of the pointer since the event before, `point` the last of them. */
  readonly trail: readonly ImagePoint[];
  readonly button: 'left' | 'right';
  readonly keys: Keys;
  readonly device: Device;
  /** 0…1; 0.5 where the device does not measure it. */
  readonly pressure: number;
  /** The eraser end, or the barrel button, of a pen. */
  readonly eraser: boolean;
  /** CSS pixels between the press and the farthest place since. */
  readonly travel: number;
};

export type ToolEvent =
  | ({ readonly type: 'down' } & PointerInput)
  | ({ readonly type: 'up' } & PointerInput)
  /** `pressed`: a button is held. */
  | ({ readonly type: 'move'; readonly pressed: boolean } & PointerInput)
  | ({ readonly type: 'double' } & PointerInput)
  | { readonly type: 'leave' }
  /** A modifier was pressed or released. */
  | { readonly type: 'keys'; readonly keys: Keys }
  | { readonly type: 'finish' | 'cancel' | 'undo' | 'redo' | 'back' | 'delete' | 'next-under-pointer' | 'box-handles' }
  | { readonly type: 'finish-and-continue' }
  | { readonly type: 'nudge'; readonly dx: number; readonly dy: number }
  | { readonly type: 'mirror'; readonly axis: 'horizontal' | 'vertical' }
  /** Of the mask that is being edited: take away parts, or fill holes, of fewer pixels; fill all that is enclosed. */
  | { readonly type: 'remove-specks' | 'fill-holes'; readonly pixels: number }
  | { readonly type: 'toggle-mask' }
  /** Answer to an effect with this number. */
  | { readonly type: 'answer'; readonly request: number; readonly answer: import('./effect.ts').Answer }
  /** What the tool works on was changed from outside: objects, frame or options. */
  | { readonly type: 'refresh' };

/** Tolerance around points and lines, in image pixels. */
export function reach(context: ToolContext, device: Device): number {
  const css = device === 'touch' ? 18 : device === 'pen' ? 10 : 6;
  return css / context.scale;
}
