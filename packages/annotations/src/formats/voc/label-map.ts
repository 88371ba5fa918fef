import { AnnotationError } from '../../errors.ts';
import type { Label } from '../../labeled/labels.ts';
import { readText } from '../bytes.ts';
import type { ImportedFile } from '../format.ts';
import { davisPalette } from '../png/palette.ts';

const MAX_TEXT = 2 ** 20;

/** Names of labels by their colours (0xrrggbb), and in the order of the file with the background as the first. */
export type LabelMap = { readonly byColour: ReadonlyMap<number, string>; readonly inOrder: readonly string[] };

/** A colour for each label, none black and none twice: its own, or the next of PASCAL VOC's. */
export function coloursOf(labels: readonly Label[]): [number, number, number][] {
  const taken = new Set(['0,0,0', VOID.join()]);
  const spare = davisPalette();
  return labels.map(({ color }) => {
    let rgb = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
    while (taken.has(rgb.join()) || rgb.some(Number.isNaN))
      rgb = spare.shift() ?? [taken.size & 255, taken.size >> 8, 1];
    taken.add(rgb.join());
    return rgb as [number, number, number];
  });
}

/** Pixels of this colour are not judged. */
const VOID = [224, 224, 192];
export const VOID_COLOUR = (224 << 16) | (224 << 8) | 192;

/** `labelmap.txt` of PASCAL VOC: `name:r,g,b:parts:actions`, the background first. */
export function labelMapText(labels: readonly Label[]): string {
  const colours = coloursOf(labels);
  const lines = labels.map(({ name }, i) => `${name.replace(/[\r\n]+/g, ' ')}:${colours[i]!.join(',')}::\n`);
  return `# label:color_rgb:parts:actions\nbackground:0,0,0::\n${lines.join('')}`;
}

/** The map of the files, or, where they have none, that of the task's labels. Throws 'file' for a line that is none. */
export async function readLabelMap(files: readonly ImportedFile[], labels: readonly Label[]): Promise<LabelMap> {
  const file = files.find(({ path }) => /(^|\/)labelmap\.txt$/i.test(path));
  const lines = (file ? await readText(file, MAX_TEXT) : labelMapText(labels)).split(/\r?\n/);
  const byColour = new Map<number, string>();
  const inOrder: string[] = [];
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const parts = /^(.+?):(\d{1,3}),(\d{1,3}),(\d{1,3}):[^:]*:[^:]*$/.exec(line.trim());
    if (!parts)
      throw new AnnotationError(
        'file',
        `${file?.path ?? 'labelmap.txt'}, line ${i + 1}: it must be name:red,green,blue:parts:actions.`,
      );
    const [, name = '', ...rgb] = parts;
    const [r = 0, g = 0, b = 0] = rgb.map(Number);
    const colour = (r << 16) | (g << 8) | b;
    const other = byColour.get(colour);
    if (other !== undefined && other !== name)
      throw new AnnotationError('file', `${file?.path}, line ${i + 1}: "${name}" has the colour of "${other}".`);
    byColour.set(colour, name);
    inOrder.push(name);
  }
  return { byColour, inOrder };
}
