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
  turnBy,
  zoomAt,
  zoomTo,
} from './camera.ts';
import type { ImagePoint, Size, ViewPoint } from './points.ts';

/** Most CSS pixels per image pixel when a selection is brought into view. */
const CLOSE = 8;

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

  #set(camera: Camera, fits: boolean): void {
    this.#camera = camera;
    this.#fits = fits;
    this.#changed();
  }
}
