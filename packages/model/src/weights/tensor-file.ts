import type { Dtype } from './dtype.ts';
import type { FileRanges } from './file-ranges.ts';

/** A tensor as its file describes it; nothing is read before `read` is called. */
export type StoredTensor = {
  readonly dims: readonly number[];
  readonly dtype: Dtype;
  /** Row-major float32, newly read at each call. */
  read(): Float32Array;
};

/** What both file forms come down to: tensors by the names that the file gives them. */
export type TensorFile = {
  readonly format: 'safetensors' | 'pt';
  readonly file: FileRanges;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
};

const MAX_RANK = 8;

/** Elements of a shape from a file, or undefined where it is no list of small whole numbers. */
export function elementCount(dims: unknown): number | undefined {
  if (!Array.isArray(dims) || dims.length > MAX_RANK) return undefined;
  let count = 1;
  for (const d of dims) {
    if (!Number.isSafeInteger(d) || d < 0) return undefined;
    count *= d;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return count;
}
