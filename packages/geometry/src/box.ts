/** Edges in pixels, so that a box around pixel (0, 0) alone is { x0: 0, y0: 0, x1: 1, y1: 1 }. */
export type Box = { readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number };
