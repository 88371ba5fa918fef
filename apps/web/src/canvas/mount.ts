import type { Desk } from '../commands/desk.ts';
import type { Uid } from '../document/records.ts';
import { t } from '../texts/en.ts';
import type { Effect } from '../tools/effect.ts';
import type { ToolEvent, ToolId } from '../tools/tool.ts';
import { toImage, toView } from './camera.ts';
import { CanvasPainter } from './canvas-painter.ts';
import { KeyboardDrawing } from './keyboard-drawing.ts';
import { PointerInputs } from './pointer.ts';
import { type ViewPoint, viewPoint } from './points.ts';
import { Raster } from './raster.ts';
import { boundsOfItems, itemsOf } from './scene.ts';
import { createSceneReader } from './scene-of.ts';
import { Simplifier } from './simplifier.ts';
import { ToolHost } from './tool-host.ts';
import { type Interact, ToolRequests } from './tool-requests.ts';
import { ViewCamera, type ViewMemory } from './view-camera.ts';

export type CanvasDeps = {
  readonly desk: Desk;
  /** Opens the menu of an object at a place of the window; `others` lie below it. */
  readonly openMenu: (uid: Uid | undefined, others: readonly Uid[], at: { x: number; y: number }) => void;
  /** Click-to-segment; undefined where no function is asked. */
  readonly interact?: Interact;
  /** Keeps zoom and place over a reload. */
  readonly memory?: ViewMemory;
};

/** What the rest of the page asks of the canvas. */
export type MountedCanvas = {
  open(tool: ToolId): void;
  send(request: SimpleEvent): boolean;
  event(event: ToolEvent): boolean;
  fit(): void;
  zoomTo(scale: number): void;
  zoomToSelection(): void;
  rotate(quarters: 1 | -1): void;
  nudge(dx: number, dy: number): boolean;
  /** For tests and measurements: the state of the tool, and milliseconds of the last raster. */
  readonly path: () => string;
  readonly lastRaster: () => number;
  remove(): void;
};

/** Events of tools that say nothing but their type. */
export type SimpleEvent = Extract<
  ToolEvent,
  {
    type:
      | 'finish'
      | 'cancel'
      | 'undo'
      | 'redo'
      | 'back'
      | 'delete'
      | 'next-under-pointer'
      | 'toggle-mask'
      | 'box-handles'
      | 'finish-and-continue';
  }
>['type'];

/** Milliseconds of rest after which zoom and place are kept. */
const KEEP_AFTER = 400;

const CLICK_TOOLS: ReadonlySet<ToolId> = new Set(['polygon', 'polyline', 'points', 'slice', 'pan']);

