/** Bytes of a file that `imageType` looks at. */
export const IMAGE_HEAD_BYTES = 12;

/** Media type and file name ending of the images that an import takes, by their first bytes; names are not believed. */
const FORMS = [
  { type: 'image/png', ending: '.png', is: (head: Buffer) => head.subarray(1, 4).equals(Buffer.from('PNG')) },
  { type: 'image/jpeg', ending: '.jpeg', is: (head: Buffer) => head[0] === 0xff && head[1] === 0xd8 },
  { type: 'image/webp', ending: '.webp', is: (head: Buffer) => head.subarray(8, 12).equals(Buffer.from('WEBP')) },
  { type: 'image/bmp', ending: '.bmp', is: (head: Buffer) => head[0] === 0x42 && head[1] === 0x4d },
  {
    type: 'image/tiff',
    ending: '.tif',
    is: (head: Buffer) => head[0] === head[1] && (head[0] === 0x49 || head[0] === 0x4d),
  },
] as const;

export function imageType(head: Buffer): string {
  return FORMS.find(({ is }) => is(head))?.type ?? 'application/octet-stream';
}

export function imageEnding(type: string): string {
  return FORMS.find((form) => form.type === type)?.ending ?? '.bin';
}
