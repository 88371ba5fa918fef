import { type Dtype, itemSize, toFloat32 } from './dtype.ts';
import { WeightFileError } from './errors.ts';
import { FileRanges } from './file-ranges.ts';
import { isKind, type PickleDict, PickleError, type PickleTensor, readPickle, type StorageType } from './pickle.ts';
import { elementCount, type StoredTensor, type TensorFile } from './tensor-file.ts';
import { listZip, type ZipEntry } from './zip.ts';

/** Large 2.1 has a pickle of 180 kB; training checkpoints with an optimizer a few times that. */
const MAX_PICKLE = 4 * 2 ** 20;

const dtypeOf: Record<StorageType, Dtype> = {
  'torch FloatStorage': 'F32',
  'torch HalfStorage': 'F16',
  'torch BFloat16Storage': 'BF16',
};

/**
 * Opens a PyTorch checkpoint: a zip of `<any>/data.pkl`, which describes `{"model": {name: tensor}}` or a flat
 * `{name: tensor}`, and `<any>/data/<key>`, the storages. Tensors are read when asked for. No tensor may have more
 * elements than its storage, and all together not more bytes than the file, so a small file cannot claim a large memory.
 */
export function openCheckpoint(path: string): TensorFile {
  const file = new FileRanges(path);
  const entries = listZip(refuseLegacy(file));
  const broken = (reason: string): never => {
    throw new WeightFileError('weight-format', path, `not a sound PyTorch checkpoint: ${reason}.`);
  };
  const pickles = [...entries.values()].filter(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) broken(`it has ${pickles.length} entries "…/data.pkl", one was expected`);
  const root = pickles[0]!.name.slice(0, -'data.pkl'.length);
  if (pickles[0]!.size > MAX_PICKLE)
    broken(`its data.pkl has ${pickles[0]!.size} bytes, at most ${MAX_PICKLE} are read`);
  const order = entries.get(`${root}byteorder`);
  if (order && order.size <= 16 && Buffer.from(order.read(0, order.size)).toString('latin1') !== 'little')
    broken('its numbers are big-endian; save it again on a little-endian machine');

  const tensors = new Map<string, StoredTensor>();
  let claimed = 0;
  let spanned = 0;
  for (const [name, value] of stateDict(path, pickles[0]!, broken).items) {
    if (typeof name !== 'string') return broken('a tensor of its state dict has no name');
    if (!isKind(value, 'tensor'))
      return broken(
        `"${name}" of its state dict is no tensor; keep only the tensors: torch.save({"model": state_dict}, …)`,
      );
    const storage = entries.get(`${root}data/${value.storage.key}`);
    if (!storage) return broken(`tensor "${name}" needs "data/${value.storage.key.slice(0, 80)}", which is missing`);
    const tensor = viewOf(name, value, storage, broken);
    claimed += tensor.bytes;
    spanned += tensor.span;
    // Views that interleave in one storage (q, k and v of a fused weight, say) may span it a few times over.
    if (claimed > file.size || spanned > 4 * file.size) broken('its tensors together are larger than the file');
    tensors.set(name, tensor);
  }
  return { format: 'pt', file, tensors };
}

function refuseLegacy(file: FileRanges): FileRanges {
  const start = Buffer.from(file.bytes(0, Math.min(4, file.size))).toString('latin1');
  if (start === 'PK\x03\x04') return file;
  const reason = start.startsWith('\x80\x02')
    ? 'this is the pickle format from before PyTorch 1.6; load it in PyTorch and save it again with torch.save.'
    : 'this is no PyTorch checkpoint (it does not start like a zip archive).';
  throw new WeightFileError('weight-format', file.path, reason);
}

function stateDict(path: string, entry: ZipEntry, broken: (reason: string) => never): PickleDict {
  const bytes = entry.read(0, entry.size);
  try {
    const root = readPickle(bytes);
    if (!isKind(root, 'dict')) return broken('its pickle holds no dictionary of tensors');
    const model = root.items.get('model');
    return isKind(model, 'dict') ? model : root;
  } catch (cause) {
    if (!(cause instanceof PickleError)) throw cause;
    if (cause.code === 'pickle-damaged') return broken(`its data.pkl is damaged, ${cause.message}`);
    throw new WeightFileError('weight-pickle', path, `its data.pkl was refused: ${cause.message}.`, { cause });
  }
}

/** A tensor with the bytes that it has and the bytes of its storage that must be read for it. */
type View = StoredTensor & { readonly bytes: number; readonly span: number };

function viewOf(name: string, tensor: PickleTensor, entry: ZipEntry, broken: (reason: string) => never): View {
  const { storage, offset, size, stride } = tensor;
  const dtype = dtypeOf[storage.type];
  const item = itemSize[dtype];
  if (entry.size !== storage.elements * item)
    broken(`"${entry.name}" has ${entry.size} bytes, its pickle says ${storage.elements} elements of ${dtype}`);
  const count = elementCount(size);
  if (count === undefined || count > storage.elements)
    return broken(
      `tensor "${name}" of shape [${size.slice(0, 9)}] does not fit its storage of ${storage.elements} elements`,
    );
  const reach = count === 0 ? 0 : 1 + size.reduce((sum, d, axis) => sum + (d - 1) * stride[axis]!, 0);
  if (!(offset + reach <= storage.elements)) broken(`tensor "${name}" reaches past the end of its storage`);

  const read = () => {
    const span = toFloat32(dtype, entry.read(offset * item, reach * item));
    return isContiguous(size, stride) ? span : gather(span, size, stride, count);
  };
  return { dims: size, dtype, read, bytes: count * item, span: reach * item };
}

function isContiguous(size: readonly number[], stride: readonly number[]): boolean {
  if (size.includes(0)) return true;
  let step = 1;
  for (let axis = size.length - 1; axis >= 0; axis--) {
    if (size[axis] !== 1 && stride[axis] !== step) return false;
    step *= size[axis]!;
  }
  return true;
}

/** Row-major copy of a strided view; `position` counts like an odometer. */
function gather(span: Float32Array, size: readonly number[], stride: readonly number[], count: number): Float32Array {
  const out = new Float32Array(count);
  const position = size.map(() => 0);
  let from = 0;
  for (let i = 0; i < count; i++) {
    out[i] = span[from]!;
    for (let axis = size.length - 1; axis >= 0; axis--) {
      from += stride[axis]!;
      position[axis]! += 1;
      if (position[axis]! < size[axis]!) break;
      from -= stride[axis]! * size[axis]!;
      position[axis] = 0;
    }
  }
  return out;
}
