import type { Device, Keys, PointerInput, ToolEvent } from '../tools/tool.ts';
import type { ImagePoint, ViewPoint } from './points.ts';
import { viewPoint } from './points.ts';

/** Turns pointer events of the page into those of tools, and gestures of the view. */
export type PointerSink = {
  readonly toImage: (point: ViewPoint) => ImagePoint;
  readonly send: (event: ToolEvent) => void;
  readonly panBy: (dx: number, dy: number) => void;
  readonly zoomAt: (at: ViewPoint, factor: number) => void;
  /** Is the tool one in which Alt and a drag move the view? */
  readonly pansWithAlt: () => boolean;
  readonly undo: () => void;
  readonly redo: () => void;
  readonly longPress: (at: ViewPoint) => void;
};

type Press = {
  readonly id: number;
  readonly button: 'left' | 'right';
  readonly from: ViewPoint;
  travel: number;
  /** The view follows the pointer. */
  pans: boolean;
  /** Alt is down: a drag will pan, a click is given to the tool when it ends. */
  held: PointerEvent | undefined;
};

const ALT_DRAG = 4;
const LONG_PRESS = 500;
const PEN_SEEN = 10_000;

export class PointerInputs {
  readonly #host: HTMLElement;
  readonly #sink: PointerSink;
  readonly #touches = new Map<number, ViewPoint>();
  readonly #stop = new AbortController();
  #press: Press | undefined;
  #lastPen = Number.NEGATIVE_INFINITY;
  #lastClick: { at: ViewPoint; time: number } | undefined;
  #pinch: { middle: ViewPoint; span: number; moved: number; since: number; fingers: number } | undefined;
  #long: ReturnType<typeof setTimeout> | undefined;

