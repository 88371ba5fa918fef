/** A yes-or-no picture. `data` is row-major, one byte per pixel, 0 or 1; length is width × height. */
export type Mask = { readonly width: number; readonly height: number; readonly data: Uint8Array };
