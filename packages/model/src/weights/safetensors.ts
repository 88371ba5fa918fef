import { type Dtype, itemSize, toFloat32 } from './dtype.ts';
import { WeightFileError } from './errors.ts';
import { FileRanges } from './file-ranges.ts';
import { checkedJson } from './json.ts';
import { elementCount, type StoredTensor, type TensorFile } from './tensor-file.ts';

/** A SAM 2 header has about 100 kB; the limit keeps a hostile one from filling the memory. */
const MAX_HEADER = 8 * 2 ** 20;

/** SAM 2 has some 500. */
const MAX_TENSORS = 20_000;

type Entry = { readonly name: string; readonly dims: number[]; readonly dtype: Dtype; begin: number; end: number };

/**
 * Opens a safetensors file: u64 header length, JSON header, raw little-endian tensors. As the format demands, tensors
 * must cover the data from end to end without a gap or an overlap, and no name may come twice.
 */
export function openSafetensors(path: string): TensorFile {
  const file = new FileRanges(path);
  const broken = (reason: string): never => {
    throw new WeightFileError(
      'weight-format',
      path,
      `not a sound safetensors file: ${reason}. Was the download cut short? Fetch the file again.`,
    );
  };
  if (file.size < 10) broken(`it has only ${file.size} bytes`);
  const length = Number(new DataView(file.bytes(0, 8).buffer).getBigUint64(0, true));
  if (length > MAX_HEADER) broken(`its header claims ${length} bytes, at most ${MAX_HEADER} are allowed`);
  if (length > file.size - 8) broken(`its header claims ${length} bytes, but the file has ${file.size}`);

  const header = checkedJson(file.bytes(8, length), 3, broken);
  const dataStart = 8 + length;
  const names = Object.keys(header).length;
  if (names > MAX_TENSORS) broken(`its header names ${names} tensors, and ${MAX_TENSORS} is the most`);
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => readEntry(name, value, broken))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== covered)
      broken(
        `tensor "${name}" starts at byte ${begin} of the data, where ${covered} was expected (a gap or an overlap)`,
      );
    covered = end;
  }
  if (covered !== file.size - dataStart)
    broken(`its tensors have ${covered} bytes, but ${file.size - dataStart} follow the header`);

  const tensors = new Map<string, StoredTensor>();
  for (const { name, dims, dtype, begin, end } of entries)
    tensors.set(name, { dims, dtype, read: () => toFloat32(dtype, file.bytes(dataStart + begin, end - begin)) });
  return { format: 'safetensors', file, tensors };
}

function readEntry(name: string, value: unknown, broken: (reason: string) => never): Entry {
  if (typeof value !== 'object' || value === null) return broken(`entry "${name}" is no object`);
  const { dtype, shape, data_offsets } = value as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Object.hasOwn(itemSize, dtype))
    return broken(`tensor "${name}" is of type ${JSON.stringify(dtype)?.slice(0, 80)}; F32, F16 and BF16 can be read`);
  const count = elementCount(shape);
  if (count === undefined) return broken(`tensor "${name}" has the shape ${JSON.stringify(shape)?.slice(0, 80)}`);
  if (!Array.isArray(data_offsets) || data_offsets.length !== 2 || !data_offsets.every(isOffset))
    return broken(`tensor "${name}" has the offsets ${JSON.stringify(data_offsets)?.slice(0, 80)}`);
  const [begin, end] = data_offsets as [number, number];
  const bytes = count * itemSize[dtype as Dtype];
  if (end - begin !== bytes)
    return broken(
      `tensor "${name}" of shape [${shape as number[]}] needs ${bytes} bytes, its offsets span ${end - begin}`,
    );
  return { name, dims: shape as number[], dtype: dtype as Dtype, begin, end };
}

function isOffset(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
