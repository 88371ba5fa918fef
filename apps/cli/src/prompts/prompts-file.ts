import path from 'node:path';
import type { Box, Point, Polygon } from '@roto/geometry';
import type { Click } from '@roto/tracker';
import { inputError, usageError } from '../errors.ts';
import { readWhole } from '../whole-file.ts';
import type { FramePrompt, ObjectPlan, PromptShape } from './plan.ts';
import { problemList } from './problems.ts';

/** A prompts file larger than this is something else. */
const MAX_BYTES = 256 * 2 ** 20;

const SHAPES = ['polygon', 'region', 'mask', 'rle', 'box', 'points', 'absent'] as const;

/**
 * Reads a prompts file (docs/guide/prompts.md). Paths of masks in it are taken from the file's own folder.
 * A file that is no JSON is an input error; JSON that says something impossible is a usage error that lists every
 * problem with its place.
 */
export async function readPromptsFile(file: string): Promise<ObjectPlan[]> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readWhole(file, MAX_BYTES));
  } catch (cause) {
    throw inputError(`${file}: the prompts file cannot be read (${reason(cause)}). Give a JSON file in UTF-8.`, cause);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw inputError(
      `${file}: the prompts file is not JSON (${reason(cause)}). docs/guide/prompts.md shows one.`,
      cause,
    );
  }
  return parsePrompts(value, file);
}

/** The objects of a parsed prompts file; `file` names it in messages. */
export function parsePrompts(value: unknown, file: string): ObjectPlan[] {
  const reader = new Reader(file);
  const objects = reader.objects(value);
  if (reader.problems.length > 0) throw usageError(problemList(file, reader.problems));
  return objects;
}

/** Walks the value and notes what is wrong where, instead of stopping at the first problem. */
class Reader {
  readonly problems: string[] = [];
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  objects(value: unknown): ObjectPlan[] {
    if (!isRecord(value)) return this.#bad('(file)', 'must be an object with "objects"') ?? [];
    this.#onlyKeys('(file)', value, ['objects', 'about']);
    const { objects } = value;
    if (!Array.isArray(objects) || objects.length === 0)
      return this.#bad('objects', 'must be a list with at least one object') ?? [];
    const taken = new Set<number>();
    return objects.map((entry: unknown, place) => {
      const at = `objects[${place}]`;
      const plan = this.#object(entry, at, place + 1);
      if (taken.has(plan.id)) this.#bad(`${at}.id`, `is ${plan.id}, which another object has already`);
      taken.add(plan.id);
      return plan;
    });
  }

  #object(value: unknown, at: string, position: number): ObjectPlan {
    const empty = { id: position, label: 'object', prompts: [] };
    if (!isRecord(value)) return this.#bad(at, 'must be an object with "label" and "prompts"') ?? empty;
    this.#onlyKeys(at, value, ['id', 'label', 'prompts']);
    const { id = position, label = 'object', prompts } = value;
    if (!isWhole(id) || id < 1) this.#bad(`${at}.id`, 'must be a whole number from 1 on');
    if (typeof label !== 'string' || label.trim() === '' || label.length > 200)
      this.#bad(`${at}.label`, 'must be a text of 1 to 200 characters');
    if (!Array.isArray(prompts) || prompts.length === 0) {
      this.#bad(`${at}.prompts`, 'must be a list with at least one prompt');
      return { ...empty, id: Number(id), label: String(label) };
    }
    const read = prompts.map((prompt: unknown, place) => this.#prompt(prompt, `${at}.prompts[${place}]`));
    const frames = read.map((prompt) => prompt.frame);
    frames.forEach((frame, place) => {
      if (frames.indexOf(frame) !== place)
        this.#bad(`${at}.prompts[${place}].frame`, `is ${frame} a second time; say it all in one prompt`);
    });
    return { id: Number(id), label: String(label), prompts: read };
  }

  #prompt(value: unknown, at: string): FramePrompt {
    const nothing: FramePrompt = { frame: 0, shape: { kind: 'absent' } };
    if (!isRecord(value)) return this.#bad(at, 'must be an object with "frame" and a shape') ?? nothing;
    this.#onlyKeys(at, value, ['frame', ...SHAPES]);
    const { frame } = value;
    if (!isWhole(frame) || frame < 0) this.#bad(`${at}.frame`, 'must be a whole number from 0 on');
    const shape = this.#shape(value, at);
    const place = { file: this.#file, at };
    return { frame: isWhole(frame) ? frame : 0, shape: shape ?? nothing.shape, place };
  }

