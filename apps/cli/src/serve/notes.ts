import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** What `roto serve` made by itself, so that it is made once: also when a person deleted it since. */
export type Notes = {
  /** The function of the local agent. */
  readonly functionId?: number;
  /** The function of the local agent that answers clicks. */
  readonly interactorId?: number;
  readonly sampleTaskId?: number;
};

const file = (folder: string): string => path.join(folder, 'serve.json');

export async function readNotes(folder: string): Promise<Notes> {
  try {
    const value = JSON.parse(await readFile(file(folder), 'utf8')) as Record<string, unknown>;
    const number = (key: string) => (Number.isSafeInteger(value[key]) ? (value[key] as number) : undefined);
    return {
      functionId: number('functionId'),
      interactorId: number('interactorId'),
      sampleTaskId: number('sampleTaskId'),
    };
  } catch {
    // None yet, or torn by hand: what it named is looked up or made anew.
    return {};
  }
}

export async function writeNotes(folder: string, notes: Notes): Promise<void> {
  const partial = `${file(folder)}.${process.pid}.partial`;
  await writeFile(partial, `${JSON.stringify(notes, null, 1)}\n`);
  await rename(partial, file(folder));
}
