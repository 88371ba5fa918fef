import {
  type Architecture,
  type HieraConfig,
  hiera,
  type PublishedSize,
  publishedArchitecture,
} from '../sam2/variants.ts';
import { WeightFileError } from './errors.ts';
import { inventory } from './inventory.ts';

/** Shapes by original name. */
export type Shapes = ReadonlyMap<string, { readonly dims: readonly number[] }>;

/** 2.1 brought the time projection of the object pointers (sam2-model.md 1.3). */
export function versionOf(shapes: Shapes): '2.0' | '2.1' {
  return shapes.has('obj_ptr_tpos_proj.weight') ? '2.1' : '2.0';
}

/**
 * The published model whose trunk has these widths and this many blocks; undefined for another. A bare checkpoint says
 * nothing of heads and windows, so only published sizes can be told from tensors alone.
 */
export function publishedFrom(shapes: Shapes): Architecture | undefined {
  const width = shapes.get('image_encoder.trunk.patch_embed.proj.weight')?.dims[0];
  let blocks = 0;
  while (shapes.has(`image_encoder.trunk.blocks.${blocks}.norm1.weight`)) blocks++;
  const size = (Object.keys(hiera) as PublishedSize[]).find(
    (name) => hiera[name].width === width && blockCount(hiera[name]) === blocks,
  );
  return size && publishedArchitecture(size, versionOf(shapes));
}

/** Whether two models cannot be told apart by what `publishedFrom` looks at. */
export function sameTrunk(a: Architecture, b: Architecture): boolean {
  return a.hiera.width === b.hiera.width && blockCount(a.hiera) === blockCount(b.hiera);
}

function blockCount({ blocks }: HieraConfig): number {
  return blocks.reduce((a, b) => a + b, 0);
}

/** Strict as in the official loader: every difference from what the architecture needs, in one error. */
export function checkShapes(shapes: Shapes, architecture: Architecture, path: string): void {
  const needed = inventory(architecture);
  const missing = [...needed.keys()].filter((name) => !shapes.has(name));
  const unexpected = [...shapes.keys()].filter((name) => !needed.has(name));
  const reshaped = [...needed].flatMap(([name, dims]) => {
    const found = shapes.get(name)?.dims;
    return found && found.join() !== dims.join() ? [`${name} is [${found}], needed is [${dims}]`] : [];
  });
  if (missing.length + unexpected.length + reshaped.length === 0) return;
  const parts = [list('missing', missing), list('of another shape', reshaped), list('unexpected', unexpected)].filter(
    (part) => part !== '',
  );
  throw new WeightFileError(
    'weight-mismatch',
    path,
    `its tensors are not those of ${architecture.name}. ${parts.join(' ')} ` +
      'Do weights and config.json belong together, and is the checkpoint complete (image-only exports cannot track)?',
  );
}

const SHOWN = 12;

function list(label: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const more = names.length > SHOWN ? `; and ${names.length - SHOWN} more` : '';
  return `${names.length} ${label}: ${names.slice(0, SHOWN).map(short).join('; ')}${more}.`;
}

function short(name: string): string {
  return name.length > 160 ? `${name.slice(0, 160)}…` : name;
}