  #shape(value: Record<string, unknown>, at: string): PromptShape | undefined {
    const given = SHAPES.filter((name) => value[name] !== undefined);
    const boxWithPoints = given.length === 2 && given.includes('box') && given.includes('points');
    if (given.length !== 1 && !boxWithPoints)
      return this.#bad(
        at,
        given.length === 0
          ? `has no shape; give one of ${SHAPES.join(', ')}`
          : `has ${given.join(' and ')}; give one shape (only a box may have points beside it)`,
      );
    switch (given[0]!) {
      case 'polygon': {
        const outer = this.#ring(value.polygon, `${at}.polygon`);
        return outer && { kind: 'polygon', region: [{ outer, holes: [] }] };
      }
      case 'region':
        return this.#region(value.region, `${at}.region`);
      case 'mask':
        if (typeof value.mask !== 'string' || value.mask === '')
          return this.#bad(`${at}.mask`, 'must be the path of an image');
        return { kind: 'mask-file', path: path.resolve(path.dirname(this.#file), value.mask) };
      case 'rle':
        return this.#rle(value.rle, `${at}.rle`);
      case 'box': {
        const box = this.#box(value.box, `${at}.box`);
        const points = value.points === undefined ? [] : this.#clicks(value.points, `${at}.points`);
        return box && points && { kind: 'box', box, points };
      }
      case 'points': {
        const points = this.#clicks(value.points, `${at}.points`);
        return points && { kind: 'points', points };
      }
      case 'absent':
        if (value.absent !== true) return this.#bad(`${at}.absent`, 'must be true');
        return { kind: 'absent' };
    }
  }

  /** [[x, y], …] or [x1, y1, x2, y2, …]. */
  #ring(value: unknown, at: string): Point[] | undefined {
    const pairs =
      Array.isArray(value) && value.every((number) => typeof number === 'number')
        ? value.length % 2 === 0 && Array.from({ length: value.length / 2 }, (_, i) => [value[2 * i], value[2 * i + 1]])
        : value;
    const sound = Array.isArray(pairs) && pairs.every((pair) => isNumbers(pair, 2)) && pairs.length >= 3;
    return sound
      ? (pairs as unknown as Point[])
      : this.#bad(at, 'must be at least three points [x, y] in pixels of the video');
  }

  #region(value: unknown, at: string): PromptShape | undefined {
    if (!Array.isArray(value) || value.length === 0)
      return this.#bad(at, 'must be a list of parts { "outer": [[x, y], …], "holes": [[[x, y], …], …] }');
    const region = value.map((part: unknown, place): Polygon | undefined => {
      if (!isRecord(part)) return this.#bad(`${at}[${place}]`, 'must have "outer", and "holes" where there are some');
      this.#onlyKeys(`${at}[${place}]`, part, ['outer', 'holes']);
      const outer = this.#ring(part.outer, `${at}[${place}].outer`);
      const holes = part.holes ?? [];
      if (!Array.isArray(holes)) return this.#bad(`${at}[${place}].holes`, 'must be a list of rings');
      const rings = holes.map((hole: unknown, i) => this.#ring(hole, `${at}[${place}].holes[${i}]`));
      return outer && rings.every((ring) => ring !== undefined) ? { outer, holes: rings } : undefined;
    });
    return region.every((part) => part !== undefined) ? { kind: 'polygon', region } : undefined;
  }

  #rle(value: unknown, at: string): PromptShape | undefined {
    if (!isRecord(value) || !isNumbers(value.size, 2) || typeof value.counts !== 'string')
      return this.#bad(at, 'must be COCO run lengths { "size": [height, width], "counts": "…" }, compressed');
    return { kind: 'rle', rle: { size: value.size as [number, number], counts: value.counts } };
  }

  #box(value: unknown, at: string): Box | undefined {
    if (!isNumbers(value, 4)) return this.#bad(at, 'must be [x0, y0, x1, y1] in pixels of the video');
    const [x0, y0, x1, y1] = value as [number, number, number, number];
    if (!(x0 < x1 && y0 < y1)) return this.#bad(at, 'is turned inside out; x0 < x1 and y0 < y1 must hold');
    return { x0, y0, x1, y1 };
  }

  #clicks(value: unknown, at: string): Click[] | undefined {
    const isClick = (click: unknown): click is [number, number, string] =>
      Array.isArray(click) && click.length === 3 && isNumbers(click.slice(0, 2), 2) && /^[+-]$/.test(String(click[2]));
    if (!Array.isArray(value) || value.length === 0 || !value.every(isClick))
      return this.#bad(at, 'must be at least one click [x, y, "+"] or [x, y, "-"]');
    return value.map(([x, y, sign]) => ({ x, y, positive: sign === '+' }));
  }

  #onlyKeys(at: string, value: Record<string, unknown>, known: readonly string[]): void {
    for (const key of Object.keys(value))
      if (!known.includes(key))
        this.#bad(at, `has an unknown key ${JSON.stringify(key)}; known are ${known.join(', ')}`);
  }

  #bad(at: string, what: string): undefined {
    this.problems.push(`${at} ${what}`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}

function isNumbers(value: unknown, count: number): value is number[] {
  return (
    Array.isArray(value) && value.length === count && value.every((n) => typeof n === 'number' && Number.isFinite(n))
  );
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
