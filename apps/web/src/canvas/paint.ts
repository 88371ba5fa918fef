import type { Geometry } from '../document/records.ts';
import type { Outline } from '../outline/rings.ts';
import { boundsOf, outlinesOf } from '../outline/shape.ts';
import type { MaskPictures } from './mask-picture.ts';

export type Context2D = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** One object as it is painted. */
export type PaintedItem = {
  readonly geometry: Geometry;
  readonly color: string;
  readonly occluded: boolean;
  /** Of the fill, 0…1. */
  readonly opacity: number;
};

export type PaintStyle = {
  /** CSS pixels per image pixel: widths and radii are in CSS pixels. */
  readonly scale: number;
  readonly pointRadius: number;
  /** Draws all outlines in this colour; undefined: each in its object's. */
  readonly outlineColor: string | undefined;
  readonly masksAsOutline: boolean;
};

export const LINE = 1.5;
/** Darkens what is right beside a line, so that any colour is seen on any picture. */
const UNDER = 'rgb(0 0 0 / 55%)';
const UNDER_WIDTH = LINE + 1.5;
/** Below this size an object is a dot. CSS pixels. */
const DOT = 3;

/** Paints an object. The context is set to image pixels. */
export function paintItem(context: Context2D, item: PaintedItem, style: PaintStyle, masks: MaskPictures): void {
  const { geometry, color } = item;
  const box = boundsOf(geometry);
  const widest = Math.max(box.x1 - box.x0, box.y1 - box.y0) * style.scale;
  if (widest < DOT && geometry.kind !== 'points') {
    dot(context, (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2, color, DOT / 2 / style.scale);
    return;
  }
  switch (geometry.kind) {
    case 'mask': {
      const opacity = style.masksAsOutline ? 0 : item.opacity;
      context.imageSmoothingEnabled = style.scale < 1;
      context.drawImage(masks.get(geometry, { color, opacity }), geometry.left, geometry.top);
      return;
    }
    case 'points':
    case 'skeleton':
      for (const [x, y] of outlinesOf(geometry)[0]!) dot(context, x, y, color, style.pointRadius / style.scale);
      return;
    case 'cuboid':
      stroke(context, cuboidPath(geometry.points), item, style);
      return;
    case 'polyline':
      stroke(context, pathOf(geometry, style.scale), item, style);
      arrow(context, outlinesOf(geometry)[0]!, color, style.scale);
      return;
    default: {
      const path = pathOf(geometry, style.scale);
      context.globalAlpha = item.opacity;
      context.fillStyle = color;
      context.fill(path, 'evenodd');
      context.globalAlpha = 1;
      stroke(context, path, item, style);
    }
  }
}

function stroke(context: Context2D, path: Path2D, item: PaintedItem, style: PaintStyle): void {
  context.lineJoin = 'bevel';
  context.setLineDash(item.occluded ? [6 / style.scale, 4 / style.scale] : []);
  context.lineWidth = UNDER_WIDTH / style.scale;
  context.strokeStyle = UNDER;
  context.stroke(path);
  context.lineWidth = LINE / style.scale;
  context.strokeStyle = style.outlineColor ?? item.color;
  context.stroke(path);
  context.setLineDash([]);
}

export function dot(context: Context2D, x: number, y: number, color: string, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = color;
  context.fill();
  context.lineWidth = radius / 3;
  context.strokeStyle = UNDER;
  context.stroke();
}

/** CSS pixels by which a painted outline may miss a point. */
const TOLERANCE = 0.3;

type Cached = { bucket: number; path: Path2D };
const paths = new WeakMap<Geometry, Cached>();

/** Outline of a geometry without the points that make no difference on the screen; kept per step of zoom. */
export function pathOf(geometry: Geometry, scale: number): Path2D {
  const bucket = Math.floor(Math.log2(scale) * 2);
  const known = paths.get(geometry);
  if (known?.bucket === bucket) return known.path;
  // Of the largest scale of the bucket: what is left out is seen at none of it.
  const tolerance = TOLERANCE / 2 ** ((bucket + 1) / 2);
  const path = new Path2D();
  for (const outline of outlinesOf(geometry)) trace(path, outline, geometry.kind !== 'polyline', tolerance);
  paths.set(geometry, { bucket, path });
  return path;
}

/** Points that may be left out one after another. */
const MOST_SKIPPED = 24;

/** Adds an outline, leaving out points that lie within `tolerance` image pixels of the line between those that are kept. */
function trace(path: Path2D, outline: Outline, closed: boolean, tolerance: number): void {
  const n = outline.length;
  if (n === 0) return;
  path.moveTo(outline[0]![0], outline[0]![1]);
  for (let from = 0; from < n - 1; ) {
    let to = from + 1;
    while (to + 1 < n && to - from < MOST_SKIPPED && isStraight(outline, from, to + 1, tolerance)) to++;
    path.lineTo(outline[to]![0], outline[to]![1]);
    from = to;
  }
  if (closed) path.closePath();
}

function isStraight(outline: Outline, from: number, to: number, tolerance: number): boolean {
  const [ax, ay] = outline[from]!;
  const dx = outline[to]![0] - ax;
  const dy = outline[to]![1] - ay;
  const length = Math.hypot(dx, dy);
  for (let i = from + 1; i < to; i++) {
    const x = outline[i]![0] - ax;
    const y = outline[i]![1] - ay;
    const off = length === 0 ? Math.hypot(x, y) : Math.abs(x * dy - y * dx) / length;
    const along = length === 0 ? 0 : (x * dx + y * dy) / length;
    if (off > tolerance || along < -tolerance || along > length + tolerance) return false;
  }
  return true;
}

/** Which way a line runs. */
function arrow(context: Context2D, line: Outline, color: string, scale: number): void {
  const tip = line.at(-1);
  const before = line.at(-2);
  if (!tip || !before) return;
  const angle = Math.atan2(tip[1] - before[1], tip[0] - before[0]);
  const length = 9 / scale;
  context.beginPath();
  context.moveTo(tip[0], tip[1]);
  context.lineTo(tip[0] - length * Math.cos(angle - 0.45), tip[1] - length * Math.sin(angle - 0.45));
  context.lineTo(tip[0] - length * Math.cos(angle + 0.45), tip[1] - length * Math.sin(angle + 0.45));
  context.closePath();
  context.fillStyle = color;
  context.fill();
}

/** CVAT's order of corners: front left, front right, back right, back left edges, each from top to bottom. */
function cuboidPath(points: readonly number[]): Path2D {
  const path = new Path2D();
  const at = (i: number): [number, number] => [points[2 * i]!, points[2 * i + 1]!];
  for (let edge = 0; edge < 4; edge++) {
    const top = edge * 2;
    const next = ((edge + 1) % 4) * 2;
    path.moveTo(...at(top));
    path.lineTo(...at(top + 1));
    path.moveTo(...at(top));
    path.lineTo(...at(next));
    path.moveTo(...at(top + 1));
    path.lineTo(...at(next + 1));
  }
  return path;
}
