// Bars and hatching over frames.
import { type Scale, xOf } from './scale.ts';

export function hatch(
  context: CanvasRenderingContext2D,
  scale: Scale,
  from: number,
  to: number,
  y: number,
  height: number,
  color: string,
): void {
  const left = Math.max(0, xOf(scale, from));
  const right = Math.min(scale.width, xOf(scale, to + 1));
  if (right <= left) return;
  context.save();
  context.beginPath();
  context.rect(left, y, right - left, height);
  context.clip();
  context.globalAlpha *= 0.35;
  context.strokeStyle = color;
  context.lineWidth = 2;
  context.beginPath();
  for (let x = left - height; x < right; x += 7) {
    context.moveTo(x, y + height);
    context.lineTo(x + height, y);
  }
  context.stroke();
  context.restore();
}

export function bar(
  context: CanvasRenderingContext2D,
  scale: Scale,
  from: number,
  to: number,
  y: number,
  height: number,
): void {
  const left = Math.max(-2, xOf(scale, from));
  const right = Math.min(scale.width + 2, xOf(scale, to + 1));
  if (right > left) context.fillRect(left, y, Math.max(1, right - left), height);
}
