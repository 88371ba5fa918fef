/** COCO run lengths: column-major, the first run counts zeros; `size` is [height, width]. A string is COCO's compressed form. */
export type Rle = { readonly size: readonly [height: number, width: number]; readonly counts: readonly number[] };
export type CompressedRle = { readonly size: readonly [height: number, width: number]; readonly counts: string };