/** Puts the canvas into an element of the page. No React: the stores are read by subscription. */
export function mountCanvas(host: HTMLElement, { desk, openMenu, interact, memory }: CanvasDeps): MountedCanvas {
  const { view, settings, store } = desk;
  const scene = createSceneReader(desk);
  let keeping: ReturnType<typeof setTimeout> | undefined;
  const camera = new ViewCamera(desk.size, sizeOf(host), () => {
    painter?.moved();
    clearTimeout(keeping);
    keeping = setTimeout(() => memory?.write(camera.saved()), KEEP_AFTER);
  });
  const raster = new Raster(new Worker(new URL('../workers/raster.ts', import.meta.url), { type: 'module' }));
  const tools = new ToolHost({
    desk,
    scene,
    scale: () => camera.now.scale,
    onEffect,
    onChange: () => painter?.schedule(),
  });
  const requests = new ToolRequests(interact, new Simplifier(), t.tools.noInteractor);
  let pointer: ViewPoint | undefined;

  const keyboard = new KeyboardDrawing(desk.size, {
    tool: () => tools.id,
    send: (event) => tools.dispatch(event),
    hasSelection: () => view.getState().selection.length > 0,
    middle: () => toImage(camera.now, viewPoint(camera.now.view.width / 2, camera.now.view.height / 2)),
    reveal: (point) => camera.reveal(point),
    zoom: (at, factor) => camera.zoomAt(toView(camera.now, at), factor),
    changed: () => painter.schedule(),
  });
  const painter = new CanvasPainter({ host, desk, scene, camera: () => camera.now, tools, keyboard, raster });

  const inputs = new PointerInputs(host, {
    toImage: (point) => toImage(camera.now, point),
    send(event) {
      if ('point' in event) {
        pointer = toView(camera.now, event.point);
        keyboard.leave();
      }
      if (event.type === 'leave') pointer = undefined;
      if (event.type === 'down') host.focus({ preventScroll: true });
      tools.dispatch(event);
      painter.pointed('point' in event ? event.point : undefined);
    },
    panBy: (dx, dy) => camera.panBy(dx, dy),
    zoomAt: (at, factor) => camera.zoomAt(at, factor),
    pansWithAlt: () => CLICK_TOOLS.has(tools.id),
    undo: () => tools.dispatch({ type: 'undo' }) || store.undo(),
    redo: () => tools.dispatch({ type: 'redo' }) || store.redo(),
    longPress: (at) => menuAt(at),
  });

  function onEffect(effect: Effect): void {
    switch (effect.type) {
      case 'pan':
        inputs.pan();
        return;
      case 'fit':
        camera.fit();
        return;
      case 'menu':
        if (pointer) openMenu(effect.uid, effect.others, inWindow(pointer));
        return;
      case 'interact':
        requests.interact({ ...effect, frame: view.getState().frame, reply: tools.replier() });
        return;
      case 'simplify':
        requests.simplify(effect, desk.size, tools.replier());
        return;
    }
  }

  function menuAt(at: ViewPoint): void {
    pointer = at;
    const { hover } = view.getState();
    openMenu(hover, [], inWindow(at));
  }

  function inWindow(at: ViewPoint): { x: number; y: number } {
    const box = host.getBoundingClientRect();
    return { x: box.left + at[0], y: box.top + at[1] };
  }

  function press(event: KeyboardEvent): void {
    if (event.target !== host || !keyboard.press(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  const resized = new ResizeObserver(() => {
    camera.resize(sizeOf(host));
    painter.resized();
  });
  resized.observe(host);
  host.addEventListener('keydown', press);
  const stops = [
    view.subscribe((now, before) => {
      if (now.tool !== before.tool) keyboard.leave();
      const isFrame = now.frame !== before.frame;
      if (isFrame && settings.getState().resetZoom) camera.fit();
      if (isFrame || now.tool !== before.tool || now.options !== before.options || now.selection !== before.selection)
        tools.refresh();
      if (isFrame) painter.paintNow();
      else painter.schedule();
    }),
    store.subscribe(() => {
      tools.refresh();
      painter.schedule();
    }),
    settings.subscribe(() => painter.schedule()),
  ];
  const kept = memory?.read();
  if (kept) camera.restore(kept);
  painter.resized();
  tools.refresh();

  return {
    open: (tool) => tools.open(tool),
    send: (type) => tools.dispatch({ type }),
    event: (event) => tools.dispatch(event),
    fit: () => camera.fit(),
    zoomTo: (scale) => camera.zoomTo(scale),
    zoomToSelection() {
      const bounds = boundsOfItems(itemsOf(scene(), view.getState().selection));
      if (bounds) camera.fitBox(bounds);
    },
    rotate: (quarters) => camera.turn(quarters),
    nudge: (dx, dy) => tools.dispatch({ type: 'nudge', dx, dy }),
    path: () => tools.path,
    lastRaster: () => painter.lastRaster,
    remove() {
      for (const stop of stops) stop();
      host.removeEventListener('keydown', press);
      clearTimeout(keeping);
      resized.disconnect();
      inputs.remove();
      painter.remove();
      raster.close();
      requests.close();
    },
  };
}

function sizeOf({ clientWidth, clientHeight }: HTMLElement): { width: number; height: number } {
  return { width: clientWidth, height: clientHeight };
}
