import path from 'node:path';
import type { Json, ResultHeader } from '@roto/annotations/results';
import type { FrameSource } from '@roto/media';
import type { ResolvedModel } from '@roto/model';
import type { Direction } from '@roto/tracker';
import { outputError } from '../errors.ts';
import type { ModelChoice } from '../model.ts';
import type { ResolvedObject } from '../prompts/resolve.ts';

/**
 * The first line of a results file: all that the masks follow from, so that an equal header promises equal results.
 * The last frame is not part of it: a run may be continued further than it was first meant to go.
 */
export function resultHeader(
  source: FrameSource,
  fingerprint: string,
  resolved: ResolvedModel,
  choice: ModelChoice,
  pass: { readonly from: number; readonly direction: Direction },
  objects: readonly ResolvedObject[],
): ResultHeader {
  const { name, width, height, frameCount, frameRate } = source.info;
  return {
    source: { name: path.basename(path.resolve(name)), width, height, frameCount, frameRate },
    model: {
      name: resolved.architecture.name,
      checksum: resolved.checksum,
      precision: choice.precision,
      device: choice.device,
    },
    objects: objects.map(({ id, label }) => ({ id, label })),
    prompts: { fingerprint, from: pass.from, direction: pass.direction, objects: objects.map(({ json }) => json) },
  };
}

/** Refuses to go on with a run that was made of anything else. Throws an output error that says what differs. */
export function checkSameRun(folder: string, found: ResultHeader, wanted: ResultHeader): void {
  const differences = [
    ...differing('video', withoutName(found.source), withoutName(wanted.source)),
    ...differing('model', found.model, wanted.model),
    ...differing('objects', found.objects as Json, wanted.objects as Json),
    ...promptDifferences(found.prompts, wanted.prompts),
  ];
  if (differences.length === 0) return;
  throw outputError(
    `${folder} holds the results of another run, which cannot be continued: ${differences.join('; ')}. ` +
      'Repeat the command of that run, or choose another output folder.',
  );
}

/** A video that was moved or renamed is the same. */
function withoutName({ width, height, frameCount, frameRate }: ResultHeader['source']): Json {
  return { width, height, frameCount, frameRate };
}

function promptDifferences(found: Json, wanted: Json): string[] {
  const [a, b] = [asRecord(found), asRecord(wanted)];
  const names = { fingerprint: 'the contents of the video', from: 'start frame', direction: 'direction' } as const;
  const plain = Object.entries(names).flatMap(([key, name]) =>
    same(a[key], b[key])
      ? []
      : [key === 'fingerprint' ? `${name} differ` : `${name} ${text(a[key])} there, ${text(b[key])} here`],
  );
  return same(a.objects, b.objects) ? plain : [...plain, 'the prompts differ'];
}

function differing(what: string, found: Json, wanted: Json): string[] {
  if (same(found, wanted)) return [];
  const [a, b] = [asRecord(found), asRecord(wanted)];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => !same(a[key], b[key]));
  return keys.length > 0
    ? keys.map((key) => `${what} ${key} ${text(a[key])} there, ${text(b[key])} here`)
    : [`the ${what} differ`];
}

function asRecord(value: Json): Readonly<Record<string, Json | undefined>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, Json>>)
    : {};
}

/** Both come from the same code, or through JSON from it, so their keys have one order. */
function same(a: Json | undefined, b: Json | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function text(value: Json | undefined): string {
  const json = JSON.stringify(value) ?? 'nothing';
  return json.length > 60 ? `${json.slice(0, 57)}…` : json;
}
