// What the official code computed, as `dump.py` (full sizes, not in git) or `golden.py` (miniature, in git) wrote it.
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** One tensor of the reference: all of it, or every `step`-th element of its row-major order. */
export type ReferenceTensor = {
  readonly shape: readonly number[];
  readonly step: number;
  readonly samples: Float32Array;
  /** For masks stored thinly: one bit per element, low bit first, set where the value is > 0. */
  readonly signs: Uint8Array | null;
};

export type Reference = {
  /** Size, version, image size, versions of torch and numpy. */
  readonly about: Readonly<Record<string, string | number>>;
  /** Stability scores, and how near the decoder's choices were. */
  readonly notes: Readonly<Record<string, number>>;
  /** Names and shapes of the official state dict; only in the goldens. */
  readonly parameters: Readonly<Record<string, readonly number[]>> | null;
  readonly names: readonly string[];
  /** Throws when the reference has no such tensor. */
  tensor(name: string): ReferenceTensor;
};

/** A folder written by `dump.py`. Tensors are read when they are asked for. */
export function openDump(folder: string): Reference {
  const manifest = JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8')) as {
    about: Reference['about'];
    notes: Reference['notes'];
    tensors: Record<string, { file: string; shape: number[] }>;
  };
  return {
    about: manifest.about,
    notes: manifest.notes,
    parameters: null,
    names: Object.keys(manifest.tensors),
    tensor(name) {
      const { file, shape } = known(manifest.tensors, name, folder);
      const bytes = readFileSync(path.join(folder, file));
      const samples = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
      return { shape, step: 1, samples, signs: null };
    },
  };
}

/** `fixtures/mini/<name>.json` and `.bin`, written by `golden.py`. */
export function openGolden(folder: string, name: string): Reference {
  const head = JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')) as {
    about: Reference['about'];
    notes: Reference['notes'];
    parameters: Record<string, number[]>;
    tensors: Record<string, { shape: number[]; step: number; at: number; signs?: number }>;
  };
  const body = readFileSync(path.join(folder, `${name}.bin`));
  return {
    about: head.about,
    notes: head.notes,
    parameters: head.parameters,
    names: Object.keys(head.tensors),
    tensor(tensor) {
      const { shape, step, at, signs } = known(head.tensors, tensor, `${name}.json`);
      const count = shape.reduce((a, b) => a * b, 1);
      const samples = upperBytes(body, at, Math.ceil(count / step));
      return {
        shape,
        step,
        samples,
        signs: signs === undefined ? null : body.subarray(signs, signs + Math.ceil(count / 8)),
      };
    },
  };
}

function known<T>(tensors: Record<string, T>, name: string, where: string): T {
  const tensor = tensors[name];
  if (tensor === undefined)
    throw new Error(`${where} has no tensor "${name}". Was it made from another scenarios.json? Make it anew.`);
  return tensor;
}

/** Three bytes each: the upper three of a little-endian float32. */
function upperBytes(body: Uint8Array, at: number, count: number): Float32Array {
  const words = new Uint32Array(count);
  for (let i = 0, from = at; i < count; i++, from += 3)
    words[i] = (body[from]! << 8) | (body[from + 1]! << 16) | (body[from + 2]! << 24);
  return new Float32Array(words.buffer);
}
