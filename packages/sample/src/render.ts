import type { Mask } from '@roto/geometry';
import type { Actor, Scene } from './scene.ts';
import type { Texture } from './texture.ts';

/**
 * One rendered frame.
 *   rgb    height × width × 3 bytes
 *   masks  what can be seen of each tracked actor, in the order of `trackedActors`; a pixel belongs to at most one
 */
export type RenderedFrame = { readonly rgb: Uint8Array; readonly masks: readonly Mask[] };

export function trackedActors(scene: Scene): readonly Actor[] {
  return scene.actors.filter((actor) => actor.tracked);
}

export function renderFrame(scene: Scene, index: number): RenderedFrame {
  const { width, height } = scene;
  const time = index / scene.frameRate;
  const rgb = new Uint8Array(width * height * 3);
  paintBackground(scene, time, rgb);
  // Who owns each pixel: 0 nobody, k the k-th tracked actor; an occluder gives pixels back to nobody.
  const owner = new Uint8Array(width * height);
  let id = 0;
  for (const actor of scene.actors) paintActor(scene, actor, time, rgb, owner, actor.tracked ? ++id : 0);
  applyLight(rgb, scene.light(time));
  const masks = Array.from({ length: id }, (_, k): Mask => ({ width, height, data: ownedBy(owner, k + 1) }));
  return { rgb, masks };
}

function ownedBy(owner: Uint8Array, id: number): Uint8Array {
  const data = new Uint8Array(owner.length);
  for (let i = 0; i < owner.length; i++) if (owner[i] === id) data[i] = 1;
  return data;
}

/** `sample` for every pixel, with what a row shares taken out of the loop: most of a frame is background. */
function paintBackground(scene: Scene, time: number, rgb: Uint8Array): void {
  const { width, height, background, backgroundGrain } = scene;
  const { side, rgb: from } = background;
  const { x: panX, y: panY, zoom } = scene.camera(time);
  const step = backgroundGrain / zoom;
  const last = side - 1;
  for (let y = 0, at = 0; y < height; y++) {
    const v = (y - height / 2) * step + panY * backgroundGrain;
    const yf = Math.floor(v);
    const fy = v - yf;
    const ya = (yf & last) * side;
    const yb = ((yf + 1) & last) * side;
    for (let x = 0; x < width; x++) {
      const u = (x - width / 2) * step + panX * backgroundGrain;
      const xf = Math.floor(u);
      const fx = u - xf;
      const xa = xf & last;
      const xb = (xf + 1) & last;
      let topLeft = (ya + xa) * 3;
      let topRight = (ya + xb) * 3;
      let bottomLeft = (yb + xa) * 3;
      let bottomRight = (yb + xb) * 3;
      for (let c = 0; c < 3; c++) {
        const top = from[topLeft++]! * (1 - fx) + from[topRight++]! * fx;
        const bottom = from[bottomLeft++]! * (1 - fx) + from[bottomRight++]! * fx;
        rgb[at++] = top * (1 - fy) + bottom * fy;
      }
    }
  }
}

function paintActor(scene: Scene, actor: Actor, time: number, rgb: Uint8Array, owner: Uint8Array, id: number): void {
  const { width, height } = scene;
  const { shape, texture, grain } = actor;
  const pose = actor.path(time);
  const reach = pose.radius * shape.widest + 1;
  const cos = Math.cos(pose.turn);
  const sin = Math.sin(pose.turn);
  const x0 = Math.max(0, Math.floor(pose.x - reach));
  const x1 = Math.min(width - 1, Math.ceil(pose.x + reach));
  const y0 = Math.max(0, Math.floor(pose.y - reach));
  const y1 = Math.min(height - 1, Math.ceil(pose.y + reach));
  for (let y = y0; y <= y1; y++) {
    for (let x = x0; x <= x1; x++) {
      const dx = (x + 0.5 - pose.x) / pose.radius;
      const dy = (y + 0.5 - pose.y) / pose.radius;
      const u = dx * cos + dy * sin;
      const v = dy * cos - dx * sin;
      const far = Math.hypot(u, v);
      // Distance to the outline in pixels, positive inside; measured along the ray from the centre.
      const inside =
        Math.min(shape.reach(Math.atan2(v, u), time) - far, shape.hole > 0 ? far - shape.hole : far + 1) * pose.radius;
      if (inside <= -0.5) continue;
      const pixel = y * width + x;
      sample(texture, u * grain, v * grain, rgb, pixel * 3, Math.min(1, inside + 0.5));
      if (inside > 0) owner[pixel] = id;
    }
  }
}

/** Blends the texture's colour at (u, v), bilinear and repeating, over the pixel at `at` with the given share. */
function sample({ side, rgb: from }: Texture, u: number, v: number, rgb: Uint8Array, at: number, share: number): void {
  const last = side - 1;
  const xf = Math.floor(u);
  const yf = Math.floor(v);
  const fx = u - xf;
  const fy = v - yf;
  const xa = xf & last;
  const xb = (xf + 1) & last;
  const ya = (yf & last) * side;
  const yb = ((yf + 1) & last) * side;
  for (let c = 0; c < 3; c++) {
    const top = from[(ya + xa) * 3 + c]! * (1 - fx) + from[(ya + xb) * 3 + c]! * fx;
    const bottom = from[(yb + xa) * 3 + c]! * (1 - fx) + from[(yb + xb) * 3 + c]! * fx;
    const value = top * (1 - fy) + bottom * fy;
    rgb[at + c] = share >= 1 ? value : rgb[at + c]! * (1 - share) + value * share;
  }
}

function applyLight(rgb: Uint8Array, factor: number): void {
  const lit = Uint8ClampedArray.from({ length: 256 }, (_, value) => value * factor);
  for (let i = 0; i < rgb.length; i++) rgb[i] = lit[rgb[i]!]!;
}
