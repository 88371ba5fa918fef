// Draws the timeline: ruler and the rows in view. Cost goes with the pixels, not with the frames.
import { bar, hatch } from './paint-bars.ts';
import { paintShapes, paintTrack, ROW } from './paint-row.ts';
import type { Row } from './rows.ts';
import { frameAtX, type Scale, tickStep, xOf } from './scale.ts';

export const RULER = 22;

export interface Colors {
  readonly ground: string;
  readonly panel: string;
  readonly line: string;
  readonly text: string;
  readonly muted: string;
  readonly accent: string;
  readonly warn: string;
  readonly danger: string;
  readonly ok: string;
  readonly selected: string;
}

export interface RunRange {
  readonly start: number;
  readonly done: number;
  readonly target: number;
}

export interface Picture {
  readonly scale: Scale;
  readonly height: number;
  readonly scroll: number;
  readonly rows: readonly Row[];
  readonly colorOf: (row: Row) => string;
  readonly isSelected: (row: Row) => boolean;
  readonly isFaint: (row: Row) => boolean;
  readonly loaded: readonly number[];
  readonly deleted: readonly number[];
  readonly frame: number;
  readonly wanted: number | undefined;
  readonly target: number | undefined;
  readonly range: readonly [number, number] | undefined;
  readonly runs: readonly RunRange[];
  readonly runsOf: (row: Row) => readonly RunRange[];
  readonly colors: Colors;
}

export function paintTimeline(context: CanvasRenderingContext2D, picture: Picture): void {
  const { scale, height, colors } = picture;
  context.fillStyle = colors.ground;
  context.fillRect(0, 0, scale.width, height);
  paintRows(context, picture);
  paintRuler(context, picture);
  paintPlayhead(context, picture);
}

function paintRows(context: CanvasRenderingContext2D, picture: Picture): void {
  const { rows, scroll, height, scale, colors } = picture;
  context.save();
  context.beginPath();
  context.rect(0, RULER, scale.width, height - RULER);
  context.clip();
  const first = Math.max(0, Math.floor(scroll / ROW));
  const last = Math.min(rows.length - 1, Math.ceil((scroll + height - RULER) / ROW));
  for (let at = first; at <= last; at++) {
    const row = rows[at]!;
    const y = RULER + at * ROW - scroll;
    if (picture.isSelected(row)) {
      context.fillStyle = colors.selected;
      context.fillRect(0, y, scale.width, ROW);
    }
    context.fillStyle = colors.line;
    context.fillRect(0, y + ROW - 1, scale.width, 1);
    context.globalAlpha = picture.isFaint(row) ? 0.4 : 1;
    if (row.kind === 'track') paintTrack(context, picture, row, y);
    else paintShapes(context, picture, row.frames, y);
    context.globalAlpha = 1;
  }
  context.restore();
}

function paintRuler(context: CanvasRenderingContext2D, picture: Picture): void {
  const { scale, colors, range, target } = picture;
  context.fillStyle = colors.panel;
  context.fillRect(0, 0, scale.width, RULER);
  for (const { start, target: end } of picture.runs)
    hatch(context, scale, Math.min(start, end), Math.max(start, end), 1, RULER - 4, colors.accent);
  if (range) {
    context.fillStyle = colors.selected;
    bar(context, scale, range[0], range[1], 0, RULER);
  }
  context.fillStyle = colors.line;
  context.fillRect(0, RULER - 1, scale.width, 1);
  const step = tickStep(scale);
  const from = Math.ceil(frameAtX(scale, 0) / step) * step;
  context.font = '11px system-ui, sans-serif';
  context.textBaseline = 'middle';
  for (let frame = from; frame <= frameAtX(scale, scale.width); frame += step) {
    const x = xOf(scale, frame + 0.5);
    context.fillStyle = colors.line;
    context.fillRect(Math.round(x), RULER - 6, 1, 5);
    context.fillStyle = colors.muted;
    context.textAlign = 'center';
    const text = String(frame);
    const half = context.measureText(text).width / 2 + 2;
    context.fillText(text, Math.max(half, Math.min(scale.width - half, x)), 8);
  }
  context.fillStyle = colors.ok;
  paintFrames(context, scale, picture.loaded, RULER - 3, 2);
  context.fillStyle = colors.danger;
  paintFrames(context, scale, picture.deleted, 0, 3);
  if (target !== undefined) flag(context, xOf(scale, target + 0.5), picture.height, colors.accent);
}

/** Frames in rising order as one bar for each run of neighbours. */
function paintFrames(
  context: CanvasRenderingContext2D,
  scale: Scale,
  frames: readonly number[],
  y: number,
  height: number,
): void {
  let from: number | undefined;
  let to = 0;
  for (const frame of frames) {
    if (from !== undefined && frame <= to + 1) {
      to = frame;
      continue;
    }
    if (from !== undefined) bar(context, scale, from, to, y, height);
    from = frame;
    to = frame;
  }
  if (from !== undefined) bar(context, scale, from, to, y, height);
}

function paintPlayhead(context: CanvasRenderingContext2D, { scale, height, frame, wanted, colors }: Picture): void {
  if (wanted !== undefined) {
    context.fillStyle = colors.muted;
    context.fillRect(Math.round(xOf(scale, wanted + 0.5)), 0, 1, height);
  }
  const x = xOf(scale, frame + 0.5);
  if (scale.perFrame >= 4) {
    context.globalAlpha = 0.14;
    context.fillStyle = colors.accent;
    context.fillRect(xOf(scale, frame), RULER, scale.perFrame, height);
    context.globalAlpha = 1;
  }
  context.fillStyle = colors.accent;
  context.fillRect(Math.round(x) - 1, RULER - 8, 2, height);
  context.beginPath();
  context.moveTo(x - 6, RULER - 12);
  context.lineTo(x + 6, RULER - 12);
  context.lineTo(x + 6, RULER - 6);
  context.lineTo(x, RULER - 1);
  context.lineTo(x - 6, RULER - 6);
  context.closePath();
  context.fill();
}

function flag(context: CanvasRenderingContext2D, x: number, height: number, color: string): void {
  context.fillStyle = color;
  context.fillRect(Math.round(x), 0, 1, height);
  context.beginPath();
  context.moveTo(x, 1);
  context.lineTo(x + 10, 5);
  context.lineTo(x, 9);
  context.closePath();
  context.fill();
}
