import { AnnotationError } from '../../errors.ts';
import type { ImportedFile } from '../format.ts';
import { safeName } from '../path.ts';
import type { TaskInfo } from '../task.ts';

export type MaskFile = { readonly file: ImportedFile; readonly stem: string };

/** The masks of one sequence, with its name: the only one there is, or the one with the task's name. */
export function chooseSequence(files: readonly ImportedFile[], task: TaskInfo): [string, readonly MaskFile[]] {
  const pngs = files.filter(({ path }) => /\.png$/i.test(path));
  const found = new Map<string, MaskFile[]>();
  const enter = (sequence: string, file: ImportedFile, stem: string): void => {
    const known = found.get(sequence);
    if (known) known.push({ file, stem });
    else found.set(sequence, [{ file, stem }]);
  };
  for (const file of pngs) {
    const match =
      /(?:^|\/)Annotations\/(?:480p\/|1080p\/|Full-Resolution\/|unsupervised\/|\d+p\/)*(?:([^/]+)\/)?(.+)\.png$/i.exec(
        file.path,
      );
    if (match) enter(match[1] ?? task.name, file, match[2]!);
  }
  // Masks in a folder of another name, beside which there may be the pictures themselves.
  if (found.size === 0)
    for (const file of pngs) {
      const [, folder = '', stem] = /^(?:(.*)\/)?([^/]+)\.png$/i.exec(file.path)!;
      if (!/(^|\/)(JPEGImages|images?|img\d?|rgb)(\/|$)/i.test(folder)) enter(folder || task.name, file, stem!);
    }
  const names = [...found.keys()];
  const name = names.length === 1 ? names[0] : names.find((one) => one === task.name || one === safeName(task.name));
  if (name !== undefined) return [name, found.get(name)!];
  if (names.length === 0) return [task.name, []];
  throw new AnnotationError(
    'file',
    `There are ${names.length} sequences (${names.slice(0, 5).join(', ')}${names.length > 5 ? ' …' : ''}), none of the task's name "${task.name}"; give one of them.`,
  );
}
