import type { Box, Point } from '@roto/geometry';
import type { Click } from '@roto/tracker';
import { usageError } from '../errors.ts';

// What the options of `roto track` say, as values. Each throws a usage error that shows the expected form.

export function parseFrame(text: string, option: string): number {
  return parseWhole(text, option, 0, Number.MAX_SAFE_INTEGER);
}

export function parseWhole(text: string, option: string, least: number, most: number): number {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
  throw usageError(`${option} ${shown(text)}: give a whole number ${range}.`);
}

/** `x,y x,y x,y`: at least three points. */
export function parsePolygon(text: string): Point[] {
  const points = words(text).map((word): Point => {
    const [x, y] = numbers(word, 2) ?? refuse('--polygon', word, 'x,y');
    return [x!, y!];
  });
  if (points.length < 3)
    throw usageError(
      `--polygon has ${points.length} point${points.length === 1 ? '' : 's'}; an outline needs at least three, such as --polygon "10,10 90,10 50,80".`,
    );
  return points;
}

/** `x0,y0,x1,y1`: left, top, right, bottom. */
export function parseBox(text: string): Box {
  const [x0, y0, x1, y1] = numbers(text.trim(), 4) ?? refuse('--box', text, 'x0,y0,x1,y1');
  if (!(x0! < x1! && y0! < y1!))
    throw usageError(
      `--box ${shown(text)} is turned inside out; give left,top,right,bottom with left < right, top < bottom.`,
    );
  return { x0: x0!, y0: y0!, x1: x1!, y1: y1! };
}

/** `x,y,+ x,y,-`: clicks on the object (+) and on what it is not (-). A click without a sign is positive. */
export function parsePoints(text: string): Click[] {
  const points = words(text).map((word): Click => {
    const [, place, sign] = /^(.*?)(?:,([+-]))?$/.exec(word)!;
    const [x, y] = numbers(place!, 2) ?? refuse('--points', word, 'x,y,+ or x,y,-');
    return { x: x!, y: y!, positive: sign !== '-' };
  });
  if (points.length === 0) throw usageError('--points is empty; give at least one click, such as --points "120,80,+".');
  return points;
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function numbers(text: string, count: number): number[] | undefined {
  const parts = text.split(',').map((part) => (/^[+-]?(\d+\.?\d*|\.\d+)$/.test(part) ? Number(part) : Number.NaN));
  return parts.length === count && parts.every(Number.isFinite) ? parts : undefined;
}

function refuse(option: string, text: string, form: string): never {
  throw usageError(`${option}: ${shown(text)} is not of the form ${form} (numbers in pixels of the video).`);
}

/** A piece of the command line in a message: quoted, and not endless. */
function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text);
}