  constructor(host: HTMLElement, sink: PointerSink) {
    this.#host = host;
    this.#sink = sink;
    const on = <K extends keyof HTMLElementEventMap>(
      type: K,
      listener: (event: HTMLElementEventMap[K]) => void,
      passive = true,
    ): void => host.addEventListener(type, listener, { signal: this.#stop.signal, passive });
    on('pointerdown', (event) => this.#down(event), false);
    on('pointermove', (event) => this.#move(event));
    on('pointerup', (event) => this.#up(event));
    on('pointercancel', (event) => this.#up(event));
    on('pointerleave', () => !this.#press && this.#sink.send({ type: 'leave' }));
    on('contextmenu', (event) => event.preventDefault(), false);
    on('wheel', (event) => this.#wheel(event), false);
    const keys = (event: KeyboardEvent): void => {
      if (event.key === 'Shift' || event.key === 'Alt' || event.key === 'Control' || event.key === 'Meta')
        this.#sink.send({ type: 'keys', keys: keysOf(event) });
    };
    window.addEventListener('keydown', keys, { signal: this.#stop.signal });
    window.addEventListener('keyup', keys, { signal: this.#stop.signal });
  }

  remove(): void {
    clearTimeout(this.#long);
    this.#stop.abort();
  }

  /** The press in progress moves the view from now on. */
  pan(): void {
    if (this.#press) this.#press.pans = true;
  }

  #at(event: MouseEvent): ViewPoint {
    const box = this.#host.getBoundingClientRect();
    return viewPoint(event.clientX - box.left, event.clientY - box.top);
  }

  #down(event: PointerEvent): void {
    const at = this.#at(event);
    if (event.pointerType === 'pen') this.#lastPen = event.timeStamp;
    if (event.pointerType === 'touch' && this.#touchDown(event, at)) return;
    if (this.#press) return;
    // A synthetic pointer, of a test or a tool for accessibility, cannot be captured.
    if (event.isTrusted) this.#host.setPointerCapture(event.pointerId);
    const pans = event.button === 1 || (event.pointerType === 'touch' && event.timeStamp - this.#lastPen < PEN_SEEN);
    const button = event.button === 2 ? 'right' : 'left';
    const held = event.altKey && button === 'left' && this.#sink.pansWithAlt() ? event : undefined;
    this.#press = { id: event.pointerId, button, from: at, travel: 0, pans, held };
    if (event.button === 1) event.preventDefault();
    if (pans || held) return;
    this.#sink.send({ type: 'down', ...this.#input(event, [at]) });
  }

  #move(event: PointerEvent): void {
    const at = this.#at(event);
    if (this.#touches.has(event.pointerId) && this.#touchMove(event.pointerId, at)) return;
    const press = this.#press;
    if (press && press.id !== event.pointerId) return;
    if (press) {
      press.travel = Math.max(press.travel, Math.hypot(at[0] - press.from[0], at[1] - press.from[1]));
      if (press.travel > ALT_DRAG * 2) clearTimeout(this.#long);
      if (press.held && press.travel > ALT_DRAG) {
        press.held = undefined;
        press.pans = true;
      }
    }
    if (press?.pans) {
      const before = this.#lastAt ?? press.from;
      this.#sink.panBy(at[0] - before[0], at[1] - before[1]);
      this.#lastAt = at;
    }
    if (press?.held) return;
    const coalesced = event.getCoalescedEvents?.() ?? [];
    const trail = coalesced.length > 1 ? coalesced.map((each) => this.#at(each)) : [at];
    this.#sink.send({ type: 'move', pressed: press !== undefined && !press.pans, ...this.#input(event, trail) });
    if (press && !press.pans) this.#lastAt = at;
  }
  #lastAt: ViewPoint | undefined;

  #up(event: PointerEvent): void {
    const at = this.#at(event);
    clearTimeout(this.#long);
    if (this.#touches.has(event.pointerId) && this.#touchUp(event)) return;
    const press = this.#press;
    if (!press || press.id !== event.pointerId) return;
    if (press.held) {
      this.#sink.send({ type: 'down', ...this.#input(press.held, [press.from]) });
    }
    const input = this.#input(event, [at]);
    this.#press = undefined;
    this.#lastAt = undefined;
    this.#sink.send({ type: 'up', ...input });
    if (press.button === 'left' && press.travel < ALT_DRAG) this.#click(event, at, input);
  }

  #click(event: PointerEvent, at: ViewPoint, input: PointerInput): void {
    const before = this.#lastClick;
    const isDouble =
      before && event.timeStamp - before.time < 400 && Math.hypot(at[0] - before.at[0], at[1] - before.at[1]) < 6;
    this.#lastClick = isDouble ? undefined : { at, time: event.timeStamp };
    if (isDouble) this.#sink.send({ type: 'double', ...input });
  }

  #input(event: PointerEvent, trail: readonly ViewPoint[]): PointerInput {
    const points = trail.map((point) => this.#sink.toImage(point));
    return {
      point: points.at(-1)!,
      trail: points,
      button: this.#press?.button ?? (event.button === 2 ? 'right' : 'left'),
      keys: keysOf(event),
      device: deviceOf(event),
      pressure: event.pointerType === 'pen' ? event.pressure : 0.5,
      // 32 is the eraser end; the barrel button of a pen (2) erases too.
      eraser: event.pointerType === 'pen' && (event.buttons & 34) !== 0,
      travel: this.#press?.travel ?? 0,
    };
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    this.#sink.zoomAt(this.#at(event), 2 ** (-(event.deltaY * lines) / (event.ctrlKey ? 100 : 300)));
  }

  /** True when the touch belongs to a gesture of several fingers. */
  #touchDown(event: PointerEvent, at: ViewPoint): boolean {
    this.#touches.set(event.pointerId, at);
    if (this.#touches.size === 1) {
      this.#long = setTimeout(() => this.#sink.longPress(at), LONG_PRESS);
      return false;
    }
    clearTimeout(this.#long);
    if (this.#press) {
      // The first finger had begun to draw: that is taken back.
      this.#press = undefined;
      this.#sink.send({ type: 'up', ...this.#input(event, [at]) });
      this.#sink.undo();
    }
    this.#pinch = { ...this.#span(), moved: 0, since: event.timeStamp, fingers: this.#touches.size };
    return true;
  }

  #touchMove(id: number, at: ViewPoint): boolean {
    this.#touches.set(id, at);
    const pinch = this.#pinch;
    if (!pinch) return false;
    const { middle, span } = this.#span();
    this.#sink.panBy(middle[0] - pinch.middle[0], middle[1] - pinch.middle[1]);
    if (pinch.span > 0 && span > 0) this.#sink.zoomAt(middle, span / pinch.span);
    pinch.moved += Math.hypot(middle[0] - pinch.middle[0], middle[1] - pinch.middle[1]) + Math.abs(span - pinch.span);
    pinch.middle = middle;
    pinch.span = span;
    return true;
  }

  #touchUp(event: PointerEvent): boolean {
    this.#touches.delete(event.pointerId);
    const pinch = this.#pinch;
    if (!pinch) return false;
    if (this.#touches.size > 0) {
      this.#pinch = { ...pinch, ...this.#span() };
      return true;
    }
    this.#pinch = undefined;
    if (pinch.moved < 12 && event.timeStamp - pinch.since < 300) {
      if (pinch.fingers === 2) this.#sink.undo();
      if (pinch.fingers === 3) this.#sink.redo();
    }
    return true;
  }

  #span(): { middle: ViewPoint; span: number } {
    const points = [...this.#touches.values()];
    const x = points.reduce((sum, p) => sum + p[0], 0) / points.length;
    const y = points.reduce((sum, p) => sum + p[1], 0) / points.length;
    const [a, b] = points;
    return { middle: viewPoint(x, y), span: a && b ? Math.hypot(a[0] - b[0], a[1] - b[1]) : 0 };
  }
}

function keysOf(event: { shiftKey: boolean; altKey: boolean; ctrlKey: boolean; metaKey: boolean }): Keys {
  return { shift: event.shiftKey, alt: event.altKey, ctrl: event.ctrlKey || event.metaKey };
}

function deviceOf({ pointerType }: PointerEvent): Device {
  return pointerType === 'touch' ? 'touch' : pointerType === 'pen' ? 'pen' : 'mouse';
}
