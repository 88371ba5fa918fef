// Checks that need a browser's canvas; they run in the page.
import { maskFromCvatPoints } from '@roto/geometry';
import { MaskPictures } from '../../src/canvas/mask-picture.ts';
import { type PaintedItem, paintItem } from '../../src/canvas/paint.ts';
import { Raster } from '../../src/canvas/raster.ts';
import type { MaskGeometry } from '../../src/document/records.ts';
import { geometryOfMask } from '../../src/masks/runs.ts';
import { crowd } from './crowd.ts';

/** Pixels that differ between run lengths decoded by @roto/geometry and those painted, over random masks. */
export function compareMasks(count: number, side: number): number {
  let seed = 5;
  const random = (): number => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return seed / 2 ** 31;
  };
  const pictures = new MaskPictures();
  let wrong = 0;
  for (let n = 0; n < count; n++) {
    const density = random();
    const data = Uint8Array.from({ length: side * side }, () => (random() < density ? 1 : 0));
    const mask = geometryOfMask({ width: side, height: side, data }) as MaskGeometry;
    const { runs, left, top, right, bottom } = mask;
    const decoded = maskFromCvatPoints([...runs, left, top, right, bottom], side, side);
    const canvas = new OffscreenCanvas(side, side);
    const context = canvas.getContext('2d')!;
    context.drawImage(pictures.get(mask, { color: '#ff8800', opacity: 0.4 }), left, top);
    const painted = context.getImageData(0, 0, side, side).data;
    for (let i = 0; i < decoded.data.length; i++) if (painted[i * 4 + 3]! > 0 !== (decoded.data[i] === 1)) wrong++;
  }
  return wrong;
}

/** Share of pixels that differ by more than 16 between the worker's raster and the same painted in the page. */
export async function compareRaster(): Promise<number> {
  const size = { width: 640, height: 360 };
  const items = crowd(40, 60, 6, size).map(
    (geometry, i): PaintedItem => ({
      geometry,
      color: i % 2 ? '#33ddff' : '#ff6a00',
      occluded: i % 5 === 0,
      opacity: 0.4,
    }),
  );
  const style = { scale: 1.5, pointRadius: 4, outlineColor: undefined, masksAsOutline: false };
  const matrix = [1.5, 0, 0, 1.5, 10, 20] as const;
  const raster = new Raster(new Worker(new URL('../../src/workers/raster.ts', import.meta.url), { type: 'module' }));
  const bitmap = await new Promise<ImageBitmap>((done) =>
    raster.paint({ width: 960, height: 540, matrix, style, items, done }),
  );
  const here = new OffscreenCanvas(960, 540).getContext('2d')!;
  here.setTransform(...matrix);
  const masks = new MaskPictures();
  for (const item of items) paintItem(here, item, style, masks);
  const there = new OffscreenCanvas(960, 540).getContext('2d')!;
  there.drawImage(bitmap, 0, 0);
  const [a, b] = [here, there].map((context) => context.getImageData(0, 0, 960, 540).data) as [
    Uint8ClampedArray,
    Uint8ClampedArray,
  ];
  let different = 0;
  for (let i = 0; i < a.length; i += 4)
    if ([0, 1, 2, 3].some((channel) => Math.abs(a[i + channel]! - b[i + channel]!) > 16)) different++;
  raster.close();
  return different / (a.length / 4);
}

/** Milliseconds of main-thread work for each batch of pointer events of brush strokes; the worst and the middle one. */
export function timeBrush(host: HTMLElement, strokes: number): { median: number; p95: number; worst: number } {
  const box = host.getBoundingClientRect();
  const times: number[] = [];
  const fire = (type: string, x: number, y: number): void => {
    const init = { pointerId: 5, pointerType: 'mouse', button: 0, buttons: 1, bubbles: true, cancelable: true };
    const start = performance.now();
    host.dispatchEvent(new PointerEvent(type, { ...init, clientX: box.left + x, clientY: box.top + y }));
    if (type === 'pointermove') times.push(performance.now() - start);
  };
  for (let s = 0; s < strokes; s++) {
    const y = 120 + ((s * 97) % Math.max(1, box.height - 240));
    fire('pointerdown', 120, y);
    for (let x = 120; x < box.width - 120; x += 12) fire('pointermove', x, y + 60 * Math.sin(x / 40));
    fire('pointerup', box.width - 120, y);
  }
  times.sort((a, b) => a - b);
  return { median: times[times.length >> 1]!, p95: times[Math.floor(times.length * 0.95)]!, worst: times.at(-1)! };
}
