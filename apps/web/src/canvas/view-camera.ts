import type { Box } from '@roto/geometry';
import {
  type Camera,
  centre,
  createCamera,
  fit,
  fitBox,
  panBy,
  resize,
  reveal,
  toImage,
  toView,
  turnBy,
  zoomAt,
  zoomTo,
} from './camera.ts';
import { type ImagePoint, imagePoint, type Size, type ViewPoint } from './points.ts';

/** Most CSS pixels per image pixel when a selection is brought into view. */
const CLOSE = 8;

/** What is kept of a view over a reload: the middle of it, in image pixels, how large, and how turned. */
export type SavedView = { readonly x: number; readonly y: number; readonly scale: number; readonly turn: number };

/** Where a view is kept. */
export type ViewMemory = { read(): SavedView | undefined; write(view: SavedView | undefined): void };

/** The camera of a view, and who wants to know when it changes. */
export class ViewCamera {
  #camera: Camera;
  /** The whole frame is shown until somebody zooms or pans: then a new size of the view keeps what is in its middle. */
  #fits = true;
  readonly #changed: () => void;

  constructor(image: Size, view: Size, changed: () => void) {
    this.#camera = createCamera(image, view);
    this.#changed = changed;
  }

  get now(): Camera {
    return this.#camera;
  }

  resize(view: Size): void {
    const sized = resize(this.#camera, view);
    this.#set(this.#fits ? fit(sized) : sized, this.#fits);
  }

  fit(): void {
    this.#set(fit(this.#camera), true);
  }

  fitBox(box: Box): void {
    this.#set(fitBox(this.#camera, box, Math.max(CLOSE, this.#camera.scale)), false);
  }

  panBy(dx: number, dy: number): void {
    this.#set(panBy(this.#camera, dx, dy), false);
  }

  zoomAt(at: ViewPoint, factor: number): void {
    this.#set(zoomAt(this.#camera, at, factor), false);
  }

  zoomTo(scale: number): void {
    this.#set(zoomTo(this.#camera, centre(this.#camera), scale), false);
  }

  turn(quarters: number): void {
    const turned = turnBy(this.#camera, quarters);
    this.#set(this.#fits ? fit(turned) : turned, this.#fits);
  }

  reveal(point: ImagePoint): void {
    this.#set(reveal(this.#camera, point), this.#fits);
  }

  /** As it can be put back later; undefined while the whole frame is shown as it is. */
  saved(): SavedView | undefined {
    if (this.#fits && this.#camera.turn === 0) return undefined;
    const [x, y] = toImage(this.#camera, centre(this.#camera));
    return { x, y, scale: this.#camera.scale, turn: this.#camera.turn };
  }

  restore({ x, y, scale, turn }: SavedView): void {
    if (![x, y, scale, turn].every(Number.isFinite)) return;
    const turned = turnBy(fit(this.#camera), turn - this.#camera.turn);
    const sized = zoomTo(turned, centre(turned), scale);
    const now = toView(sized, imagePoint(x, y));
    const [cx, cy] = centre(sized);
    this.#set(panBy(sized, cx - now[0], cy - now[1]), false);
  }

  #set(camera: Camera, fits: boolean): void {
    this.#camera = camera;
    this.#fits = fits;
    this.#changed();
  }
}
