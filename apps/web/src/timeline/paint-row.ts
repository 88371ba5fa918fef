// Draws one row: where an object is seen, its keyframes, what the model thought of itself, and the runs that follow it.
import type { Picture } from './paint.ts';
import { bar, hatch } from './paint-bars.ts';
import type { Mark, Row } from './rows.ts';
import { xOf } from './scale.ts';

export const ROW = 24;
/** From this many pixels a frame on keyframes are drawn one by one. */
const SINGLE_MARKS = 6;

export function paintTrack(
  context: CanvasRenderingContext2D,
  picture: Picture,
  row: Row & { kind: 'track' },
  y: number,
): void {
  const { scale, colors } = picture;
  const middle = y + 10;
  for (const { start, done, target } of picture.runsOf(row)) {
    hatch(context, scale, Math.min(start, target), Math.max(start, target), y + 2, ROW - 6, colors.accent);
    context.fillStyle = colors.accent;
    const edge = xOf(scale, target < start ? done : done + 1);
    context.fillRect(edge - 1, y + 2, 2, ROW - 6);
  }
  context.fillStyle = picture.colorOf(row);
  for (const [from, to] of row.spans) bar(context, scale, from, to, middle - 1.5, 3);
  if (scale.perFrame >= SINGLE_MARKS) paintMarks(context, picture, row.marks, middle);
  else {
    paintBand(context, picture, row.marks, middle);
    paintMarks(
      context,
      picture,
      row.marks.filter(({ origin }) => origin !== 'tracker'),
      middle,
    );
  }
  paintRibbon(context, picture, row.marks, y + ROW - 6);
  context.fillStyle = colors.warn;
  for (const [from, to] of row.unsure) bar(context, scale, from, to, y + ROW - 3, 2);
}

/** Where tracked keyframes stand too close for single marks. */
function paintBand(
  context: CanvasRenderingContext2D,
  { scale }: Picture,
  marks: readonly Mark[],
  middle: number,
): void {
  context.globalAlpha *= 0.45;
  let from: number | undefined;
  let to = 0;
  for (const mark of marks) {
    if (mark.origin !== 'tracker' || mark.outside) continue;
    if (from !== undefined && (mark.frame - to) * scale.perFrame <= 2) {
      to = mark.frame;
      continue;
    }
    if (from !== undefined) bar(context, scale, from, to, middle - 4, 8);
    from = mark.frame;
    to = mark.frame;
  }
  if (from !== undefined) bar(context, scale, from, to, middle - 4, 8);
  context.globalAlpha /= 0.45;
}

function paintMarks(context: CanvasRenderingContext2D, picture: Picture, marks: readonly Mark[], middle: number): void {
  const { scale, colors } = picture;
  const color = context.fillStyle;
  for (const { frame, origin, outside } of marks) {
    const x = xOf(scale, frame + 0.5);
    if (x < -8 || x > scale.width + 8) continue;
    context.beginPath();
    if (outside) {
      context.moveTo(x - 3, middle - 3);
      context.lineTo(x + 3, middle + 3);
      context.moveTo(x + 3, middle - 3);
      context.lineTo(x - 3, middle + 3);
      context.strokeStyle = colors.text;
      context.lineWidth = 1.5;
      context.stroke();
      continue;
    }
    const radius = Math.max(2, Math.min(4, scale.perFrame / 2 - 0.5));
    if (origin === 'import') context.rect(x - radius + 0.5, middle - radius + 0.5, 2 * radius - 1, 2 * radius - 1);
    else context.arc(x, middle, origin === 'person' ? Math.max(3, radius) : radius, 0, 2 * Math.PI);
    if (origin === 'tracker') {
      context.fillStyle = colors.ground;
      context.fill();
      context.strokeStyle = color;
      context.lineWidth = 1.25;
      context.stroke();
      context.fillStyle = color;
    } else {
      context.fill();
      context.strokeStyle = colors.ground;
      context.lineWidth = 1;
      context.stroke();
    }
  }
}

/** What the model thinks of itself, worst value of each pixel column: from danger over warn to ok. */
function paintRibbon(context: CanvasRenderingContext2D, picture: Picture, marks: readonly Mark[], y: number): void {
  const { scale, colors } = picture;
  let column = -1;
  let worst = 1;
  const flush = (): void => {
    if (column < 0) return;
    context.fillStyle = worst < 0.65 ? colors.danger : worst < 0.8 ? colors.warn : colors.ok;
    const width = Math.max(1, scale.perFrame);
    if (worst < 0.65) {
      // A pattern beside the colour: the bad end is taller.
      context.fillRect(column, y - 1, width, 4);
    } else context.fillRect(column, y, width, 2);
  };
  for (const { frame, predictedIou, outside } of marks) {
    if (predictedIou === undefined || outside) continue;
    const x = Math.floor(xOf(scale, frame));
    if (x < -scale.perFrame || x > scale.width) continue;
    if (x !== column) {
      flush();
      column = x;
      worst = predictedIou;
    } else worst = Math.min(worst, predictedIou);
  }
  flush();
}

export function paintShapes(
  context: CanvasRenderingContext2D,
  { scale, colors }: Picture,
  frames: readonly number[],
  y: number,
): void {
  context.fillStyle = colors.muted;
  let before = Number.NEGATIVE_INFINITY;
  for (const frame of frames) {
    const x = Math.floor(xOf(scale, frame));
    if (x === before || x < -scale.perFrame || x > scale.width) continue;
    before = x;
    const width = Math.max(2, scale.perFrame - 1);
    context.fillRect(x, y + 7, width, ROW - 15);
  }
}
