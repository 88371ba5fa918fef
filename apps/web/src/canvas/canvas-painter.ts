import type { Desk } from '../commands/desk.ts';
import type { Uid } from '../document/records.ts';
import type { Picture } from '../frames/index.ts';
import { boundsOf } from '../outline/shape.ts';
import type { Preview } from '../tools/preview.ts';
import type { Appearance } from '../view/settings.ts';
import { type Camera, visibleBox } from './camera.ts';
import { type ActiveItem, paintFront } from './front.ts';
import type { KeyboardDrawing } from './keyboard-drawing.ts';
import { Layers } from './layers.ts';
import { MaskPictures } from './mask-picture.ts';
import type { PaintedItem, PaintStyle } from './paint.ts';
import type { ImagePoint } from './points.ts';
import type { Raster } from './raster.ts';
import { boxesMeet, type Scene, type SceneItem } from './scene.ts';
import type { ToolHost } from './tool-host.ts';

type Deps = {
  readonly host: HTMLElement;
  readonly desk: Desk;
  readonly scene: () => Scene;
  readonly camera: () => Camera;
  readonly tools: ToolHost;
  readonly keyboard: KeyboardDrawing;
  readonly raster: Raster;
};

/** Names are shown for all objects up to this many. */
const MOST_NAMES = 100;
/** CSS pixels per pixel from which the borders of pixels are shown. */
const GRID_FROM = 8;
/** Milliseconds after which a view that was moved counts as at rest. */
const REST = 80;

