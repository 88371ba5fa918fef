import { createHash } from 'node:crypto';
import type { Architecture } from '../sam2/variants.ts';
import { openCheckpoint } from './checkpoint.ts';
import { WeightFileError } from './errors.ts';
import { FileRanges } from './file-ranges.ts';
import { originalName, structural } from './names.ts';
import { openSafetensors } from './safetensors.ts';
import { WeightMissingError, type WeightSource, type WeightTensor } from './source.ts';
import { checkShapes, publishedFrom, type Shapes, sameTrunk, versionOf } from './strict.ts';
import type { StoredTensor, TensorFile } from './tensor-file.ts';

/** Opens a weight file of either form, told apart by its first bytes. */
export function openTensorFile(path: string): TensorFile {
  const file = new FileRanges(path);
  const start = Buffer.from(file.bytes(0, Math.min(2, file.size))).toString('latin1');
  return start === 'PK' || start === '\x80\x02' ? openCheckpoint(path) : openSafetensors(path);
}

export type OpenedWeights = { readonly architecture: Architecture; readonly weights: WeightSource };

/**
 * Makes a weight source of a file, strictly: its tensors are exactly those of its architecture.
 * @param identity  equal for equal content; SHA-256 of the file where it is known without reading it
 * @param configure the architecture for a version, from config.json; without it the file must be of a published size.
 *                  A folder of official checkpoints has the config.json of one of them: one with another trunk than a
 *                  .pt of a published size is not taken
 */
export function openWeights(
  file: TensorFile,
  options: { origin: string; identity: string; configure?: (version: '2.0' | '2.1') => Architecture },
): OpenedWeights {
  const tensors = underOriginalNames(file);
  const architecture = architectureOf(file, tensors, options.configure?.(versionOf(tensors)));
  checkShapes(tensors, architecture, file.file.path);
  // Heads and windows leave no trace in the tensors, but in the graphs that are cached under the id.
  const { name: _, ...shape } = architecture;
  const wiring = createHash('sha256').update(JSON.stringify(shape)).digest('hex').slice(0, 8);
  return { architecture, weights: new FileWeights(tensors, `${options.identity}-${wiring}`, options.origin) };
}

function architectureOf(file: TensorFile, tensors: Shapes, configured: Architecture | undefined): Architecture {
  const found = publishedFrom(tensors);
  const foreign = configured && found && file.format === 'pt' && !sameTrunk(configured, found);
  if (configured && !foreign) return configured;
  if (found) return found;
  const { path } = file.file;
  const width = tensors.get('image_encoder.trunk.patch_embed.proj.weight')?.dims[0];
  throw new WeightFileError(
    'weight-mismatch',
    path,
    width === undefined
      ? 'this is no SAM 2 checkpoint (image_encoder.trunk.patch_embed.proj.weight is missing).'
      : `its image encoder is ${width} wide, which is no published size. Other sizes need the config.json of a SAM 2 video ` +
          'model beside it ("model_type": "sam2_video").',
  );
}

/** The file's tensors by original name. Names of neither spelling stay, so that the strict check can list them. */
function underOriginalNames(file: TensorFile): ReadonlyMap<string, StoredTensor> {
  if (!isHuggingFace(file)) return file.tensors;
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of file.tensors) {
    if (name === structural.points.huggingFace) {
      for (const [row, original] of structural.points.original.entries()) tensors.set(original, rowOf(tensor, row));
      continue;
    }
    const original = originalName(name) ?? name;
    const twin = tensors.get(original);
    if (twin && !equal(twin, tensor))
      throw new WeightFileError(
        'weight-mismatch',
        file.file.path,
        `"${name}" differs from its second copy ("${structural.fourier.huggingFace.join('" and "')}" must be equal).`,
      );
    tensors.set(original, tensor);
  }
  return tensors;
}

function isHuggingFace(file: TensorFile): boolean {
  for (const name of file.tensors.keys()) if (name.startsWith('vision_encoder.')) return true;
  return false;
}

/** Row of a [4, D] as [1, D]. */
function rowOf(tensor: StoredTensor, row: number): StoredTensor {
  const width = tensor.dims[1] ?? 0;
  const dims = tensor.dims.length === 2 && tensor.dims[0] === 4 ? [1, width] : tensor.dims;
  return { dims, dtype: tensor.dtype, read: () => tensor.read().subarray(row * width, (row + 1) * width) };
}

function equal(a: StoredTensor, b: StoredTensor): boolean {
  if (a.dims.join() !== b.dims.join()) return false;
  const [x, y] = [a.read(), b.read()];
  return x.every((value, i) => value === y[i]);
}

/** Reads a tensor from the file whenever its `data` is looked at and keeps nothing: whoever needs it holds it. */
class FileWeights implements WeightSource {
  readonly id: string;
  readonly origin: string;
  readonly #tensors: ReadonlyMap<string, StoredTensor>;

  constructor(tensors: ReadonlyMap<string, StoredTensor>, id: string, origin: string) {
    this.#tensors = tensors;
    this.id = id;
    this.origin = origin;
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  names(): Iterable<string> {
    return this.#tensors.keys();
  }

  get(name: string): WeightTensor {
    const tensor = this.#tensors.get(name);
    if (!tensor) throw new WeightMissingError(name, this.origin);
    return {
      dims: tensor.dims,
      get data() {
        return tensor.read();
      },
    };
  }
}
