import { hiera, type PublishedSize, publishedArchitecture } from '../sam2/variants.ts';
import { parameterCount } from '../weights/inventory.ts';

/** A checkpoint that its authors publish on the Hugging Face hub, in both file forms. */
export type PublishedModel = {
  readonly id: string;
  readonly version: '2.0' | '2.1';
  readonly size: PublishedSize;
  readonly parameters: number;
  /** Of the weights, in float32; the file has some kilobytes more. */
  readonly bytes: number;
  /** The official checkpoint in the same repository. */
  readonly checkpoint: string;
};

const sizes = Object.keys(hiera) as PublishedSize[];

/** The eight checkpoints of facebookresearch/sam2, newest version first, small to large. */
export const publishedModels: readonly PublishedModel[] = (['2.1', '2.0'] as const).flatMap((version) =>
  sizes.map((size) => {
    const stem = version === '2.1' ? 'sam2.1' : 'sam2';
    const parameters = parameterCount(publishedArchitecture(size, version));
    return {
      id: `facebook/${stem}-hiera-${size}`,
      version,
      size,
      parameters,
      // The Fourier matrix (256 numbers) is stored twice and is no parameter.
      bytes: 4 * (parameters + 512),
      checkpoint: `${stem}_hiera_${size.replace('-', '_')}.pt`,
    };
  }),
);

export function publishedModel(id: string): PublishedModel | undefined {
  return publishedModels.find((model) => model.id === id);
}