/** Decides what is painted on which layer, at most once in a frame of the screen. */
export class CanvasPainter {
  readonly #deps: Deps;
  readonly #layers: Layers;
  readonly #masks = new MaskPictures();
  #requested = 0;
  #camera: Camera | undefined;
  #picture: Picture | undefined;
  #resting: readonly SceneItem[] = [];
  #styleKey = '';
  #isFrontEmpty = false;
  #pointed: ImagePoint | undefined;
  #isPointed = false;
  #movedAt = Number.NEGATIVE_INFINITY;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#layers = new Layers(deps.host, deps.camera(), deps.raster);
  }

  get lastRaster(): number {
    return this.#layers.lastRaster;
  }

  remove(): void {
    cancelAnimationFrame(this.#requested);
    clearTimeout(this.#rest);
    this.#layers.remove();
  }

  schedule(): void {
    if (this.#requested !== 0) return;
    this.#requested = requestAnimationFrame(() => {
      this.#requested = 0;
      this.#paint();
    });
  }

  /** Paints without waiting for the next frame of the screen: number, picture and objects change in one paint. */
  paintNow(): void {
    cancelAnimationFrame(this.#requested);
    this.#requested = 0;
    this.#paint();
  }

  /** The camera changed. */
  moved(): void {
    this.schedule();
  }

  resized(): void {
    this.#layers.setView(this.#deps.camera().view, window.devicePixelRatio);
    this.#isFrontEmpty = false;
    this.#styleKey = '';
    this.schedule();
  }

  /** Where the pointer is on the frame, for the status line. */
  pointed(at: ImagePoint | undefined): void {
    this.#pointed = at;
    this.#isPointed = true;
    this.schedule();
  }

  #paint(): void {
    const { desk, camera: cameraNow } = this.#deps;
    const camera = cameraNow();
    const view = desk.view.getState();
    const { appearance } = desk.settings.getState();
    const scene = this.#deps.scene();
    const preview = this.#preview();
    const isMoved = camera !== this.#camera;
    this.#camera = camera;
    if (isMoved) {
      this.#layers.setCamera(camera, appearance.smooth);
      this.#movedAt = performance.now();
      clearTimeout(this.#rest);
      this.#rest = setTimeout(() => this.schedule(), REST + 20);
    }
    // What is under the pointer is not painted while the view moves: nothing but transforms is left to do then.
    const hover = performance.now() - this.#movedAt < REST ? undefined : view.hover;

    const style = styleOf(appearance);
    const opacity = appearance.bitmap ? 1 : appearance.opacity;
    this.#layers.setFilter(filterOf(appearance));
    this.#layers.setVisible(!appearance.bitmap, !view.peeking);
    this.#layers.setDimmed(preview.focus !== undefined);

    const inFront = new Set<Uid>([...view.selection, ...(preview.overrides?.keys() ?? []), ...(preview.focus ?? [])]);
    const hidden = new Set(preview.hidden ?? []);
    const resting = scene.items.filter(({ uid }) => !inFront.has(uid) && !hidden.has(uid));
    this.#paintResting(resting, style, opacity, view.picture, appearance.smooth);

    const { mask } = preview;
    this.#layers.editMask.show(mask?.tiles, mask?.color ?? '#000000', Math.max(0.35, appearance.selectedOpacity));

    const selected = new Set(view.selection);
    const active = scene.items
      .filter(({ uid }) => (inFront.has(uid) || uid === hover) && !hidden.has(uid))
      .map((item): ActiveItem => {
        const isHovered = item.uid === hover && !inFront.has(item.uid);
        const own = selected.has(item.uid) ? appearance.selectedOpacity : opacity;
        return { item, opacity: isHovered ? 0 : appearance.bitmap ? 1 : own, isHovered };
      });
    const shown = visibleBox(camera);
    const named = namesOf(scene, active, appearance).filter(({ geometry }) => boxesMeet(boundsOf(geometry), shown));
    const grid = camera.scale >= GRID_FROM && !appearance.bitmap;
    const isEmpty = active.length === 0 && named.length === 0 && !grid && isNothing(preview);
    if (isEmpty !== this.#isFrontEmpty) this.#layers.front.style.display = isEmpty ? 'none' : '';
    if (!isEmpty) {
      paintFront(
        this.#layers.front.getContext('2d')!,
        {
          camera,
          ratio: window.devicePixelRatio,
          active,
          preview,
          style,
          previewStyle: { pointRadius: appearance.pointRadius, accent: '#3d7df0', danger: '#ff5a52' },
          textSize: appearance.textSize,
          named,
          grid,
        },
        this.#masks,
      );
    }
    this.#isFrontEmpty = isEmpty;
    this.#tell(camera);
  }

  #preview(): Preview {
    const { tools, keyboard, desk } = this.#deps;
    const preview = tools.preview();
    const cursor = keyboard.cursor ?? (desk.settings.getState().appearance.crosshair ? this.#pointed : undefined);
    return cursor ? { ...preview, crosshair: cursor } : preview;
  }

  #paintResting(
    resting: readonly SceneItem[],
    style: Omit<PaintStyle, 'scale'>,
    opacity: number,
    picture: Picture | undefined,
    smooth: boolean,
  ): void {
    const styleKey = JSON.stringify([style, opacity, smooth]);
    const isSame =
      styleKey === this.#styleKey &&
      resting.length === this.#resting.length &&
      resting.every((item, i) => item === this.#resting[i]);
    const isNewPicture = picture !== this.#picture;
    if (isSame && !isNewPicture) return;
    this.#styleKey = styleKey;
    this.#resting = resting;
    this.#picture = picture;
    const items = resting.map(({ geometry, color, occluded }): PaintedItem => ({ geometry, color, occluded, opacity }));
    if (isNewPicture) this.#layers.show(picture?.bitmap, items, style);
    else this.#layers.setItems(items, style);
  }

  /** Zoom and pointer, where the status line reads them. */
  #tell(camera: Camera): void {
    const { view } = this.#deps.desk;
    const now = view.getState();
    if (now.zoom !== camera.scale) view.setState({ zoom: camera.scale });
    if (!this.#isPointed) return;
    this.#isPointed = false;
    view.setState({ pointer: this.#pointed && { x: this.#pointed[0], y: this.#pointed[1] } });
  }
}

function styleOf(appearance: Appearance): Omit<PaintStyle, 'scale'> {
  return {
    pointRadius: appearance.pointRadius,
    outlineColor: appearance.outlined ? appearance.outlineColor : undefined,
    masksAsOutline: appearance.masksAsOutline,
  };
}

function filterOf({ brightness, contrast, saturation }: Appearance): string {
  if (brightness === 100 && contrast === 100 && saturation === 100) return '';
  return `brightness(${brightness}%) contrast(${contrast}%) saturate(${saturation}%)`;
}

function namesOf(scene: Scene, active: readonly ActiveItem[], { text }: Appearance): readonly SceneItem[] {
  if (text === 'never') return [];
  if (text === 'always' && scene.items.length <= MOST_NAMES) return scene.items;
  return active.map(({ item }) => item);
}

function isNothing(preview: Preview): boolean {
  const { figures, marks, handles, brush, selection, crosshair, overrides } = preview;
  return (
    !figures?.length && !marks?.length && !handles?.length && !brush && !selection && !crosshair && !overrides?.size
  );
}
