import type { ToolEvent, ToolId } from '../tools/tool.ts';
import { NO_KEYS } from '../tools/tool.ts';
import { clamped, type ImagePoint, imagePoint, type Size } from './points.ts';

export type KeyboardSink = {
  readonly tool: () => ToolId;
  readonly send: (event: ToolEvent) => boolean;
  readonly hasSelection: () => boolean;
  /** Where the crosshair begins: the middle of what is in view. */
  readonly middle: () => ImagePoint;
  readonly reveal: (point: ImagePoint) => void;
  readonly zoom: (at: ImagePoint, factor: number) => void;
  readonly changed: () => void;
};

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/**
 * Drawing without a pointer, while the canvas has the focus: arrows move a crosshair by 1 pixel (Shift 10, Ctrl 50), Space or
 * Enter sets a point, + and − zoom to it. With the select tool arrows nudge the selected objects (Shift 10, Alt 0.1).
 */
export class KeyboardDrawing {
  readonly #size: Size;
  readonly #sink: KeyboardSink;
  /** The crosshair; undefined while a pointer is used. */
  cursor: ImagePoint | undefined;

  constructor(size: Size, sink: KeyboardSink) {
    this.#size = size;
    this.#sink = sink;
  }

  /** A pointer was moved, or another tool was opened. */
  leave(): void {
    this.cursor = undefined;
  }

  /** True when the key was used. */
  press(event: Pick<KeyboardEvent, 'key' | 'code' | 'shiftKey' | 'altKey' | 'ctrlKey' | 'metaKey'>): boolean {
    const arrow = ARROWS[event.key];
    const tool = this.#sink.tool();
    if (tool === 'select' || tool === 'box-select') return arrow !== undefined && this.#nudge(arrow, event);
    if (arrow) return this.#move(arrow, event.ctrlKey || event.metaKey ? 50 : event.shiftKey ? 10 : 1);
    if (!this.cursor || event.ctrlKey || event.metaKey || event.altKey) return false;
    switch (event.key) {
      case ' ':
      case 'Enter':
        this.#click(this.cursor);
        return true;
      case '+':
      case '=':
        this.#sink.zoom(this.cursor, 1.5);
        return true;
      case '-':
        this.#sink.zoom(this.cursor, 1 / 1.5);
        return true;
      default:
        return false;
    }
  }

  #nudge([x, y]: readonly [number, number], event: Pick<KeyboardEvent, 'shiftKey' | 'altKey' | 'ctrlKey'>): boolean {
    if (!this.#sink.hasSelection() || event.ctrlKey) return false;
    const step = event.shiftKey ? 10 : event.altKey ? 0.1 : 1;
    return this.#sink.send({ type: 'nudge', dx: x * step, dy: y * step });
  }

  #move([x, y]: readonly [number, number], step: number): boolean {
    const from = this.cursor ?? this.#sink.middle();
    const moved = this.cursor ? imagePoint(from[0] + x * step, from[1] + y * step) : from;
    this.cursor = clamped(moved, this.#size);
    this.#sink.reveal(this.cursor);
    this.#sink.send({ type: 'move', pressed: false, ...inputAt(this.cursor) });
    this.#sink.changed();
    return true;
  }

  #click(at: ImagePoint): void {
    this.#sink.send({ type: 'down', ...inputAt(at) });
    this.#sink.send({ type: 'up', ...inputAt(at) });
  }
}

function inputAt(point: ImagePoint) {
  return {
    point,
    trail: [point],
    button: 'left',
    keys: NO_KEYS,
    device: 'mouse',
    pressure: 0.5,
    eraser: false,
    travel: 0,
  } as const;
}
