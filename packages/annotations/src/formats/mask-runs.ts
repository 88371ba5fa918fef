import { type Rle, rleBounds } from '@roto/geometry';

/**
 * CVAT's points of a mask as COCO's run lengths, and back. The same as by way of a mask of the whole picture
 * (`maskFromCvatPoints`, `encodeRle`), but only the box is gone over: with masks on thousands of frames that is what counts.
 * The points are taken as checked: sound, and inside the picture.
 */
export function rleOfCvatPoints(points: readonly number[], width: number, height: number): Rle {
  const runs = points.length - 4;
  const [left, top, right, bottom] = points.slice(runs) as [number, number, number, number];
  const [boxWidth, boxHeight] = [right - left + 1, bottom - top + 1];
  const pixels = new Uint8Array(boxWidth * boxHeight);
  let at = 0;
  for (let i = 0; i < runs; i++) {
    if (i % 2 === 1) pixels.fill(1, at, at + points[i]!);
    at += points[i]!;
  }
  const counts: number[] = [];
  // Where the last run of set pixels began and ended, counted down the columns of the picture.
  let [begin, end] = [0, 0];
  let written = 0;
  const close = (): void => {
    if (end === begin) return;
    counts.push(begin - written, end - begin);
    written = end;
  };
  for (let x = 0; x < boxWidth; x++) {
    const column = (left + x) * height + top;
    for (let y = 0; y < boxHeight; y++) {
      if (pixels[y * boxWidth + x] === 0) continue;
      if (column + y !== end || end === begin) {
        close();
        begin = column + y;
      }
      end = column + y + 1;
    }
  }
  close();
  if (written < width * height || counts.length === 0) counts.push(width * height - written);
  return { size: [height, width], counts };
}

/** The other way; [1, 0, 0, 0, 0] when no pixel is set. The run lengths are taken as checked (`checkRle`). */
export function cvatPointsOfRle(rle: Rle): number[] {
  const bounds = rleBounds(rle);
  if (!bounds) return [1, 0, 0, 0, 0];
  const height = rle.size[0];
  const { x0, y0, x1, y1 } = bounds;
  const boxWidth = x1 - x0;
  const pixels = new Uint8Array(boxWidth * (y1 - y0));
  let at = 0;
  for (const [i, run] of rle.counts.entries()) {
    for (let p = at; i % 2 === 1 && p < at + run; p++) {
      const y = p % height;
      pixels[(y - y0) * boxWidth + (p - y) / height - x0] = 1;
    }
    at += run;
  }
  const runs: number[] = [];
  let since = 0;
  for (let i = 1; i <= pixels.length; i++)
    if (i === pixels.length || pixels[i] !== pixels[i - 1]) {
      if (runs.length === 0 && pixels[0] === 1) runs.push(0);
      runs.push(i - since);
      since = i;
    }
  return [...runs, x0, y0, x1 - 1, y1 - 1];
}
